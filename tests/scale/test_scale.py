"""A log scored partition by partition gives the rows of a scoring in memory, to the last bit."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, replace
from threading import Barrier, Lock

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from boilover.conform import plain
from boilover.errors import InputError, UsageError
from boilover.inputs import open_log
from boilover.log import EventLog, write_log
from boilover.model.saved import load_model, save_model
from boilover.partitions import Manifest, read_manifest, write_manifest
from boilover.scale import check_memory, engine, parse_size, score_in_pieces
from boilover.scale.memory import BASE
from boilover.scoring import score
from boilover.store import upsert


def in_memory(desk, **options):
    log, model = desk
    saved = load_model(model)
    return score(open_log(log).under(saved.rule).log, saved, **options)


def seeing():
    """Return a set, and an engine that adds to it the endings of what tasks write."""
    seen = set()

    def run(do, tasks):
        outcomes = [do(task) for task in tasks]
        seen.update(path.suffix for path in tasks[0].path.parent.iterdir())
        return outcomes

    return seen, run


@pytest.mark.parametrize("ago", [0, 70])
def test_the_rows_are_those_of_memory(desk, ago):
    """Risks rest on sums over tickets of many partitions: their order of adding is part of the result."""
    as_of = (
        int(open_log(desk[0]).log.events["occurred_at"].to_pandas().max().value // 1000)
        - ago * 86_400_000_000
    )
    expected = in_memory(desk, as_of=as_of, explain=4)
    assert len(expected) > 5
    pd.testing.assert_frame_equal(score_in_pieces(*desk, as_of=as_of, explain=4), expected, check_exact=True)


def test_every_row_may_have_reasons_and_pieces_may_be_made_by_many(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    run = engine(None, parse_size("8GB"))
    found = score_in_pieces(*desk, explain="all", run=run, spill=tmp_path)
    pd.testing.assert_frame_equal(found, in_memory(desk, explain="all"), check_exact=True)
    assert (found["reason_1"] != "").all()
    assert not list(tmp_path.iterdir())


def test_partitions_whose_tickets_follow_each_other_need_not_be_ranked(desk, tmp_path):
    upsert(tmp_path / "log", [open_log(desk[0]).told])
    told = tmp_path / "log", desk[1]
    assert len(read_manifest(told[0]).partitions) > 3
    spill = tmp_path / "spill"
    spill.mkdir()
    seen, run = seeing()
    found = score_in_pieces(*told, explain=4, run=run, spill=spill)
    assert seen == {".piece", ".joined", ".scored"}
    pd.testing.assert_frame_equal(found, in_memory(told, explain=4), check_exact=True)
    score_in_pieces(*desk, explain=0, run=run, spill=spill)
    assert ".ranks" in seen


def test_tickets_without_events_do_not_hide_that_partitions_overlap(desk, tmp_path):
    told = open_log(desk[0]).told
    events, ids = plain(told.events), sorted(told.tickets["ticket_id"].to_pylist())
    ends = pa.array([ids[0], ids[-1]])
    silent = pa.table({"ticket_id": [f"{ids[0]} is silent"]})
    listed = pa.concat_tables([told.tickets, silent], promote_options="default")
    # Two tickets are told of before anything happens to them, and so stand beside the one to which nothing does.
    upsert(
        tmp_path / "log", [EventLog(events.filter(pc.invert(pc.is_in(events["ticket_id"], ends))), listed)]
    )
    upsert(tmp_path / "log", [told])
    undated = read_manifest(tmp_path / "log").partitions[-1]
    assert (undated.name, undated.tickets.rows) == ("undated", 3)
    spill = tmp_path / "spill"
    spill.mkdir()
    seen, run = seeing()
    found = score_in_pieces(tmp_path / "log", desk[1], explain=4, run=run, spill=spill)
    assert ".ranks" in seen
    pd.testing.assert_frame_equal(found, in_memory((tmp_path / "log", desk[1]), explain=4), check_exact=True)


def test_before_its_first_ticket_a_log_has_no_rows(desk):
    found = score_in_pieces(*desk, as_of="2001-01-01")
    assert len(found) == 0
    assert list(found.columns) == list(in_memory(desk).columns)


@pytest.mark.parametrize("kind", ["events", "tickets"])
def test_a_file_that_is_gone_is_named(desk, tmp_path, kind):
    shutil.copytree(desk[0], tmp_path / "log")
    gone = sorted((tmp_path / "log" / kind).iterdir())[0]
    gone.unlink()
    gone_from = rf"{gone.name}: is missing\. Run again: .*Ingest the exports again"
    for ask in (
        lambda: score_in_pieces(tmp_path / "log", desk[1]),
        lambda: upsert(tmp_path / "log", [open_log(desk[0]).told]),
    ):
        with pytest.raises(InputError, match=gone_from):
            ask()


def test_a_log_that_is_not_in_partitions_is_refused(desk, tmp_path):
    write_log(open_log(desk[0]).told, tmp_path / "plain")
    for told in (tmp_path / "plain", tmp_path / "plain" / "events.parquet"):
        with pytest.raises(UsageError, match="not in partitions"):
            score_in_pieces(told, desk[1])


def test_a_log_without_partitions_as_a_killed_first_import_leaves_it_is_refused(desk, tmp_path):
    write_manifest(tmp_path, Manifest(), aside=tmp_path)
    with pytest.raises(InputError, match=r"the log holds no event\. Ingest an export"):
        score_in_pieces(tmp_path, desk[1])


def test_a_folder_for_pieces_that_is_not_there_is_named(desk, tmp_path):
    with pytest.raises(UsageError, match=r"cannot write to .*/nowhere: No such file .*\. Name another"):
        score_in_pieces(*desk, spill=tmp_path / "nowhere")


def test_a_rule_that_asks_the_whole_log_is_refused(desk, tmp_path):
    saved = load_model(desk[1])
    manifest = saved.manifest.model_copy(update={"escalation": {"any": [{"sla_missed": True}]}})
    save_model(tmp_path / "model", replace(saved, manifest=manifest))
    with pytest.raises(UsageError, match="score it in memory"):
        score_in_pieces(desk[0], tmp_path / "model")


def test_sizes_of_memory_are_read():
    assert parse_size("4GB") == parse_size("4g") == parse_size("4096 MiB") == 4 * 2**30
    assert parse_size("1.5K") == 1536
    with pytest.raises(UsageError, match="4GB or 512MB"):
        parse_size("plenty")


def test_too_little_memory_is_told_before_the_work(desk):
    check_memory(desk[0], parse_size("2GB"))
    with pytest.raises(UsageError, match="Allow more memory"):
        check_memory(desk[0], parse_size("100MB"))


@dataclass(frozen=True)
class Sized:
    """A task of which only is known what it takes."""

    memory: int


@pytest.mark.parametrize(("room", "at_once"), [(0, 1), (250, 1), (599, 2), (10_000, 4)])
def test_as_many_tasks_are_done_at_a_time_as_memory_and_cores_allow(monkeypatch, room, at_once):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    met, lock, running, most = Barrier(at_once), Lock(), [], []

    def do(task):
        with lock:
            running.append(task)
            most.append(len(running))
        # Fewer at a time would never meet.
        met.wait(timeout=60)
        with lock:
            running.remove(task)

    tasks = [Sized(200 + place) for place in range(4)]
    assert list(engine(None, BASE + room)(do, tasks)) == [None] * 4
    assert max(most) == at_once


def test_what_is_wrong_with_one_of_many_tasks_ends_the_others():
    done = []

    def do(task):
        done.append(task)
        return UsageError("no") if len(done) == 1 else time.sleep(0.05)

    for outcome in engine(None, BASE)(do, [Sized(1)] * 50):
        if outcome is not None:
            break
    assert len(done) < 50


def test_a_cluster_that_is_not_known_is_refused():
    with pytest.raises(UsageError, match="no cluster that is known"):
        engine("slurm://somewhere")
