"""Commands about the life of a model and of a desk: drift, promote, kpis."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from boilover.cli.options import (
    ConfigOption,
    EscalationOption,
    InputFormatOption,
    JsonOption,
    LogArgument,
    ModelOption,
    RecipeOption,
    ReportOption,
    at_place,
    beside,
    ledger_file,
    open_source,
    settings_of,
)
from boilover.cli.speaking import print_figures, say
from boilover.errors import UsageError

TO_FILE = "Write all of it to a file: .json, or text."


def _tell(
    figures: Mapping[str, Any], render: Callable[..., str], file: Path | None, *, as_json: bool
) -> None:
    """Print figures as JSON or as tables, and write all of them to a file where one is named."""
    from boilover.outputs import write_json, write_text

    print_figures(figures, render, as_json=as_json)
    if file is not None:
        if file.suffix == ".json":
            write_json(figures, file)
        else:
            write_text(render(figures), file)
        say(f"written to {file}")


def drift(
    log: LogArgument,
    model: ModelOption,
    as_of: Annotated[
        str | None, typer.Option(help="Know what was known then; default: the end of the log.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Compare what was asked after this; default: the end of training.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("-o", "--report", parser=beside, metavar="<path>", help=TO_FILE),
    ] = None,
    as_json: JsonOption = False,
    gate: Annotated[
        bool, typer.Option("--gate", help="End with exit code 7 where something drifted.")
    ] = False,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Compare what a model was trained on with what it is asked now, and tell how good it still is.

    Example: boilover drift logs/desk --model models/desk
    """
    from boilover import pipeline
    from boilover.errors import GateError
    from boilover.monitoring.table import render

    settings = settings_of(config)
    source = open_source(
        log, input_format, recipe, escalation, settings, texts=False, written=[report], read=[model, config]
    )
    found = pipeline.drift_of_log(source, model, say=say, as_of=as_of, since=since, seed=settings.seed)
    _tell(found.to_dict(), render, report, as_json=as_json)
    if gate and found.drifted:
        raise GateError(f"what the model is asked has drifted: {', '.join(found.reasons)}")


def promote(
    model: Annotated[
        Path, typer.Option("--model", help="The champion: its folder, or models:/NAME of a registry.")
    ],
    challenger: Annotated[Path, typer.Option(help="The folder of the model that would take its place.")],
    log: Annotated[
        Path,
        at_place(help="An event-log folder, or an export, to compare on."),
    ],
    since: Annotated[
        str | None,
        typer.Option(help="Compare them on points after this; default: the end of both trainings."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Know what was known then; default: the end of the log.")
    ] = None,
    sure: Annotated[
        bool, typer.Option("--sure", help="Refuse also a challenger that is not better beyond chance.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Let a challenger take the champion's place if it is no worse on questions whose outcome is known by now.

    A worse one is refused with exit code 7. In a registry the alias champion moves; a folder is replaced in one step,
    and the old one is kept as .previous.

    Example: boilover promote --model models/desk --challenger models/trial --log logs/desk
    """
    from boilover import pipeline
    from boilover.errors import GateError
    from boilover.monitoring.table import render_challenge
    from boilover.outputs import write_json
    from boilover.places import STANDARD

    settings = settings_of(config)
    source = open_source(log, input_format, recipe, escalation, settings, texts=False)
    told = pipeline.promote_model(
        source, model, challenger, since=since, as_of=as_of, sure=sure, seed=settings.seed
    )
    if as_json:
        write_json(told.to_dict(), STANDARD)
    elif told.challenge is not None:
        typer.echo(render_challenge(told.challenge.to_dict(), terminal=sys.stdout.isatty()), nl=False)
    if told.promotion is None:
        verdict = "" if told.challenge is None else told.challenge.verdict
        raise GateError(f"not promoted: {verdict}")
    kept = "" if told.promotion.previous is None else f"; the one before is {told.promotion.previous}"
    say(f"the champion is {told.promotion.champion}{kept}")


def kpis(
    log: LogArgument,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Tell escalations by this: queue, priority, month, or a column of the tickets; may be repeated."
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Leave out tickets created before.")] = None,
    ledger: Annotated[
        str | None, typer.Option(help="A ledger of flags: tell how many escalations a flag preceded.")
    ] = None,
    desk: Annotated[str, typer.Option(help="The desk's name in the ledger.")] = "desk",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=beside, metavar="<path>", help=TO_FILE),
    ] = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Tell how often tickets escalate, when, which ones, what goes with it, and what becomes of them.

    Figures are about tickets, never about who works on them.

    Example: boilover kpis logs/desk --by queue --by category --report kpis.html
    """
    from boilover import pipeline
    from boilover.kpi.people import refuse_people
    from boilover.kpi.table import render

    for each in by or ():
        refuse_people(each)
    if output is not None and report is not None and os.path.realpath(output) == os.path.realpath(report):
        raise UsageError(f"-o and --report both name {report}. Name two files")
    source = open_source(
        log,
        input_format,
        recipe,
        escalation,
        settings_of(config),
        texts=False,
        written=[output, report],
        read=[config, ledger_file(ledger)],
    )
    figures = pipeline.kpis_of_log(
        source, by=by or (), since=since, ledger=ledger, desk=desk, report=report
    ).to_dict()
    _tell(figures, render, output, as_json=as_json)
    if report is not None:
        say(f"report {report}")
