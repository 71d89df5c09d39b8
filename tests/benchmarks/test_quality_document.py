"""The page and the README's block tell what was measured, and only that."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2]))
from benchmarks.quality import sentences, tables
from benchmarks.quality.ablation import ALONE, family_of, selections
from benchmarks.quality.document import renew, to_page, to_readme
from benchmarks.quality.figures import NAMES
from benchmarks.quality.measure import NAMES as NAMES_OF_MODELS
from benchmarks.quality.measure import chosen_before
from benchmarks.quality.sentiment import labels_of

from boilover.features.families import FAMILIES


def model(ap: float) -> dict[str, object]:
    told = dict.fromkeys(NAMES, 0.25) | {"ap": ap}
    spans = {name: [value - 0.01, value + 0.01] for name, value in told.items()}
    return {"figures": told, "intervals": spans, "told": {"train": 3.0, "score": 1.0}}


def result(
    task: str, difference: tuple[float, float, float], *, stationary: bool, words: bool
) -> dict[str, object]:
    part = {"features": 3, "figures": {}, "difference": (-0.03, -0.04, -0.02)}
    nothing = part | {"difference": (0.001, -0.004, 0.004)}
    parts = {"without desk": part, "age and calendar alone": part}
    if words:
        parts |= {"without sentiment": nothing, "without text": part}
    return {
        "task": task,
        "points": 1000,
        "base_rate": 0.1,
        "drift": {
            "training": [0.2] * 4,
            "test": [0.1] * 2,
            "ratio": 0.5,
            "interval": [0.4, 0.6],
            "stationary": stationary,
        },
        "best_peer": "gru",
        "difference": difference,
        "differences": {"age": (0.3, 0.2, 0.4), "gru": difference},
        "chosen_peer": "gru" if stationary else None,
        "models": {name: {"unavailable": "not installed"} for name in NAMES_OF_MODELS}
        | {
            "boilover": model(0.41),
            "age": model(0.11),
            "sla": {"unavailable": "the log knows no service levels"},
            "gru": model(0.42 if difference[0] < 0 else 0.4),
            "ablation": {
                "features": 9,
                "figures": {"ap": 0.41},
                "seeds": [0.41, 0.39],
                "parts": parts,
                "training": {"features": 1.0, "fit": 5.0, "plain": 2.0},
            },
        },
    }


@pytest.fixture
def results() -> list[dict[str, object]]:
    return [
        result("won", (0.01, 0.005, 0.015), stationary=True, words=False),
        result("close", (0.01, -0.005, 0.015), stationary=False, words=True),
        result("lost", (-0.01, -0.02, -0.001), stationary=False, words=False),
    ]


SENTIMENT = {
    "sets": {"jira": {"sentences": 9, "labels": ["negative"], "scored": 0.9, "macro_f1": 0.8, "guess": 0.3}},
    "per_second": 12345.6,
    "characters": 99.0,
}


def test_the_lead_is_told_with_its_chance(results):
    told = sentences.lead(results)
    assert "beyond chance on won." in told
    assert "On close it is ahead within chance." in told
    assert "On lost GRU on raw events is ahead by 0.010, beyond chance." in told


def test_every_peer_is_compared_and_the_one_chosen_before_is_marked(results):
    told = tables.against(results)
    assert "| AP above | won | close | lost | ahead on, beyond chance on |" in told
    assert "| GRU on raw events | † **+0.010 (+0.005 to +0.015)** | +0.010 (" in told
    assert told.endswith("| **-0.010 (-0.020 to -0.001)** | 2 of 3, 1 |")
    told = sentences.comparisons(results)
    assert "Of all 6 comparisons" in told
    assert "Boilover is ahead in 5, beyond chance in 4, and behind beyond chance in 1." in told
    assert told.endswith("it is ahead in 1, beyond chance in 1, and behind beyond chance in 0 of 1 tasks.")


def test_a_peer_is_chosen_where_all_could_be_compared():
    def chosen(ap: float | None) -> dict[str, object]:
        return {"told": {"chosen": {} if ap is None else {"ap": ap}}}

    records = {name: {"unavailable": "not installed"} for name in NAMES_OF_MODELS}
    assert chosen_before(records) is None
    told = records | {"age": {"told": {}}, "xgboost": chosen(0.3), "gru": chosen(0.4)}
    assert chosen_before(told) == "gru"
    assert chosen_before(told | {"xgboost": {"told": {"chosen": {"setting": {}}}}}) is None


def test_drift_is_named(results):
    told = sentences.calibration(results)
    assert "holds still (won)" in told
    assert "close (rate 0.200, then 0.100; error 0.250) and lost" in told


def test_what_adds_nothing_is_told_log_by_log(results):
    told = sentences.words(results)
    assert "- won: the log has no messages" in told
    assert "without sentiment +0.001" in told
    assert "Text: it adds, beyond chance." in told
    results[1]["models"]["ablation"]["parts"]["without sentiment"]["difference"] = (0.02, 0.01, 0.03)
    assert "Sentiment: it harms, beyond chance." in sentences.words(results)
    told = sentences.ablation(results)
    assert "falls without desk (won, close and lost) and text (close)." in told
    assert "Without sentiment it falls on no log" in told


def test_every_model_has_a_row_that_says_why_it_has_no_figures(results):
    rows = tables.everyone(results[0]).splitlines()
    assert len(rows) == 2 + len(tables.TITLES)
    assert sum("not installed" in row for row in rows) == len(tables.TITLES) - 4
    assert any("no service levels" in row for row in rows)
    assert "0.410 (0.400–0.420)" in rows[2]
    assert {row.count(" | ") for row in rows} == {5}


def test_the_chance_of_training_is_told_beside_what_families_add(results):
    assert "| by seed | 0.390 to 0.410 | 0.390 to 0.410 | 0.390 to 0.410 |" in tables.ablations(results)


def test_training_is_told_as_a_ratio(results):
    assert "| 2.5 |" in tables.trainings(results)


def test_the_page_and_the_block_hold_the_figures(results, tmp_path):
    page = to_page(results, SENTIMENT)
    for text in ("87.4 %", "0.410", "12,346", "without desk", "macro-F1", "holds still", "| 2.5 |"):
        assert text in page, text
    readme = tmp_path / "README.md"
    readme.write_text("a\n<!-- quality:begin -->\nold\n<!-- quality:end -->\nz\n", encoding="utf-8")
    renew(readme, to_readme(results))
    text = readme.read_text("utf-8")
    assert text.startswith("a\n<!-- quality:begin -->\nTrained")
    assert text.endswith("<!-- quality:end -->\nz\n")
    assert "\nold\n" not in text
    assert "**0.420 / 0.250 / 0.25** GRU" in text
    readme.write_text("no block", encoding="utf-8")
    with pytest.raises(SystemExit):
        renew(readme, to_readme(results))


def test_each_family_is_left_out_once_and_whole():
    features = [feature for members in FAMILIES.values() for feature in members]
    found = selections(features)
    for name, members in FAMILIES.items():
        left = found[f"without {name}"]
        assert name not in {family_of(feature) for feature in left}
        assert len(left) >= len(features) - len(members)
    assert set(ALONE) < set(found)
    assert {family_of(each) for each in found["age and calendar alone"]} == {"age and calendar"}


def test_labels_of_scores_have_the_borders_of_the_lexicon():
    scores = np.array([0.05, 0.049, -0.049, -0.05, np.nan])
    assert labels_of(scores).tolist() == ["positive", "neutral", "neutral", "negative", "neutral"]
