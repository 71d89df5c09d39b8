import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import binomtest

import boilover
from boilover.evaluation.evaluate import evaluate
from boilover.plots import PLOTS, figure, figure_png, figure_svg
from boilover.plots.style import MODEL_COLOUR

N = 900


def evaluation(**changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    risk = rng.beta(1, 4, N)
    options: dict[str, Any] = {
        "y": (rng.random(N) < risk).astype(float),
        "baselines": {
            "base_rate": np.full(N, 0.2),
            "age_only": rng.random(N),
            "sla_rule": rng.random(N),
            "later_peer": risk,
        },
        **changed,
    }
    ages = rng.exponential(60, N)
    return evaluate(options.pop("y"), risk, np.arange(N), np.arange(N), ages, rounds=20, **options).to_dict()


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return evaluation()


def drawn(name: str, measured: dict[str, Any]) -> Any:
    ax = Figure().add_subplot()
    PLOTS[name](ax, measured)
    return ax


def line(ax: Any, colour: str = MODEL_COLOUR) -> np.ndarray[Any, Any]:
    return next(found.get_xydata() for found in ax.lines if found.get_color() == colour)


@pytest.mark.parametrize("name", PLOTS)
def test_axes_are_labelled(name: str, measured: dict[str, Any]) -> None:
    ax = drawn(name, measured)
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_precision_recall_stands_beside_the_base_rate(measured: dict[str, Any]) -> None:
    ax = drawn("precision_recall", measured)
    curves = measured["curves"]
    assert np.array_equal(line(ax), np.column_stack([curves["recall"], curves["precision"]]))
    assert any(np.allclose(found.get_ydata(), measured["base_rate"]) for found in ax.lines)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["model", f"base rate {100 * measured['base_rate']:.1f} %"]


def test_rare_escalations_are_not_flattened_by_the_first_find(measured: dict[str, Any]) -> None:
    curves = {"recall": [0.01, 0.1, 1], "precision": [1, 0.03, 0.01], "workload": [0.001, 0.1, 1]}
    ax = drawn("precision_recall", {**measured, "curves": curves, "base_rate": 0.01})
    assert ax.get_ylim() == pytest.approx((0, 0.033))


def test_gain_begins_at_nothing_and_shows_each_peer_with_its_interval(measured: dict[str, Any]) -> None:
    ax = drawn("gain", measured)
    points = line(ax)
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [1, 1]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[2:] == ["age only, at 11.8 %", "75 % SLA rule, at 11.8 %", "later_peer, at 11.8 %"]
    peers = ("age_only", "sla_rule", "later_peer")
    for peer, marker, bars in zip(peers, ax.lines[2:], ax.collections, strict=True):
        figures = measured["scores"][peer]["recall_at_11.8%"]
        assert marker.get_ydata()[0] == figures["estimate"]
        ends = bars.get_segments()[0][:, 1]
        assert ends == pytest.approx([figures["low"], figures["high"]])
        assert abs(marker.get_xdata()[0] - 0.118) < 0.02


def test_gain_shows_a_peer_whose_resampled_recalls_all_lie_below_its_own() -> None:
    lone = {"estimate": 0.5, "low": 0.1, "high": 0.4}
    measured = evaluation(baselines={"age_only": np.linspace(0, 1, N)})
    measured["scores"]["age_only"]["recall_at_11.8%"] = lone
    ax = drawn("gain", measured)
    assert ax.lines[2].get_ydata()[0] == 0.5
    assert ax.collections[0].get_segments()[0][:, 1].tolist() == [0.1, 0.4]


def test_calibration_and_age_show_what_was_measured(measured: dict[str, Any]) -> None:
    found = line(drawn("calibration", measured))
    assert found.tolist() == [[row["mean_risk"], row["rate"]] for row in measured["calibration"]]
    bars = drawn("calibration", measured).collections[0].get_segments()
    row = measured["calibration"][0]
    low, high = proportion_interval(row["rate"], row["points"])
    assert bars[0].tolist() == [
        [row["mean_risk"], pytest.approx(low, abs=1e-4)],
        [row["mean_risk"], pytest.approx(high, abs=1e-4)],
    ]
    ax = drawn("risk_by_age", measured)
    groups = measured["by_age"]["groups"]
    assert [label.get_text() for label in ax.get_xticklabels()] == [group["name"] for group in groups]
    assert line(ax)[:, 1].tolist() == [group["mean_risk"] for group in groups]


def proportion_interval(rate: float, points: int) -> tuple[float, float]:
    """Return the score interval from a package that knows it."""
    found = binomtest(round(rate * points), points).proportion_ci(method="wilson")
    return found.low, found.high


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("name", PLOTS)
def test_outcomes_all_alike_draw_without_a_warning(name: str, label: float) -> None:
    assert figure_png(figure(name, evaluation(y=np.full(N, label)))).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", PLOTS)
def test_the_same_bytes_every_time_and_no_global_state(name: str, measured: dict[str, Any]) -> None:
    before = dict(mpl.rcParams)
    made = figure(name, measured)
    svg, png = figure_svg(made), figure_png(made)
    assert dict(mpl.rcParams) == before
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        again = figure(name, measured)
    assert (figure_svg(again), figure_png(again)) == (svg, png)
    assert (figure_svg(made), figure_png(made)) == (svg, png)


def test_an_svg_is_one_element_that_follows_the_page(measured: dict[str, Any]) -> None:
    svg = figure_svg(figure("gain", measured))
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "prefers-color-scheme:dark" in svg
    assert svg.count(MODEL_COLOUR) == 1
    assert "date" not in svg.lower()
    texts = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert "workload: share of points looked at" in texts


def test_pyplot_stays_out() -> None:
    told = "import sys, boilover.plots; print('matplotlib.pyplot' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(("package", "home"), [("matplotlib", "plots"), ("mlflow", "tracking")])
def test_heavy_packages_have_one_home(package: str, home: str) -> None:
    root = Path(boilover.__file__).parent
    used = [path.relative_to(root) for path in root.rglob("*.py") if package in imported(path)]
    assert {path.parts[0] for path in used} == {home}


def test_every_plot_returns_its_axes(measured: dict[str, Any]) -> None:
    for plot in PLOTS.values():
        ax = Figure().add_subplot()
        assert plot(ax, measured) is ax


@cache
def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in names}
