"""The public functions take paths as text, one word for a sequence of one, and say what they take instead."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import boilover
from boilover.calls import CLASSES, PATHS, PLAIN, SEVERAL
from boilover.errors import UsageError
from boilover.policy import FixedRisk

UNTYPED: Any = boilover
"""As somebody without a type checker calls it."""
ROOT = Path(__file__).parents[1]
MODEL, EXPORT = ROOT / "models" / "demo", ROOT / "data" / "samples" / "zendesk"


def notes_of(source: Any) -> boilover.Annotations:
    return boilover.Annotations(boilover.History.from_log(source.log))


@pytest.fixture(scope="module")
def source() -> Any:
    return boilover.open_log(EXPORT)


def test_a_path_may_be_text(tmp_path: Path) -> None:
    saved = UNTYPED.load_model(str(MODEL))
    UNTYPED.save_model(str(tmp_path / "again"), saved)
    assert boilover.load_model(tmp_path / "again").manifest.columns == saved.manifest.columns
    assert boilover.open_log(str(EXPORT)).format == boilover.open_log(EXPORT).format == "zendesk"
    with pytest.raises(UsageError, match=r"boilover.load_model, folder: must be a path, not int\. Pass text"):
        UNTYPED.load_model(7)


def test_one_text_stands_for_a_sequence_of_one(source: Any) -> None:
    assert list(boilover.kpis(source.log, by="channel").groups) == ["channel"]
    log = boilover.synthetic_desk(n_tickets=600, days=60, seed=5)
    assert boilover.train(log, horizons="7d").manifest.horizons == ("7d",)
    with pytest.raises(UsageError, match="'a week' is no duration"):
        boilover.train(log, horizons="a week")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda source, saved: UNTYPED.score(source, saved), r"log: .*, not Source\. Pass its `\.log`$"),
        (lambda source, saved: UNTYPED.train(source), r"log: .*\. Pass its `\.log` and its `\.rule`$"),
        (lambda source, saved: UNTYPED.train(source.log.events), r"not Table\. Open a log with `boilover"),
        (lambda source, saved: UNTYPED.train(None), "log: must be EventLog, not NoneType"),
        (
            lambda source, saved: UNTYPED.measure(str(EXPORT), saved),
            r"Pass `boilover\.open_log\(path\)\.log`",
        ),
        (
            lambda source, saved: UNTYPED.drift(source.log, str(MODEL)),
            r"must be SavedModel, not str\. Pass `boilover\.load_model",
        ),
        (lambda source, saved: UNTYPED.model_card(saved.model), r"not HorizonModel\. `boilover\.train`"),
        (lambda source, saved: UNTYPED.default_features(source.log), r"`boilover\.Annotations\(boilover"),
        (lambda source, saved: UNTYPED.score(source.log, saved, points=[]), "points: must be a DataFrame"),
        (
            lambda source, saved: UNTYPED.declare(source.log, {"any": []}),
            "rule: must be EscalationRule, not dict",
        ),
        (
            lambda source, saved: UNTYPED.choose_threshold({}, [], [], []),
            "`boilover.parse_policy` returns one",
        ),
        (
            lambda source, saved: UNTYPED.explain_ticket(source.log, saved, 7),
            "ticket_id: must be text, not int",
        ),
        (lambda source, saved: UNTYPED.train(source.log, horizons=[7]), "horizons: must be text, not int"),
        (
            lambda source, saved: UNTYPED.train(source.log, features=["age"]),
            "features: must be Feature, not str",
        ),
        (lambda source, saved: UNTYPED.annotates("mine", 7), "names: must be text, not int"),
        (lambda source, saved: UNTYPED.train(source.log, ages="24h"), "ages: must be a number, not str"),
        (
            lambda source, saved: UNTYPED.tonight(notes_of(source).history, "2025-01-10"),
            r"not str\. Moments .* micros",
        ),
        (
            lambda source, saved: UNTYPED.tonight(notes_of(source), 0),
            r"history: must be History, not Annotations\. Pass its `\.history`$",
        ),
        (lambda source, saved: UNTYPED.tonight(source.log, 0), r"not EventLog\. That of a log is"),
        (
            lambda source, saved: UNTYPED.synthetic_desk(start="2025-01-10"),
            "start: must be a datetime, not str",
        ),
        (lambda source, saved: UNTYPED.importance_of(saved, None), r"That of a saved model is `saved\.model"),
        (
            lambda source, saved: UNTYPED.write_log(source.log, "log", format="xlsx"),
            "format: must be one of 'parquet', 'csv', not 'xlsx'",
        ),
        (
            lambda source, saved: UNTYPED.score(source.log, saved, explain="x"),
            "score, explain: must be a number of rows, or 'all', not 'x'",
        ),
        (lambda source, saved: UNTYPED.score(source.log, saved, explain=-1), "or 'all', not -1"),
        (lambda source, saved: UNTYPED.score(source.log, saved, explain=2.5), "or 'all', not 2.5"),
        (
            lambda source, saved: UNTYPED.History.from_log(source.log.to_pandas()[0]),
            r"must be EventLog, not DataFrame\. Pass `boilover\.open_log",
        ),
        (
            lambda source, saved: UNTYPED.model_card(saved, 0.4),
            r"must be a dictionary, not float\. That of a",
        ),
    ],
)
def test_what_is_given_in_the_wrong_place_is_named_with_its_mend(source: Any, call: Any, said: str) -> None:
    with pytest.raises(UsageError, match=f"boilover.*{said}"):
        call(source, boilover.load_model(MODEL))


def test_one_feature_or_number_stands_for_a_sequence_of_one(source: Any) -> None:
    notes = notes_of(source)
    points, feature = UNTYPED.fixed_ages(notes.history, 24), boilover.default_features(notes)[0]
    assert len(points) == len(boilover.fixed_ages(notes.history, (24.0,))) > 0
    assert list(UNTYPED.compute(feature, notes, points)) == [feature.name]


def test_an_evaluation_is_sent_for_its_dictionary(source: Any) -> None:
    evaluation = boilover.evaluate([0, 1] * 20, [0.1, 0.9] * 20, range(40), range(40), [1.0] * 40)
    with pytest.raises(
        UsageError, match=r"must be a dictionary, not Evaluation\. That of a result is its `\.to_dict\(\)`"
    ):
        UNTYPED.model_card(boilover.load_model(MODEL), evaluation)


def test_what_may_be_left_out_may_be_none_and_python_tells_what_is_lacking() -> None:
    policy = boilover.parse_policy({"kind": "fixed", "risk": 0.5}, source=None)
    assert isinstance(policy, FixedRisk)
    assert boilover.choose_threshold(policy, [0.1], [0], [0], None).value == 0.5
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'log'"):
        UNTYPED.train()


def test_every_path_and_class_of_the_public_functions_is_known() -> None:
    kinds = {
        str(kind).removesuffix(" | None")
        for name in boilover.__all__
        if hasattr(getattr(boilover, name), "__wrapped__")
        for parameter, kind in getattr(boilover, name).__annotations__.items()
        if parameter != "return"
    }
    assert {kind for kind in kinds if "Path" in kind} <= set(PATHS)
    assert {*CLASSES, *PLAIN, *SEVERAL} - {"Feature"} <= kinds, "what is known is used"
    assert {kind for kind in kinds if kind.startswith(("Sequence[", "tuple["))} <= set(SEVERAL)


def test_a_public_function_is_found_again_by_another_process() -> None:
    assert pickle.loads(pickle.dumps(boilover.score)) is boilover.score  # noqa: S301


def test_public_names_are_completed_before_they_are_imported() -> None:
    code = (
        "import boilover; lacking = set(boilover.__all__) - set(dir(boilover)); assert not lacking, lacking"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
