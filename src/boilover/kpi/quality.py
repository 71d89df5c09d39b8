"""What stood in the log before escalations, and after: counts by criteria that are stated, to find tickets to read.

Each escalation is looked at as of the moment before it, through the features that a model reads, and at what became of
the ticket. None of this says that an escalation could have been spared, or had to be: tickets of which the same holds
and that did not escalate are not looked at, and what would have been without it no log tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.evaluation.interval import Interval, clopper_pearson
from boilover.features import Count, Feature, Flag, SinceLast, compute, default_features
from boilover.features.families import REOPENED, REPLY
from boilover.history import HOUR
from boilover.kpi.cases import Cases
from boilover.points import Points
from boilover.standing import NEVER

WAITED_HOURS = 24.0
QUICK_HOURS = 4.0
WAIT = SinceLast(Flag("wait_began"), until=Flag("wait_ended"))
RETURNS = (Count(Flag("assignee_return")), Count(Flag("group_return")))
Flags = npt.NDArray[np.bool_]


class Judged(NamedTuple):
    """How many escalations meet a criterion, of those of which it can be told."""

    criterion: str
    of: int
    meet: int
    share: Interval


def quality(cases: Cases) -> dict[str, Judged]:
    """Return how many escalations something stood before, or came after, by what it is.

    A criterion names what the log tells: one of which it tells nothing, such as replies, is left out.
    """
    happened = np.flatnonzero(cases.has_escalated)
    notes, moment = cases.notes, cases.escalated
    before = Points(cases.ticket[happened].astype(np.int32), moment[happened] - 1)
    fed = set(default_features(notes))
    chosen: list[Feature] = [each for each in (WAIT, Count(REPLY), Count(REOPENED), *RETURNS) if each in fed]
    frame = compute(chosen, notes, before)

    def at_least(feature: Feature, least: float) -> Flags | None:
        return frame[feature.name].to_numpy(np.float64) >= least if feature in fed else None

    missed = (cases.breached <= moment)[happened] if cases.promised.any() else None
    answered, old = at_least(Count(REPLY), 1), (moment - cases.created)[happened] >= WAITED_HOURS * HOUR
    handed_back = [flags for feature in RETURNS if (flags := at_least(feature, 1)) is not None]
    solved = cases.first(notes.flag("ceased_open"), after=moment)[happened]
    moved = cases.first(notes.flag("handoff") | notes.flag("priority_raised"), after=moment)[happened]
    ended = solved < NEVER
    worked = (moved < NEVER) | (solved - moment[happened] > QUICK_HOURS * HOUR)
    judged = {
        "waited_before": _judged(
            {
                "a service level had been missed": missed,
                f"the customer had waited for {WAITED_HOURS:g} h or more": at_least(WAIT, WAITED_HOURS),
            }
        ),
        "unanswered_or_returned_before": _judged(
            {
                f"no agent had replied in {WAITED_HOURS:g} h": None if answered is None else old & ~answered,
                "the ticket had been reopened": at_least(Count(REOPENED), 1),
                "it had been handed back to an earlier holder": np.any(handed_back, axis=0)
                if handed_back
                else None,
            }
        ),
        "worked_on_after": _judged(
            {
                "afterwards the ticket changed hands or rose in priority, or its solution took longer than"
                f" {QUICK_HOURS:g} h; of those that are solved": worked[ended]
            }
        ),
    }
    return {name: each for name, each in judged.items() if each is not None}


def _judged(parts: Mapping[str, Flags | None]) -> Judged | None:
    """Return how many escalations meet any of the parts that the log tells; None where it tells of none."""
    told = {words: flags for words, flags in parts.items() if flags is not None}
    if not told:
        return None
    meets = np.any(list(told.values()), axis=0)
    return Judged(
        ", or ".join(told), len(meets), int(meets.sum()), clopper_pearson(int(meets.sum()), len(meets))
    )
