"""Commands about logs: ingest, datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boilover.cli.options import EscalationOption, RecipeOption


def ingest(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SRC…", help="The files or folders of one export.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The event-log folder to write.")],
    input_format: Annotated[str, typer.Option("--format", help="auto, table or xes.")] = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Turn an export into an event log, with the escalations that its recipe declares; report what was read.

    Example: boilover ingest incident_event_log.csv.gz --recipe uci_servicenow -o logs/uci
    """
    from boilover import pipeline
    from boilover.outputs import STANDARD, write_json

    report = pipeline.ingest_log(sources, output, form=input_format, recipe=recipe, escalation=escalation)
    write_json(report, STANDARD)
