"""An explanation as a file: a picture, a table or JSON, by the file's ending."""

from __future__ import annotations

from pathlib import Path

from boilover.errors import UsageError
from boilover.explaining import Explanation
from boilover.files import check_writable, replacing
from boilover.outputs import SUFFIXES, write_frame, write_json

PICTURES = (".svg", ".png")
ENDINGS = (*PICTURES, ".json", ".csv", ".jsonl", ".parquet")


def check_output(path: Path) -> None:
    """Raise `UsageError` for a file whose ending is not known, or that cannot be written: told before the work."""
    if path.suffix not in ENDINGS:
        mend = "Name a file whose ending tells its form"
        raise UsageError(f"{path} ends in none of {', '.join(ENDINGS)}. {mend}")
    check_writable(path)


def write_explanation(explanation: Explanation, path: Path) -> None:
    """Write a picture of the risk (SVG, PNG), the figures (JSON) or the frame (CSV, JSON lines, Parquet)."""
    if path.suffix == ".json":
        write_json(explanation.to_dict(), path)
    elif path.suffix in SUFFIXES:
        write_frame(explanation.frame, path)
    else:
        _draw(explanation, path)


def _draw(explanation: Explanation, path: Path) -> None:
    from boilover.plots import figure_of, figure_png, figure_svg, risk_over_time

    made = figure_of(risk_over_time, explanation.to_dict(), size=(10.5, 4.2))
    content = figure_svg(made).encode() if path.suffix == ".svg" else figure_png(made)
    with replacing(path) as target:
        target.write_bytes(content)
