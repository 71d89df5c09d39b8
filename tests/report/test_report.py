"""The page as text: what it holds, that it loads nothing, and that foreign text stays text."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_pages import (
    BREAKOUT,
    ENDING,
    EVALUATION,
    SCRIPT,
    TURNED,
    N,
    Page,
    hostile_page,
    manifest,
    measured,
    render,
    scored,
    usual,
)

from boilover.card import Card
from boilover.errors import UsageError
from boilover.evaluation.evaluate import evaluate
from boilover.monitoring.shifts import Shift
from boilover.report import write_report
from boilover.report.evidence import Evidence, Moves
from boilover.report.evidence.courses import Course
from boilover.report.figures import tiles as tiles_of
from boilover.report.grid import tonight
from boilover.report.trial_page import _moved, _risks_moved
from boilover.report.verdict import as_good
from boilover.words import ahead, count, hours, number, percent, plain, rate, spelled


@pytest.mark.parametrize("make", [usual, hostile_page, lambda: render(scores=None, flags=None)])
def test_it_is_balanced_and_loads_nothing(make: Any) -> None:
    text = make()
    page = Page(text)
    assert [script.get("type") for script in page.all("script")[:-1]] == ["application/json"] * (
        len(page.all("script")) - 1
    )
    assert page.all("script")[-1] == {}
    for tag in ("link", "iframe", "img", "object", "embed", "form", "base"):
        assert not page.all(tag)
    for _, attributes in page.found:
        assert not {
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")
        }
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for anchor in page.all("a"):
        assert str(anchor["href"])[0] == "#"
        assert str(anchor["href"])[1:] in ids
    without_namespace = text.replace("http://www.w3.org/2000/svg", "")
    for word in ("http:", "https:", "url(", "@import", "//www"):
        assert word not in without_namespace


def test_the_policy_pins_the_styles_and_the_script() -> None:
    page = Page(usual())
    policy = next(meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    (style,) = page.text("style")
    script = page.text("script")[-1]
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )


def test_foreign_text_stays_text() -> None:
    text = hostile_page()
    assert SCRIPT not in text
    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert "\u2066" not in text
    assert "x" * 300 not in text
    page = Page(text)
    isolated = page.text("bdi")
    assert {SCRIPT, BREAKOUT, "abc\ufffddcba\ufffdx"} <= set(isolated)
    assert page.text("title")[0] == f"</title>{SCRIPT}"
    data = json.loads(page.text("script")[1])
    assert ENDING in data["words"]
    assert ENDING in [row[1] for row in data["rows"]]


def test_tables_have_captions_and_scopes_and_headings_descend() -> None:
    page = Page(usual())
    assert len(page.all("caption")) == len(page.all("table"))
    assert {str(head.get("scope")) for head in page.all("th")} == {"col", "row"}
    assert [tag for tag, _ in page.found if re.fullmatch("h[1-6]", tag)] == [
        "h1", *["h2"] * 7, *["h3"] * 6, "h2"
    ]  # fmt: skip
    assert page.all("html") == [{"lang": "en"}]
    for drawing in page.all("svg"):
        assert drawing.get("role") == "img" or drawing["aria-hidden"] == "true"
    told = [str(drawing["aria-labelledby"]).split() for drawing in page.all("svg") if "role" in drawing]
    ids = {attributes.get("id") for _, attributes in page.found}
    assert len(told) == 4
    assert {name for names in told for name in names} <= ids
    assert all(text.strip() for text in page.text("desc"))


def test_the_verdict_tells_what_was_measured_and_whom_it_beats() -> None:
    page = Page(usual())
    text = " ".join(page.text("p"))
    found, rate = EVALUATION["scores"]["model"]["average_precision"]["estimate"], EVALUATION["base_rate"]
    assert f"asked {N} times about {N} tickets, and {EVALUATION['positives']} times" in text
    assert "the ticket escalated within 7 days;" in text
    assert f"average precision of {found:.3f}, where a random order gets the base rate of {rate:.3f}." in text
    assert "It beats the base rate, age only and the 75 % SLA rule." in page.text("strong")
    assert "never a rating of an agent" in text


def test_a_model_that_has_not_earned_its_keep_says_so() -> None:
    rng = np.random.default_rng(0)
    page = Page(render(evaluation=measured(baselines={"age_only": rng.beta(1, 4, N), "sla_rule": None})))
    assert "It does not beat age only beyond chance." in page.text("strong")
    assert "This model has not earned its keep:" in page.text("strong")
    assert any("Could not run on this log: 75 % SLA rule." in text for text in page.text("p"))
    assert "This model has not earned its keep:" not in Page(usual()).text("strong")
    alone = Page(render(evaluation=measured(baselines={})))
    assert "It was compared with no peer." in alone.text("strong")


def test_figures_of_model_peers_and_groups_with_intervals() -> None:
    page = Page(usual())
    cells, intervals = page.text("td"), page.text("span")
    for name in ("model", "age_only"):
        assert number(EVALUATION["scores"][name]["average_precision"]["estimate"]) in cells
    low, high = (EVALUATION["scores"]["model"]["roc_auc"][part] for part in ("low", "high"))
    assert f"{low:.3f} to {high:.3f}" in intervals
    workload = EVALUATION["workloads"][3]
    assert "riskiest 11.8 % of points" in page.text("th")
    assert percent(workload["recall"]) in cells
    assert f"{workload['precision'] / EVALUATION['base_rate']:.1f} ×" in cells
    (mail, _) = EVALUATION["by_segment"]["channel"]["groups"]
    assert number(mail["average_precision"]) in cells
    assert f"{mail['average_precision_low']:.3f} to {mail['average_precision_high']:.3f}" in intervals


def test_the_base_rate_stands_in_the_drawing_of_precision() -> None:
    told = rate(EVALUATION["base_rate"])
    page = Page(usual())
    assert f"base rate {told}" in page.text("text")
    # The tiles tell it in the same words.
    share = percent(EVALUATION["top_k"]["share"])
    assert {f"{told} escalate", f"of all points, {told} do; these are {share} of them"} <= set(
        page.text("span")
    )


def test_tickets_by_rank_with_reasons_and_flags() -> None:
    shuffled = scored().sample(frac=1, random_state=0)
    page = Page(render(scores=shuffled))
    tickets = [text for text in page.text("bdi") if re.fullmatch(r"T\d{4}", text)]
    assert tickets == [f"T{row:04d}" for row in range(50)]
    assert page.text("span").count("flagged") == 10
    assert page.text("bdi").count("3 reopenings") == 50
    told = " ".join(" ".join(page.text("p")).split())
    assert "As of 2026-03-02 06:00, UTC. 249 tickets have a risk; 10 flagged; 1 could not be asked" in told
    assert "The first 50 of 249 are shown; the others need scripts to be seen." in told
    assert "90 %" in page.text("td")
    assert "45 %" in page.text("td")
    data = json.loads(page.text("script")[1])
    assert [row[1] for row in data["rows"]] == [f"T{row:04d}" for row in range(249)]
    assert data["words"] == ["3 reopenings", "customer has waited 60 h for a reply"]
    assert data["rows"][0] == [1, "T0000", 1, 0.9, 0.45, [0, 1]]


def test_a_flag_belongs_to_a_moment() -> None:
    scores = scored(5)
    twice = pd.concat([scores, scores.assign(as_of=pd.Timestamp("2026-03-03T06:00Z"))], ignore_index=True)
    page = Page(render(scores=twice, flags=twice.tail(5).head(2)))
    assert page.text("span").count("flagged") == 2
    assert "2026-03-03 06:00" in page.text("td")
    assert any("2026-03-02 06:00 to 2026-03-03 06:00" in text for text in page.text("p"))


def test_without_scores_flags_or_rows() -> None:
    without = render(scores=None, flags=None)
    assert "Tickets at risk" not in without
    assert 'href="#tickets"' not in without
    assert "flagged" not in " ".join(Page(render(flags=None)).text("td"))
    empty = Page(render(scores=scored().head(0), flags=scored().head(0)))
    assert any("0 tickets have a risk" in text for text in empty.text("p"))


def test_the_slider_holds_what_was_evaluated() -> None:
    operating = EVALUATION["operating"]
    page = Page(render(threshold=operating["threshold"][7]))
    lines = json.loads(page.text("script")[0])
    assert [line[0] for line in lines] == operating["threshold"][::-1]
    (slider,) = (each for each in page.all("input") if each["type"] == "range")
    assert int(str(slider["max"])) == len(lines) - 1
    shown = lines[int(str(slider["value"]))]
    assert shown[0] == operating["threshold"][7]
    told = [operating[name][7] for name in ("flags_a_night", "recall", "by_chance", "precision")]
    assert shown[2:6] == [count(told[0]), *map(percent, told[1:])]
    across, down = ([line[place] for line in lines] for place in (7, 8))
    assert across == sorted(across, reverse=True)
    assert down == sorted(down)
    above = int((scored()["risk"] >= shown[0]).sum())
    assert str(above) in page.text("strong")


def test_a_ticket_at_the_line_is_above_it() -> None:
    risk = np.array([0.12345649999, 0.1234561, 0.1])
    found = tonight(scored().head(3).assign(risk=risk), None, "7 days")
    assert [found.above(line) for line in risk] == ["1", "2", "3"]


def test_a_ticket_that_was_at_risk_at_no_moment_is_drawn_without_a_curve() -> None:
    nothing = np.full(3, np.nan)
    course = Course("T1", np.arange(3.0), nothing, {"customer": np.array([1.0])}, None)
    evidence = Evidence(None, [], [course], Card("What the model is", ()))
    assert "The risk reached 0 %; it did not escalate" in render(evidence=evidence)


def test_lanes_that_no_ticket_fills_are_not_drawn() -> None:
    risk, none = np.full(3, 0.1), np.array([])
    courses = [
        Course(name, np.arange(3.0), risk, {"customer": none, "agent": times, "handoff": none}, None)
        for name, times in (("T1", none), ("T2", np.array([1.0])))
    ]
    lanes = Page(render(evidence=Evidence(None, [], courses, Card("What the model is", ())))).text("text")
    assert [word for word in lanes if word in ("customer", "agent", "handoff")] == ["agent", "agent"]
    nothing = [course._replace(events={"customer": none}) for course in courses]
    text = render(evidence=Evidence(None, [], nothing, Card("What the model is", ())))
    assert text.count("it did not escalate. Events: none.") == 2


def test_what_has_drifted_is_said_in_one_voice() -> None:
    def told(drifted: bool, bound: float) -> tuple[str, str]:
        shift = Shift("risk", 0.2, bound, drifted, 0, 0, 0, 0, 0.1, 0.2, None, None, None)
        moves = Moves([shift, shift._replace(drifted=False)], shift, [])
        evidence = Evidence(moves, [], [], Card("", ()))
        return _moved(evidence), _risks_moved(moves)

    assert told(False, 0.3)[0].startswith("None of 2 features have drifted, that is, moved so far")
    assert told(True, 0.1)[0].startswith("1 of 2 features has drifted, that is, moved so far")
    assert told(False, 0.3)[1].startswith("Risks have not drifted: stability index 0.200, up to 0.300")
    assert (
        told(False, float("nan"))[1] == "Stability index 0.200: it cannot be told whether risks have drifted."
    )


def test_the_model_is_described() -> None:
    page = Page(usual())
    told = " ".join([*page.text("dd"), *page.text("p")])
    for words in (
        "7 days; also 24 hours",
        "A ticket escalates when it is reopened for the 2nd time.",
        "2025-12-01 00:00",
        "early stopping from 2025-09-01",
        "abcdef0123",
    ):
        assert words in told
    usually = Page(render(manifest=manifest(escalation={})))
    assert "A ticket escalates when the log holds an event ‘escalated’ of it." in usually.text("p")


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_outcomes_all_alike(label: float) -> None:
    rng = np.random.default_rng(0)
    found = evaluate(
        np.full(N, label), rng.random(N), np.arange(N), np.arange(N), np.ones(N), rounds=5,
        baselines={"age_only": rng.random(N)}, threshold=0.99999,
    )  # fmt: skip
    page = Page(render(evaluation=found.to_dict()))
    assert page.all("table")
    text = " ".join(page.text("p"))
    assert ("none of which escalated within 7 days: there is nothing to find." in text) != label
    assert "precision of \N{EN DASH}" not in text
    first, second, *_ = [each.beside for each in tiles_of(found.to_dict())]
    assert first.endswith("a random order gets 1.000" if label else "none escalates")
    assert second == ("1.0 × as many as at random" if label else "none escalates")
    drawn = {each.get("data-plot") for each in page.all("svg")}
    assert drawn & {"dial", "precision-recall", "gain", "calibration"} == (
        {"dial", "precision-recall", "gain", "calibration"} if label else {"calibration"}
    )


def test_the_same_text_every_time_and_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    options: dict[str, Any] = {"scores": scored(), "flags": None, "manifest": manifest(), "title": "T\udcff"}
    write_report(path, evaluation=EVALUATION, **options)
    first = path.read_bytes()
    write_report(path, evaluation=EVALUATION, **options)
    assert path.read_bytes() == first
    assert len(first) < 200_000
    with pytest.raises(KeyError):
        write_report(path, evaluation={}, **options)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="cannot write"):
        write_report(path / "below", evaluation=EVALUATION, **options)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("two\n lines\tand\u00a0more", "two lines and more"),
        ("\x00\x1b[2J", "\ufffd\ufffd[2J"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u2028\u200f", "\ufffd"),
        ("x" * 1000, "x" * 199 + "…"),
        (TURNED, "abc\ufffddcba\ufffdx"),
        (None, "None"),
    ],
)
def test_plain(value: object, expected: str) -> None:
    assert plain(value) == expected


def test_numbers_shares_and_spans() -> None:
    assert [number(value) for value in (None, 0.5, 0.001, -0.02, -0.00001, 0)] == [
        "–", "0.500", "0.0010", "−0.020", "0.000", "0.000"
    ]  # fmt: skip
    assert number(0.25, signed=True) == "+0.250"
    assert [percent(share) for share in (None, 0, 1, 0.43, 0.0996, 0.072, 0.0031)] == [
        "–", "0 %", "100 %", "43 %", "10 %", "7.2 %", "0.31 %"
    ]  # fmt: skip
    assert [count(value) for value in (0.0, 0.126, 4.0, 4.26, 12.6, 1234.5)] == [
        "0", "0.13", "4", "4.3", "13", "1,234"
    ]  # fmt: skip
    assert [hours(value) for value in (0.25, 7.4, 23.4, 24, 37, 84)] == [
        "15 min", "7.4 h", "23 h", "1 d", "1.5 d", "3.5 d"
    ]  # fmt: skip
    assert ahead(None) == "–"
    assert [spelled(span) for span in ("7d", "1d", "24h", "soon", "")] == [
        "7 days", "1 day", "24 hours", "soon", ""
    ]  # fmt: skip


def test_colours_can_be_told_apart_on_their_grounds() -> None:
    """The contrast of WCAG 2.1 (1.4.3): 4.5 for text, 3 for what is drawn."""
    (style,) = Page(usual()).text("style")
    pairs = {
        name: (light, dark)
        for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    }
    assert len(pairs) >= 12
    for scheme in (0, 1):
        for ground in ("ground", "panel", "hot-wash"):
            for ink in ("ink", "soft", "accent", "hot", "green", "violet", "gold"):
                told = contrast(pairs[ink][scheme], pairs[ground][scheme])
                assert told >= 4.5, (ink, ground, ("light", "dark")[scheme], told)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_only_the_order_that_is_not_beaten_is_said_to_do_as_well() -> None:
    rng = np.random.default_rng(0)
    assert as_good(measured(baselines={"age_only": rng.beta(1, 4, N)})) == "ranking by age alone"
    assert as_good(EVALUATION) == ""
    evaluation = measured(baselines={})
    evaluation["differences"] = {"base_rate": {"estimate": 0.1, "low": 0.05, "high": 0.2}}
    assert as_good({**evaluation, "beats_age_only": False}) == "ranking by age alone"
    evaluation["differences"]["base_rate"]["low"] = -0.05
    assert as_good({**evaluation, "beats_age_only": True}) == "a random order"
    both = {**evaluation, "beats_age_only": False}
    assert as_good(both) == "ranking by age alone or a random order"
    warned = " ".join(Page(render(evaluation=both)).text("p"))
    assert "these points can tell, ranking by age alone or a random order does as well." in warned
