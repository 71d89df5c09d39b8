"""The program's table of contents: one function per command, each a few calls."""

from boilover.pipeline.flags import explain_policy, flag_night, flag_scores, nightly, tell_outcomes
from boilover.pipeline.logs import audit_log, ingest_log, kpis_of_log, public_logs
from boilover.pipeline.models import backtest_log, drift_of_log, evaluate_model, promote_model, train_model
from boilover.pipeline.scores import explain_log, score_in_parts, score_log

__all__ = [
    "audit_log",
    "backtest_log",
    "drift_of_log",
    "evaluate_model",
    "explain_log",
    "explain_policy",
    "flag_night",
    "flag_scores",
    "ingest_log",
    "kpis_of_log",
    "nightly",
    "promote_model",
    "public_logs",
    "score_in_parts",
    "score_log",
    "tell_outcomes",
    "train_model",
]
