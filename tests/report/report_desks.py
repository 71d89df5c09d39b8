"""A desk, a model of it, and what was measured and replayed of it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from boilover.backtest import Replay, backtest
from boilover.features.families import FAMILIES
from boilover.flagger import parse_flag_policy
from boilover.inputs import cut
from boilover.log import EventLog
from boilover.measuring import Measured, measure
from boilover.model.saved import SavedModel
from boilover.observation import observed
from boilover.report.evidence import Evidence, gather
from boilover.scoring import score
from boilover.synthetic import synthetic_desk
from boilover.training import train

READ = ("age and calendar", "handoffs and returns", "response gaps and waiting", "priority")
"""Families of features: enough for a model that is quick to train."""
NIGHTS = 8


class Trial(NamedTuple):
    """A model, what it was measured on, and what stands behind that."""

    log: EventLog
    saved: SavedModel
    measured: Measured
    evidence: Evidence
    scores: pd.DataFrame


def trial_of_a_desk() -> Trial:
    """Return a model of the first 70 % of a desk, measured on the rest."""
    log = synthetic_desk(n_tickets=520, days=70, seed=3)
    times = observed(log.events)
    past = cut(log, int(times.min() + 0.7 * (times.max() - times.min())))
    saved = train(past, features=[feature for family in READ for feature in FAMILIES[family]])
    measured = measure(log, saved, rounds=20)
    return Trial(log, saved, measured, gather(measured, saved), score(log, saved))


def replay_of(log: EventLog) -> Replay:
    """Return the last nights of a desk, by a policy with a memory."""
    policy = parse_flag_policy({"threshold": {"kind": "capacity", "per_night": 4}})
    return backtest(log, policy, nights=NIGHTS, retrain="30d", rounds=20, n_jobs=1)
