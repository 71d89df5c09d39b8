"""The peers: what a competent team would build instead, each honestly tuned on the same points and labels.

Their libraries are optional (`requirements.txt` in this folder); a peer whose library is missing is a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pandas as pd
from benchmarks.quality import automl, deep_synthesis, learners, sequence
from benchmarks.quality.context import Answer, Context, Unavailable
from benchmarks.quality.search import Learner, tuned

SLA_SHARE = 0.75


@dataclass(frozen=True)
class Peer:
    """A peer: its title, how it answers, the module it needs, and the files of this folder that decide its answer."""

    title: str
    answer: Callable[[Context], Answer]
    needs: str | None = None
    sources: tuple[str, ...] = ()


def age_only(context: Context) -> Answer:
    """Answer with the rate of the training points of the same age."""
    points, past = context.case.points, context.past
    rate = points[past].groupby("age")["label"].mean()
    return Answer(points["age"][context.test].map(rate).fillna(context.y[past].mean()).to_numpy(np.float64))


def sla_rule(context: Context) -> Answer:
    """Rank by the share of the service level's time that is used: at 75 % the rule of thumb looks at a ticket.

    The share is told by the latest target that a point may see; what has none comes last.
    """
    events = context.case.events
    due = events[events["event_type"] == "sla_due"].sort_values("seen", kind="stable")
    if due.empty:
        raise Unavailable("the log knows no service levels")
    hours = due["number"] if "number" in due else pd.Series(np.nan, index=due.index)
    ends = due["occurred_at"] + pd.to_timedelta(hours.fillna(0.0), unit="h")
    targets = due.assign(begins=due["occurred_at"].where(hours.notna(), due["seen"]), ends=ends)
    points = context.case.points.loc[context.test, ["ticket_id", "as_of"]]
    columns = ["ticket_id", "seen", "begins", "ends"]
    found = pd.merge_asof(points, targets[columns], left_on="as_of", right_on="seen", by="ticket_id")
    used = (found["as_of"] - found["begins"]) / (found["ends"] - found["begins"])
    share = used.where(np.isfinite(used), 0.0).clip(lower=0.0).to_numpy(np.float64)
    return Answer(share, {"flagged": float((share >= SLA_SHARE).mean())})


def _on_encoding(learner: Learner) -> Callable[[Context], Answer]:
    return lambda context: tuned(context, context.rows, learner)


def _untuned(learner: Learner) -> Callable[[Context], Answer]:
    def answer(context: Context) -> Answer:
        rows, past = context.rows, context.past
        model = learner.fit(learner.standard, rows[past], context.y[past], None)
        return Answer(model.predict(rows[context.test]))

    return answer


POINTS = ("context.py", "encoding.py", "protocol.py")
ENCODED = (*POINTS, "search.py", "learners.py")
PEERS: dict[str, Peer] = {
    "age": Peer("age only", age_only, sources=("protocol.py",)),
    "sla": Peer("75 % SLA rule", sla_rule, sources=("protocol.py",)),
    "logistic": Peer("logistic", _on_encoding(learners.LOGISTIC), "sklearn", ENCODED),
    "lightgbm": Peer("LightGBM", _on_encoding(learners.LIGHTGBM), "lightgbm", ENCODED),
    "xgboost": Peer("XGBoost", _on_encoding(learners.XGBOOST), "xgboost", ENCODED),
    "logistic_standard": Peer("logistic, standard settings", _untuned(learners.LOGISTIC), "sklearn", ENCODED),
    "lightgbm_standard": Peer(
        "LightGBM, standard settings", _untuned(learners.LIGHTGBM), "lightgbm", ENCODED
    ),
    "xgboost_standard": Peer("XGBoost, standard settings", _untuned(learners.XGBOOST), "xgboost", ENCODED),
    "automl": Peer("AutoML (FLAML)", automl.answer, "flaml", (*POINTS, "automl.py")),
    "dfs": Peer(
        "featuretools, LightGBM",
        deep_synthesis.answer,
        None,
        (*ENCODED, "deep_synthesis.py", "deep_synthesis_worker.py"),
    ),
    "gru": Peer("GRU on raw events", sequence.answer, "torch", (*POINTS, "sequence.py", "network.py")),
}


def is_installed(peer: Peer) -> bool:
    """Return whether the module that a peer needs can be imported here."""
    return peer.needs is None or find_spec(peer.needs) is not None
