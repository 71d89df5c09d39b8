"""The figures of a desk's escalations and of its work, each with its definition in its docstring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.evaluation.interval import Interval, clopper_pearson, wilson
from boilover.history import HOUR, Floats, Ints
from boilover.kpi.cases import Cases
from boilover.kpi.survival import Curve, kaplan_meier
from boilover.points import DAY
from boilover.standing import NEVER

NAN = float("nan")
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""1970 began on a Thursday; weeks begin four days later."""
AGAIN_DAYS = 7
REPEAT_DAYS = 90
AS_IF_ALL_OR_NOTHING = 4.0
"""So many scores as wide apart as scores of that mean can be are added to the spread: few that agree prove little."""
Flags = npt.NDArray[np.bool_]


class Quartiles(NamedTuple):
    """Hours by which it happened to a quarter, a half and three quarters, with intervals; ``known`` cases ended."""

    cases: int
    known: int
    lower: Interval
    median: Interval
    upper: Interval


class Cohort(NamedTuple):
    """Tickets created in one week, which begins on a Monday, UTC."""

    week: str
    tickets: int
    escalated: int
    """So far."""
    in_time: Interval
    """Share that escalated within 7 days of creation; NaN where some were not followed for so long."""
    followed: bool
    """Whether all of them were followed for 7 days."""
    ended: int
    """Tickets that were solved, closed or merged in this week, whenever created."""
    backlog: int
    """Tickets open at the end of this week, whenever created."""


class Satisfaction(NamedTuple):
    """Tickets with a score and their mean score, 0 to 1, with its interval."""

    tickets: int
    mean: Interval


def incidence(cases: Cases) -> Curve:
    """Return the share of tickets that escalated by each time since creation, in hours."""
    happened = cases.has_escalated
    until = np.where(happened, cases.escalated - cases.created, cases.followed)
    return kaplan_meier(until / HOUR, happened)


def until_resolved(cases: Cases, escalated: bool) -> Quartiles:
    """Return the hours from the first escalation, or from creation for others, to the next solution or end.

    A ticket that was over before, and stayed so, waits for none and is left out.
    """
    solved = cases.first(cases.notes.flag("ceased_open"), after=cases.escalated if escalated else None)
    chosen = (cases.has_escalated == escalated) & ((solved < NEVER) | cases.open_at_end)
    start = cases.escalated if escalated else cases.created
    return quartiles(start[chosen], solved[chosen], cases.end)


def first_response(cases: Cases) -> Quartiles | None:
    """Return the hours from creation to the first public reply of an agent; None where the log has no replies."""
    replied = cases.first(cases.notes.flag("first_reply"))
    return None if (replied == NEVER).all() else quartiles(cases.created, replied, cases.end)


def quartiles(start: Ints, done: Ints, end: int) -> Quartiles:
    """Return Kaplan-Meier quartiles of the hours from ``start`` to ``done``, `NEVER` where it is not over."""
    known = done < NEVER
    curve = kaplan_meier((np.where(known, done, end) - start) / HOUR, known)
    return Quartiles(len(start), int(known.sum()), *(curve.when(share) for share in (0.25, 0.5, 0.75)))


def share_of(flags: Flags) -> Interval:
    """Return the share of true ones with its exact interval."""
    return clopper_pearson(int(flags.sum()), len(flags))


def cohorts(cases: Cases) -> tuple[Cohort, ...]:
    """Return tickets by the week of their creation, what ended in each week, and the backlog at its end."""
    notes, history = cases.notes, cases.notes.history
    week = (cases.created - MONDAY) // WEEK
    first, last = int(week.min()), (cases.end - MONDAY) // WEEK
    n = int(last - first + 1)
    place = week - first
    tickets = np.bincount(place, minlength=n)
    escalated = np.bincount(place, cases.has_escalated, minlength=n).astype(np.int64)
    in_time = cases.has_escalated & (cases.escalated - cases.created <= WEEK)
    hits = np.bincount(place, in_time, minlength=n).astype(np.int64)
    ends = (np.arange(n) + first + 1) * WEEK + MONDAY
    followed = cases.end - ends >= WEEK
    closed = np.sort(history.time[notes.flag("ceased_open")])
    opened = np.sort(history.time[notes.flag("became_open")])
    ended = np.searchsorted(closed, ends) - np.searchsorted(closed, ends - WEEK)
    backlog = np.searchsorted(opened, ends) - np.searchsorted(closed, ends)
    days = (ends - WEEK).astype("datetime64[us]").astype("datetime64[D]").astype(str)
    return tuple(
        Cohort(
            str(days[i]),
            int(tickets[i]),
            int(escalated[i]),
            clopper_pearson(int(hits[i]), int(tickets[i]))
            if followed[i] and tickets[i]
            else Interval(NAN, NAN, NAN),
            bool(followed[i]),
            int(ended[i]),
            int(backlog[i]),
        )
        for i in range(n)
    )


