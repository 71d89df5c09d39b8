"""Commands about the ledger: each opens it, calls one of its methods and prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilover.cli.answers import (
    DeskOption,
    LedgerArgument,
    WhenOption,
    acknowledge,
    disagree,
    import_answers,
    moment,
    opened,
    snooze,
)
from boilover.cli.options import (
    InputFormatOption,
    OutputFormatOption,
    OutputOption,
    RecipeOption,
    at_place,
    ledger_file,
    open_source,
    settings_of,
)
from boilover.cli.speaking import say
from boilover.errors import InputError, UsageError

if TYPE_CHECKING:
    import pandas as pd

OwnDeskOption = Annotated[str, typer.Option("--desk", help="Whose flags they are.")]


def show(
    ledger: LedgerArgument,
    desk: DeskOption = None,
    output: OutputOption = Path("-"),
    form: OutputFormatOption = None,
) -> None:
    """Show the flags that stand, the most urgent first.

    The tier is the highest so far; risk and reasons are of the night that raised a flag.

    Example: boilover ledger show ledger.db --desk support
    """
    flags = opened(ledger).export("flags", desk=desk)
    standing = flags[flags["cleared_at"].isna()]
    tiers = {"critical": 0, "warn": 1, "watch": 2}
    urgency = standing.assign(order=standing["tier"].map(tiers), down=-standing["risk"])
    rows = urgency.sort_values(["order", "down", "desk", "ticket_id"]).index
    few = ["desk", "flag_id", "ticket_id", "tier", "state", "by", "nights", "raised_at", "risk", "why"]
    then = {"risk": "risk_when_raised", "why": "why_raised"}
    _hand_out(standing.loc[rows, few].rename(columns=then).reset_index(drop=True), ledger, output, form)


def export(
    ledger: LedgerArgument,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="flags, sheet, history, nights, holdouts or lots.")
    ] = "flags",
    desk: DeskOption = None,
    output: OutputOption = Path("-"),
    form: OutputFormatOption = None,
) -> None:
    """Write a table of the ledger; sheet holds the open flags with columns to answer in, for `ledger import`.

    Example: boilover ledger export ledger.db sheet --desk support -o sheet.csv
    """
    _hand_out(opened(ledger).export(table, desk=desk), ledger, output, form)


def outcomes(
    ledger: LedgerArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="CSV or Parquet with ticket_id, escalated_at, resolved_at; or --log."
        ),
    ] = None,
    log: Annotated[Path | None, at_place(help="Read the outcomes from this log.")] = None,
    model: Annotated[
        Path | None, at_place(help="With --log: the model whose rule says what escalated and who is at risk.")
    ] = None,
    desk: OwnDeskOption = "desk",
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
) -> None:
    """Tell which tickets escalated or were resolved; learn which share of escalations had been flagged before.

    Example: boilover ledger outcomes ledger.db --log logs/desk --model models/desk --desk support
    """
    from boilover import pipeline
    from boilover.model.saved import load_model
    from boilover.tracking.located import located

    if (file is None) == (log is None):
        raise UsageError("name either a file of outcomes or a log with --log")
    if model is not None and log is None:
        raise UsageError("--model is for --log: a file tells outcomes itself")
    source = None if log is None else open_source(log, input_format, recipe, None, settings_of(None))
    if source is not None and model is not None:
        source = source.under(load_model(located(model)).rule)
    told = pipeline.tell_outcomes(ledger, desk, file=file, source=source)
    share = "" if told.share is None else f" ({told.share:.0%})"
    typer.echo(f"escalations            {told.escalations} since the first night")
    typer.echo(f"flagged before         {told.flagged_before}{share}")
    typer.echo(f"new: escalated anyway  {told.escalated_anyway}")
    typer.echo(f"new: resolved          {told.resolved}")
    typer.echo(f"new: held out          {told.held_out}")


def expire(
    ledger: LedgerArgument,
    unseen: Annotated[str, typer.Option(help="How long the ticket was not at risk, such as 30d.")],
    desk: OwnDeskOption = "desk",
    when: WhenOption = None,
) -> None:
    """End the open flags of tickets that no night has asked about for a while.

    Example: boilover ledger expire ledger.db --desk support --unseen 30d
    """
    from boilover.times import is_ahead, parse_duration

    at, book = moment(when), opened(ledger)
    latest = book.latest(desk)
    if is_ahead(at, None if latest is None else latest["as_of"]):
        raise UsageError(f"--when {when}: lies in the future. Look at the year")
    ended = book.expire(desk, unseen_since=at - parse_duration(unseen), when=at)
    typer.echo(f"{ended} flags expired")


def take_back(
    ledger: LedgerArgument,
    as_of: Annotated[
        str, typer.Option("--as-of", help="The night, which has to be the last one of the desk.")
    ],
    desk: OwnDeskOption = "desk",
) -> None:
    """Take the last night back that should not have been, such as one of a wrong year; flags stand as before it.

    What was sent of it cannot be taken back, and is counted.

    Example: boilover ledger take-back ledger.db --desk support --as-of 2062-01-01
    """
    from boilover.flagger.taking_back import take_back
    from boilover.times import iso, parse_moment

    at = parse_moment(as_of)
    done = take_back(opened(ledger), desk, at)
    typer.echo(f"the night of {iso(at)} counts no more")
    typer.echo(f"raised             {done.new}: they never were")
    typer.echo(f"risen              {done.risen}: they have their tier of before")
    typer.echo(f"cleared            {done.cleared}: they stand again")
    typer.echo(f"expired            {done.expired}: they stand again")
    typer.echo(f"messages sent      {done.sent}: they cannot be taken back")
    typer.echo(f"last night now     {'none' if done.latest is None else iso(done.latest)}")


def feedback(
    ledger: LedgerArgument,
    desk: DeskOption = None,
    output: OutputOption = Path("-"),
    form: OutputFormatOption = None,
) -> None:
    """Count answers and outcomes of flags by who asked for them, and of tickets held out.

    Example: boilover ledger feedback ledger.db --desk support
    """
    _hand_out(opened(ledger).feedback(desk=desk), ledger, output, form)


def effect(
    ledger: LedgerArgument,
    desk: OwnDeskOption = "desk",
    within: Annotated[str, typer.Option(help="Escalations count so long after a flag was due.")] = "7d",
) -> None:
    """Tell what flags change, by the lots of [outcome] holdout; no claim is made without a hold-out.

    Example: boilover ledger effect ledger.db --desk support --within 7d
    """
    from boilover.times import iso
    from boilover.words import spelled

    told = opened(ledger).effect(desk, within=within)
    for name, arm in (("held out", told.held_out), ("may be flagged", told.others)):
        share, low, high = arm.share
        typer.echo(
            f"{name:<15}{arm.escalated} of {arm.tickets} escalated within {spelled(within)}:"
            f" {share:.1%} ({low:.1%} to {high:.1%})"
        )
    typer.echo(f"{'too recent':<15}{told.unripe}, as outcomes are known until {iso(told.until)}")
    typer.echo(told.says)


def check(ledger: LedgerArgument) -> None:
    """Prove that the ledger adds up: states against history, counts, damage; exit code 3 where it does not.

    Example: boilover ledger check ledger.db
    """
    problems = opened(ledger).check()
    for problem in problems:
        say(problem)
    if problems:
        raise InputError(
            f"{len(problems)} things do not add up", file="the ledger", mend="Restore it from a backup"
        )
    typer.echo("the ledger adds up")


def _hand_out(found: pd.DataFrame, ledger: str, output: Path, form: str | None) -> None:
    from boilover.outputs import check_target, write_frame

    check_target(output, form, read=(ledger_file(ledger),))
    write_frame(found, output, form)


COMMANDS: dict[str, Callable[..., None]] = {
    **{each.__name__: each for each in (show, export, acknowledge, snooze, disagree)},
    "import": import_answers,
    **{each.__name__: each for each in (outcomes, expire)},
    "take-back": take_back,
    **{each.__name__: each for each in (feedback, effect, check)},
}
