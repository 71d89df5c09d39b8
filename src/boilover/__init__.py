"""Boilover predicts which open support tickets are about to escalate.

What stands here is the public interface. Names are imported when they are first used, so that ``import boilover`` and
``boilover --help`` stay instant.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

# Threads that wait by spinning take the processor from each other as soon as another job runs beside: training then
# took seven times as long. OpenMP reads this once, when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from boilover.annotations import Annotations, annotates
    from boilover.card import model_card
    from boilover.checking import check, mend, write_log
    from boilover.escalation import EscalationRule, declare
    from boilover.evaluation.evaluate import evaluate
    from boilover.explaining import explain_ticket
    from boilover.features import default_features
    from boilover.features.asked import compute
    from boilover.flagging import apply_threshold, choose_threshold
    from boilover.future_edit import future_edit_test
    from boilover.history import History
    from boilover.inputs import cut, open_log
    from boilover.kpi import kpis
    from boilover.labels import label
    from boilover.log import EventLog, read_log
    from boilover.measuring import measure
    from boilover.model.classifier import EscalationClassifier
    from boilover.model.horizons import HorizonModel
    from boilover.model.importance import importance_of
    from boilover.model.saved import load_model, save_model
    from boilover.monitoring.drift import drift
    from boilover.points import Points, fixed_ages, nightly, tonight
    from boilover.policy import parse_policy
    from boilover.report import write_report
    from boilover.scoring import score
    from boilover.synthetic import synthetic_desk
    from boilover.text import with_measures
    from boilover.training import train

__version__ = "0.1.0"

_HOME = {
    "Annotations": "annotations",
    "EscalationClassifier": "model.classifier",
    "EscalationRule": "escalation",
    "EventLog": "log",
    "History": "history",
    "HorizonModel": "model.horizons",
    "Points": "points",
    "annotates": "annotations",
    "apply_threshold": "flagging",
    "check": "checking",
    "choose_threshold": "flagging",
    "compute": "features.asked",
    "cut": "inputs",
    "declare": "escalation",
    "default_features": "features",
    "drift": "monitoring.drift",
    "evaluate": "evaluation.evaluate",
    "explain_ticket": "explaining",
    "fixed_ages": "points",
    "future_edit_test": "future_edit",
    "importance_of": "model.importance",
    "kpis": "kpi",
    "label": "labels",
    "load_model": "model.saved",
    "measure": "measuring",
    "mend": "checking",
    "model_card": "card",
    "nightly": "points",
    "open_log": "inputs",
    "parse_policy": "policy",
    "read_log": "log",
    "save_model": "model.saved",
    "score": "scoring",
    "synthetic_desk": "synthetic",
    "tonight": "points",
    "train": "training",
    "with_measures": "text",
    "write_log": "checking",
    "write_report": "report",
}

__all__ = [
    "Annotations",
    "EscalationClassifier",
    "EscalationRule",
    "EventLog",
    "History",
    "HorizonModel",
    "Points",
    "annotates",
    "apply_threshold",
    "check",
    "choose_threshold",
    "compute",
    "cut",
    "declare",
    "default_features",
    "drift",
    "evaluate",
    "explain_ticket",
    "fixed_ages",
    "future_edit_test",
    "importance_of",
    "kpis",
    "label",
    "load_model",
    "measure",
    "mend",
    "model_card",
    "nightly",
    "open_log",
    "parse_policy",
    "read_log",
    "save_model",
    "score",
    "synthetic_desk",
    "tonight",
    "train",
    "with_measures",
    "write_log",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'boilover' has no attribute '{name}'")
    from boilover.calls import public

    found = getattr(import_module(f"boilover.{_HOME[name]}"), name)
    if isinstance(found, FunctionType):
        found = public(found)
    # Another thread may have been first.
    return globals().setdefault(name, found)


def __dir__() -> list[str]:
    """Return the public names too that are not imported yet: editors complete them."""
    return sorted({*globals(), *__all__})
