"""What goes with escalations that come later: associations with intervals, not causes.

Every ticket is asked once, a day after its creation, while it is at risk; what is known then is set beside whether it
escalates in the thirty days that follow. So nothing that an escalation leads to can pass for its cause. A hard ticket
may be handed on *and* escalate: taking away the handoff need not help. Only a trial could tell.

The ratio of rates has Katz's interval (Katz, Baptista, Azen & Pike, Biometrics 1978), half a ticket added to each cell
where one is empty. All intervals hold at once with 95 %: their level is shared by all that was looked at (Bonferroni).
At such levels Katz's are too short where escalations are few, so they are widened to hold 1 wherever Fisher's exact
test (The Design of Experiments, 1935) cannot tell two rates apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.evaluation.interval import Interval
from boilover.features import Attribute, Count, Feature, Flag, Last, State, Sum, compute, default_features
from boilover.features.families import HANDOFF, PROMISES, RAISED, REOPENED, REPLY, SLA_SHARE
from boilover.history import HOUR
from boilover.kpi.cases import Cases
from boilover.kpi.groups import MIN_TICKETS
from boilover.labels import is_covered, label
from boilover.nouns import is_about_people
from boilover.points import DAY, READY, Points, state_of

AFTER_HOURS = 24
WITHIN_DAYS = 30
LEVEL = 0.05
MOST_WORDS = 15
"""Of each attribute so many of the most frequent words are looked at."""
MIN_ESCALATED = 10
"""With fewer escalations in all nothing is told."""
ESCALATIONS_BEFORE = Count(Flag("escalated"), "90d", key="customer_id")

CONDITIONS: tuple[tuple[str, Feature, float, float], ...] = (
    ("handed on", Count(HANDOFF), 1, np.inf),
    ("handed on twice or more", Count(HANDOFF), 2, np.inf),
    ("came back to an earlier assignee", Count(Flag("assignee_return")), 1, np.inf),
    ("came back to an earlier queue", Count(Flag("group_return")), 1, np.inf),
    ("no agent has replied yet", Count(REPLY), -np.inf, 0),
    ("the customer's last message is unanswered", Last(Flag("any_event"), value="unanswered"), 1, np.inf),
    ("the customer wrote three times or more", Count(Flag("customer_message")), 3, np.inf),
    ("reopened", Count(REOPENED), 1, np.inf),
    ("set to wait for the customer", Count(Flag("waits_on_customer")), 1, np.inf),
    ("priority raised", Count(RAISED), 1, np.inf),
    ("75 % of the service level used", SLA_SHARE, 0.75, np.inf),
    ("the customer's last words are negative", Last(value="sentiment"), -np.inf, -0.2),
    ("words of urgency", Sum(value="urgency"), 1, np.inf),
    ("the customer had an escalation in the 90 days before", ESCALATIONS_BEFORE, 1, np.inf),
)
"""What happened in the first day: words, feature, and the least and the greatest value that count."""


class Factor(NamedTuple):
    """Tickets to which something applied a day after creation, beside all others."""

    name: str
    tickets: int
    escalated: int
    rate: float
    rate_of_others: float
    lift: Interval
    """Rate over that of the others."""
    excess: float
    """How many more escalated than if they had done so at the others' rate."""
    stands_out: bool
    """Whether the interval lies above or below 1."""


class Causes(NamedTuple):
    """What goes with escalations, the greatest excess first; ``compared`` factors were looked at."""

    tickets: int
    escalated: int
    compared: int
    factors: tuple[Factor, ...]