def kinds(cases: Cases) -> dict[str, int]:
    """Return how many tickets escalated first in which way, where the source tells; the most frequent first."""
    told = cases.notes.history.coded("value")
    rows = np.flatnonzero(cases.notes.flag("escalated"))
    codes = cases.of_first(rows, told.codes[rows], -1)[cases.has_escalated]
    places, names = pd.factorize(np.array([*told.words, "not told"], dtype=object)[codes], sort=True)
    counts = np.bincount(places)
    order = np.argsort(-counts, kind="stable")
    return {str(names[place]): int(counts[place]) for place in order}


def first_contact(cases: Cases) -> Interval | None:
    """Return the share of resolved tickets with at most one public reply of an agent, never reopened nor handed on.

    None where the log has no replies.
    """
    notes = cases.notes
    replies = cases.count(notes.flag("agent_reply"))
    if not replies.any():
        return None
    once = (
        (replies <= 1)
        & (cases.count(notes.flag("reopened")) == 0)
        & (cases.count(notes.flag("handoff")) == 0)
    )
    return share_of(once[cases.resolved < NEVER])


def satisfaction(cases: Cases, escalated: bool) -> Satisfaction:
    """Return the last satisfaction scores of tickets that escalated, or of the others."""
    scores = cases.satisfaction[cases.has_escalated == escalated]
    scores = scores[~np.isnan(scores)]
    if not len(scores):
        return Satisfaction(0, Interval(NAN, NAN, NAN))
    return Satisfaction(len(scores), _mean(scores))


def _mean(scores: Floats) -> Interval:
    """Return the mean of scores, 0 to 1, with a score interval (Wilson).

    Scores of 0 and 1 alone are a share. Others lie closer together and tell as much as a share of more tickets, by the
    ratio of the variances; that of the scores is drawn towards the greatest that their mean allows, as a handful of
    equal scores would else have none, and an interval of no width.
    """
    n, mean = len(scores), float(scores.mean())
    most = mean * (1 - mean)
    spread = (n * float(scores.var()) + AS_IF_ALL_OR_NOTHING * most) / (n + AS_IF_ALL_OR_NOTHING)
    (low,), (high,) = wilson(np.array([mean]), np.array([n * most / spread if spread > 0 else float(n)]))
    return Interval(mean, min(float(low), mean), max(float(high), mean))


def kept_promises(cases: Cases) -> dict[str, Interval] | None:
    """Return the share of tickets that missed none of their service levels: all, escalated ones, others.

    Of tickets that had one which fell due before the log's end and are resolved, or have missed it: of later ones only
    those that were resolved in time would be known. None where the log has no service levels.
    """
    promised = cases.promised
    if not promised.any():
        return None
    kept, escalated = cases.breached == NEVER, cases.has_escalated
    judged = promised & (cases.due <= cases.end) & ((cases.resolved < NEVER) | ~kept)
    parts = {"all": judged, "escalated": judged & escalated, "others": judged & ~escalated}
    return {name: share_of(kept[part]) for name, part in parts.items()}


def repeats(cases: Cases) -> dict[str, Interval] | None:
    """Return shares of tickets whose customer comes again; None where no customer is told.

    ``contacts``: the customer opens another ticket within 7 days, of tickets followed for so long. ``escalations``:
    another ticket of the customer escalates within 90 days, of escalated tickets followed for so long.
    """
    told = cases.notes.history.attribute("customer_id").codes[cases.ticket]
    known = told >= 0
    if not known.any():
        return None
    created, escalated = cases.created, cases.escalated
    again = _follows(told[known], created[known], AGAIN_DAYS * DAY)
    followed = cases.followed[known] >= AGAIN_DAYS * DAY
    happened = known & (escalated < NEVER)
    repeat = _follows(told[happened], escalated[happened], REPEAT_DAYS * DAY)
    long = cases.end - escalated[happened] >= REPEAT_DAYS * DAY
    return {"contacts": share_of(again[followed]), "escalations": share_of(repeat[long])}


def _follows(key: npt.NDArray[np.int32], moment: Ints, within: int) -> Flags:
    """Return whether another moment of the same key follows each within a time."""
    order = np.lexsort((moment, key))
    keys, moments = key[order], moment[order]
    soon = np.append((keys[1:] == keys[:-1]) & (moments[1:] - moments[:-1] <= within), False)
    found = np.empty(len(key), dtype=bool)
    found[order] = soon[: len(key)]
    return found


def hours_to_escalation(cases: Cases) -> Floats:
    """Return the hours from creation to the first escalation of tickets that escalated."""
    happened = cases.has_escalated
    return (cases.escalated - cases.created)[happened] / HOUR
