"""The MLflow model: code, not a pickle. MLflow runs this file when it loads a logged model.

It reads the folder of text that `boilover.model.saved` wrote, which lies among the artifacts of the logged model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel
from mlflow.pyfunc.model import PythonModelContext

from boilover.model.manifest import check_fits
from boilover.model.saved import SavedModel, load_model

MODEL_FOLDER = "model_folder"
"""Name of the folder among the artifacts."""


class BoiloverModel(PythonModel):  # type: ignore[misc]
    """Calibrated risks from a frame of features, one column ``risk_<horizon>`` per horizon."""

    saved: SavedModel

    def load_context(self, context: PythonModelContext) -> None:
        """Read the folder of the model; MLflow calls this once."""
        self.saved = load_model(Path(context.artifacts[MODEL_FOLDER]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return float64 risks, 0 to 1, one row per row of ``model_input`` and with its index.

        MLflow's schema knows no categories: give those columns as strings, ``frame.astype({name: "str"})``.
        Raises `MismatchError` naming the columns that are missing; further columns are left aside.
        """
        check_fits(self.saved.manifest, list(model_input.columns))
        frame = model_input[list(self.saved.manifest.columns)]
        names = [f"risk_{horizon}" for horizon in self.saved.manifest.horizons]
        return pd.DataFrame(self.saved.model.risks(frame), columns=names, index=model_input.index)


set_model(BoiloverModel())
