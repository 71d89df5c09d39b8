"""The command line: it parses, calls one function of the pipeline and prints."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from boilover import __version__
from boilover.errors import BoiloverError, UsageError

if TYPE_CHECKING:
    from boilover.config import Config
    from boilover.inputs import Source

app = typer.Typer(
    name="boilover",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Predict which open support tickets are about to escalate.",
    epilog="Exit codes: 0 done, 1 unexpected, 2 usage, 3 invalid input, 4 stale input, 5 model and data do not fit,"
    " 6 another run holds the lock, 7 a quality or drift gate failed.",
)

LogArgument = Annotated[Path, typer.Argument(metavar="LOG", help="An event-log folder, or an export.")]
ModelOption = Annotated[Path, typer.Option("--model", help="The model's folder.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A TOML file, see docs/configuration.md.")
]
FormatOption = Annotated[str, typer.Option("--input-format", help="Format of LOG: auto, log, table or xes.")]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe", help="How to read an export: a shipped recipe's name, or a TOML file with a [mapping]."
    ),
]
EscalationOption = Annotated[
    str | None,
    typer.Option("--escalation", help="Which of several declared escalations to use, by its name."),
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="A file, or - for standard output.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version


@app.command()
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")] = Path(
        "out/demo"
    ),
    tickets: Annotated[int, typer.Option(min=500, help="How many tickets the desk sees.")] = 6000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same desk.")] = 0,
    track: Annotated[bool, typer.Option(help="Log the run to MLflow.")] = True,
) -> None:
    """Run the whole job on a synthetic desk: ingest, train, evaluate, score, flag, report.

    Example: boilover demo -o out/demo
    """
    from boilover import pipeline
    from boilover.evaluation.table import render
    from boilover.outputs import to_table

    made = pipeline.demo(output, n_tickets=tickets, seed=seed, track=track, say=_say)
    typer.echo(render(made.measured.evaluation.to_dict(), terminal=sys.stdout.isatty()))
    typer.echo(f"\nFlagged tonight: {len(made.flags)} of {len(made.scores)} open tickets\n")
    typer.echo(to_table(made.flags))
    typer.echo()
    for name, path in made.files.items():
        typer.echo(f"{name:<12}{path}")


@app.command()
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


@app.command()
def train(
    log: LogArgument,
    model: ModelOption,
    horizon: Annotated[
        str | None,
        typer.Option(help="Within which spans: 7d, or several as in 24h,72h,7d; risk is that of the first."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Train on the log as it was then.")] = None,
    config: ConfigOption = None,
    input_format: FormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same model.")] = None,
    track: Annotated[bool, typer.Option(help="Log the run to MLflow.")] = True,
) -> None:
    """Fit and calibrate a model, save it as a folder of text, log the run to MLflow.

    Example: boilover train logs/desk --model models/desk --horizon 7d
    """
    from boilover import pipeline

    settings = _config(config, horizon=tuple(horizon.split(",")) if horizon else None, seed=seed)
    source = _open(log, input_format, recipe, escalation, settings)
    saved = pipeline.train_model(source, model, settings, until=until, track=track, say=_say)
    manifest = saved.manifest
    typer.echo(f"model       {model}")
    typer.echo(f"horizon     {', '.join(manifest.horizons)}")
    typer.echo(f"window      {manifest.trained_from} to {manifest.trained_until}")
    typer.echo(f"features    {len(manifest.columns)}")
    typer.echo(f"base rate   {manifest.base_rate:.4f} of training points escalate")
    for name, figure in manifest.metrics.items():
        typer.echo(
            f"held out    {name.replace('_', ' ')}: {'undefined' if figure is None else f'{figure:.4g}'}"
        )


@app.command()
def evaluate(
    log: LogArgument,
    model: ModelOption,
    since: Annotated[
        str | None, typer.Option(help="Measure on points after this; default: the end of training.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report as one HTML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    config: ConfigOption = None,
    input_format: FormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
) -> None:
    """Measure a model on points after its training window, beside its peers on the same points.

    Example: boilover evaluate logs/desk --model models/desk --report report.html
    """
    from boilover import pipeline
    from boilover.evaluation.table import render
    from boilover.outputs import STANDARD, write_json

    settings = _config(config)
    source = _open(log, input_format, recipe, escalation, settings)
    measured = pipeline.evaluate_model(source, model, settings, since=since, report=report)
    figures = measured.evaluation.to_dict()
    if as_json:
        write_json(figures, STANDARD)
    else:
        typer.echo(render(figures, terminal=sys.stdout.isatty()))
    if report is not None:
        _say(f"report {report}")


@app.command()
def score(
    log: LogArgument,
    model: ModelOption,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Score as of then; default: the log's end.")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet with ticket_id, as_of: score these moments, one row each."),
    ] = None,
    output: OutputOption = Path("-"),
    form: Annotated[str | None, typer.Option("--format", help="csv, jsonl, parquet or table.")] = None,
    explain: Annotated[int, typer.Option(min=0, help="How many of the riskiest rows get reasons.")] = 200,
    config: ConfigOption = None,
    input_format: FormatOption = "auto",
    recipe: RecipeOption = None,
) -> None:
    """Score every open ticket, the riskiest first, with reasons; or the points of a file, in their order.

    Example: boilover score logs/desk --model models/desk --as-of 2026-03-03 -o scores.csv
    """
    from boilover import pipeline
    from boilover.outputs import write_frame

    if as_of is not None and points is not None:
        raise UsageError("--as-of and --points exclude each other: a file of points tells its own moments")
    source = _open(log, input_format, recipe, None, _config(config))
    write_frame(pipeline.score_log(source, model, as_of=as_of, points=points, explain=explain), output, form)


@app.command()
def flag(
    scores: Annotated[
        Path, typer.Argument(metavar="SCORES", help="What `boilover score` wrote; - for standard input.")
    ],
    model: ModelOption,
    config: ConfigOption = None,
    output: OutputOption = Path("-"),
    form: Annotated[str | None, typer.Option("--format", help="csv, jsonl, parquet or table.")] = None,
) -> None:
    """Flag the scored tickets that the [threshold] of the configuration picks; default: the 10 riskiest a night.

    The threshold is chosen on the slice of past points that the model kept for it.

    Example: boilover flag scores.csv --model models/desk --config desk.toml
    """
    from boilover import pipeline
    from boilover.model.saved import load_model
    from boilover.outputs import read_frame, write_frame

    threshold, flags = pipeline.flag_scores(read_frame(scores), load_model(model), _config(config).threshold)
    _say(f"threshold {threshold.value:.4f}: {threshold.summary()}")
    write_frame(flags, output, form)


def _open(
    log: Path, input_format: str, recipe: str | None, escalation: str | None, settings: Config
) -> Source:
    from boilover.inputs import open_log

    source = open_log(
        log, format=input_format, recipe=recipe, escalation=settings.escalation, escalation_name=escalation
    )
    _say(f"read {log}: {source.format}, {len(source.log.events)} events of {len(source.log.tickets)} tickets")
    for warning in source.log.warnings:
        _say(str(warning))
    return source


def _config(path: Path | None, **given: Any) -> Config:
    from boilover.config import load_config

    return load_config(path).model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _fail(error: BaseException, code: int) -> NoReturn:
    _say(f"boilover: {error}")
    raise SystemExit(code)


def main() -> None:
    """Run the command line; every error becomes a message on standard error and its exit code."""
    try:
        app()
    except BoiloverError as error:
        _fail(error, error.exit_code)
    except BrokenPipeError:
        # The reader closed the pipe, as `head` does: no error of ours, and nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except Exception as error:
        if os.environ.get("BOILOVER_DEBUG"):
            raise
        # The message of a foreign error may quote a ticket, so it is not told.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        _fail(
            BoiloverError(f"unexpected {type(error).__name__} at {where}; BOILOVER_DEBUG=1 shows all of it"),
            1,
        )
