"""The page of a replay: its figures are those of the replay, and its slider is what one line would have given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from report_pages import Page

from boilover.backtest import Backtest, Replay
from boilover.evaluation.interval import Interval
from boilover.report import render_replay, write_backtest_report
from boilover.report.drawing.bars import lead_times
from boilover.report.replay_tickets import lives, threshold_dial
from boilover.report.replayed import facts, methods, verdict
from boilover.words import count, hours, percent


def test_the_verdict_and_the_figures_are_those_of_the_replay(replay: Replay) -> None:
    page = Page(render_replay(replay, title="A desk"))
    result = replay.result
    own, counts = result.figures["policy"], result.counts["policy"]
    text = " ".join(page.text("p"))
    assert (
        f"Over 8 nights the policy would have caught {counts.caught} of {result.escalations} escalations"
        in text
    )
    assert f"with {count(own['flags_a_night'].estimate)} new flags a night." in text
    chance, standing = (percent(own[name].estimate) for name in ("recall_by_chance", "standing_share"))
    assert f"As many tickets drawn at random would have caught {chance}." in text
    tiles = " ".join(page.text("span"))
    assert f"; {chance} if drawn at random" in tiles
    assert f"flags stand on {standing} of the open tickets" in tiles
    cells = methods(result.to_dict())[0].cells
    assert [figure for figure, _ in cells[:3]] == [percent(own["recall"].estimate), chance, standing]
    assert ("HARDLY CHOOSES" in text) == (own["standing_share"].estimate > 0.5)
    assert percent(own["recall"].estimate) in page.text("td")
    assert f"{own['net_benefit'].estimate:+.2f}" in page.text("td")
    leads = [methods(result.to_dict())[0].cells[7], methods(_without_leads(result))[0].cells[7]]
    assert leads == [(hours(own["lead_median"].estimate), leads[0][1]), ("0", "0 to 2 d")]
    assert result.escalations < 10
    assert verdict(result.to_dict()).compared == "So few escalations cannot tell whether it beats any rule."


def test_flags_on_most_of_what_is_open_are_a_warning(replay: Replay) -> None:
    figures = {**replay.result.figures["policy"], "standing_share": Interval(0.927, 0.9, 0.95)}
    told = replace(replay.result, figures={**replay.result.figures, "policy": figures})
    page = Page(render_replay(replace(replay, result=told), title="A desk"))
    said = [text for text in page.text("p") if "HARDLY CHOOSES: 93 % of the open tickets have a flag" in text]
    assert len(said) == 1
    assert verdict({**told.to_dict(), "escalations": 10}).is_bad


def _without_leads(result: Backtest) -> dict[str, Any]:
    told = result.to_dict()
    told["figures"]["policy"]["lead_median"] = {"estimate": 0.0, "low": 0.0, "high": 48.0}
    return told


def test_a_verdict_is_what_the_intervals_say(replay: Replay) -> None:
    gaps: dict[str, Mapping[str, float | None]] = {
        "age_matched": {"low": -0.2, "high": -0.1},
        "sla_75": {"low": 0.1, "high": 0.2},
        "no_update_4h": {"low": -0.1, "high": 0.2},
        "unresolved_24h": {"low": None, "high": None},
        "priority": {"low": -2.0, "high": 0.0},
    }
    misleading = {"low": 9.0, "high": 9.0}
    own = dict(replay.result.to_dict()["figures"]["policy"])
    own |= {"lift": {"estimate": 2.0, "low": 1.5, "high": 3.0}, "standing_share": {"estimate": 0.2}}
    told = {
        **replay.result.to_dict(),
        "figures": {**replay.result.to_dict()["figures"], "policy": own},
        "nights": 1,
        "escalations": 10,
        "differences": {
            name: {"recall": gap, "net_benefit": misleading}
            if name == "age_matched"
            else {"recall": misleading, "net_benefit": gap}
            for name, gap in gaps.items()
        },
    }
    found = verdict(told)
    assert found.measured.startswith("Over 1 night the policy would have caught")
    assert found.compared == (
        "It beats a random choice of as many tickets and ‘75 % of SLA used’, and falls behind ‘as many flags by"
        " age’, and does not beat ‘no public update for 4 h’ or ‘priority high or above’ beyond chance, and cannot be"
        " compared with ‘unresolved for 24 h’."
    )
    assert found.is_bad
    told["differences"]["age_matched"]["recall"] = {"low": 0.01, "high": 0.1}
    assert not verdict(told).is_bad
    own["lift"] = {"estimate": 1.1, "low": 0.9, "high": 1.3}
    assert verdict(told).is_bad
    assert "does not beat a random choice of as many tickets" in verdict(told).compared
    calm = verdict({**told, "escalations": 0})
    assert calm.measured.startswith("Over 1 night no ticket escalated; the policy would have raised")
    assert (calm.compared, calm.is_bad) == ("There was nothing to catch.", False)


def test_every_ticket_that_escalated_or_was_flagged_is_a_row(replay: Replay) -> None:
    page = Page(render_replay(replay, title="A desk"))
    data = json.loads(page.text("script")[1])
    names = [name for name, _ in data["columns"]]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in data["rows"]}
    due = replay.tickets[replay.tickets["escalated_at"].notna() | (replay.tickets["flags"] > 0)]
    assert set(rows) == set(due["ticket_id"])
    for ticket in due.itertuples():
        row = rows[ticket.ticket_id]
        outcome = data["words"][row["Outcome"]]
        assert (outcome == "caught") == ticket.caught
        assert (outcome == "missed") == (pd.notna(ticket.escalated_at) and not ticket.caught)
        assert row["Ahead"] == (round(ticket.lead_hours, 2) if ticket.caught else None)
        assert row["Escalated"] == (
            "" if pd.isna(ticket.escalated_at) else f"{ticket.escalated_at:%Y-%m-%d %H:%M}"
        )
        assert row["Nights flagged"] == ticket.nights_flagged


def test_the_slider_tells_what_one_line_would_have_given(replay: Replay) -> None:
    dial = threshold_dial(replay)
    nights = replay.nights
    ends = replay.tickets.set_index("ticket_id")["escalated_at"]
    for line in dial.lines[:: max(1, len(dial.lines) // 6)]:
        above = nights[nights["risk"] >= line.threshold].groupby("ticket_id")["as_of"].min()
        caught = sum(above[ticket] < ends[ticket] for ticket in above.index if pd.notna(ends[ticket]))
        assert line.flags == count(len(above) / 8)
        assert line.recall == percent(caught / replay.result.escalations)
        until = above + pd.Timedelta(days=7)
        known = until <= nights["as_of"].max()
        right = (ends[above.index[known]] <= until[known]).sum()
        assert line.precision == percent(right / known.sum() if known.any() else None)
    mean = np.mean([night.threshold for night in replay.result.by_night])
    gaps = [abs(line.threshold - mean) for line in dial.lines]
    assert gaps[dial.at] == min(gaps)


def test_what_is_not_over_is_not_called_a_flag_in_vain(replay: Replay) -> None:
    first = replay.nights["as_of"] < replay.nights["as_of"].min() + pd.Timedelta(days=3)
    nights = replay.nights[first]
    # Within three nights of a horizon of seven days, escalations are known and their absence is not.
    short = threshold_dial(replace(replay, nights=nights))
    assert {line.precision for line in short.lines} == {"–"}
    open_flags = set(replay.flags.loc[replay.flags["end"] == "stands", "ticket_id"])
    each_seed = [lives(replay, seed) for seed in range(6)]
    drawn = [
        str(drawing) for drawn in each_seed for drawing, kind in drawn if kind == "Flagged, did not escalate"
    ]
    assert drawn
    assert open_flags
    assert not [ticket for ticket in open_flags if any(f"Risk of {ticket} over" in each for each in drawn)]
    assert ("Trained anew", "every 1 day: 1 training") in facts(
        {**replay.result.to_dict(), "retrain": "1d", "trainings": [{}]}
    )


def test_lead_times_are_counted_from_their_bound() -> None:
    drawing = lead_times([0.0, 0.99, 1.0, 24.0, 23.9, 500.0], 7)
    told = Page(str(drawing)).text("text")
    assert [word for word in told if word.isdigit()][-6:] == ["7", "2", "1", "1", "1", "1"]
    assert "6 of 13 escalations caught, 2 at least 24 hours ahead." in str(drawing)
    assert lead_times([], 0) == ""


def test_the_page_is_whole_and_written_at_once(replay: Replay, tmp_path: Path) -> None:
    path = tmp_path / "backtest.html"
    write_backtest_report(path, replay, title="<b>A desk</b>")
    text = path.read_text(encoding="utf-8")
    assert text == render_replay(replay, title="<b>A desk</b>")
    page = Page(text)
    assert "<b>" not in text
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"caught", "threshold", "tickets", "lives", "trainings", "limits"} <= set(ids)
    assert list(tmp_path.iterdir()) == [path]
