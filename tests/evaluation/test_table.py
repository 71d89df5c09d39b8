from typing import Any

import numpy as np

from boilover.evaluation.evaluate import Evaluation, evaluate
from boilover.evaluation.table import render
from boilover.tables import MAX_NAME

HOSTILE = "\x1b[2J[red]evil[/red]\r" + "x" * 100


def small(**options: Any) -> Evaluation:
    rng = np.random.default_rng(0)
    risk = rng.random(300)
    y = (rng.random(300) < risk).astype(float)
    return evaluate(y, risk, np.arange(300), np.arange(300), np.ones(300), rounds=20, **options)


def test_it_tells_what_was_measured() -> None:
    found = small(baselines={"age_only": np.full(300, 0.5), "sla_rule": None}, threshold=0.4)
    text = render(found.to_dict())
    assert f"base rate {found.base_rate:.3f}" in text.splitlines()[0]
    assert "The model beats age only" in text
    assert "75 % SLA rule could not run on this log." in text
    low, high = found.scores["model"]["average_precision"][1:]
    assert f"({low:.3f}–{high:.3f})" in text
    assert f"{found.workloads[3].recall:.3f}" in next(
        line for line in text.splitlines() if line.startswith("| 11.8 % ")
    )
    assert "risk ≥ 0.4" in text
    assert "1 h to 8 h" in text


def test_plain_without_a_terminal_and_coloured_on_one() -> None:
    values = small(baselines={"age_only": np.full(300, 0.5)}).to_dict()
    assert "\x1b" not in render(values)
    assert "\x1b" in render(values, terminal=True)
    loud = small(baselines={"age_only": np.linspace(0, 1, 300)}).to_dict()
    loud["verdict"] = ["DOES NOT BEAT age only"]
    assert "\x1b[1;31mThe model DOES NOT BEAT age only." in render(loud, terminal=True)


def test_a_name_cannot_write_to_the_terminal() -> None:
    text = render(small(segments={HOSTILE: np.full(300, HOSTILE)}).to_dict(), width=200)
    assert "\x1b" not in text
    assert "\r" not in text
    assert "[red]evil[/red]" in text
    assert "x" * MAX_NAME not in text


def test_suppressed_groups_are_counted() -> None:
    segment = np.array(["large"] * 280 + ["small"] * 20)
    lines = render(small(segments={"queue": segment}).to_dict()).splitlines()
    assert any("1 smaller" in line and " 20 " in line for line in lines)
    assert not any("| small " in line for line in lines)


def test_a_night_that_is_looked_at_whole_is_no_find() -> None:
    rng = np.random.default_rng(0)
    risk, night = rng.random(300), np.repeat(np.arange(20), 15) * 86_400_000_000
    y = (rng.random(300) < risk).astype(float)
    told = {
        k: evaluate(y, risk, night, np.arange(300), np.ones(300), rounds=5, k=k).to_dict() for k in (5, 10)
    }
    assert "HARDLY" not in render(told[5])
    assert "HARDLY CHOOSES: 67 % of the points are looked at with 10 a night" in render(told[10])
    row = next(line for line in render(told[5]).splitlines() if line.startswith("| 5 a night (33.3 %)"))
    assert f"{told[5]['top_k']['precision'] / told[5]['base_rate']:.3f}" in row
