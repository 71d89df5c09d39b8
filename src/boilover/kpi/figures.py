"""All figures of a log's escalations in one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import InputError
from boilover.evaluation.evaluate import plain_values
from boilover.evaluation.interval import Interval
from boilover.history import HOUR, History
from boilover.kpi import measures
from boilover.kpi.cases import Cases
from boilover.kpi.causes import Causes, causes
from boilover.kpi.groups import Groups, grouped, usual
from boilover.kpi.measures import Cohort, Quartiles, Satisfaction
from boilover.kpi.people import refuse_people
from boilover.kpi.quality import Judged, quality
from boilover.log import EventLog
from boilover.times import iso, parse_moment

BY_HOURS = {"24h": 24.0, "7d": 168.0, "30d": 720.0, "90d": 2160.0}
INDUSTRY = {
    "software": (0.05, 0.10),
    "e-commerce": (0.03, 0.07),
    "financial services": (0.08, 0.15),
    "telecommunications": (0.10, 0.20),
}
"""Published escalation rates, for orientation only: what counts as an escalation differs from desk to desk."""


@dataclass(frozen=True)
class Kpis:
    """Figures of the tickets created in [since, as_of]; hours are on the clock, shares come with 95 % intervals."""

    since: str
    as_of: str
    tickets: int
    escalated: int
    open: int
    """Tickets open when the log ends."""
    rate: Interval
    """Share that has escalated so far; recent tickets may still."""
    escalated_within: dict[str, Interval]
    """Share that escalates by a time after creation (Kaplan-Meier); NaN where no ticket was followed for so long."""
    hours_to_escalation: tuple[float, float, float]
    """Quartiles of those that escalated."""
    resolution_of_escalated: Quartiles
    """Hours from the first escalation to the next solution."""
    resolution_of_others: Quartiles
    """Hours from creation to the first solution."""
    first_response: Quartiles | None
    kinds: dict[str, int]
    reopened: Interval
    reopens_per_ticket: float
    handed_on: Interval
    handoffs_per_ticket: float
    first_contact_resolution: Interval | None
    satisfaction: dict[str, Satisfaction]
    service_levels_kept: dict[str, Interval] | None
    repeats: dict[str, Interval] | None
    flagged_before: Interval | None
    """Share of escalations that a flag preceded, by a ledger."""
    cohorts: tuple[Cohort, ...]
    groups: dict[str, Groups]
    causes: Causes | None
    quality: dict[str, Judged]
    industry: dict[str, tuple[float, float]]

    def __repr__(self) -> str:
        """Return the key figures: all of them fill pages."""
        return (
            f"Kpis(since='{self.since}', as_of='{self.as_of}', tickets={self.tickets}, escalated={self.escalated},"
            f" open={self.open}, by={list(self.groups)})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {field.name: plain_values(getattr(self, field.name)) for field in fields(self)}


def kpis(
    log: EventLog,
    *,
    by: Sequence[str] = (),
    since: int | str | None = None,
    flags: pd.DataFrame | None = None,
) -> Kpis:
    """Return the figures of ``log``, whose escalated events are declared.

    Parameters
    ----------
    by : attributes to tell escalations by: ``queue`` and ``priority`` (the first of each ticket), ``month``, or a
        column of the tickets. Left out: those with a handful of groups. Never by who of the desk worked on a ticket.
    since : a time; tickets created before it are left out, but for the backlog.
    flags : of a ledger, ``ticket_id`` and ``raised_at``, to tell which escalations a flag preceded.

    Raises
    ------
    UsageError : an attribute is not there, or tells people of the desk.
    InputError : no ticket was created since then, none escalated, or ``flags`` lack a column.
    """
    for each in by:
        refuse_people(each)
    notes = Annotations(History.from_log(log))
    cases = Cases.of(notes, None if since is None else parse_moment(since))
    if not len(cases):
        raise InputError("no ticket was created since then", mend="Take an earlier time")
    happened = cases.has_escalated
    if not happened.any():
        raise InputError(
            f"none of {len(cases)} tickets escalated",
            mend="Declare what escalated means in an [escalation] table, or take an earlier time",
        )
    curve, longest = measures.incidence(cases), float(cases.followed.max()) / HOUR
    nothing = Interval(*(float("nan"),) * 3)
    hours = np.quantile(measures.hours_to_escalation(cases), (0.25, 0.5, 0.75))
    reopens, handoffs = (cases.count(notes.flag(name)) for name in ("reopened", "handoff"))
    return Kpis(
        since=iso(int(cases.created.min())),
        as_of=iso(cases.end),
        tickets=len(cases),
        escalated=int(happened.sum()),
        open=int(cases.open_at_end.sum()),
        rate=measures.share_of(happened),
        escalated_within={
            name: curve.at(limit) if limit <= longest else nothing for name, limit in BY_HOURS.items()
        },
        hours_to_escalation=(float(hours[0]), float(hours[1]), float(hours[2])),
        resolution_of_escalated=measures.until_resolved(cases, escalated=True),
        resolution_of_others=measures.until_resolved(cases, escalated=False),
        first_response=measures.first_response(cases),
        kinds=measures.kinds(cases),
        reopened=measures.share_of(reopens > 0),
        reopens_per_ticket=float(reopens.mean()),
        handed_on=measures.share_of(handoffs > 0),
        handoffs_per_ticket=float(handoffs.mean()),
        first_contact_resolution=measures.first_contact(cases),
        satisfaction={
            "escalated": measures.satisfaction(cases, escalated=True),
            "others": measures.satisfaction(cases, escalated=False),
        },
        service_levels_kept=measures.kept_promises(cases),
        repeats=measures.repeats(cases),
        flagged_before=None if flags is None else flagged_before(cases, flags),
        cohorts=measures.cohorts(cases),
        groups={name: grouped(cases, name) for name in (by or usual(cases))},
        causes=causes(cases),
        quality=quality(cases),
        industry=INDUSTRY,
    )


def flagged_before(cases: Cases, flags: pd.DataFrame) -> Interval:
    """Return the share of tickets that escalated since the first flag with one raised before.

    ``flags`` of ticket_id, raised_at. Before the first flag none could have preceded an escalation.
    """
    for name in ("ticket_id", "raised_at"):
        if name not in flags:
            raise InputError("is missing of the flags", column=name, mend="Give rows of ticket_id, raised_at")
    raised = flags.groupby(flags["ticket_id"].astype(str))["raised_at"].min()
    ids = cases.notes.history.ticket_ids.to_pandas()
    # Not `map`, which makes numbers of no flag at all.
    first = pd.to_datetime(raised.reindex(ids), utc=True).to_numpy(dtype="datetime64[us]")[cases.ticket]
    escalated = cases.escalated.astype("datetime64[us]")
    since = pd.to_datetime(raised.min(), utc=True)
    happened = cases.has_escalated
    if len(raised):
        happened = happened & (escalated > since.tz_localize(None).to_datetime64().astype("datetime64[us]"))
    return measures.share_of((first < escalated)[happened])
