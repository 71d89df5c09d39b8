"""A replay by the command is what `train`, `score` and a ledger give by hand on logs physically cut at its nights."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from replayed_desk import NIGHTS, POLICY, cut_by_hand, desk, ends_by_hand, notes_of

from boilover import cli
from boilover.flagger import Verdict, decide, load_policy, night_of
from boilover.flagger.ledger import Facts, Ledger
from boilover.flagging import choose_threshold
from boilover.inputs import open_log
from boilover.log import EventLog, write_log
from boilover.model.saved import load_model, save_model
from boilover.points import tonight
from boilover.scoring import score
from boilover.training import train

RETRAIN = 7


@dataclass
class Replayed:
    """A log, the policy's file, and what the command wrote of its replay."""

    log: EventLog
    policy: Path
    figures: dict
    nights: pd.DataFrame
    flags: pd.DataFrame
    tickets: pd.DataFrame

    @property
    def moments(self) -> list[pd.Timestamp]:
        return sorted(self.nights["as_of"].unique())


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    home = tmp_path_factory.mktemp("replayed")
    log = desk()
    write_log(log, home / "log")
    (home / "policy.toml").write_text(POLICY)
    options = ["--nights", str(NIGHTS), "--retrain", f"{RETRAIN}d", "--policy", str(home / "policy.toml")]
    with pytest.MonkeyPatch.context() as patch:
        written = ["-o", str(home / "out"), "--report", str(home / "report.html")]
        patch.setattr("sys.argv", ["boilover", "backtest", str(home / "log"), *options, *written])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code
    assert f"Over {NIGHTS} nights the policy would have caught" in (home / "report.html").read_text("utf-8")
    out = home / "out"
    times = ["raised_at", "ended_at"]
    return Replayed(
        log,
        home / "policy.toml",
        json.loads((out / "backtest.json").read_text("utf-8")),
        pd.read_parquet(out / "nights.parquet"),
        pd.read_csv(out / "flags.csv", dtype={"ticket_id": "str"}, parse_dates=times),
        pd.read_csv(out / "tickets.csv", dtype={"ticket_id": "str"}, parse_dates=["escalated_at"]),
    )


def test_every_night_is_what_is_done_by_hand(replayed: Replayed, tmp_path: Path) -> None:
    """Train on cut logs, save, load, score on cut logs, decide by a real ledger: the same to the last bit."""
    policy, ledger = load_policy(replayed.policy), Ledger.open(tmp_path / "ledger.db")
    saved, asked_late, flagged, limits = None, 0, set(), set()
    for place, moment in enumerate(replayed.moments):
        past = open_log(cut_by_hand(replayed.log, tmp_path / "past", moment)).log
        if place % RETRAIN == 0:
            save_model(tmp_path / "model", train(past, n_jobs=1))
            saved = load_model(tmp_path / "model")
            held_out = saved.calibration
            told = replayed.figures["trainings"][place // RETRAIN]
            assert told["threshold"] == replayed.figures["by_night"][place]["threshold"]
            assert told["base_rate"] == saved.manifest.base_rate
            assert told["features"] == len(saved.manifest.columns)
        assert saved is not None
        by_hand = score(past, saved, as_of=moment, explain=0).sort_values("ticket_id", ignore_index=True)
        replay = replayed.nights[replayed.nights["as_of"] == moment].reset_index(drop=True)
        assert replay["ticket_id"].tolist() == by_hand["ticket_id"].tolist()
        assert replay["risk"].tolist() == by_hand["risk"].tolist()
        asked_late += int((replay["ticket_id"].str[-1] == "7").sum())

        ledger.outcomes("desk", ends_by_hand(replayed.log, moment, flagged))
        notes = notes_of(past)
        points = tonight(notes.history, int(moment.timestamp() * 1_000_000))
        night, _ = night_of(policy, notes, points, by_hand["risk"])
        threshold = choose_threshold(
            policy.threshold, held_out.risk, held_out.label, held_out.night, saved.reached, len(night)
        ).value
        limits.add(policy.limit(len(night)))
        decision = decide(night, ledger.memory("desk", night.ticket_id), policy, threshold)
        assert replay["verdict"].tolist() == [Verdict(code).name.lower() for code in decision.verdict]
        ledger.record("desk", night, decision, Facts("model", policy.fingerprint, threshold))
        flagged |= set(night.ticket_id[decision.verdict == Verdict.NEW])
        row = replayed.figures["by_night"][place]
        assert row["threshold"] == threshold
        assert (row["open"], row["new"]) == (len(night), int((decision.verdict == Verdict.NEW).sum()))
    assert place == NIGHTS - 1
    assert len(limits) > 1, "the share of open tickets limits no night"
    assert asked_late, "no ticket was asked about whose creation is told late"

    kept = ledger.export("flags", desk="desk")
    assert sorted(kept["ticket_id"]) == sorted(replayed.flags["ticket_id"])
    assert {"new", "still", "cleared", "suppressed", "quiet"} <= set(replayed.nights["verdict"])
    assert {"escalated", "resolved"} <= set(replayed.flags["end"])


def test_what_is_caught_is_what_the_log_tells(replayed: Replayed) -> None:
    events, _ = replayed.log.to_pandas()
    first = events[events["event_type"] == "escalated"].groupby("ticket_id")["occurred_at"].min()
    begin, end = replayed.moments[0], replayed.moments[-1] + pd.Timedelta("1D")
    first = first[(first > begin) & (first <= end)]
    caught = {}
    for flag in replayed.flags.itertuples():
        if flag.end == "escalated":
            assert flag.ended_at == first[flag.ticket_id]
            caught[flag.ticket_id] = (flag.ended_at - flag.raised_at) / pd.Timedelta("1h")
    assert caught
    figures = replayed.figures["figures"]["policy"]
    assert figures["recall"]["estimate"] == pytest.approx(len(caught) / len(first))
    leads = [caught.get(ticket, 0.0) for ticket in first.index]
    assert figures["lead_median"]["estimate"] == pytest.approx(np.median(leads))
    told = replayed.tickets.set_index("ticket_id")
    assert set(told.index[told["caught"]]) == set(caught)
    assert set(told.index[told["escalated_at"].notna()]) == set(first.index)


def test_rules_beside_it_flag_by_what_the_log_held(replayed: Replayed) -> None:
    assert tomllib.loads(POLICY)["threshold"]["per_night"] == 3
    counts = replayed.figures["counts"]
    assert counts["age_matched"]["flags"] == counts["policy"]["flags"] == len(replayed.flags)
    assert set(counts) == {"policy", "age_matched", "sla_75", "no_update_4h", "unresolved_24h", "priority"}
