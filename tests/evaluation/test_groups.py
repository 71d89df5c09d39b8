from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from boilover.errors import InputError
from boilover.evaluation import groups as gr
from boilover.evaluation.bootstrap import bootstrap_intervals

Array = np.ndarray[Any, Any]


def sample(n: int = 600) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    risk = rng.random(n)
    return (rng.random(n) < risk).astype(float), risk


def test_figures_are_those_of_the_rows_of_the_group() -> None:
    y, risk = sample()
    segment = np.random.default_rng(1).choice(["mail", "phone", "chat"], 600, p=[0.6, 0.3, 0.1])
    found = gr.by_segment(y, risk, segment, np.arange(600), rounds=5)
    assert [group.name for group in found.groups] == ["mail", "phone", "chat"]
    for group in found.groups:
        rows = segment == group.name
        assert (group.points, group.positives) == (rows.sum(), y[rows].sum())
        assert group.mean_risk == pytest.approx(risk[rows].mean())
        assert group.base_rate == pytest.approx(y[rows].mean())
        assert group.roc_auc == pytest.approx(roc_auc_score(y[rows], risk[rows]))
    assert found[1:] == (0, 0)


def test_small_groups_are_suppressed_at_the_bound() -> None:
    def table(points: int, positives: int) -> gr.GroupTable:
        y = np.r_[np.ones(positives), np.zeros(points - positives), np.tile([0.0, 1.0], 50)]
        segment, tickets = ["small"] * points + ["large"] * 100, np.arange(len(y))
        return gr.by_segment(y, np.linspace(0, 1, len(y)), segment, tickets, rounds=5)

    assert [group.name for group in table(30, 5).groups] == ["large", "small"]
    for found in (table(29, 5), table(30, 4)):
        assert [group.name for group in found.groups] == ["large"]
        assert found.suppressed_groups == 1
    assert table(29, 5).suppressed_points == 29


def test_only_the_largest_groups_are_shown() -> None:
    sizes = np.arange(50, 50 + gr.MAX_GROUPS + 5)
    segment = np.repeat([f"g{size}" for size in sizes], sizes)
    y = np.tile([0.0, 1.0], len(segment))[: len(segment)]
    found = gr.by_segment(y, np.linspace(0, 1, len(y)), segment, np.arange(len(y)), rounds=5)
    assert [group.points for group in found.groups] == sorted(sizes, reverse=True)[: gr.MAX_GROUPS]
    assert found.suppressed_groups == 5
    assert found.suppressed_points == sizes[:5].sum()


def test_bins_of_age_hold_their_lower_bound() -> None:
    hours = [0.0, 0.99, 1.0, 167.9, 168.0, 1e5, np.nan, -1.0]
    y, risk = np.tile([0.0, 1.0], 8 * 25), np.linspace(0, 1, 400)
    found = gr.by_age(y, risk, np.repeat(hours, 50), np.arange(400), rounds=5)
    assert [(group.name, group.points) for group in found.groups] == [
        ("unknown", 50),
        ("under 1 h", 150),
        ("1 h to 8 h", 50),
        ("4 d to 7 d", 50),
        ("7 d to 14 d", 50),
        ("90 d and more", 50),
    ]


def test_one_class_within_a_group_and_bad_input() -> None:
    y = np.r_[np.ones(40), np.zeros(40)]
    found = gr.by_segment(y, np.linspace(0, 1, 80), np.repeat(["yes", "no"], 40), np.arange(80), rounds=5)
    assert [group.name for group in found.groups] == ["yes"]
    assert np.isnan(found.groups[0].roc_auc)
    with pytest.raises(InputError, match="segment of shape"):
        gr.by_segment(y, y, ["a"], np.arange(80))
    with pytest.raises(InputError, match="no point"):
        gr.by_age([], [], [], [])


def test_intervals_are_those_of_the_bootstrap_over_the_tickets_of_the_group() -> None:
    y, risk = sample()
    segment, tickets = np.repeat(["mail", "chat"], 300), np.arange(600) // 3
    found = gr.by_segment(y, risk, segment, tickets, rounds=40, seed=2)
    for group in found.groups:
        rows = segment == group.name
        told = bootstrap_intervals(
            y[rows], risk[rows], tickets[rows], ["average_precision"], rounds=40, seed=2
        )["average_precision"]
        assert (group.average_precision, group.average_precision_low, group.average_precision_high) == told
        assert group.average_precision == pytest.approx(average_precision_score(y[rows], risk[rows]))
