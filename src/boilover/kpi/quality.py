"""Were escalations needed, did they come late, could they have been spared? By criteria that are stated, not guessed.

Each escalation is looked at as of the moment before it, through the features that a model reads, and at what became of
the ticket. The criteria are coarse: they tell where to read tickets, not what to think of one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.evaluation.interval import Interval, clopper_pearson
from boilover.features import Count, Feature, Flag, SinceLast, compute, default_features
from boilover.features.families import REOPENED, REPLY
from boilover.history import HOUR
from boilover.kpi.cases import Cases
from boilover.labels import NEVER
from boilover.points import Points

WAITED_HOURS = 24.0
QUICK_HOURS = 4.0
WAIT = SinceLast(Flag("wait_began"), until=Flag("wait_ended"))
RETURNS = (Count(Flag("assignee_return")), Count(Flag("group_return")))
CRITERIA = {
    "late": f"a service level had been missed, or the customer had waited for {WAITED_HOURS:g} h or more",
    "avoidable": f"no agent had replied in {WAITED_HOURS:g} h, or the ticket had been reopened or handed back to an"
    " earlier holder",
    "needed": "afterwards the ticket changed hands or rose in priority, or its solution took longer than"
    f" {QUICK_HOURS:g} h; of those that are solved",
}
Flags = npt.NDArray[np.bool_]


class Judged(NamedTuple):
    """How many escalations meet a criterion, of those of which it can be told."""

    criterion: str
    of: int
    meet: int
    share: Interval


def quality(cases: Cases) -> dict[str, Judged] | None:
    """Return late, avoidable and needed escalations; None where nothing escalated."""
    happened = np.flatnonzero(cases.has_escalated)
    if not len(happened):
        return None
    notes, moment = cases.notes, cases.escalated
    before = Points(cases.ticket[happened].astype(np.int32), moment[happened] - 1)
    fed = set(default_features(notes))
    chosen: list[Feature] = [each for each in (WAIT, Count(REPLY), Count(REOPENED), *RETURNS) if each in fed]
    frame = compute(chosen, notes, before)

    def value(feature: Feature) -> npt.NDArray[np.float64]:
        known = feature in fed
        return frame[feature.name].to_numpy(dtype=np.float64) if known else np.full(len(happened), np.nan)

    missed = (cases.breached <= moment)[happened]
    late = missed | (value(WAIT) >= WAITED_HOURS)
    old = (moment - cases.created)[happened] >= WAITED_HOURS * HOUR
    avoidable = (old & (value(Count(REPLY)) == 0)) | (value(Count(REOPENED)) >= 1)
    for feature in RETURNS:
        avoidable |= value(feature) >= 1
    solved = cases.first(notes.flag("ceased_open"), after=moment)[happened]
    moved = cases.first(notes.flag("handoff") | notes.flag("priority_raised"), after=moment)[happened]
    ended = solved < NEVER
    needed = (moved < NEVER) | (solved - moment[happened] > QUICK_HOURS * HOUR)
    return {
        "late": _judged("late", late),
        "avoidable": _judged("avoidable", avoidable),
        "needed": _judged("needed", needed[ended]),
    }


def _judged(name: str, meets: Flags) -> Judged:
    return Judged(CRITERIA[name], len(meets), int(meets.sum()), clopper_pearson(int(meets.sum()), len(meets)))
