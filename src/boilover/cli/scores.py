"""The command score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from boilover.cli.options import (
    ConfigOption,
    InputFormatOption,
    LogArgument,
    ModelOption,
    OutputFormatOption,
    OutputOption,
    RecipeOption,
    at_place,
    check_one_input,
    open_source,
    settings_of,
)
from boilover.cli.speaking import counting, say
from boilover.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

NOBODY = "no ticket is at risk as of then, so there is none to score"


def score(
    log: LogArgument,
    model: ModelOption,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Score as of then; default: the log's end.")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            help="CSV or Parquet with ticket_id, as_of, - for standard input: score these moments, one row each.",
        ),
    ] = None,
    output: OutputOption = Path("-"),
    form: OutputFormatOption = None,
    explain: Annotated[
        str,
        typer.Option(
            metavar="N|all",
            help="How many of the riskiest rows get reasons; with all, those after 200 get quicker, rougher ones.",
        ),
    ] = "200",
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Score a log partition by partition, within 4GB or so."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Score its partitions on dask://host:port, spark or spark://host:port."
        ),
    ] = None,
    spill: Annotated[
        Path | None,
        at_place(help="Where pieces lie meanwhile: a folder, or a URL, that all workers reach."),
    ] = None,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
) -> None:
    """Score the open tickets that have not escalated, riskiest first, with reasons; or the points of a file.

    Example: boilover score logs/desk --model models/desk --as-of 2026-03-03 -o scores.csv
    """
    from boilover import pipeline
    from boilover.observation import last_observed, last_two_observed
    from boilover.outputs import check_target
    from boilover.places import title

    check_target(output, form, read=(log, points, model, config))
    if as_of is not None and points is not None:
        raise UsageError("--as-of and --points exclude each other: a file of points tells its own moments")
    check_one_input({"LOG": log, "--points": points})
    rows: int | Literal["all"] = "all" if explain == "all" else _whole_number(explain)
    if memory is not None or cluster is not None:
        if {points, recipe, config} != {None} or input_format not in ("auto", "log"):
            raise UsageError(
                "--memory and --cluster are for the open tickets of a log that `boilover ingest` wrote"
            )
        with counting() as tell:
            found = pipeline.score_in_parts(
                log, model, memory=memory, cluster=cluster, as_of=as_of, explain=rows, spill=spill, tell=tell
            )
        ends = sorted(set(_ends(log)))
        if as_of is None and ends:
            _tell_ahead(ends[-1], ends[max(len(ends) - 2, 0)])
        _tell_age(found, max(ends, default=None), model)
        _hand_out(found, output, form, NOBODY)
        return
    if spill is not None:
        raise UsageError("--spill is where pieces lie: name --memory or --cluster with it")
    source = open_source(log, input_format, recipe, None, settings_of(config), texts=False)
    found = pipeline.score_log(source, model, as_of=as_of, points=points, explain=rows)
    if as_of is None and points is None and (last := last_two_observed(source.told.events)):
        _tell_ahead(*last)
    _tell_age(found, last_observed(source.told.events), model)
    _hand_out(
        found,
        output,
        form,
        NOBODY if points is None else f"{title(points)} has no rows, so there is none to score",
    )


def _ends(log: Path) -> list[int]:
    """Return until when the partitions of a log tell, UTC microseconds."""
    from boilover.partitions import Manifest, read_manifest
    from boilover.times import parse_moment

    manifest = read_manifest(log) or Manifest()
    return [parse_moment(each.last) for each in manifest.partitions if each.last is not None]


def _tell_ahead(newest: int, before: int) -> None:
    """Say where the last event, as of which scores are, seems to have a wrong time."""
    from boilover.scoring import told_ahead

    if warning := told_ahead(newest, before):
        say(warning)


def _tell_age(found: pd.DataFrame, newest: int | None, model: Path) -> None:
    """Say where scores are as of long after ``newest``, when something was observed last."""
    import pandas as pd

    from boilover.model.saved import load_model
    from boilover.scoring import RESTS, told_late
    from boilover.times import parse_moment
    from boilover.tracking.located import located

    latest = pd.to_datetime(found["as_of"], utc=True).max()
    if newest is None or pd.isna(latest):
        return
    asked = parse_moment(latest)
    if asked - newest > RESTS and (late := told_late(newest, asked, load_model(located(model)))):
        say(late)


def _hand_out(found: pd.DataFrame, output: Path, form: str | None, nothing: str) -> None:
    """Write scores, and say how many where they are not seen, or why there is nothing."""
    from boilover.outputs import write_frame
    from boilover.places import STANDARD

    write_frame(found, output, form)
    if not len(found):
        say(nothing)
    elif output != STANDARD:
        say(f"{len(found)} rows in {output}")


def _whole_number(told: str) -> int:
    if not told.isdecimal():
        raise UsageError(f"--explain {told}: takes a number of rows, or all")
    return int(told)
