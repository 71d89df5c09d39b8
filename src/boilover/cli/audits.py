"""The command about leaks: audit."""

from __future__ import annotations

from typing import Annotated

import typer

from boilover.cli.options import (
    ConfigOption,
    EscalationOption,
    InputFormatOption,
    JsonOption,
    LogArgument,
    RecipeOption,
    open_source,
    settings_of,
)
from boilover.cli.speaking import print_figures


def audit(
    log: LogArgument,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 7 where a model would see a leak.")
    ] = False,
    timezone: Annotated[
        str | None,
        typer.Option(
            help="The zone of a log's times without an offset, such as Europe/Berlin; UTC otherwise."
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Find the columns that know the future, by name and evidence; of a table's export all its columns.

    Example: boilover audit incident_event_log.csv --recipe uci_servicenow
    """
    from boilover import pipeline
    from boilover.audit.table import render
    from boilover.errors import LeakError

    settings = settings_of(config)
    source = open_source(log, input_format, recipe, escalation, settings)
    found = pipeline.audit_log(source, settings, path=log, recipe=recipe, timezone=timezone)
    print_figures(found.to_dict(), render, as_json=as_json)
    if strict and found.harmful:
        raise LeakError(f"a model would see columns that know the future: {', '.join(found.harmful)}")
