"""What stands behind the figures: risks over time are those of scoring, weights those of the contributions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_desks import Trial
from report_pages import Page

from boilover.monitoring.drift import drift
from boilover.report import report_trial
from boilover.report.drawing.canvas import Axis, Canvas
from boilover.report.drawing.dots import among_ranges
from boilover.report.drawing.lives import life
from boilover.report.evidence import gather
from boilover.scoring import score


def test_the_risk_at_each_moment_is_that_of_scoring(trial: Trial) -> None:
    events, _ = trial.log.to_pandas()
    escalated = events[events["event_type"] == "escalated"].groupby("ticket_id")["occurred_at"].min()
    born = events[events["event_type"] == "created"].set_index("ticket_id")["occurred_at"]
    assert len(trial.evidence.courses) == 6
    assert [each.escalated is not None for each in trial.evidence.courses] == [True] * 3 + [False] * 3
    at = [
        born[course.ticket_id] + pd.to_timedelta((course.ages * 3_600_000_000).round(), unit="us")
        for course in trial.evidence.courses
    ]
    names = [course.ticket_id for course in trial.evidence.courses for _ in course.ages]
    asked = score(
        trial.log,
        trial.saved,
        points=pd.DataFrame({"ticket_id": names, "as_of": np.concatenate(at)}),
        explain=0,
    )
    ready, risk = (
        asked["note"].eq("").to_numpy(),
        np.concatenate([each.risk for each in trial.evidence.courses]),
    )
    assert ready.mean() > 0.5
    np.testing.assert_array_equal(risk[ready], asked["risk"].to_numpy()[ready])
    assert np.isnan(risk[~ready]).all()
    for course in trial.evidence.courses:
        begin, told = born[course.ticket_id], escalated.get(course.ticket_id)
        assert begin > pd.Timestamp(trial.saved.manifest.trained_until)
        hours = None if told is None else (told - begin) / pd.Timedelta(hours=1)
        assert course.escalated == (hours if hours is None else pytest.approx(hours))


def test_the_events_are_those_of_the_ticket(trial: Trial) -> None:
    events, _ = trial.log.to_pandas()
    said = events[(events["event_type"] == "message") & (events["actor_role"] == "customer")]
    for course in trial.evidence.courses:
        own = events[events["ticket_id"] == course.ticket_id]
        ages = (said.loc[said["ticket_id"] == course.ticket_id, "occurred_at"] - own["occurred_at"].min()) / (
            pd.Timedelta(hours=1)
        )
        seen = np.sort(ages[ages <= course.ages[-1]])
        np.testing.assert_allclose(course.events["customer"], seen, atol=1e-6)


def test_weights_are_mean_contributions_and_moves_those_of_the_drift_command(trial: Trial) -> None:
    names = [name for name, _ in trial.evidence.importance]
    weights = [weight for _, weight in trial.evidence.importance]
    assert weights == sorted(weights, reverse=True)
    assert set(names) <= set(trial.saved.manifest.columns)
    moves = trial.evidence.moves
    assert moves is not None
    assert {each.name for each in moves.features} == set(trial.saved.manifest.columns)
    # Drift also asks about points whose outcome is not known yet: as far as both look, they agree.
    told = drift(trial.log, trial.saved, rounds=5)
    assert moves.risk.missing_now == told.risk.missing_now == 0
    assert moves.risk.psi == pytest.approx(told.risk.psi, abs=0.3)
    for shares in ([part.then for part in moves.parts], [part.now for part in moves.parts]):
        assert sum(shares) == pytest.approx(1)
    bounds = [part.bound for part in moves.parts]
    assert bounds == sorted(bounds)
    assert bounds[-1] == 1
    risk = trial.measured.risk
    assert moves.parts[0].now == pytest.approx((risk <= bounds[0]).mean())


def test_a_seed_draws_the_same_tickets(trial: Trial) -> None:
    again = gather(trial.measured, trial.saved)
    assert [each.ticket_id for each in again.courses] == [each.ticket_id for each in trial.evidence.courses]
    assert again.importance == trial.evidence.importance


@pytest.mark.parametrize(
    ("high", "marks"),
    [
        (1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.13, [0, 0.05, 0.1]),
        (7.0, [0, 2, 4, 6]),
        (0.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_axes_are_marked_at_round_steps(high: float, marks: list[float]) -> None:
    axis = Axis.of("", high, str)
    assert [value for value, _ in axis.marks] == pytest.approx(marks)


@pytest.mark.parametrize(("high", "marks"), [(1.12, [0, 1]), (2.24, [0, 1, 2]), (13.0, [0, 5, 10])])
def test_what_is_counted_has_no_halves(high: float, marks: list[float]) -> None:
    assert [value for value, _ in Axis.of("", high, str, whole=True).marks] == marks


def test_a_line_breaks_where_a_value_is_missing() -> None:
    axis = Axis.of("", 10.0, str)
    plot = Canvas(axis, axis)
    path = str(plot.line([0, 1, 2, 3, 4], [1, 2, float("nan"), 3, 4], "curve"))
    assert path.count("M") == 2
    assert path.count("L") == 2
    assert plot.line([1], [float("nan")], "curve") == ""
    assert "&lt;b&gt;" in plot.note(0, 0, "<b>")


def test_the_axis_of_a_ticket_ends_with_what_is_known_of_it() -> None:
    gone = float("nan")
    drawing = life("x", "T1", [0, 1, 2.3, 200], [0.1, 0.2, 0.1, gone], {"agent": [1.0]}, None, top=0.5)
    marks = [word for word in Page(str(drawing)).text("text") if word.endswith((" h", " min", " d"))]
    assert marks == ["30 min", "1 h", "1.5 h", "2 h"]
    late = life("x", "T1", [0, 1, 200], [0.1, 0.2, gone], {"agent": [48.0]}, None, top=0.5)
    assert "2 d" in Page(str(late)).text("text")


@pytest.mark.parametrize(("rate", "kind"), [(0.3, "note strong end"), (0.05, "note strong")])
def test_the_rate_of_a_desk_stands_within_the_drawing(rate: float, kind: str) -> None:
    desk = {"estimate": rate, "low": rate - 0.01, "high": rate + 0.01}
    drawing = Page(str(among_ranges(desk, {"software": (0.05, 0.1)})))
    places = [each for each in drawing.all("text") if "strong" in (each["class"] or "")]
    assert [each["class"] for each in places] == [kind]


def test_a_title_promises_tickets_only_where_there_are_some(trial: Trial, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for scores, title in ((None, "What the risks are worth: desk"), (trial.scores, "Tickets at risk: desk")):
        report_trial(path, trial.measured, trial.saved, name="desk", scores=scores)
        assert Page(path.read_text(encoding="utf-8")).text("h1") == [title]
