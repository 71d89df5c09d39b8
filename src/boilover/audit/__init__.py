"""The leak audit: which columns know the future, by name and evidence.

A fact of a ticket's end has a moment at which it became known. A column that told its value before that moment and
yet agrees with the fact, far beyond chance, knows the future. Features themselves cannot: `boilover.future_edit_test`
proves that; what they read can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from boilover.annotations import Annotations
from boilover.audit.alone import alone
from boilover.audit.case import Case
from boilover.audit.checks import check
from boilover.audit.clock import are_local, moments_of, zone_named
from boilover.audit.columns import Column, log_columns
from boilover.audit.ends import Ends, ends_of
from boilover.audit.finding import KINDS, Audit, Finding, in_order
from boilover.audit.raw import raw_columns
from boilover.errors import UsageError
from boilover.history import History
from boilover.inputs import Source
from boilover.log import EventLog
from boilover.places import STANDARD
from boilover.tables import printable
from boilover.times import parse_duration

__all__ = ["KINDS", "Audit", "Column", "Finding", "audit", "audit_source", "log_columns"]

ONLY_LOG = (
    "only what the log holds was looked at, not the columns of the export that its adapter leaves alone"
)

TAKEN_FOR_UTC = (
    "the times of {} have no offset and were taken for UTC. Where they are of another zone, name it:"
    " --timezone Europe/Berlin"
)
MOST_NAMED = 5


def audit(
    log: EventLog,
    *,
    columns: Iterable[Column] | None = None,
    horizon: str = "7d",
    time_format: str | tuple[str, ...] = "iso",
    timezone: str | None = None,
    seed: int = 0,
    notes: tuple[str, ...] = (),
) -> Audit:
    """Look for columns that know the future.

    Parameters
    ----------
    log : with its escalations declared (`boilover.declare`).
    columns : what to look at; where left out, the attributes of ``log``, the fields and the numbers of its events.
    horizon : escalations within it are what a column alone may not predict too well.
    time_format : of times in the columns, tried first.
    timezone : of times in the columns without an offset, such as ``Europe/Berlin``; where left out they are taken for
        UTC, which a note tells.
    seed : of shuffles and resampling; the same seed finds the same.

    Raises `UsageError` for an unknown time zone.
    """
    zone = "UTC" if timezone is None else zone_named(timezone)
    history = History.from_log(log)
    known = Annotations(history)
    ends, ids = ends_of(known), history.ticket_ids.to_pylist()
    looked: list[str] = []
    local: list[str] = []
    findings: list[Finding] = []
    for column in log_columns(known) if columns is None else columns:
        looked.append(column.name)
        moments = moments_of(column.words, time_format=time_format, timezone=zone)
        if timezone is None and moments is not None and are_local(column.words, time_format):
            local.append(column.name)
        case = Case(column, moments, ids, seed)
        findings += _of_column(case, known, ends, parse_duration(horizon))
    if local:
        notes = (*notes, TAKEN_FOR_UTC.format(_listed(local)))
    return Audit(history.n_tickets, tuple(looked), in_order(findings), notes)


def audit_source(
    source: Source,
    path: Path,
    *,
    recipe: str | None = None,
    horizon: str = "7d",
    timezone: str | None = None,
    seed: int = 0,
) -> Audit:
    """Audit what was read from ``path``: a log, or of a table's export every column, also those that nothing reads."""
    if source.format != "table":
        notes = () if source.format == "log" else (ONLY_LOG,)
        return audit(source.log, horizon=horizon, timezone=timezone, seed=seed, notes=notes)
    if timezone is not None:
        raise UsageError(
            "--timezone is of a log's times. Of a table's export, set timezone in the recipe's [mapping]"
        )
    if path == STANDARD:
        raise UsageError("the audit reads a table twice, so not from standard input. Name its file")
    columns, mapping = raw_columns(path, recipe, History.from_log(source.log))
    return audit(
        source.log,
        columns=columns,
        horizon=horizon,
        time_format=mapping.time_format,
        timezone=mapping.timezone,
        seed=seed,
    )


def _listed(names: list[str]) -> str:
    """Return the names of columns for a sentence, the first ones of many."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"'{printable(name)}'" for name in names[:MOST_NAMED]) + more


def _of_column(case: Case, notes: Annotations, ends: Ends, horizon: int) -> Iterator[Finding]:
    """Yield the finding of a column, and that it predicts alone where nothing else proves it."""
    found = list(check(case, ends))
    yield from found
    if not any(each.is_leak for each in found) and (by_itself := alone(case, notes, horizon)):
        yield by_itself
