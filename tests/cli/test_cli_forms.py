"""What a log and its points may look like: the form does not matter, and what cannot be asked says why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from desks import small_desk, small_tickets, write

Run = Callable[..., tuple[int, str]]
EVENTS, TICKETS = small_desk(), small_tickets()
START = pd.Timestamp("2026-02-01", tz="UTC")


def scores_of(run: Run, desk: Path, log: Path, points: Path) -> pd.DataFrame:
    answer = points.parent / "answer.csv"
    code, said = run("score", log, "--model", desk / "model", "--points", points, "-o", answer)
    assert code == 0, said
    return pd.read_csv(answer, dtype={"ticket_id": "str"})


def expected(desk: Path) -> pd.DataFrame:
    return pd.read_csv(desk / "scores.csv", dtype={"ticket_id": "str"})


def test_every_point_has_one_row_in_order_and_risks_rise_with_the_horizon(desk):
    scores = expected(desk)
    assert list(scores["ticket_id"]) == list(pd.read_csv(desk / "points.csv", dtype="str")["ticket_id"])
    asked = scores[scores["note"].isna()]
    assert len(asked) > 300
    assert asked["risk"].between(0, 1).all()
    assert (asked["risk"] <= asked["risk_72h"]).all()
    assert (asked["risk_72h"] <= asked["risk_7d"]).all()
    assert scores.loc[scores["note"] == "already escalated", "risk"].isna().all()


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.assign(occurred_at=e["occurred_at"].dt.as_unit("ns")),
        lambda e: e.assign(occurred_at=e["occurred_at"].dt.as_unit("ms")),
        lambda e: e.assign(occurred_at=e["occurred_at"].dt.tz_convert(None)),
        lambda e: e.assign(occurred_at=e["occurred_at"].dt.tz_convert("Asia/Kolkata")),
        lambda e: e.assign(occurred_at=e["occurred_at"].map(pd.Timestamp.isoformat)),
        lambda e: e.assign(observed_at=pd.NaT),
        lambda e: e.assign(observed_at=None),
        lambda e: e.assign(observed_at=e["occurred_at"], field=None, actor_id=None, text=None),
        lambda e: e.assign(ticket_id=e["ticket_id"].astype("str"), note="beyond the contract", place=1.5),
        lambda e: e.astype({"event_type": "category", "value": "category"}),
        lambda e: pd.concat([e, e.sample(300, random_state=0)]),
        lambda e: e.sort_values("ticket_id", kind="stable"),
        lambda e: e.iloc[np.argsort(-e["ticket_id"].to_numpy(), kind="stable")],
    ],
    ids=[
        "ns",
        "ms",
        "naive",
        "zone",
        "iso",
        "nat",
        "null",
        "full",
        "text",
        "category",
        "twice",
        "by ticket",
        "backwards",
    ],
)
def test_the_form_of_the_events_does_not_matter(run, desk, tmp_path, change):
    log = write(tmp_path / "log", change(EVENTS), TICKETS)
    shutil.copy(desk / "points.csv", tmp_path)
    pd.testing.assert_frame_equal(scores_of(run, desk, log, tmp_path / "points.csv"), expected(desk))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(ticket_id=t["ticket_id"].astype("str"), brand=1),
        lambda t: t.astype({"channel": "category", "seats": "float32"}),
        lambda t: t.assign(seats=t["seats"].astype("str")),
        lambda t: pd.concat([t, pd.DataFrame({"ticket_id": [7000, 7001]})]),
        lambda t: t.sample(frac=1, random_state=0),
        lambda t: t.reset_index(names="Unnamed: 0"),
    ],
    ids=["text ids", "category", "number as text", "without events", "shuffled", "index"],
)
def test_the_form_of_the_tickets_does_not_matter(run, desk, tmp_path, change):
    log = write(tmp_path / "log", EVENTS, change(TICKETS))
    shutil.copy(desk / "points.csv", tmp_path)
    pd.testing.assert_frame_equal(scores_of(run, desk, log, tmp_path / "points.csv"), expected(desk))


def test_csv_and_a_parquet_dataset_score_alike(run, desk, tmp_path):
    write(tmp_path / "csv", EVENTS, TICKETS, "csv")
    write(tmp_path / "parts", EVENTS.iloc[:0], TICKETS, "csv")
    (tmp_path / "parts" / "events.csv").unlink()
    months = EVENTS.assign(month=EVENTS["occurred_at"].dt.strftime("%Y-%m"))
    months.to_parquet(tmp_path / "parts" / "events", partition_cols=["month"])
    shutil.copy(desk / "points.csv", tmp_path)
    for form in ("csv", "parts"):
        scores = scores_of(run, desk, tmp_path / form, tmp_path / "points.csv")
        pd.testing.assert_frame_equal(scores, expected(desk))


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "carrier pigeon"},
        {"channel": None, "seats": None},
        {"channel": 3},
        {"seats": [*["many"] * 300, *["3"] * 300]},
        {"seats": np.inf},
    ],
)
def test_attributes_never_seen_or_empty_still_give_a_risk(run, desk, tmp_path, change):
    log = write(tmp_path / "log", EVENTS, TICKETS.assign(**change))
    shutil.copy(desk / "points.csv", tmp_path)
    scores = scores_of(run, desk, log, tmp_path / "points.csv")
    assert list(scores["risk"].isna()) == list(expected(desk)["risk"].isna())


@pytest.mark.parametrize(
    ("as_of", "suffix"),
    [
        (lambda t: t.dt.as_unit("ns"), "parquet"),
        (lambda t: t.dt.as_unit("s"), "parquet"),
        (lambda t: t.dt.tz_convert(None), "parquet"),
        (lambda t: t.dt.tz_convert("Europe/Lisbon"), "parquet"),
        (lambda t: t.dt.tz_convert("Asia/Kolkata").map(pd.Timestamp.isoformat), "csv"),
        (lambda t: t.dt.tz_convert(None), "csv"),
        (lambda t: t.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), "parquet"),
    ],
)
def test_the_form_of_the_points_does_not_matter(run, desk, tmp_path, as_of, suffix):
    points = pd.read_csv(desk / "points.csv", parse_dates=["as_of"])
    points["as_of"] = as_of(points["as_of"])
    points["ticket_id"] = points["ticket_id"].astype("float64" if suffix == "parquet" else "int64")
    path = tmp_path / f"points.{suffix}"
    points.to_parquet(path) if suffix == "parquet" else points.to_csv(path, index=False)
    pd.testing.assert_frame_equal(scores_of(run, desk, desk / "log", path), expected(desk))


def test_a_point_that_cannot_be_asked_says_why(run, desk, tmp_path):
    boil = EVENTS[EVENTS["event_type"] == "escalated"].iloc[0]
    asked = [
        ("9999", START),
        ("0", START - pd.Timedelta("90D")),
        (boil["ticket_id"], boil["occurred_at"]),
        ("", START),
    ]
    pd.DataFrame(asked * 2, columns=["ticket_id", "as_of"]).to_csv(tmp_path / "points.csv", index=False)
    scores = scores_of(run, desk, desk / "log", tmp_path / "points.csv")
    assert (
        list(scores["note"])
        == ["unknown ticket", "not yet created", "already escalated", "unknown ticket"] * 2
    )
    assert scores["risk"].isna().all()
    assert scores["rank"].isna().all()
    assert list(scores["ticket_id"].fillna("")) == ["9999", "0", str(boil["ticket_id"]), ""] * 2


def test_the_risk_is_the_same_on_the_log_cut_at_the_moment_and_of_a_point_alone(run, desk, tmp_path):
    points, scores = pd.read_csv(desk / "points.csv", parse_dates=["as_of"]), expected(desk)
    columns = ["ticket_id", "as_of", "risk", "risk_72h", "risk_7d", "note"]
    for row in np.random.default_rng(0).choice(len(points), 6, replace=False):
        past = EVENTS[EVENTS["occurred_at"] <= points["as_of"][row]]
        log = write(tmp_path / str(row), past, TICKETS[TICKETS["ticket_id"].isin(past["ticket_id"])])
        points.iloc[[row]].to_csv(tmp_path / "points.csv", index=False)
        alone = scores_of(run, desk, log, tmp_path / "points.csv")[columns]
        kept = scores.loc[[row], columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, kept, check_dtype=False, check_exact=True)
    # The last of them, alone, of the whole log.
    alone = scores_of(run, desk, desk / "log", tmp_path / "points.csv")[columns]
    pd.testing.assert_frame_equal(alone, kept, check_dtype=False, check_exact=True)


def test_a_log_of_three_kinds_of_events_trains_without_tickets(run, tmp_path):
    events = EVENTS[EVENTS["event_type"] != "status_changed"].drop(columns="value")
    log = write(tmp_path / "log", events, form="csv")
    code, said = run("train", log, "--model", tmp_path / "model", "--no-track")
    assert code == 0, said
    assert run("score", log, "--model", tmp_path / "model", "-o", tmp_path / "scores.csv")[0] == 0
    assert len(pd.read_csv(tmp_path / "scores.csv")) > 300


def test_a_store_that_refuses_the_run_loses_no_model(run, desk, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "gopher://nowhere")
    code, said = run("train", desk / "log", "--model", tmp_path / "model", "--horizon", "7d")
    assert (code, "its run is not logged" in said) == (0, True), said
    assert (tmp_path / "model" / "manifest.json").exists()


def test_scores_long_after_the_last_event_are_told(run, desk, tmp_path):
    out = tmp_path / "scores.csv"
    words = ("--model", desk / "model", "-o", out, "--as-of")
    known = EVENTS[EVENTS["occurred_at"] < START]
    write(tmp_path / "log", known, TICKETS[TICKETS["ticket_id"].isin(known["ticket_id"])])
    assert run("ingest", tmp_path / "log", "-o", tmp_path / "parts")[0] == 0
    for log, more in ((tmp_path / "log", ()), (tmp_path / "parts", ("--memory", "4GB"))):
        code, said = run("score", log, *words, "2030-01-01", *more)
        assert code == 0
        assert "days older than 2030-01-01T00:00:00Z, and risks reach 7 days ahead" in said
        soon = START + pd.Timedelta("6D")
        assert "warning" not in run("score", log, *words, soon.isoformat(), *more)[1]


@pytest.mark.parametrize(
    ("odd", "clock", "told"),
    [
        ("2062-07-01T00:00:00Z", None, "is .* days after now, and scores are as of it"),
        (
            "2026-12-24T00:00:00Z",
            False,
            "is .* days after the one before it, 2026-0.*, and scores are as of it",
        ),
    ],
)
def test_a_last_event_of_an_odd_time_is_told(run, desk, tmp_path, monkeypatch, odd, clock, told):
    if clock is not None:
        monkeypatch.setattr("boilover.scoring.is_ahead", lambda *_: clock)
    known = EVENTS[EVENTS["occurred_at"] < START + pd.Timedelta("28D")]
    late = known.iloc[[-1]].assign(occurred_at=pd.Timestamp(odd), event_type="message", value=None)
    events = pd.concat([known, late], ignore_index=True)
    write(tmp_path / "log", events, TICKETS[TICKETS["ticket_id"].isin(known["ticket_id"])])
    assert run("ingest", tmp_path / "log", "-o", tmp_path / "parts")[0] == 0
    words = ("--model", desk / "model", "-o", tmp_path / "scores.csv")
    for log, more in ((tmp_path / "log", ()), (tmp_path / "parts", ("--memory", "4GB"))):
        code, said = run("score", log, *words, *more)
        assert code == 0, said
        assert re.search(f"the last event, {odd}, {told}", said), said
        assert "Name another moment with --as-of" in said
        code, said = run("score", log, *words, *more, "--as-of", "2026-02-01")
        assert "Name another moment" not in said
