"""What a training says of itself."""

from __future__ import annotations

from copy import copy

import numpy as np
import pandas as pd
import pytest

from boilover.model.classifier import EscalationClassifier
from boilover.model.tuning import AGE_ONLY
from boilover.model.verdict import AGE_ALONE, LINEAR_PART, verdict
from desk_rows import desk

FIGURES = {"average_precision": 0.4, "base_rate": 0.1}


@pytest.fixture(scope="module")
def model() -> EscalationClassifier:
    X, y = desk(400)
    return EscalationClassifier(n_jobs=1).fit(X, y)


def test_a_model_that_beats_what_is_simpler_says_by_how_much(model: EscalationClassifier) -> None:
    told = list(verdict(model, {**FIGURES, AGE_ALONE: 0.2, LINEAR_PART: 0.399}, 0.1))
    simpler = "the age of a ticket alone and the model's linear part alone"
    beyond = "whether beyond chance, ‘boilover evaluate’ tells on later points"
    assert told == [f"ahead of {simpler}: average precision 0.400, 4.0 times the rate of 0.100; {beyond}"]
    assert next(iter(verdict(model, FIGURES, 0.1))).startswith("ahead of chance: ")
    (told,) = verdict(model, {**FIGURES, "points": 1200.0, AGE_ALONE: 0.2}, 0.1)
    assert told.startswith(
        "ahead of the age of a ticket alone where 120 of 1,200 points held back escalate: "
    )


def test_a_handful_of_escalations_tells_the_model_from_nothing(model: EscalationClassifier) -> None:
    few = {**FIGURES, "points": 1281.0, "base_rate": 7 / 1281, AGE_ALONE: 0.2}
    (told,) = verdict(model, few, 0.1)
    assert told.startswith(
        "NOT CHECKED: only 7 of 1,281 points held back escalate, too few to tell the model"
    )
    (told,) = verdict(model, {**few, "base_rate": 1 / 1281, AGE_ALONE: 0.5}, 0.1)
    assert told.startswith("NOT CHECKED: only 1 of 1,281 points held back escalates,")
    (told,) = verdict(model, {**few, "base_rate": 10 / 1281}, 0.1)
    assert told.startswith("ahead of the age of a ticket alone")


def test_what_is_too_good_to_be_true_sends_to_the_audit(model: EscalationClassifier) -> None:
    figures = {"average_precision": 0.98, "base_rate": 0.14, "roc_auc": 0.997, AGE_ALONE: 0.15}
    *_, last = verdict(model, figures, 0.1)
    assert last.startswith("TOO GOOD TO BE TRUE? an AUC of 0.997: ‘boilover audit’ names columns")
    assert len(list(verdict(model, {**figures, "roc_auc": 0.96}, 0.1))) == 1
    assert len(list(verdict(model, {**figures, AGE_ALONE: 0.6}, 0.1))) == 1, "age alone tells most of it"


def test_a_model_that_age_matches_says_so_loudly_and_what_may_help(model: EscalationClassifier) -> None:
    (told,) = verdict(model, {**FIGURES, AGE_ALONE: 0.5}, 0.1)
    assert told.startswith(
        "NO BETTER: the age of a ticket alone reached an average precision of 0.500, the model 0.400;"
    )
    assert told.endswith("may help")
    (told,) = verdict(model, {**FIGURES, AGE_ALONE: 0.4 - 1e-9}, 0.1)
    assert told.startswith("NO BETTER: "), "what reads the same is no better"


def test_a_model_that_its_linear_part_matches_is_sound_and_says_so(model: EscalationClassifier) -> None:
    harmless, better = verdict(model, {**FIGURES, AGE_ALONE: 0.2, LINEAR_PART: 0.5}, 0.1)
    assert harmless.startswith("the trees add nothing here: ")
    assert "reached an average precision of 0.500, the model 0.400; that is no fault" in harmless
    assert better.startswith("ahead of the age of a ticket alone: average precision 0.400")
    assert len(list(verdict(model, {**FIGURES, LINEAR_PART: 0.4 - 1e-9}, 0.1))) == 2


def test_a_model_that_is_its_linear_part_is_not_called_better_than_it() -> None:
    X, y = desk(400)
    model = EscalationClassifier(linear=1.0, n_jobs=1).fit(X, y)
    (told,) = verdict(model, {**FIGURES, AGE_ALONE: 0.2, LINEAR_PART: 0.4}, 0.1)
    assert told.startswith("ahead of the age of a ticket alone: average precision 0.400, 4.0 times the rate")


def test_a_search_that_had_too_little_to_choose_on_is_told() -> None:
    X, y = desk(400)
    model = EscalationClassifier(tune_seconds=600.0, n_jobs=1).fit(X, y)
    assert model.tried_ == 0
    first, *_ = verdict(model, FIGURES, 0.1)
    assert first.startswith("NOT TUNED: too few tickets escalate")


def test_escalations_that_are_the_usual_course_are_told(model: EscalationClassifier) -> None:
    told = list(verdict(model, {"average_precision": 1.0, "base_rate": 1.0, AGE_ALONE: 1.0}, 0.9995))
    assert told[0].startswith("HARDLY RARE: 100.0% of training points escalate")
    assert told[1:] == ["NOT CHECKED: of the points held back every one escalates"]
    (told,) = verdict(model, {"average_precision": None, "base_rate": 0.0}, 0.1)
    assert told == "NOT CHECKED: of the points held back none escalates"


def test_a_search_tells_what_it_kept(model: EscalationClassifier) -> None:
    searched = copy(model)
    searched.tried_, searched.tuned_ = 7, {"num_leaves": 9.0}
    assert next(iter(verdict(searched, FIGURES, 0.1))) == "7 settings of the trees tried: num_leaves 9"
    searched.tuned_ = {}
    assert (
        next(iter(verdict(searched, FIGURES, 0.1))) == "7 settings of the trees tried: the usual ones stand"
    )


def test_chance_and_a_log_without_a_check_are_named(model: EscalationClassifier) -> None:
    (told,) = verdict(model, {"average_precision": 0.1, "base_rate": 0.1}, 0.1)
    assert told.startswith("NOTHING LEARNT: ")
    (told,) = verdict(model, {}, 0.1)
    assert told.startswith("NOT CHECKED: ")


def test_a_model_falls_back_on_age_where_all_else_misleads_later() -> None:
    rng = np.random.default_rng(0)
    age = rng.lognormal(3, 1, 1500)
    y = (rng.random(1500) < 1 / (1 + np.exp(age.clip(0, 60) / 20 - 1))).astype(int)
    X = pd.DataFrame(
        {"age": age, "clue": y + rng.normal(0, 0.4, 1500), "clues": y + rng.normal(0, 0.4, 1500)}
    )
    X.loc[1050:, ["clue", "clues"]] *= -1
    model = EscalationClassifier(age="age", n_jobs=1).fit(X, y)
    assert (model.linear_weight_, model.linear_.C) == (1.0, AGE_ONLY)
    (told,) = verdict(model, {**FIGURES, AGE_ALONE: 0.4}, 0.1)
    assert told.startswith("FELL BACK: ")
    # Everything but the age is as good as silent.
    added = np.abs(model.contributions(X)).max(axis=0)
    others = [place for place, name in enumerate(X.columns) if name != "age"]
    assert added[others].sum() < 0.05


def test_it_never_falls_back_where_the_weight_is_given() -> None:
    X, y = desk(600)
    model = EscalationClassifier(linear=0.25, age="hours", n_jobs=1).fit(X, y)
    assert model.linear_weight_ == 0.25
    assert set(model.held_out_scores_) <= {"age_alone", "linear_part"}
