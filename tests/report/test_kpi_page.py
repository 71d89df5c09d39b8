"""The page of a desk's figures: what it tells is what `kpis` found, whatever tickets hold, and nobody is rated."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_pages import BREAKOUT, SCRIPT, TURNED, Page

from boilover.cli import main
from boilover.evaluation.interval import Interval, clopper_pearson
from boilover.kpi import Kpis, kpis
from boilover.kpi.causes import Causes, Factor, factor_of
from boilover.log import EventLog, write_log
from boilover.report import render_kpis, write_kpi_report
from boilover.report.kpi_page import _by_week, _pooled, in_words
from boilover.report.kpi_rows import factors
from boilover.synthetic import synthetic_desk
from boilover.words import ahead, rate

AGENT = "Zarathustra Quill"


@pytest.fixture(scope="module")
def log() -> EventLog:
    """Return a desk with hostile categories, and a column that names who owned each ticket."""
    desk = synthetic_desk(n_tickets=500, days=70, seed=3)
    tickets = desk.tickets.to_pandas()
    tickets["category"] = tickets["category"].replace({"how_to": SCRIPT, "bug": f"{BREAKOUT}{TURNED}"})
    tickets["owner"] = np.where(np.arange(len(tickets)) % 2, AGENT, "another")
    return EventLog.from_pandas(desk.events.to_pandas(), tickets)


@pytest.fixture(scope="module")
def figures(log: EventLog) -> Kpis:
    return kpis(log)


@pytest.fixture(scope="module")
def text(figures: Kpis) -> str:
    return render_kpis(figures, title=f"Escalations: {SCRIPT}")


def rows_of(page: Page) -> list[list[str]]:
    """Return the words of each row of each table, its name first."""
    rows: list[list[str]] = []
    for inside, data in page.texts:
        if inside == "bdi":
            rows.append([data])
        elif inside in ("td", "span") and rows and data.strip():
            rows[-1].append(data.strip())
    return rows


def week(place: int, tickets: int, hits: int, *, followed: bool = True) -> dict[str, object]:
    found = clopper_pearson(hits, tickets) if followed and tickets else Interval(np.nan, np.nan, np.nan)
    figures = {name: None if np.isnan(value) else value for name, value in found._asdict().items()}
    return {"week": f"w{place}", "tickets": tickets, "in_time": figures}


def points(drawing: str) -> int:
    return len([each for each in Page(drawing).all("circle") if each["class"] == "point"])


def test_weeks_beyond_two_years_share_dots_and_none_is_lost() -> None:
    weeks = [week(place, 60, 20 * (place % 7 == 0), followed=place < 110) for place in range(112)]
    text = str(_by_week(weeks))
    assert "Share that escalated within 7 days, by 3 weeks of creation" in Page(text).text("title")
    assert points(text) == 37
    assert _pooled(weeks[6:9]) == {
        "week": "w6",
        "tickets": 180,
        "hits": 20,
        "in_time": clopper_pearson(20, 180)._asdict(),
    }
    assert _pooled(weeks[109:])["tickets"] == 60
    assert _pooled(weeks[110:])["in_time"]["estimate"] is None
    assert f"mean {rate(16 * 20 / (110 * 60))}" in text
    assert "by week of creation" in str(_by_week(weeks[:104]))


def test_few_tickets_make_no_dot_of_their_own() -> None:
    desk = [week(place, 500, 50) for place in range(8)]
    tail = [*desk, week(8, 1, 1), week(9, 0, 0), week(10, 29, 29)]
    text = str(_by_week(tail))
    assert points(text) == 8
    assert f"mean {rate(430 / 4030)}" in text, "they count, although they are not drawn"
    assert "100 %" not in Page(text).text("text"), "and do not flatten the others"
    small = str(_by_week([week(place, 7, 1) for place in range(50)]))
    assert "by 9 weeks of creation" in small
    assert points(small) == 6
    assert str(_by_week([week(0, 29, 3)])) == ""


def test_the_first_words_and_the_main_figures_are_those_of_the_desk(figures: Kpis, text: str) -> None:
    page = Page(text)
    told = " ".join(page.text("p"))
    assert f"Of {figures.tickets:,} tickets {figures.escalated:,} have escalated so far" in told
    low, high = rate(figures.rate.low), rate(figures.rate.high)
    assert f"{rate(figures.escalated / figures.tickets)} ({low} to {high})" in told
    within = figures.escalated_within["30d"]
    assert page.text("strong")[1].startswith(f"{rate(within.estimate)} escalate within 30 days")
    tiles = page.text("span")
    assert rate(within.estimate) in tiles
    assert ahead(figures.resolution_of_escalated.median.estimate) in tiles
    assert f"{rate(figures.handed_on.low)} to {rate(figures.handed_on.high)}" in tiles
    drawn = " ".join(page.text("desc"))
    for name, (least, most) in figures.industry.items():
        assert f"{name} {100 * least:g} % to {100 * most:g} %" in drawn


def test_every_group_is_a_row_and_what_is_small_is_counted(figures: Kpis, text: str) -> None:
    page = Page(text)
    rows, captions = rows_of(page), page.text("caption")
    assert {"queue", "category", "channel", "month"} <= set(figures.groups)
    for table in figures.groups.values():
        for group in table.groups:
            if "<" in group.name:
                continue
            wanted = {
                rate(group.rate.estimate),
                f"{group.tickets:,}",
                f"{group.escalated:,}",
                *(["few escalations"] if group.few else []),
            }
            assert any(row[0] == group.name and wanted <= set(row) for row in rows), group
    hidden = figures.groups["account_id"]
    assert hidden.suppressed_groups > 1
    assert (
        f"By account id ({hidden.suppressed_groups} groups with fewer than 30 tickets are not told:"
        f" {hidden.suppressed_tickets} tickets in all)" in captions
    )


def test_what_goes_with_escalation_and_its_criteria_are_told(figures: Kpis, text: str) -> None:
    rows = rows_of(Page(text))
    assert figures.causes is not None
    assert len(figures.causes.factors) > 5
    for factor in figures.causes.factors:
        if "<" not in factor.name:
            bounds = f"{factor.lift.low:.2f} to {factor.lift.high:.2f}"
            assert [each for each in rows if each[0] == factor.name and bounds in each], factor
    for name, each in figures.quality.items():
        share = rate(each.share.estimate)
        assert any(
            row[:3] == [name.replace("_", " "), each.criterion, share] and str(each.meet) in row
            for row in rows
        )


def test_what_stands_out_comes_first_and_the_scale_holds_it() -> None:
    y = np.r_[np.ones(60, bool), np.zeros(340, bool)]
    often = factor_of("often", np.r_[np.ones(40, bool), np.zeros(20, bool), np.arange(340) < 60], y)
    chance = factor_of("chance", np.arange(400) % 2 == 0, y)
    assert (often.stands_out, chance.stands_out) == (True, False)
    found = factors({**Causes(400, 60, 2, ())._asdict(), "factors": [told(often), told(chance)]})
    assert found is not None
    assert ([each.name for each in found.standing], [each.name for each in found.others]) == (
        ["often"],
        ["chance"],
    )
    # 6.0 (3.7 to 9.7): the next of 2, 4, 8 and 16.
    assert found.scale == "16"
    assert factors(None) is None
    nearly = factors(
        {"tickets": 400, "escalated": 60, "compared": 1, "factors": [told(chance) | {"excess": -0.3}]}
    )
    assert nearly is not None
    assert nearly.others[0].cells[2] == "+0", "nothing has no sign below it"


def told(factor: Factor) -> dict[str, object]:
    return {**factor._asdict(), "lift": factor.lift._asdict()}


def test_hostile_names_are_text_and_no_one_who_works_on_tickets_is_named(
    log: EventLog, figures: Kpis, text: str
) -> None:
    page = Page(text)
    assert SCRIPT in page.text("bdi")
    assert "<script>document" not in text
    assert "<img" not in text
    assert "\u202e" not in text
    assert len(page.all("script")) == 1
    assert "owner" not in figures.groups
    assert AGENT not in text
    events = log.events.to_pandas()
    holders = set(events.loc[events["event_type"] == "assignee_changed", "value"].dropna())
    assert len(holders) > 3
    assert not holders & {cell for row in rows_of(page) for cell in row}
    assert not [name for name in holders if name in text]


def test_what_a_log_cannot_tell_is_left_out(figures: Kpis) -> None:
    bare = replace(
        figures,
        kinds={"not told": figures.escalated},
        causes=None,
        repeats=None,
        satisfaction={},
        service_levels_kept=None,
        first_response=None,
        groups={},
        escalated_within=dict.fromkeys(figures.escalated_within, Interval(*[float("nan")] * 3)),
    )
    page = Page(render_kpis(bare, title="A desk"))
    told = " ".join(page.text("p"))
    assert "Too few tickets escalate after their first day" in told
    assert "No attribute of the tickets has a handful of groups" in told
    assert "Kinds of escalation" not in " ".join(page.text("caption"))
    assert "have escalated so far" in page.text("span")


def test_a_log_of_hours_has_a_page() -> None:
    start = pd.Timestamp("2026-01-05", tz="UTC")
    rows = [("1", 0, "created"), ("1", 2, "escalated"), ("2", 1, "created"), ("2", 9, "message")]
    events = pd.DataFrame(rows, columns=["ticket_id", "occurred_at", "event_type"])
    events["occurred_at"] = start + pd.to_timedelta(events["occurred_at"], unit="h")
    tickets = pd.DataFrame({"ticket_id": ["1", "2"], "customer_id": ["ann", "bob"], "plan": ["a", "b"]})
    found = kpis(EventLog.from_pandas(events, tickets), by=["plan"])
    page = Page(render_kpis(found, title="A desk"))
    told = " ".join(page.text("p"))
    assert "Of 2 tickets 1 has escalated so far, 50.0 % (1.3 % to 98.7 %)." in told
    assert "By plan: no group is large enough (2 groups with fewer than 30 tickets are not told" in told
    assert page.text("strong")[1] == "Half of the escalations came within 2 hours."
    # Nobody was followed for long enough, which is no share from 0 to 100 %.
    assert "0 % to 100.0 %" not in page.text("span")
    drawn = [attributes["data-plot"] for attributes in page.all("svg") if "data-plot" in attributes]
    assert drawn == ["published", "weeks-tickets", "weeks-ended", "weeks-backlog"], "no plot is empty"
    assert not [told for told in page.text("desc") if "1 weeks" in told]
    assert "Tickets created from 2026-01-05 to 2026-01-05, 2 of them open at the end" in told


def test_the_page_is_whole_and_written_at_once(figures: Kpis, text: str, tmp_path: Path) -> None:
    path = tmp_path / "kpis.html"
    write_kpi_report(path, figures, title=f"Escalations: {SCRIPT}")
    assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]
    page = Page(text)
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [each["href"] for each in page.all("a")]
    assert {str(link).removeprefix("#") for link in links} <= set(ids)


def test_the_command_writes_it_and_spares_what_it_reads(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, path = tmp_path / "desk", tmp_path / "kpis.html"
    write_log(log, folder)

    def run(report: Path, *more: str) -> int:
        words = ["boilover", "kpis", str(folder), "--by", "category", "--report", str(report), *more]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    assert run(path) == 0
    said = capsys.readouterr()
    assert f"report {path}" in said.err
    assert "Recent tickets may still escalate" in said.out
    written = path.read_text(encoding="utf-8")
    assert written == render_kpis(kpis(log, by=["category"]), title="Escalations: desk")
    before = (folder / "events.parquet").read_bytes()
    assert run(folder / "events.parquet") == 2
    assert (folder / "events.parquet").read_bytes() == before
    path.write_text("as it was")
    assert run(path, "-o", f"{tmp_path}/./{path.name}") == 2
    assert "-o and --report both name" in capsys.readouterr().err
    assert path.read_text() == "as it was"


def test_times_in_a_sentence_have_whole_words() -> None:
    assert [in_words(each) for each in (0.5, 1.0, 7.0, 24.0, 123.0)] == [
        "30 minutes",
        "1 hour",
        "7 hours",
        "1 day",
        "5.1 days",
    ]
