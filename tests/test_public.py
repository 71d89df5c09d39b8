"""The public interface: every name exists, none appears or goes unnoticed, and importing it stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import boilover

PUBLIC = [
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


def test_the_public_names_are_these() -> None:
    assert boilover.__all__ == PUBLIC == sorted(PUBLIC)
    assert all(callable(getattr(boilover, name)) for name in PUBLIC)


def test_no_module_has_the_name_of_a_function() -> None:
    # Importing it would put the module in the function's place.
    modules = {path.stem for path in Path(boilover.__file__).parent.iterdir()}
    assert not modules & set(PUBLIC)


def test_importing_is_light() -> None:
    code = (
        "import sys, boilover, boilover.cli;"
        "heavy = {'lightgbm', 'mlflow', 'sklearn', 'matplotlib', 'numba', 'pandas', 'pyarrow'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_log_is_cited_with_its_address() -> None:
    from boilover.ingesting import public_logs

    assert [each["name"] for each in public_logs() if "doi:10." not in each["citation"]] == []
