"""Commands by which people answer flags; and what all commands about a ledger share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilover.errors import UsageError

if TYPE_CHECKING:
    from boilover.flagger.ledger import Ledger

LedgerArgument = Annotated[str, typer.Argument(metavar="LEDGER", help="A SQLite file, or postgresql://…")]
DeskOption = Annotated[str | None, typer.Option("--desk", help="Only the flags of this desk.")]
FlagArgument = Annotated[int | None, typer.Argument(metavar="FLAG", help="The flag's id.")]
TicketOption = Annotated[
    str | None, typer.Option("--ticket", help="In place of the id: the ticket, for its latest flag.")
]
WhoOption = Annotated[str, typer.Option("--who", help="Who says so, in words of the desk's own.")]
WhenOption = Annotated[str | None, typer.Option("--when", help="When it was said; default: now.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]


def opened(ledger: str) -> Ledger:
    """Open a ledger that is there."""
    from boilover.flagger.ledger import Ledger

    return Ledger.open(ledger, create=False)


def moment(when: str | None) -> int:
    """Return a moment that is told, or now."""
    from boilover.times import now, parse_moment

    return now() if when is None else parse_moment(when)


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
    at = moment(when)
    _answered(opened(ledger).acknowledge(_named(flag, ticket), who=who, when=at, reason=reason, desk=desk))


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
    from boilover.times import DURATION, parse_duration

    at = moment(when)
    end = at + parse_duration(until) if DURATION.fullmatch(until.strip().lower()) else moment(until)
    told = _named(flag, ticket)
    _answered(opened(ledger).snooze(told, who=who, when=at, until=end, reason=reason, desk=desk))


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
    at = moment(when)
    _answered(opened(ledger).disagree(_named(flag, ticket), who=who, when=at, reason=reason, desk=desk))


def import_answers(
    ledger: LedgerArgument,
    sheet: Annotated[Path, typer.Argument(metavar="SHEET", help="A filled sheet, as CSV.")],
) -> None:
    """Record the answers of a sheet, all or none of them.

    Example: boilover ledger import ledger.db sheet.csv
    """
    from boilover.flagger.ledger import read_feedback

    new = opened(ledger).import_feedback(read_feedback(sheet), source=sheet)
    typer.echo(f"{new} new answers")


def _named(flag: int | None, ticket: str | None) -> int | str:
    if flag is not None and ticket is None:
        return flag
    if ticket is not None and flag is None:
        return ticket
    raise UsageError("name either a flag's id or a ticket with --ticket")


def _answered(new: bool) -> None:
    typer.echo("recorded" if new else "the same was recorded before")
