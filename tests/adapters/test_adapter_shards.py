"""Tables read in blocks and assembled shard by shard: the same log, however it is parted."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from boilover.adapters import ingest
from boilover.adapters.shards import FILE, Shards, shards_for
from boilover.errors import InputError

RECIPE = """
[mapping]
shape = "events"
ticket_id = "key"
time = "ts"
actor = "who"
statuses = { Open = "open", Done = "solved" }

[[mapping.rules]]
when = { field = "status" }
emit = [{ target = "status", value = "new", old = "old" }]

[[mapping.rules]]
when = { field = "summary" }
emit = [{ target_from = "field", value = "new", old = "old", hidden = true }]

[mapping.tickets]
ticket_id = "key"
created = "created"
creator = "reporter"
attributes = { customer_id = "reporter" }
final = { status = "status", summary = "summary" }
"""
COLUMNS = "event_id,ticket_id,occurred_at,event_type,value,field,number,actor_id,actor_role,is_public,text"


@pytest.fixture
def desk(tmp_path: Path) -> list[Path]:
    """Return a recipe and its two tables: 60 tickets, every third with changes, every sixth with prose."""
    events, tickets = ["key,ts,who,field,old,new"], ["key,created,reporter,status,summary"]
    for n in range(60):
        tickets.append(f"K{n},2026-01-01T00:00:{n:02}Z,r{n % 4},{'Done' if n % 3 == 0 else 'Open'},prose {n}")
        if n % 3 == 0:
            events.append(f"K{n},2026-01-02T00:00:00Z,a{n % 5},status,Open,Done")
            events.append(f"K{n},2026-01-02T00:00:00Z,a{n % 5},status,Done,Open")
            events.append(f"K{n},2026-01-03T00:00:00Z,a{n % 5},status,Open,Done")
        if n % 6 == 0:
            events.append(f"K{n},2026-01-04T00:00:00Z,a1,summary,first prose,prose {n}")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    paths = [tmp_path / "events.csv", tmp_path / "tickets.csv"]
    for path, lines in zip(paths, (events, tickets), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return [tmp_path / "recipe.toml", *paths]


def test_a_log_is_the_same_in_however_many_shards(desk, monkeypatch):
    recipe, *paths = desk
    whole, one = ingest(paths, recipe=recipe)
    monkeypatch.setattr("boilover.adapters.shards.SHARD", 900)
    monkeypatch.setattr("boilover.adapters.blocks.CSV_BLOCK", 200)
    assert shards_for(sum(path.stat().st_size for path in paths)) >= 5
    parted, many = ingest(paths, recipe=recipe)
    assert parted.ordered().events.equals(whole.ordered().events)
    frames = [log.tickets.to_pandas().sort_values("ticket_id", ignore_index=True) for log in (parted, whole)]
    pd.testing.assert_frame_equal(*frames)
    assert one == many
    assert whole.tickets.num_rows == 60


def test_prose_stays_hidden_where_no_ticket_of_a_shard_changes_it(desk, monkeypatch):
    recipe, *paths = desk
    lines = paths[0].read_text().splitlines(keepends=True)
    paths[0].write_text("".join(line for line in lines if "summary" not in line or line.startswith("K6,")))
    monkeypatch.setattr("boilover.adapters.shards.SHARD", 900)
    assert "prose" not in ingest(paths, recipe=recipe)[0].to_pandas()[0].to_csv()


def test_overlapping_files_are_one_log_in_however_many_shards(desk, tmp_path, monkeypatch):
    recipe, events, tickets = desk
    header, *lines = events.read_text().splitlines(keepends=True)
    for name, part in {"a.csv": lines[:50], "b.csv": lines[20:]}.items():
        (tmp_path / name).write_text(header + "".join(part))
    monkeypatch.setattr("boilover.adapters.shards.SHARD", 1500)
    whole, _ = ingest([events, tickets], recipe=recipe)
    parts, report = ingest([tmp_path / "a.csv", tmp_path / "b.csv", tickets, tickets], recipe=recipe)
    assert parts.ordered().events.equals(whole.ordered().events)
    assert report.notes["rows of an earlier file, counted once"] == 30 + 60


def test_files_of_other_types_and_in_archives_are_read_with_the_rest(desk, tmp_path):
    recipe, events, tickets = desk
    whole, _ = ingest([events, tickets], recipe=recipe)
    frame = pd.read_csv(events)
    frame["ts"] = pd.to_datetime(frame["ts"])
    frame[:40].to_parquet(tmp_path / "first.parquet")
    frame[40:].to_csv(tmp_path / "second.csv", index=False)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in (tmp_path / "first.parquet", tmp_path / "second.csv", tickets):
            archive.write(path, path.name)
    mixed, _ = ingest([tmp_path / "all.zip"], recipe=recipe)
    assert mixed.ordered().events.equals(whole.ordered().events)


def test_rows_keep_the_order_of_arrival_and_their_tickets_together(tmp_path):
    shards = Shards(tmp_path / "rows", ["key", "n"], key="key", n_shards=7)
    for file in range(3):
        keys = [None if n % 10 == 9 else f"k{n % 8}" for n in range(100)]
        numbers = pa.array([file * 100 + n for n in range(100)], pa.int64() if file == 1 else pa.int32())
        shards.add(pa.table({"key": pa.array(keys, pa.string()), "n": numbers}), file=file)
    shards.close()
    frames = [shards.frame(number) for number in range(7)]
    assert sum(map(len, frames)) == 300
    assert all(frame["n"].is_monotonic_increasing for frame in frames)
    assert all((frame[FILE] == frame["n"] // 100).all() for frame in frames)
    homes = pd.concat([frame.assign(home=number) for number, frame in enumerate(frames)])
    assert not homes.drop_duplicates(["key", "home"])["key"].dropna().duplicated().any()
    assert set(homes.loc[homes["key"].isna(), "home"]) == {0}


def test_a_table_with_the_columns_of_the_log_needs_no_recipe(tmp_path):
    rows = [
        "1,T1,2026-01-01T10:00:00Z,created,,,,,,,",
        "2,T1,2026-01-01T10:00:00Z,status_changed,new,,,,system,,",
        "3,T1,2026-01-01T10:00:00Z,message,,,,c1,customer,true,It broke",
        "4,T1,2026-01-01T11:00:00Z,message,,,,a1,Agent,0,look",
        "5,T1,2026-01-01T12:00:00Z,field_changed,urgent,tier,,a1,martian,,",
        "6,T1,2026-01-01T13:00:00Z,csat,,,0.5,c1,customer,,",
        "7,T1,2026-01-01T14:00:00Z,escalated,functional,,,a1,agent,,",
        "8,T1,2026-01-01T15:00:00Z,exploded,,,,a1,agent,,",
    ]
    (tmp_path / "query.txt").write_text("\n".join([COLUMNS, *rows]) + "\n")
    log, report = ingest([tmp_path / "query.txt"])
    events, _ = log.to_pandas()
    assert (report.format, report.recipe) == ("table", "table")
    assert events.event_type.tolist() == [
        "created", "status_changed", "message", "message", "field_changed", "csat", "escalated",
    ]  # fmt: skip
    told = events[events.event_type == "message"]
    assert told.is_public.tolist() == [True, False]
    assert events.actor_role.fillna("").tolist() == [
        "",
        "system",
        "customer",
        "agent",
        "",
        "customer",
        "agent",
    ]
    assert events.number.dropna().tolist() == [0.5]
    assert report.unknown == {"role": {"'martian'": 1}, "row": {"'exploded / '": 1}}


def test_a_table_of_the_log_may_lack_what_is_optional(tmp_path):
    (tmp_path / "t.csv").write_text(
        "ticket_id,occurred_at,event_type,value\nT1,2026-01-01,status_changed,open\n"
    )
    events, _ = ingest([tmp_path / "t.csv"])[0].to_pandas()
    assert events.event_type.tolist() == ["created", "status_changed"]


def test_no_row_that_says_anything_is_an_error(desk, tmp_path):
    events = desk[1]
    bare = tmp_path / "bare.toml"
    bare.write_text(RECIPE.split("[mapping.tickets]")[0])
    events.write_text("key,ts,who,field,old,new\nK1,2026-01-02T00:00:00Z,a,colour,x,y\n")
    with pytest.raises(InputError, match=r"no row can be used \(no rule fits: 1\)"):
        ingest([events], recipe=bare)
