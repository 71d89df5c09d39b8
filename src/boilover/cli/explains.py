"""The command about one ticket: explain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from boilover.cli.options import (
    ConfigOption,
    InputFormatOption,
    LogArgument,
    ModelOption,
    RecipeOption,
    at_place,
    open_source,
    settings_of,
)
from boilover.cli.speaking import say


def explain(
    log: LogArgument,
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="The ticket's id.")],
    model: ModelOption,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Up to then, knowing no more; default: the log's end.")
    ] = None,
    output: Annotated[
        Path | None,
        at_place("-o", "--output", help="Also write a picture (.svg, .png) or the figures (.csv, .json, …)."),
    ] = None,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
) -> None:
    """Explain a ticket's risk: what happened to it, its risk after each event and night, and what moved it.

    Example: boilover explain logs/desk T000754 --model models/desk -o ticket.svg
    """
    from boilover import pipeline
    from boilover.explaining.files import check_output
    from boilover.explaining.table import render

    if output is not None:
        check_output(output)
    source = open_source(
        log, input_format, recipe, None, settings_of(config), written=[output], read=[model, config]
    )
    explanation = pipeline.explain_log(source, model, ticket, as_of=as_of, output=output)
    typer.echo(render(explanation, terminal=sys.stdout.isatty()), nl=False)
    if output is not None:
        say(f"written to {output}")