def causes(cases: Cases) -> Causes | None:
    """Return what goes with escalations; None where too few tickets are at risk after a day, or too few escalate."""
    notes, history = cases.notes, cases.notes.history
    points = Points(cases.ticket.astype(np.int32), cases.created + AFTER_HOURS * HOUR)
    points = points.take(is_covered(history, points, WITHIN_DAYS * DAY))
    points = points.take(state_of(history, points) == READY)
    y = label(history, points, WITHIN_DAYS * DAY) == 1
    if y.sum() < MIN_ESCALATED or len(y) < 2 * MIN_TICKETS:
        return None
    present = [
        (name, applies)
        for name, applies in _factors(notes, points)
        if MIN_TICKETS <= applies.sum() <= len(applies) - MIN_TICKETS
    ]
    level = LEVEL / max(len(present), 1)
    found = [factor_of(name, applies, y, level) for name, applies in present]
    return Causes(
        len(y), int(y.sum()), len(found), tuple(sorted(found, key=lambda each: (-each.excess, each.name)))
    )


def factor_of(
    name: str, applies: npt.NDArray[np.bool_], y: npt.NDArray[np.bool_], level: float = LEVEL
) -> Factor:
    """Set tickets to which something applies beside the others; ``level`` is the chance that the interval is wrong."""
    tickets, hits = int(applies.sum()), int(y[applies].sum())
    others, other_hits = len(y) - tickets, int(y.sum()) - hits
    ratio = ratio_interval(hits, tickets, other_hits, others, level)
    rate, beside = hits / tickets, other_hits / others
    stands_out = ratio.low > 1 or ratio.high < 1
    return Factor(name, tickets, hits, rate, beside, ratio, hits - tickets * beside, stands_out)


def ratio_interval(hits: int, n: int, other_hits: int, others: int, level: float) -> Interval:
    """Return the ratio of two rates with its interval, Katz's or, where chance may be all, one that holds 1."""
    from scipy.special import ndtri

    half = 0.5 if not (hits and other_hits) else 0.0
    a, b = hits + half, other_hits + half
    n_a, n_b = n + 2 * half, others + 2 * half
    ratio = (a / n_a) / (b / n_b)
    error = np.sqrt(1 / a - 1 / n_a + 1 / b - 1 / n_b)
    reach = float(np.exp(-ndtri(level / 2) * error))
    if _by_chance(hits, n, hits + other_hits, n + others) >= level:
        return Interval(ratio, min(ratio / reach, 1.0), max(ratio * reach, 1.0))
    return Interval(ratio, ratio / reach, ratio * reach)


def _by_chance(hits: int, n: int, every: int, total: int) -> float:
    """Return the chance that so many or so few of ``every`` hit fall among ``n`` of ``total`` (Fisher, both sides)."""
    from scipy.special import gammaln

    may = np.arange(max(0, every - (total - n)), min(n, every) + 1)
    cells = (may, n - may, every - may, total - n - every + may)
    weights = -sum(gammaln(cell + 1.0) for cell in cells)
    shares = np.exp(weights - weights.max())
    return float(2 * min(shares[may <= hits].sum(), shares[may >= hits].sum()) / shares.sum())


def _factors(notes: Annotations, points: Points) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Yield what may apply to tickets as of the points: what was fixed, what they are in, and what happened."""
    fed = set(default_features(notes)) | set(PROMISES)
    told = [each for each in CONDITIONS if each[1] in fed]
    attributes = [
        name
        for name in notes.history.attributes.column_names
        if name != "subject" and not is_about_people(name)
    ]
    words: list[Feature] = [each for each in map(Attribute, attributes) if each in fed]
    words += [each for each in (State("group"), State("priority")) if each in fed]
    frame = compute([*dict.fromkeys(each[1] for each in told), *words], notes, points)
    for feature in words:
        yield from _words(feature, frame[feature.name])
    for name, feature, least, most in told:
        values = frame[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)
        yield name, (values >= least) & (values <= most)


def _words(feature: Feature, values: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return
    texts = values.astype("str")
    title = {"group": "queue"}.get(feature.name, feature.name.removeprefix("ticket_").replace("_", " "))
    for word in sorted(texts.value_counts().index[:MOST_WORDS]):
        yield f"{title} is {word}", (texts == word).to_numpy(dtype=bool, na_value=False)
