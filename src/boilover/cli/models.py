"""Commands about models: demo, train, evaluate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from boilover.cli.options import (
    ConfigOption,
    EscalationOption,
    InputFormatOption,
    JsonOption,
    LogArgument,
    ModelOption,
    NewModelOption,
    RecipeOption,
    ReportOption,
    open_source,
    settings_of,
)
from boilover.cli.speaking import print_figures, say
from boilover.errors import without_secrets
from boilover.places import local

SECOND = 1_000_000
"""Microseconds."""


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", parser=local, metavar="<path>", help="The folder to write to.")
    ] = Path("out/demo"),
    tickets: Annotated[int, typer.Option(min=1000, help="How many tickets the desk sees.")] = 6000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same desk.")] = 0,
    track: Annotated[bool, typer.Option(help="Log the run to MLflow.")] = True,
) -> None:
    """Run the whole job on a synthetic desk: ingest, train, evaluate, score, flag, report.

    Example: boilover demo -o out/demo
    """
    from boilover.demo import demo as run
    from boilover.evaluation.table import render
    from boilover.outputs import write_frame
    from boilover.places import STANDARD

    made = run(output, n_tickets=tickets, seed=seed, track=track, say=say)
    typer.echo(render(made.measured.evaluation.to_dict(), terminal=sys.stdout.isatty()))
    typer.echo(f"\nFlagged tonight: {len(made.flags)} of {len(made.scores)} open tickets\n")
    write_frame(made.flags, STANDARD, "table")
    typer.echo()
    for name, path in made.files.items():
        typer.echo(f"{name:<12}{path}")


def train(
    log: LogArgument,
    model: NewModelOption,
    horizon: Annotated[
        str | None,
        typer.Option(help="Within which spans: 7d, or several as in 24h,72h,7d; risk is that of the first."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Train on the log as it was then.")] = None,
    ledger: Annotated[
        str | None,
        typer.Option(help="Leave out points whose labels an answered flag of this ledger may have changed."),
    ] = None,
    desk: Annotated[str, typer.Option(help="Whose flags of the ledger count.")] = "desk",
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same model.")] = None,
    tune: Annotated[
        str | None,
        typer.Option(help="Search that long for settings of the trees, as in 10m; default: not at all."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Grow the trees on dask://host:port; default: on this machine."),
    ] = None,
    all_columns: Annotated[
        bool,
        typer.Option("--all-columns", help="Read every column; default: not those that hardly move risks."),
    ] = False,
    track: Annotated[bool, typer.Option(help="Log the run to MLflow.")] = True,
) -> None:
    """Fit and calibrate a model, save it as a folder of text, log the run to MLflow.

    Example: boilover train logs/desk --model models/desk --horizon 7d
    """
    from boilover import pipeline
    from boilover.model.verdict import verdict
    from boilover.times import parse_duration

    settings = settings_of(
        config, horizon=tuple(horizon.split(",")) if horizon is not None else None, seed=seed
    )
    source = open_source(log, input_format, recipe, escalation, settings, texts=False, written=[model])
    saved = pipeline.train_model(
        source,
        model,
        settings,
        until=until,
        ledger=ledger,
        desk=desk,
        tune_seconds=parse_duration(tune) / SECOND if tune is not None else 0.0,
        cluster=cluster,
        all_columns=all_columns,
        track=track,
        named=without_secrets(str(log)),
        say=say,
    )
    manifest = saved.manifest
    typer.echo(f"model       {without_secrets(str(model))}")
    several = f"; risk and what follows are of {manifest.horizons[0]}" if len(manifest.horizons) > 1 else ""
    typer.echo(f"horizon     {', '.join(manifest.horizons)}{several}")
    typer.echo(f"window      {manifest.trained_from} to {manifest.trained_until}")
    kept = len(manifest.columns)
    typer.echo(f"features    {kept} kept of {kept + len(manifest.not_kept)}")
    typer.echo(f"base rate   {manifest.base_rate:.4f} of training points escalate")
    for name, figure in manifest.metrics.items():
        typer.echo(
            f"held out    {name.replace('_', ' ')}: {'undefined' if figure is None else f'{figure:.4g}'}"
        )
    for clause in verdict(saved.model.primary, manifest.metrics, manifest.base_rate):
        typer.echo(f"verdict     {clause}")


def evaluate(
    log: LogArgument,
    model: ModelOption,
    since: Annotated[
        str | None, typer.Option(help="Measure on points after this; default: the end of training.")
    ] = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Measure a model on points after its training window, beside its peers on the same points.

    Example: boilover evaluate logs/desk --model models/desk --report report.html
    """
    from boilover import pipeline
    from boilover.evaluation.table import render

    settings = settings_of(config)
    source = open_source(
        log, input_format, recipe, escalation, settings, written=[report], read=[model, config]
    )
    measured = pipeline.evaluate_model(source, model, settings, since=since, report=report, say=say)
    print_figures(measured.evaluation.to_dict(), render, as_json=as_json)
    if report is not None:
        say(f"report {report}")
