"""From a rule to a log with escalated events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.conform import plain
from boilover.errors import UsageError
from boilover.escalation.lacking import lacking
from boilover.escalation.moments import found, moments
from boilover.escalation.rule import EscalationRule, OnlyTickets
from boilover.history import KINDS, History
from boilover.log import EventLog
from boilover.schema import TIMESTAMP


def declare(log: EventLog, rule: EscalationRule) -> EventLog:
    """Return ``log`` with one escalated event per ticket that the rule escalates, and no other escalated event.

    Tickets outside ``only_tickets`` are left out of the log. Where nothing escalates, warnings tell what the rule names
    and the log lacks.
    """
    if log.at_risk_until != rule.at_risk_until:
        log = replace(log, at_risk_until=rule.at_risk_until)
    if rule == EscalationRule(at_risk_until=rule.at_risk_until):
        return log
    if rule.only_tickets is not None:
        log = _only(log, rule.only_tickets)
    notes = Annotations(History.from_log(log))
    history = notes.history
    first = np.full(history.n_tickets, np.iinfo(np.int64).max)
    for condition in rule.any:
        tickets, times = moments(condition, notes, rule.priority_order)
        np.minimum.at(first, tickets, times)
    escalated = np.flatnonzero(first < np.iinfo(np.int64).max)
    kept = plain(log.events.filter(pc.not_equal(log.events["event_type"], "escalated")))
    added = pa.table(
        {
            "ticket_id": history.ticket_ids.take(pa.array(escalated)),
            "occurred_at": pa.array(first[escalated], type=pa.int64()).cast(TIMESTAMP),
            "event_type": pa.array(["escalated"] * len(escalated), type=pa.string()),
        }
    )
    # Many logs lack one of the ways that a shipped recipe declares.
    warnings = log.warnings if len(escalated) else (*log.warnings, *lacking(rule, log.events))
    events = pa.concat_tables([kept, added], promote_options="default")
    return replace(log, events=events, warnings=warnings, is_sorted=False)


def _only(log: EventLog, only: OnlyTickets) -> EventLog:
    notes = Annotations(History.from_log(log))
    history = notes.history
    told = history.coded("value")
    rows = np.flatnonzero((history.kind == KINDS["group_changed"]) & (told.codes >= 0))[::-1]
    first = np.full(history.n_tickets, -1)
    first[history.ticket[rows]] = told.codes[rows]
    dropped = np.array([*(found(only.group_not_matches, word) for word in told.words), False])[first]
    left = history.ticket_ids.filter(pa.array(~dropped))
    if not len(left):
        raise UsageError("escalation: only_tickets leaves no ticket. Loosen group_not_matches")
    tables = (log.events, log.tickets)
    events, tickets = (table.filter(pc.is_in(table["ticket_id"], left)) for table in tables)
    return replace(log, events=events, tickets=tickets)
