"""From what the user names to a log that can be asked: read, mended, measured, with its escalations declared."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from errno import ENOENT
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.capability import Survey
from boilover.checking import mend
from boilover.conform import plain
from boilover.csv_faults import delimiter_in, not_utf8
from boilover.errors import InputError
from boilover.escalation import EscalationRule, declare, only_shared, parse_rule
from boilover.escalation.words import rule_in_words
from boilover.log import EventLog, is_log, read_log
from boilover.observation import observed
from boilover.partitions import UNREAD, Manifest, read_manifest
from boilover.places import STANDARD, fetched, is_there, missing, place, title
from boilover.spreadsheet import read_csv, standard_input
from boilover.text import with_measures
from boilover.times import parse_moment


@dataclass(frozen=True)
class Source:
    """A log as it was read, the rule that says what escalated means in it, and where it came from."""

    told: EventLog = field(repr=False)
    rule: EscalationRule
    name: str
    format: str
    lacks: tuple[str, ...] = ()
    """What an export cannot tell, in sentences; of a log, `boilover ingest` told it."""

    @cached_property
    def log(self) -> EventLog:
        """The log with the escalations that the rule declares."""
        return declare(self.told, self.rule)

    def under(self, rule: EscalationRule) -> Source:
        """Return the source under the rule of a model, unless that is to take the log's own escalated events."""
        chosen = serving(rule, self.rule)
        return self if chosen == self.rule else replace(self, rule=chosen)


def open_log(
    path: str | Path,
    *,
    format: str = "auto",  # noqa: A002
    recipe: str | None = None,
    escalation: Mapping[str, Any] | None = None,
    escalation_name: str | None = None,
    texts: bool = True,
) -> Source:
    """Open an event-log folder or a raw export; ``-`` is an export on standard input.

    ``escalation`` is the table that declares what escalated means; a recipe, or a log that was imported through one,
    brings its own; without either the log's escalated events say so. A table of `boilover.escalation.rule.SHARED` keys
    alone is laid over what they bring. Without ``texts`` the bodies of messages are not
    read where a log holds what was measured of them. Raises `InputError` for input that cannot be used.
    """
    path = place(path)
    if path != STANDARD and not is_there(path):
        raise missing(path, "Name a log folder or an export")
    declared = dict(escalation or {})
    lacks: tuple[str, ...] = ()
    if recipe is None and (format == "log" or (format == "auto" and is_log(path))):
        manifest = read_manifest(path)
        unread = UNREAD if manifest is not None and not texts else ()
        log, kind = mend(read_log(path, leave_out=unread), source=path), "log"
        if manifest is not None and manifest.escalation is not None and only_shared(declared):
            declared = {**manifest.escalation, **declared}
            escalation_name = escalation_name or manifest.escalation_name
    else:
        from boilover.adapters import ingest, load_recipe

        with fetched(path) as here:
            log, report = ingest([here], format=format, recipe=recipe)
        log, kind = mend(log, source=title(path)), report.format
        found = recipe or report.recipe
        if found is not None and only_shared(declared):
            declared = {**load_recipe(found).escalation, **declared}
    rule = parse_rule(declared, escalation_name)
    log = with_measures(log)
    if kind != "log":
        survey = Survey(rule)
        survey.look(log)
        lacks = survey.capability().lacks
    return Source(log, rule, title(path).rpartition("/")[2], kind, lacks)


def rule_of(manifest: Manifest, name: str | None = None) -> EscalationRule:
    """Return what escalated means in a log in partitions, by the rule of that ``name`` where it declares several."""
    return parse_rule(manifest.escalation or {}, name or manifest.escalation_name)


def serving(rule: EscalationRule, own: EscalationRule) -> EscalationRule:
    """Return the ``rule`` of a model; where that is to take the log's ``own``, who is at risk is still as it says."""
    return own.model_copy(update={"at_risk_until": rule.at_risk_until}) if rule.takes_the_logs else rule


def declared_since(rule: EscalationRule, own: EscalationRule) -> str:
    """Return that the ``rule`` of a model is to take the log's, which declares its ``own`` since; else nothing."""
    if not rule.takes_the_logs or own.takes_the_logs:
        return ""
    return (
        f"ANOTHER OUTCOME: the model learnt from a log that declared nothing ({rule_in_words(rule).rstrip('.')}), and"
        f" this log declares what escalated means: {rule_in_words(own)} Rates and figures are of that, risks are not."
        ' Train the model again, or take the escalated events alone: [escalation] any = [{ event = "escalated" }]'
    )


def cut(log: EventLog, until: int | str | datetime) -> EventLog:
    """Return the log as it was at ``until``, a time or microseconds: what was observed later is not in it."""
    until = parse_moment(until)
    events = plain(log.events.filter(pa.array(observed(log.events) <= until)))
    tickets = log.tickets.filter(pc.is_in(log.tickets["ticket_id"], pc.unique(events["ticket_id"])))
    if not len(events):
        raise InputError("the log holds no event up to that time", mend="Take a later time")
    return replace(log, events=events, tickets=tickets)


def read_points(path: Path) -> pd.DataFrame:
    """Read a file of points, CSV or Parquet, with columns ticket_id and as_of; ``-`` is either on standard input."""
    return read_rows(path, "points", ("ticket_id", "as_of"))


def read_rows(path: Path, what: str, names: Sequence[str], *, mend: str | None = None) -> pd.DataFrame:
    """Read a table, CSV (every cell as text) or Parquet, of which one of the ``names`` is a column.

    ``what`` and ``mend`` tell what was expected; without a mend, that it is a table of those columns.
    """
    header = f"CSV that begins with the line {','.join(names)}"
    mend = mend or f"Write {what} as {header}, or as Parquet with these columns"
    source: Path | IO[bytes] = path
    form = path.suffix.lower().removeprefix(".")
    try:
        if path == STANDARD:
            form, source = standard_input()
        if form in ("jsonl", "ndjson", "json"):
            raise ValueError("it is JSON")
        frame = pd.read_parquet(source) if form == "parquet" else read_csv(source, "str").fillna("")
    except UnicodeDecodeError as error:
        if path == STANDARD:
            raise InputError("is not UTF-8", file=title(path), mend=mend) from error
        raise not_utf8(path, mend) from error
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        # The path is told already.
        told = (
            os.strerror(ENOENT) if isinstance(error, FileNotFoundError) else getattr(error, "strerror", None)
        )
        reason = (told or str(error)).splitlines()[0].rstrip(".")
        raise InputError(f"cannot be read as {what}: {reason}", file=title(path), mend=mend) from error
    if not set(names) & set(frame.columns):
        # What is no header may be a row, of which a message quotes nothing.
        columns = [str(name) for name in frame.columns]
        mark = delimiter_in(columns)
        said = f"it has no column {names[0]}"
        if form != "parquet" and "".join(columns[:1]).startswith(("{", "[")):
            said = "it is JSON"
        elif mark is not None:
            said += f", and {mark!r} where commas are to be"
        raise InputError(f"cannot be read as {what}: {said}", file=title(path), mend=mend)
    return frame
