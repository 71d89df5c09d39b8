"""Commands about scores: score, flag."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boilover.cli.options import (
    ConfigOption,
    FormatOption,
    LogArgument,
    ModelOption,
    OutputOption,
    RecipeOption,
    open_source,
    say,
    settings_of,
)
from boilover.errors import UsageError


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
    source = open_source(log, input_format, recipe, None, settings_of(config))
    write_frame(pipeline.score_log(source, model, as_of=as_of, points=points, explain=explain), output, form)


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

    threshold, flags = pipeline.flag_scores(
        read_frame(scores), load_model(model), settings_of(config).threshold
    )
    say(f"threshold {threshold.value:.4f}: {threshold.summary()}")
    write_frame(flags, output, form)
