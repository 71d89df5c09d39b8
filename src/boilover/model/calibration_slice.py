"""Risks and labels of the calibration slice, kept with a model to choose thresholds on."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.model.damage import read_as


@dataclass(frozen=True, eq=False)
class CalibrationSlice:
    """The calibrated risks of n rows that the trees never saw; nights are days since 1970."""

    night: npt.NDArray[np.int64]
    risk: npt.NDArray[np.float64]
    label: npt.NDArray[np.int8]

    def to_text(self) -> str:
        """Return CSV, a line per row, that keeps every bit; no ticket is named."""
        frame = pd.DataFrame({"night": self.night, "risk": self.risk, "label": self.label})
        frame["night"] = frame["night"].to_numpy().astype("datetime64[D]").astype(str)
        return frame.to_csv(index=False, lineterminator="\n")

    @classmethod
    def from_text(cls, content: bytes, file: object = None) -> CalibrationSlice:
        """Return what `to_text` wrote; raise `InputError` for anything else."""
        types = {"night": str, "risk": np.float64, "label": np.int8}
        with read_as("tells no risks and labels", file):
            frame = pd.read_csv(BytesIO(content), dtype=types)
            nights = frame["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
            return cls(nights, frame["risk"].to_numpy(), frame["label"].to_numpy())
