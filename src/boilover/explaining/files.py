"""An explanation from an opened source, and as a file: a picture, a table or JSON, by the file's ending."""

from __future__ import annotations

from pathlib import Path

from boilover.errors import UsageError
from boilover.explaining import Explanation, explain_ticket
from boilover.files import check_writable, replacing
from boilover.inputs import Source
from boilover.model.saved import load_model
from boilover.outputs import SUFFIXES, write_frame, write_json
from boilover.tracking.located import located

PICTURES = (".svg", ".png")
ENDINGS = (*PICTURES, ".json", ".csv", ".jsonl", ".parquet")


def explain_log(
    source: Source, model: Path, ticket: str, *, as_of: str | None = None, output: Path | None = None
) -> Explanation:
    """Explain one ticket of a log by a saved model; write it to ``output``, whose ending tells the form.

    Raises what `explain_ticket` and `check_output` raise.
    """
    if output is not None:
        check_output(output)
    saved = load_model(located(model))
    explanation = explain_ticket(source.under(saved.rule).log, saved, ticket, as_of=as_of)
    if output is not None:
        write_explanation(explanation, output)
    return explanation


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
