"""What a peer is handed: a task's points, the moments to learn from, and where files may lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmarks.quality.encoding import encode
from benchmarks.quality.protocol import Case
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
LATER_SHARE = 0.25
"""The latest training points, on which peers choose their settings."""
LEAST = 30
"""With fewer escalated tickets in either part settings are not chosen by it: the standard ones stand."""
THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))


class Unavailable(Exception):  # noqa: N818
    """A peer cannot answer a task; the text says why, and stands in the table."""


@dataclass(frozen=True)
class Answer:
    """The risk of each test point, and what is worth telling about how it came about."""

    risk: Floats
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """A task as a peer sees it. All arrays are in the order of ``case.points``, which is that of time."""

    name: str
    horizon: str
    case: Case
    log: Path
    work: Path
    featuretools: Path
    """The Python of an environment with featuretools."""

    @cached_property
    def rows(self) -> csr_matrix:
        """The aggregation encoding of all points; nine cells of ten are zero."""
        return csr_matrix(encode(self.case))

    @property
    def y(self) -> Floats:
        """The label of each point; of test points only the measurement may read it."""
        return self.case.points["label"].to_numpy()

    @property
    def past(self) -> Mask:
        """The points that may be learnt from."""
        return self.case.past.to_numpy()

    @property
    def test(self) -> Mask:
        """The points that are asked."""
        return self.case.test.to_numpy()

    @property
    def ticket(self) -> npt.NDArray[np.int64]:
        """The ticket of each point, numbered."""
        return pd.factorize(self.case.points["ticket_id"])[0]

    @cached_property
    def slices(self) -> tuple[Mask, Mask]:
        """Earlier and later training points, purged: outcomes of the earlier end before the later are asked."""
        as_of = self.case.points["as_of"]
        border = as_of[self.past].quantile(1 - LATER_SHARE)
        later = self.past & (as_of > border).to_numpy()
        earlier = self.past & (as_of + self.case.horizon <= border).to_numpy()
        return earlier, later

    @property
    def tells_settings_apart(self) -> bool:
        """Whether both slices hold enough escalated tickets to choose by."""
        known = (len(np.unique(self.ticket[part & (self.y == 1)])) for part in self.slices)
        return min(known) >= LEAST
