"""Plots of replays, tickets, features and drift show the numbers that they were given."""

from __future__ import annotations

import warnings
from typing import Any
from xml.etree import ElementTree

import matplotlib.dates
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from boilover.plots import (
    alerts_per_night,
    drift,
    feature_importance,
    figure_of,
    figure_png,
    figure_svg,
    lead_time,
    risk_over_time,
)
from boilover.plots.style import MODEL_COLOUR, WARNING

HOSTILE = "\x1b\x00\u8fd4\u91d1 \U0001f620 $\\frac{1}{ <script>alert(1)</script> $x_y$ " + "x" * 80


def axes() -> Any:
    return Figure().add_subplot()


def xy(ax: Any, label: str) -> Any:
    return next(line.get_xydata() for line in ax.lines if line.get_label() == label)


def tickets() -> pd.DataFrame:
    moment = pd.Timestamp("2026-01-05", tz="UTC")
    return pd.DataFrame(
        {
            "escalated_at": [moment, moment, moment, moment, pd.NaT],
            "caught": [True, True, False, True, False],
            "lead_hours": [2.0, 30.0, np.nan, 5.0, np.nan],
        }
    )


def test_lead_time_counts_missed_escalations() -> None:
    ax = lead_time(axes(), tickets())
    # Of four escalations three are caught, two at least 5 hours ahead, one at least 30.
    assert xy(ax, "caught").tolist() == [[0, 0.75], [2, 0.75], [5, 0.5], [30, 0.25]]
    assert xy(ax, "a day ahead")[0, 0] == 24
    assert ax.get_xlim() == (0, 48)


@pytest.mark.parametrize("rows", [0, 3])
def test_lead_time_of_nothing_caught_is_drawn(rows: int) -> None:
    frame = tickets().iloc[:rows].assign(caught=False, lead_hours=np.nan)
    assert len(xy(lead_time(axes(), frame), "caught")) == 1


def test_alerts_show_new_flags_and_those_that_stand() -> None:
    rows = [{"as_of": f"2026-01-0{day}T06:00:00+00:00", "new": day, "standing": 2 * day} for day in (1, 2, 3)]
    ax = alerts_per_night(axes(), {"by_night": rows})
    assert [bar.get_height() for bar in ax.patches] == [1, 2, 3]
    assert xy(ax, "flags standing")[:, 1].tolist() == [2, 4, 6]
    first = matplotlib.dates.num2date(xy(ax, "flags standing")[0, 0])
    assert first.isoformat() == "2026-01-01T06:00:00+00:00"
    assert xy(ax, "2 new a night")[0, 1] == 2


def course() -> dict[str, Any]:
    rows = [
        ("2026-01-01T08:00:00Z", "event", HOSTILE, 0.1, None, ""),
        ("2026-01-02T06:00:00Z", "night", "night", 0.12, 0.02, ""),
        ("2026-01-02T09:00:00Z", "event", "assignee: ben", 0.3, 0.18, ""),
        ("2026-01-03T09:00:00Z", "event", "escalated", None, None, "already escalated"),
        ("2026-01-04T09:00:00Z", "event", "status: closed", None, None, "already escalated"),
    ]
    names = ("at", "kind", "what", "risk", "change", "note")
    moments = [dict(zip(names, row, strict=True)) for row in rows]
    return {"ticket_id": HOSTILE, "horizon": "7d", "base_rate": 0.08, "moments": moments}


def test_risk_over_time_shows_events_nights_and_the_escalation() -> None:
    ax = risk_over_time(axes(), course())
    assert xy(ax, "risk")[:3, 1].tolist() == [0.1, 0.12, 0.3]
    assert np.isnan(xy(ax, "risk")[3:, 1]).all()
    assert xy(ax, "on a night")[:, 1].tolist() == [0.12]
    assert xy(ax, "usual 8.0 %")[0, 1] == 0.08
    # Between two moments it is what it was at the first, on no slope.
    assert next(line for line in ax.lines if line.get_label() == "risk").get_drawstyle() == "steps-post"
    escalated = matplotlib.dates.num2date(xy(ax, "escalated")[0, 0])
    assert escalated.isoformat() == "2026-01-03T09:00:00+00:00"
    assert [(text.get_text(), text.xy[1]) for text in ax.texts] == [("1", 0.3)]
    assert ax.get_legend().get_texts()[-1].get_text() == "1: +18.0  assignee: ben"


def test_a_course_without_nights_names_none() -> None:
    told = course()
    told["moments"] = [row for row in told["moments"] if row["kind"] == "event"]
    labels = [text.get_text() for text in risk_over_time(axes(), told).get_legend().get_texts()]
    assert "on a night" not in labels


def test_the_most_important_features_stand_on_top() -> None:
    values = {f"f{place}": float(place) for place in range(20)}
    ax = feature_importance(axes(), pd.Series(values))
    by_place = {
        label.get_text(): place for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    }
    assert len(by_place) == 15
    assert max(by_place, key=lambda name: by_place[name]) == "f19"
    widths = {round(bar.get_y() + bar.get_height() / 2): bar.get_width() for bar in ax.patches}
    assert {name: widths[round(place)] for name, place in by_place.items()} == {
        name: values[name] for name in by_place
    }


def test_drift_shows_the_bound_beside_each_feature_and_marks_what_drifted() -> None:
    rows = [
        {"name": "queue", "psi": 0.8, "bound": 0.2, "drifted": True},
        {"name": HOSTILE, "psi": 0.1, "bound": None, "drifted": False},
        {"name": "age", "psi": 0.05, "bound": 0.3, "drifted": False},
    ]
    ax = drift(axes(), {"features": rows})
    assert [bar.get_width() for bar in ax.patches] == [0.8, 0.1, 0.05]
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours == [WARNING, MODEL_COLOUR, MODEL_COLOUR]
    assert xy(ax, "moves so far anyway").tolist() == [[0.2, 2], [0.3, 0]]
    assert ax.get_yticklabels()[0].get_text() == "queue *"


@pytest.mark.parametrize(
    ("plot", "data"),
    [
        (lead_time, tickets()),
        (alerts_per_night, {"by_night": []}),
        (risk_over_time, course()),
        (feature_importance, {HOSTILE: 1.0}),
        (drift, {"features": [{"name": HOSTILE, "psi": 0.1, "bound": None, "drifted": False}]}),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_figures_are_the_same_every_time_and_words_are_no_formulas(plot: Any, data: Any) -> None:
    first, second = figure_of(plot, data), figure_of(plot, data)
    assert figure_png(first).startswith(b"\x89PNG")
    svg = figure_svg(first)
    assert svg == figure_svg(second)
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    plain = axes()
    assert plot(plain, data) is plain
    # On axes of the caller's own, words are no formulas either; which script they are in is the caller's to see to.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        plain.figure.canvas.draw()
