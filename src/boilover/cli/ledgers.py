"""Commands about the ledger: each opens it, calls one of its methods and prints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilover.cli.options import FormatOption, OutputOption, RecipeOption, open_source, say, settings_of
from boilover.errors import InputError, UsageError

if TYPE_CHECKING:
    from boilover.flagger.ledger import Ledger

LedgerArgument = Annotated[str, typer.Argument(metavar="LEDGER", help="A SQLite file, or postgresql://…")]
DeskOption = Annotated[str | None, typer.Option("--desk", help="Only the flags of this desk.")]
OwnDeskOption = Annotated[str, typer.Option("--desk", help="Whose flags they are.")]
FlagArgument = Annotated[int | None, typer.Argument(metavar="FLAG", help="The flag's id.")]
TicketOption = Annotated[
    str | None, typer.Option("--ticket", help="In place of the id: the ticket, for its latest flag.")
]
WhoOption = Annotated[str, typer.Option("--who", help="Who says so, in words of the desk's own.")]
WhenOption = Annotated[str | None, typer.Option("--when", help="When it was said; default: now.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]
FormOption = Annotated[str | None, typer.Option("--format", help="csv, jsonl, parquet or table.")]


def show(
    ledger: LedgerArgument, desk: DeskOption = None, output: OutputOption = Path("-"), form: FormOption = None
) -> None:
    """Show the flags that stand, the most urgent first.

    Example: boilover ledger show ledger.db --desk support
    """
    from boilover.outputs import write_frame

    flags = _open(ledger).export("flags", desk=desk)
    standing = flags[flags["cleared_at"].isna()]
    tiers = {"critical": 0, "warn": 1, "watch": 2}
    urgency = standing.assign(order=standing["tier"].map(tiers), down=-standing["risk"])
    rows = urgency.sort_values(["order", "down", "desk", "ticket_id"]).index
    few = ["desk", "flag_id", "ticket_id", "tier", "state", "by", "risk", "raised_at", "nights", "why"]
    write_frame(standing.loc[rows, few].reset_index(drop=True), output, form)


def export(
    ledger: LedgerArgument,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="flags, sheet, history, nights or holdouts.")
    ] = "flags",
    desk: DeskOption = None,
    output: OutputOption = Path("-"),
    form: FormOption = None,
) -> None:
    """Write a table of the ledger; sheet holds the open flags with columns to answer in, for `ledger import`.

    Example: boilover ledger export ledger.db sheet --desk support -o sheet.csv
    """
    from boilover.outputs import write_frame

    write_frame(_open(ledger).export(table, desk=desk), output, form)


def acknowledge(
    ledger: LedgerArgument,
    who: WhoOption,
    flag: FlagArgument = None,
    ticket: TicketOption = None,
    desk: DeskOption = None,
    when: WhenOption = None,
    reason: ReasonOption = "",
) -> None:
    """Say that somebody looks after a flag.

    Example: boilover ledger acknowledge ledger.db 12 --who kim
    """
    at = _moment(when)
    _answered(_open(ledger).acknowledge(_named(flag, ticket), who=who, when=at, reason=reason, desk=desk))


def snooze(
    ledger: LedgerArgument,
    who: WhoOption,
    until: Annotated[str, typer.Option(help="A time, or how long from now, such as 2d.")],
    flag: FlagArgument = None,
    ticket: TicketOption = None,
    desk: DeskOption = None,
    when: WhenOption = None,
    reason: ReasonOption = "",
) -> None:
    """Put a flag off until a moment, after which it stands again.

    Example: boilover ledger snooze ledger.db 12 --who kim --until 2d
    """
    from boilover.times import DURATION, parse_duration, parse_moment

    at = _moment(when)
    end = at + parse_duration(until) if DURATION.fullmatch(until.strip().lower()) else parse_moment(until)
    told = _named(flag, ticket)
    _answered(_open(ledger).snooze(told, who=who, when=at, until=end, reason=reason, desk=desk))


def disagree(
    ledger: LedgerArgument,
    who: WhoOption,
    reason: ReasonOption,
    flag: FlagArgument = None,
    ticket: TicketOption = None,
    desk: DeskOption = None,
    when: WhenOption = None,
) -> None:
    """Say that a flag is wrong, and why; it is silent until its risk has fallen.

    Example: boilover ledger disagree ledger.db 12 --who kim --reason "a test ticket"
    """
    at = _moment(when)
    _answered(_open(ledger).disagree(_named(flag, ticket), who=who, when=at, reason=reason, desk=desk))


def import_answers(
    ledger: LedgerArgument,
    sheet: Annotated[Path, typer.Argument(metavar="SHEET", help="A filled sheet, as CSV.")],
) -> None:
    """Record the answers of a sheet, all or none of them.

    Example: boilover ledger import ledger.db sheet.csv
    """
    from boilover.flagger.ledger import read_feedback

    new = _open(ledger).import_feedback(read_feedback(sheet), source=sheet)
    typer.echo(f"{new} new answers")


def outcomes(
    ledger: LedgerArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="CSV or Parquet with ticket_id, escalated_at, resolved_at; or --log."
        ),
    ] = None,
    log: Annotated[Path | None, typer.Option(help="Read the outcomes from this log.")] = None,
    desk: OwnDeskOption = "desk",
    input_format: FormatOption = "auto",
    recipe: RecipeOption = None,
) -> None:
    """Tell which tickets escalated or were resolved; learn which share of escalations had been flagged before.

    Example: boilover ledger outcomes ledger.db --log logs/desk --desk support
    """
    from boilover import pipeline

    if (file is None) == (log is None):
        raise UsageError("name either a file of outcomes or a log with --log")
    source = None if log is None else open_source(log, input_format, recipe, None, settings_of(None))
    told = pipeline.tell_outcomes(ledger, desk, file=file, source=source)
    share = "" if told.share is None else f" ({told.share:.0%})"
    typer.echo(f"escalations            {told.escalations}")
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
    from boilover.times import parse_duration

    at = _moment(when)
    ended = _open(ledger).expire(desk, unseen_since=at - parse_duration(unseen), when=at)
    typer.echo(f"{ended} flags expired")


def feedback(
    ledger: LedgerArgument, desk: DeskOption = None, output: OutputOption = Path("-"), form: FormOption = None
) -> None:
    """Count answers and outcomes of flags by who asked for them, and of tickets held out.

    Example: boilover ledger feedback ledger.db --desk support
    """
    from boilover.outputs import write_frame

    write_frame(_open(ledger).feedback(desk=desk), output, form)


def check(ledger: LedgerArgument) -> None:
    """Prove that the ledger adds up: states against history, counts, damage; exit code 3 where it does not.

    Example: boilover ledger check ledger.db
    """
    problems = _open(ledger).check()
    for problem in problems:
        say(problem)
    if problems:
        raise InputError(
            f"{len(problems)} things do not add up", file="the ledger", mend="Restore it from a backup"
        )
    typer.echo("the ledger adds up")


COMMANDS: dict[str, Callable[..., None]] = {
    **{each.__name__: each for each in (show, export, acknowledge, snooze, disagree)},
    "import": import_answers,
    **{each.__name__: each for each in (outcomes, expire, feedback, check)},
}


def _open(ledger: str) -> Ledger:
    from boilover.flagger.ledger import Ledger

    return Ledger.open(ledger, create=False)


def _named(flag: int | None, ticket: str | None) -> int | str:
    if flag is not None and ticket is None:
        return flag
    if ticket is not None and flag is None:
        return ticket
    raise UsageError("name either a flag's id or a ticket with --ticket")


def _moment(when: str | None) -> int:
    from boilover.times import parse_moment

    return parse_moment(datetime.now(UTC) if when is None else when)


def _answered(new: bool) -> None:
    typer.echo("recorded" if new else "the same was recorded before")
