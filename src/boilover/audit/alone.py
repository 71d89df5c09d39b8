"""Does one column alone predict escalations better than anything known so early should?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from boilover.annotations import Annotations
from boilover.audit.case import Case
from boilover.audit.finding import Finding
from boilover.audit.relate import halves, means
from boilover.history import Codes, Floats
from boilover.labels import is_covered, label
from boilover.points import READY, Points, state_of
from boilover.standing import NEVER

BOUND = 0.9
"""The AUC that the lower end of the interval must pass."""
BINS = 20
FEWEST = 30
"""So many tickets must escalate in each half: with fewer, an interval says little."""


def alone(case: Case, notes: Annotations, horizon: int) -> Finding | None:
    """Return a finding where the first value alone has an AUC above `BOUND`, out of time, with a 95 % interval.

    The risk of a value is the rate of escalation within ``horizon`` (microseconds) learned on the earlier half of the
    tickets, numbers and times in `BINS` bins; each ticket is asked once, when the value is first told.
    """
    from boilover.evaluation.bootstrap import bootstrap_intervals
    from boilover.evaluation.metrics import roc_auc

    tickets = np.flatnonzero((case.column.first >= 0) & (case.column.since < NEVER)).astype(np.int32)
    points = Points(tickets, case.column.since[tickets])
    asked = (state_of(notes.history, points) == READY) & is_covered(notes.history, points, horizon)
    points = points.take(asked)
    y = label(notes.history, points, horizon)
    early, late = halves(points.as_of)
    if min(y[early].sum(), y[late].sum()) < FEWEST or y[late].all():
        return None
    codes = _binned(case, points, early)
    risk = means(codes[early], y[early], int(codes.max()) + 1)[codes[late]]
    auc = roc_auc(y[late], risk)
    if auc <= BOUND:
        return None
    interval = bootstrap_intervals(
        y[late], risk, points.ticket[late], ("roc_auc",), rounds=200, seed=case.seed
    )["roc_auc"]
    if interval.low <= BOUND:
        return None
    ticket = int(points.ticket[late][np.argmax(risk * y[late])])
    said = (
        f"Learned on {len(early):,} earlier tickets, it ranks {len(late):,} later ones by whether they escalate with"
        f" an AUC of {auc:.2f} ({interval.low:.2f}–{interval.high:.2f}); {BOUND} is the bound"
    )
    return case.finding(
        "alone", said, ticket, "the ticket escalated", auc=auc, low=interval.low, high=interval.high
    )


def _binned(case: Case, points: Points, early: np.ndarray) -> Codes:
    codes = case.column.first[points.ticket]
    numbers: Floats = case.column.numbers[codes]
    if case.moments is not None:
        numbers = case.moments[codes] - points.as_of
    if np.isnan(numbers).any() or len(np.unique(numbers)) <= BINS:
        return codes
    edges = np.unique(np.quantile(numbers[early], np.linspace(0, 1, BINS + 1)[1:-1]))
    return pd.Series(np.searchsorted(edges, numbers)).to_numpy(dtype=np.int32)
