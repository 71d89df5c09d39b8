"""Flags as a frame: those of a night's decision, and those that are over since the night before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boilover.flagger import QUEUE, By, Decision, Fired, Night, Tier, Verdict
from boilover.flagger.ledger import Ledger, Recorded
from boilover.flagger.night import Objects
from boilover.scoring import REASON_COLUMNS

WORDS = {Verdict.NEW: "new", Verdict.RAISED_TIER: "risen", Verdict.STILL: "still", Verdict.CLEARED: "cleared"}
"""The verdicts that are told, in the order of the frame."""
ENDS = {"escalated_anyway": "escalated", "resolved": "resolved", "expired": "expired"}
"""What ends a flag but the night's decision; told after the verdicts."""
TEXTS = ("desk", "ticket_id", "verdict", "tier", "by", "queue", "triggers", "why", "model")
COLUMNS = (
    *("desk", "flag_id", "ticket_id", "as_of", "verdict", "tier", "by", "risk", "threshold"),
    *("queue", "triggers", "why", "model"),
)


def _told(decision: Decision) -> np.ndarray:
    return np.flatnonzero(np.isin(decision.verdict, [int(each) for each in WORDS]))


def why_of(decision: Decision, scores: pd.DataFrame, fired: Fired | None) -> Objects:
    """Return a sentence for each ticket with a flag: what the model sees in it, then what triggers tell."""
    why = np.full(len(decision), "", dtype=object)
    given = [name for name in REASON_COLUMNS if name in scores.columns]
    reasons = scores[given].fillna("").to_numpy(dtype=object)
    for place in _told(decision):
        by_model = decision.by[place] in (By.MODEL, By.BOTH)
        evidence = () if fired is None else fired.evidence(int(place)).values()
        why[place] = "; ".join(filter(None, [*(reasons[place] if by_model else ()), *evidence]))
    return why


def flags_of(
    desk: str,
    night: Night,
    decision: Decision,
    recorded: Recorded,
    why: Objects,
    model: str,
) -> pd.DataFrame:
    """Return a row per flag that is new, rose, stands or was cleared: of each kind the most urgent first."""
    told = _told(decision)
    verdict = decision.verdict[told]
    names = [
        ";".join(np.array(night.trigger_names, dtype=object)[night.fired[place]].tolist()) for place in told
    ]
    frame = pd.DataFrame(
        {
            "flag_id": recorded.ids[told],
            "ticket_id": night.ticket_id[told],
            "verdict": [WORDS[Verdict(code)] for code in verdict],
            "tier": [Tier(code).name.lower() for code in decision.tier[told]],
            "by": [By(code).name.lower() if code else "" for code in decision.by[told]],
            "risk": night.risk[told],
            "threshold": decision.threshold[told],
            "queue": night.segments[QUEUE][told],
            "triggers": names,
            "why": why[told],
        }
    )
    return _shaped(frame, desk, night.as_of, model)


def ended(ledger: Ledger, desk: str, as_of: int, model: str) -> pd.DataFrame:
    """Return a row per flag that was open on the night before and that its ticket's outcome, or time, has ended since.

    It tells the risk, the threshold and the reason with which the flag was raised.
    """
    found = ledger.ended(desk, as_of)
    frame = found.assign(verdict=found["outcome"].map(ENDS), queue="", triggers="")
    return _shaped(frame, desk, as_of, model)


def _shaped(frame: pd.DataFrame, desk: str, as_of: int, model: str) -> pd.DataFrame:
    """Return the columns of the frame, the rows in its order."""
    moment = pd.Series(np.full(len(frame), as_of, dtype="datetime64[us]")).dt.tz_localize("UTC")
    orders = [*WORDS.values(), *ENDS.values()], ["critical", "warn", "watch", ""]
    urgency = pd.DataFrame(
        {
            **{
                name: pd.Categorical(frame[name], order).codes
                for name, order in zip(("verdict", "tier"), orders, strict=True)
            },
            "risk": -frame["risk"].to_numpy(),
            "ticket_id": frame["ticket_id"].to_numpy(),
        }
    )
    order = urgency.sort_values(["verdict", "tier", "risk", "ticket_id"], kind="stable").index
    made = frame.reset_index(drop=True).assign(desk=desk, as_of=moment, model=model)
    return made.loc[order, list(COLUMNS)].astype(dict.fromkeys(TEXTS, "str")).reset_index(drop=True)
