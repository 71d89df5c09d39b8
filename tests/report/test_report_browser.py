"""The pages in a real browser: what can be moved, sorted and found, who can read them, and that nothing leaves them."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browser import Browser
from report_desks import Trial
from report_pages import BREAKOUT, ENDING, SCRIPT, Page, hostile_page, manifest, measured, scored, usual

from boilover.backtest import Replay
from boilover.kpi import kpis
from boilover.report import render_kpis, render_replay, render_report
from boilover.words import percent

AXE = Path(__file__).with_name("axe") / "axe.min.js"
SEVERE = ("serious", "critical")
MANY = 20_000
Open = Callable[[str], Any]


@pytest.fixture(scope="module")
def pages(trial: Trial, replay: Replay) -> dict[str, str]:
    """Return every kind of page, by name."""
    scores = trial.scores
    full = render_report(
        evaluation=trial.measured.evaluation.to_dict(),
        scores=scores,
        flags=scores.head(3),
        manifest=trial.saved.manifest,
        title="A desk",
        evidence=trial.evidence,
    )
    return {
        "usual": usual(),
        "hostile": hostile_page(),
        "full": full,
        "replay": render_replay(replay, title="A desk"),
        "kpis": render_kpis(kpis(trial.log), title="A desk"),
        "large": _large(),
        "unseen": render_replay(_unseen(replay), title="A desk"),
        "halves": render_replay(_halves(replay), title="A desk"),
        "calm": render_replay(_calm(replay), title="A desk"),
    }


def _unseen(replay: Replay) -> Replay:
    """Return a replay in which a ticket escalated that had a risk on no night."""
    tickets = replay.tickets.copy()
    gone = tickets["escalated_at"].notna().idxmax()
    tickets.loc[gone, "nights"] = 0
    nights = replay.nights[replay.nights["ticket_id"] != tickets.loc[gone, "ticket_id"]]
    return dataclasses.replace(replay, tickets=tickets, nights=nights)


def _large() -> str:
    scores = scored(MANY)
    scores["reason_3"] = [f"{row} customer messages" for row in range(MANY)]
    return render_report(
        evaluation=measured(), scores=scores, flags=scores.head(9), manifest=manifest(), title="Many"
    )


def _halves(replay: Replay) -> Replay:
    """Return a replay whose risks and lead times lie halfway between what can be told of them, or at its bounds."""
    risks = np.array([0.125, 0.135, 0.0225, 0.0995, 0.00125, 0.875, 0.00995, 0.0, 1.0])
    leads = np.array([54.0, 0.99, 0.125, 23.5, 23.49, 2.25, 9.95, 0.0, 25_000.0, 238.8])
    nights, tickets = replay.nights.copy(), replay.tickets.copy()
    nights["risk"] = risks[nights.groupby("ticket_id").ngroup() % len(risks)]
    tickets["lead_hours"] = leads[np.arange(len(tickets)) % len(leads)]
    return dataclasses.replace(replay, tickets=tickets, nights=nights)


def _calm(replay: Replay) -> Replay:
    """Return a replay of nights in which nothing escalated."""
    never = replay.tickets["escalated_at"].where(pd.Series(False, index=replay.tickets.index))
    tickets = replay.tickets.assign(escalated_at=never, caught=False, lead_hours=np.nan)
    return dataclasses.replace(
        replay, tickets=tickets, result=dataclasses.replace(replay.result, escalations=0)
    )


@pytest.fixture
def load(browser: Browser, pages: dict[str, str], tmp_path: Path) -> Open:
    """Return a function that opens a page as a reader on a desktop sees it, and returns the data of its table."""

    def loaded(name: str) -> Any:
        path = tmp_path / f"{name}.html"
        path.write_bytes(pages[name].encode("utf-8", errors="replace"))
        browser.look()
        browser.open(path)
        return json.loads(browser.run('document.querySelector("[data-grid] script")?.textContent ?? "null"'))

    return loaded


CUT = """[...document.querySelectorAll(".scroll")]
  .filter((each) => each.scrollWidth > each.clientWidth)
  .map((each) => each.getAttribute("aria-label"))"""
"""Tables of which a part lies beyond the edge of the page."""


def texts(browser: Browser, selector: str) -> list[str]:
    found = browser.run(
        f"[...document.querySelectorAll({json.dumps(selector)})].map((each) => each.textContent)"
    )
    return list(found)


def shown(browser: Browser) -> list[str]:
    return texts(browser, ".tickets tbody th")


def click(browser: Browser, selector: str) -> None:
    browser.run(f"document.querySelector({json.dumps(selector)}).click()")


def write(browser: Browser, selector: str, value: str) -> None:
    place = f"document.querySelector({json.dumps(selector)})"
    browser.run(f"{place}.value = {json.dumps(value)}; {place}.dispatchEvent(new Event('input'))")


@pytest.mark.parametrize("name", ["usual", "hostile", "full", "replay"])
def test_a_page_runs_without_complaint_and_asks_for_nothing(name: str, browser: Browser, load: Open) -> None:
    load(name)
    # On a phone nothing makes the page scroll sideways, and no figure is beyond the edge of a table.
    browser.look(360, 740)
    assert browser.run("document.documentElement.scrollWidth") == 360
    assert browser.run(CUT) == []
    click(browser, ".sort")
    assert shown(browser)
    assert browser.run("performance.getEntriesByType('resource').length") == 0
    assert browser.complaints() == []


def test_figures_of_a_desk_run_without_complaint(browser: Browser, load: Open) -> None:
    assert load("kpis") is None
    click(browser, "summary")
    assert browser.run("document.querySelector('details').open") is True
    browser.look(360, 740)
    assert browser.run("document.documentElement.scrollWidth") == 360
    assert browser.run(CUT) == []
    click(browser, "[data-scheme]")
    assert browser.run("document.documentElement.dataset.theme") == "dark"
    assert browser.run("performance.getEntriesByType('resource').length") == 0
    assert browser.complaints() == []


def test_figures_of_a_desk_sort_by_every_heading(browser: Browser, load: Open) -> None:
    load("kpis")
    tables = browser.run("document.querySelectorAll('table[data-sorts]').length")
    assert tables >= 5
    units = {"min": 1 / 60, "h": 1, "d": 24}

    def figure(text: str) -> float:
        told = re.match(r"([+−]?[\d,.]+)\s*(\S*)", text)
        return (
            np.nan
            if told is None
            else float(told[1].replace("−", "-").replace(",", "")) * units.get(told[2], 1)
        )

    for place in range(tables):
        table = f'document.querySelectorAll("table[data-sorts]")[{place}]'
        cells = "[...row.cells].map((cell) => cell.firstChild?.textContent ?? '')"
        rows = f"[...{table}.tBodies[0].rows].map((row) => {cells})"
        written = browser.run(rows)
        for head in range(len(written[0]) - 1):
            column = head if head < 2 else head + 1
            for rising in (head == 0, head != 0):
                browser.run(f'{table}.querySelectorAll(".sort")[{head}].click()')
                sorts = browser.run(f'[...{table}.querySelectorAll("th")].map((each) => each.ariaSort)')
                assert sorts[head] == ("ascending" if rising else "descending")
                found = browser.run(rows)
                assert sorted(found) == sorted(written)
                if head:
                    keys = np.array([figure(row[column]) for row in found])
                    known = keys[~np.isnan(keys)]
                    assert not np.isnan(keys[: len(known)]).any(), "what has no figure comes last"
                    assert (np.diff(known) >= 0).all() if rising else (np.diff(known) <= 0).all()
    assert browser.run("document.querySelectorAll('table.stated .sort').length") == 0
    assert browser.complaints() == []


def test_complaints_are_noticed(browser: Browser, load: Open) -> None:
    load("usual")
    browser.run("const i = new Image(); i.src = 'https://example.invalid/x.png'; 0")
    browser.run("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    told = " ".join(browser.complaints())
    assert "img-src" in told or "default-src" in told
    assert "style-src" in told


def test_the_slider_tells_what_each_line_gives(browser: Browser, load: Open) -> None:
    data = load("usual")
    lines = json.loads(browser.run('document.querySelector("[data-dial] script").textContent'))
    browser.run('document.querySelector("#line").focus()')
    start = int(browser.run('document.querySelector("#line").value'))
    for key, place in (("ArrowRight", start + 1), ("ArrowLeft", start), ("End", len(lines) - 1), ("Home", 0)):
        browser.press(key)
        threshold, *said, x, y = lines[place]
        assert texts(browser, "[data-dial] [data-say]")[:6] == said
        risk, flags, recall, chance, precision, _ = said
        assert browser.run('document.querySelector("#line").getAttribute("aria-valuetext")') == (
            f"Risk of {risk}: {flags} flags a night, {recall} of escalating tickets caught, {chance} if drawn at"
            f" random, {precision} of flags right"
        )
        marker = browser.run(
            '["cx", "cy"].map((each) => Number(document.querySelector("[data-marker]").getAttribute(each)))'
        )
        assert marker == [x, y]
        above = [row for row in data["rows"] if row[3] >= threshold]
        assert texts(browser, '[data-say="tonight"]') == [f"{len(above):,}"]
        assert len(texts(browser, ".tickets tr.above")) == min(len(above), 50)


def test_the_slider_moves_where_nothing_escalated(browser: Browser, load: Open) -> None:
    load("calm")
    lines = json.loads(browser.run('document.querySelector("[data-dial] script").textContent'))
    assert browser.run("document.querySelectorAll('[data-dial] figure').length") == 0, "no curve to draw"
    browser.run('document.querySelector("#line").focus()')
    browser.press("Home")
    _, risk, flags, recall, *_ = lines[0]
    assert texts(browser, "[data-dial] [data-say]")[:3] == [risk, flags, recall]
    assert recall == "–"
    assert browser.complaints() == []


def test_every_column_sorts_both_ways(browser: Browser, load: Open) -> None:
    data = load("usual")
    ids = [row[1] for row in data["rows"]]
    assert shown(browser) == ids[:50]
    browser.run('document.querySelectorAll(".sort")[3].focus()')
    browser.press("Enter")
    assert browser.run('document.querySelectorAll("th[aria-sort]").length') == 1
    assert browser.run('document.querySelectorAll("thead th")[3].ariaSort') == "descending"
    assert shown(browser) == ids[:50]
    browser.press("Enter")
    assert browser.run('document.querySelectorAll("thead th")[3].ariaSort') == "ascending"
    assert shown(browser) == ids[::-1][:50]
    browser.run('document.querySelectorAll(".sort")[1].click()')
    assert shown(browser) == sorted(ids)[:50]
    browser.run('document.querySelectorAll(".sort")[2].click()')
    assert shown(browser)[:10] == ids[:10]


def test_what_is_missing_comes_last_and_outcomes_are_chosen(browser: Browser, load: Open) -> None:
    data = load("replay")
    names = [name for name, _ in data["columns"]]
    place = names.index("Ahead")
    for _ in range(2):
        browser.run(f'document.querySelectorAll(".sort")[{place}].click()')
        cells = texts(browser, f".tickets tbody tr > :nth-child({place + 1})")
        known = [cell for cell in cells if cell != "–"]
        assert cells == known + ["–"] * (len(cells) - len(known))
        assert known
    calm = data["words"].index("flagged, did not escalate")
    write(browser, "[data-choice]", str(calm))
    assert set(texts(browser, ".choice")) == {"flagged, did not escalate"}
    assert len(shown(browser)) == sum(row[1] == calm for row in data["rows"])


def test_filters_find_what_is_asked(browser: Browser, load: Open) -> None:
    data = load("usual")
    write(browser, "[data-find]", "t000")
    assert shown(browser) == [f"T000{digit}" for digit in range(10)]
    assert texts(browser, "[data-found]") == ["10 of 249 tickets"]
    click(browser, "[data-flagged]")
    write(browser, "[data-find]", "REOPENINGS")
    assert shown(browser) == [f"T000{digit}" for digit in range(10)]
    click(browser, "[data-flagged]")
    assert texts(browser, "[data-found]") == ["249 of 249 tickets"]
    click(browser, "[data-above]")
    threshold = json.loads(browser.run('document.querySelector("[data-dial] script").textContent'))[
        int(browser.run('document.querySelector("#line").value'))
    ][0]
    above = sum(row[3] >= threshold for row in data["rows"])
    assert 0 < above < 249
    assert texts(browser, "[data-found]") == [f"{above} of 249 tickets"]
    write(browser, "[data-find]", "no such ticket")
    assert shown(browser) == []
    assert texts(browser, "[data-place]") == ["none"]


def test_a_ticket_without_a_risk_is_above_no_line(browser: Browser, load: Open) -> None:
    rows = load("unseen")["rows"]
    known = [row for row in rows if row[2] is not None]
    assert 0 < len(known) < len(rows) <= 50
    browser.run("document.dispatchEvent(new CustomEvent('line', { detail: 0 }))")
    assert len(texts(browser, ".tickets tr.above")) == len(known)
    click(browser, "[data-above]")
    assert set(shown(browser)) == {row[0] for row in known}


def test_pages_turn(browser: Browser, load: Open) -> None:
    ids = [row[1] for row in load("usual")["rows"]]
    for button, first in (("on", 50), ("on", 100), ("last", 200), ("back", 150), ("first", 0)):
        click(browser, f'[data-page="{button}"]')
        assert shown(browser) == ids[first : first + 50]
    assert browser.run('document.querySelector("[data-page=back]").disabled') is True


def test_scripts_write_what_python_wrote(browser: Browser, load: Open, pages: dict[str, str]) -> None:
    for name in ("usual", "replay"):
        data = load(name)
        written = Page(pages[name])
        drawn = texts(browser, ".tickets tbody tr > *")
        told = [percent(value) for row in data["rows"][:50] for value in row if isinstance(value, float)]
        assert told
        assert set(drawn) - {""} <= {*written.text("td"), *written.text("bdi"), *written.text("span")} | {
            "".join(row) for row in [["3 reopenings", "customer has waited 60 h for a reply"]]
        }


def test_scripts_round_as_python_does(browser: Browser, load: Open) -> None:
    cells = "[...document.querySelectorAll('.tickets tbody tr > *')].map((cell) => cell.innerText)"
    browser.page("Emulation.setScriptExecutionDisabled", value=True)
    try:
        load("halves")
        written = browser.run(cells)
    finally:
        browser.page("Emulation.setScriptExecutionDisabled", value=False)
    load("halves")
    assert browser.run(cells) == written
    assert {"13 %", "14 %", "2.3 %", "2.3 d", "59 min", "23 h", "1 d", "1,042 d"} <= set(written)


def test_hostile_tickets_are_text(browser: Browser, load: Open) -> None:
    load("hostile")
    assert browser.run("document.title") == f"</title>{SCRIPT}"
    assert shown(browser)[:2] == [SCRIPT, BREAKOUT]
    reasons = texts(browser, ".tickets tbody tr:nth-child(2) li")
    assert reasons[0] == ENDING
    assert len(reasons[1]) == 200
    assert "abc\ufffddcba\ufffdx" in texts(browser, ".tickets tbody tr:first-child li")
    click(browser, '[data-page="on"]')
    assert ENDING in shown(browser)
    write(browser, "[data-find]", "</script>")
    assert ENDING in shown(browser)
    assert browser.run("document.title") == f"</title>{SCRIPT}"
    assert browser.run("document.images.length") == 0
    assert browser.run("document.scripts.length") == 3
    assert browser.run("document.querySelectorAll('body > *').length") == 5


def test_it_is_dark_light_and_calm_as_the_reader_wishes(browser: Browser, load: Open) -> None:
    load("usual")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    browser.look(dark=True)
    browser.frame()
    dark = browser.run(ground)
    assert (light, dark) == ("rgb(253, 252, 250)", "rgb(22, 21, 19)")
    button = "[data-scheme]"
    assert browser.run(f"document.querySelector('{button}').ariaPressed") == "true"
    click(browser, button)
    assert browser.run(ground) == light
    assert browser.run(f"document.querySelector('{button}').ariaPressed") == "false"
    click(browser, button)
    assert browser.run(ground) == dark
    moves = "getComputedStyle(document.querySelector('[data-marker]')).transitionDuration"
    assert browser.run(moves) != "0s"
    browser.look(calm=True)
    assert browser.run(moves) == "0s"
    assert browser.run("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_paper_is_white_and_has_no_controls(browser: Browser, load: Open) -> None:
    load("full")
    click(browser, "[data-scheme]")
    browser.look(media="print")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(253, 252, 250)"
    for selector in (".controls", ".pager", ".slider", "nav", "[data-scheme]"):
        assert browser.run(f"getComputedStyle(document.querySelector('{selector}')).display") == "none"
    printed = browser.pdf()
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") > 2


def test_paper_tells_how_many_tickets_it_shows(browser: Browser, load: Open) -> None:
    load("usual")
    click(browser, '[data-page="on"]')
    browser.look(media="print")
    seen = "each => each.checkVisibility() && each.innerText"
    pager = browser.run(f"[...document.querySelectorAll('.pager > *')].map({seen}).filter(Boolean)")
    assert pager == ["51 to 100 of 249"]


def test_the_keyboard_reaches_what_can_be_used(browser: Browser, load: Open) -> None:
    load("usual")
    seen = []
    for _ in range(24):
        browser.press("Tab")
        seen.append(
            browser.run(
                "((each) => each.className || each.id || Object.keys(each.dataset)[0] || each.hash)"
                "(document.activeElement)"
            )
        )
    assert seen[0] == "skip"
    assert {"quiet", "#threshold", "line", "find", "flagged", "above", "sort"} <= set(seen)


def test_without_scripts_the_first_rows_are_there(browser: Browser, load: Open) -> None:
    browser.page("Emulation.setScriptExecutionDisabled", value=True)
    try:
        load("usual")
        assert shown(browser) == [f"T{row:04d}" for row in range(50)]
        for selector in (".controls", ".pager", ".slider", "[data-scheme]"):
            assert browser.run(f"getComputedStyle(document.querySelector('{selector}')).display") == "none"
        assert "need scripts" in texts(browser, "[data-rest]")[0]
    finally:
        browser.page("Emulation.setScriptExecutionDisabled", value=False)


def test_many_tickets(browser: Browser, load: Open, pages: dict[str, str]) -> None:
    load("large")
    timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    print(f"\n{MANY:,} tickets, {len(pages['large']):,} bytes: loaded after {browser.run(timing):.0f} ms")
    assert texts(browser, "[data-found]") == ["19,999 of 19,999 tickets"]
    assert len(shown(browser)) == 50
    write(browser, "[data-find]", "17345 customer")
    assert shown(browser) == ["T17345"]


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [("full", 1280, False), ("replay", 360, True), ("kpis", 1280, False), ("kpis", 360, True)],
)
def test_an_accessibility_checker_finds_nothing_serious(
    name: str, width: int, dark: bool, browser: Browser, load: Open
) -> None:
    load(name)
    browser.look(width, dark=dark)
    browser.run(f"{AXE.read_text(encoding='utf-8')}; 0")
    assert severe(browser) == []


def test_the_accessibility_checker_sees_what_is_wrong(browser: Browser, load: Open) -> None:
    load("usual")
    browser.run(f"{AXE.read_text(encoding='utf-8')}; 0")
    browser.run('document.querySelector("#line").removeAttribute("aria-label")')
    assert [name for name, _ in severe(browser, "label")] == ["label"]


def severe(browser: Browser, *rules: str) -> list[list[str]]:
    """Return name and place of each serious finding of some rules, of all where none are named."""
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = browser.run(
        f"axe.run(document, {json.dumps(options)}).then((done) => done.violations"
        f".filter((each) => {json.dumps(SEVERE)}.includes(each.impact))"
        ".map((each) => [each.id, each.nodes[0].html]))"
    )
    return list(found)
