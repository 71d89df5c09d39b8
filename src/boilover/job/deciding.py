"""From scores to flags: a night is decided on the ledger's memory, recorded, and told as a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import InputError, LockedError, UsageError
from boilover.flagger import QUEUE, WHY_NOT, Decision, Fired, FlagPolicy, Night, decide, night_of
from boilover.flagger.ledger import Facts, Ledger, Recorded
from boilover.flagger.settings import tier_code
from boilover.flagging import Threshold, may_be_flagged
from boilover.history import History
from boilover.job.flags import ended, flags_of, why_of
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.points import Points
from boilover.scoring import notes_for
from boilover.times import is_ahead, iso, now

TRIES = 3
"""So often a night is decided anew where somebody answered a flag meanwhile."""


@dataclass(frozen=True)
class Decided:
    """A night that is recorded: ``flags`` has a row for each flag that is new, rose, stands or is over since."""

    recorded: Recorded
    decision: Decision
    threshold: Threshold
    flags: pd.DataFrame

    def counts(self) -> dict[str, int]:
        """Return how many tickets there were, and how many flags of each kind; what held others back, by its name."""
        told = self.recorded
        counts = {"tickets": len(self.decision)}
        counts |= {name: getattr(told, name) for name in ("new", "risen", "still", "cleared", "suppressed")}
        codes, numbers = np.unique(self.decision.why_not, return_counts=True)
        held = {WHY_NOT[code]: int(number) for code, number in zip(codes, numbers, strict=True) if code}
        return counts | {f"held back by {name}": number for name, number in held.items()}


def decide_night(
    ledger: Ledger,
    desk: str,
    policy: FlagPolicy,
    threshold: Threshold,
    model: str,
    night: Night,
    scores: pd.DataFrame,
    fired: Fired | None = None,
    *,
    again: bool = False,
) -> Decided:
    """Decide a night and record it; the same night again changes nothing and tells the same.

    Parameters
    ----------
    threshold, model : by which the policy's model flags, and the name of the model that scored.
    night, scores, fired : of the same tickets, in the same order; ``scores`` as `boilover.score` gives them.
    again : let this night take the place of one that was recorded for its moment with another input.

    Raises
    ------
    InputError : the night is not after the last recorded one, or is recorded with another input.
    """
    lots_below = tier_code(policy.outcome.unless) if policy.outcome.holdout else 0
    facts = Facts(model, policy.fingerprint, threshold.value, lots_below)
    for attempt in range(1, TRIES + 1):
        memory = ledger.memory(desk, night.ticket_id, before=night.as_of)
        decision = decide(night, memory, policy, threshold.value)
        why = why_of(decision, scores, fired)
        try:
            recorded = ledger.record(desk, night, decision, facts, why=why, replace=again)
            break
        except LockedError:
            if attempt == TRIES:
                raise
    parts = [
        flags_of(desk, night, decision, recorded, why, facts.model),
        ended(ledger, desk, night.as_of, facts.model),
    ]
    flags = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return Decided(recorded, decision, threshold, flags)


def _check_known(points: Points, scores: pd.DataFrame) -> None:
    """Raise `InputError` for the first of ``scores`` that may be flagged and is of no ticket of the log."""
    unknown = np.flatnonzero(points.ticket < 0)
    if len(unknown):
        row = int(np.flatnonzero(may_be_flagged(scores))[unknown[0]])
        raise InputError(
            "is not known to the log",
            column="ticket_id",
            row=row + 1,
            value=str(scores["ticket_id"].iloc[row]),
            mend="Name the log that was scored with --log",
        )


def check_moment(as_of: int, newest: int | None) -> None:
    """Raise `UsageError` for a night after now and after the ``newest`` event: no earlier one could follow it."""
    if is_ahead(as_of, newest):
        known = "" if newest is None else f", and the newest event is of {iso(newest)}"
        raise UsageError(
            f"a night of {iso(as_of)} cannot be recorded: it is {iso(now())} now{known}. Look at the year of --as-of"
        )


def night_of_scores(
    policy: FlagPolicy, scores: pd.DataFrame, saved: SavedModel | None, log: EventLog | None = None
) -> tuple[Night, pd.DataFrame, Fired | None]:
    """Return the night of a file of scores, the rows of its tickets that are at risk, and what fired.

    Without a log there are no triggers, segments, queues and weights; a policy that asks for them raises `UsageError`.
    Without a model the log's attributes are of the types that it has them in.
    """
    at_risk = scores[may_be_flagged(scores)].reset_index(drop=True)
    asked = (at_risk if len(at_risk) else scores)["as_of"]
    moments = pd.to_datetime(asked.dropna(), utc=True).dt.as_unit("us").astype("int64").unique()
    if log is not None:
        notes = Annotations(History.from_log(log)) if saved is None else notes_for(log, saved)
        points = Points.from_frame(at_risk, notes.history)
        _check_known(points, scores)
        night, fired = night_of(policy, notes, points, at_risk["risk"])
        # Points of no ticket do not tell the moment.
        return (replace(night, as_of=int(moments[0])) if len(moments) == 1 else night), at_risk, fired
    asks = {"triggers": bool(policy.triggers_on), "segments": bool(policy.segments)}
    asks |= {"capacities of queues": policy.by_queue, "weights": policy.cost is not None}
    if any(asks.values()):
        told = ", ".join(name for name, asked in asks.items() if asked)
        raise UsageError(f"the policy has {told}, which are read from the log. Name it with --log")
    if len(moments) != 1:
        mend = "Score one moment" if len(moments) else "Name the log with --log: no row tells the moment"
        raise InputError(
            f"a night is of one moment, and the scores are of {len(moments)}", column="as_of", mend=mend
        )
    n = len(at_risk)
    night = Night(
        as_of=int(moments[0]),
        ticket_id=at_risk["ticket_id"].astype(str).to_numpy(dtype=object),
        risk=at_risk["risk"].to_numpy(dtype=np.float64),
        segments={QUEUE: np.full(n, None, dtype=object)},
        weight=np.ones(n),
        fired=np.zeros((n, 0), dtype=np.bool_),
        trigger_names=(),
    )
    return night, at_risk, None
