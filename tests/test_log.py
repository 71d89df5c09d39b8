"""Logs on disk: every form that is read, every file that is not."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from boilover.errors import ContractError, InputError, UsageError
from boilover.log import SORTED_MARK, EventLog, is_log, read_log, write_log
from boilover.observation import last_observed, observed
from random_logs import log_of_seed

MOMENT = datetime(2026, 3, 3, 6, tzinfo=UTC)
CSV = (
    "ticket_id,occurred_at,event_type,text\n"
    "007,2026-03-01T00:00Z,created,\n"
    "007,2026-03-02T00:00Z,message,grüß dich\n"
)


@pytest.fixture
def log():
    return log_of_seed(0)


def folder_of(tmp_path, **files):
    """Write files named with ``_`` for the dot: ``events_csv``."""
    for name, content in files.items():
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name.replace("_", ".", 1).replace("_", ".")).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_is_written_is_read(log, tmp_path, form):
    write_log(log, tmp_path / "log", format=form)
    read = read_log(tmp_path / "log")
    events, tickets = read.to_pandas()
    expected, attributes = log.ordered().to_pandas()
    pd.testing.assert_frame_equal(events, expected)
    pd.testing.assert_frame_equal(tickets, attributes, check_dtype=form == "parquet")
    assert read.is_sorted == (form == "parquet")


def test_attributes_stay_codes_and_are_written_as_words(log, tmp_path):
    words = pa.array(["gold", None, "7"] * len(log.tickets))[: len(log.tickets)]
    told = EventLog(log.events, log.tickets.append_column("plan", words))
    write_log(told, tmp_path / "log")
    read = read_log(tmp_path / "log")
    kinds = {field.name: field.type for field in read.tickets.schema}
    assert pa.types.is_dictionary(kinds["plan"])
    assert pa.types.is_string(kinds["ticket_id"])
    write_log(read, tmp_path / "again")
    again = pq.read_table(tmp_path / "again" / "tickets.parquet")
    assert again.equals(pq.read_table(tmp_path / "log" / "tickets.parquet"))
    assert pa.types.is_string(again.schema.field("plan").type)


def test_sorting_keeps_the_order_of_simultaneous_events(log):
    frame = log.events.to_pandas().assign(at=observed(log.events))
    expected = frame.sort_values(["ticket_id", "at"], kind="stable").drop(columns="at").reset_index(drop=True)
    ordered = log.ordered()
    pd.testing.assert_frame_equal(ordered.events.to_pandas(), expected)
    assert ordered.ordered() is ordered


def test_the_mark_that_it_is_sorted_is_honoured_and_kept_from_others(log, tmp_path):
    write_log(log, tmp_path / "log")
    table = pq.read_table(tmp_path / "log" / "events.parquet")
    assert SORTED_MARK in table.schema.metadata
    pq.write_table(table.replace_schema_metadata(None), tmp_path / "log" / "events.parquet")
    assert not read_log(tmp_path / "log").is_sorted


def test_a_partitioned_dataset(log, tmp_path):
    """Its parts may each be sorted; the whole is not taken to be."""
    write_log(log, tmp_path / "log")
    table = pq.read_table(tmp_path / "log" / "events.parquet")
    (tmp_path / "log" / "events.parquet").unlink()
    for month, rows in (("2026-01", table.slice(0, 100)), ("2026-02", table.slice(100))):
        part = tmp_path / "log" / "events" / f"month={month}"
        part.mkdir(parents=True)
        pq.write_table(rows, part / "0.parquet")
    read = read_log(tmp_path / "log")
    assert not read.is_sorted
    assert read.ordered().events.equals(log.ordered().events)


@pytest.mark.parametrize(
    ("name", "first", "then", "expected"),
    [
        ("value", None, pa.array(["x"]), [None, "x"]),
        ("value", pa.nulls(1), pa.array(["x"]), [None, "x"]),
        ("value", pa.array(["x"]), None, ["x", None]),
        ("value", pa.array(["x"], pa.large_string()), pa.array(["y"]).dictionary_encode(), ["x", "y"]),
        ("number", pa.array([1]), pa.array([1.5]), [1.0, 1.5]),
        ("actor_id", pa.array([7.0]), pa.array(["x"]), ["7", "x"]),
        ("observed_at", pa.nulls(1), pa.array([MOMENT], pa.timestamp("ns")), [None, MOMENT]),
        (
            "observed_at",
            pa.array(["2026-03-03T06:00Z"]),
            pa.array([MOMENT], pa.timestamp("us", "UTC")),
            [MOMENT] * 2,
        ),
    ],
)
def test_files_of_a_dataset_may_differ(tmp_path, name, first, then, expected):
    """What the first file lacked, or held nothing of, was lost in all of them."""
    for place, cells in enumerate((first, then)):
        table = pa.table({"ticket_id": [str(place)], "occurred_at": [MOMENT], "event_type": ["created"]})
        table = table if cells is None else table.append_column(name, cells)
        part = tmp_path / "events" / f"part={place}"
        part.mkdir(parents=True)
        pq.write_table(table, part / "0.parquet")
    read = read_log(tmp_path).events
    assert read["ticket_id"].to_pylist() == ["0", "1"]
    assert read[name].to_pylist() == expected
    assert name not in read_log(tmp_path, leave_out=[name]).events.column_names


def test_attributes_that_a_later_file_tells_and_those_of_folders_are_read(tmp_path):
    pq.write_table(
        pa.table({"ticket_id": ["0", "1"], "occurred_at": [MOMENT] * 2, "event_type": ["created"] * 2}),
        tmp_path / "events.parquet",
    )
    for place, columns in enumerate(({}, {"plan": ["gold"]})):
        part = tmp_path / "tickets" / f"region=r{place}"
        part.mkdir(parents=True)
        pq.write_table(pa.table({"ticket_id": [str(place)]} | columns), part / "0.parquet")
    assert read_log(tmp_path).tickets.to_pylist() == [
        {"ticket_id": "0", "plan": None, "region": "r0"},
        {"ticket_id": "1", "plan": "gold", "region": "r1"},
    ]


def files_of(folder, *files):
    """Write tables of one ticket each as files of a folder; what a file tells of its own replaces what all hold."""
    folder.mkdir()
    for place, columns in enumerate(files):
        told = {"ticket_id": ["a"], "occurred_at": [MOMENT], "event_type": ["created"]} | columns
        pq.write_table(pa.table(told), folder / f"{place}.parquet")


HUGE = [2**60 + 1, 2**60 + 2]
"""Ids that are one as floats."""


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (pa.array(HUGE), pa.array([None, None], pa.float64()), [*map(str, HUGE), None, None]),
        (pa.array(HUGE), pa.array([7.0, float("nan")]), [*map(str, HUGE), "7", None]),
        (pa.array([2**63 + 1, 5], pa.uint64()), pa.array([1, 2]), [str(2**63 + 1), "5", "1", "2"]),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_ids_of_files_that_differ_stay_apart(tmp_path, first, then, expected, turned):
    pieces = [then, first] if turned else [first, then]
    expected = expected[2:] + expected[:2] if turned else expected
    rows = {"ticket_id": ["a", "b"], "occurred_at": [MOMENT] * 2, "event_type": ["created"] * 2}
    files_of(tmp_path / "events", *(rows | {"actor_id": each} for each in pieces))
    names = ("customer_id", "case")
    files_of(tmp_path / "tickets", *(rows | dict.fromkeys(names, each) for each in pieces))
    read = read_log(tmp_path)
    assert read.events["actor_id"].to_pylist() == expected
    for name in names:
        assert read.tickets[name].to_pylist() == expected


def test_ids_of_tickets_of_files_that_differ_stay_apart(tmp_path):
    rows = {"occurred_at": [MOMENT] * 2, "event_type": ["created"] * 2}
    files_of(tmp_path / "events", rows | {"ticket_id": HUGE}, rows | {"ticket_id": [1.0, 2.0]})
    assert read_log(tmp_path).events["ticket_id"].to_pylist() == [*map(str, HUGE), "1", "2"]


WRAPS = 2**61 + 1_772_000_000_000
"""Milliseconds that come round to 2026 as microseconds of 64 bits."""
ODD = {
    "times of another unit": ("observed_at", pa.array([MOMENT], pa.timestamp("us")),
        pa.array([WRAPS], pa.timestamp("ms")), "cannot be read as time"),
    "numbers beside times": ("observed_at", pa.array([MOMENT], pa.timestamp("us")), pa.array([7]), "not a time"),
    "lists": ("value", pa.array(["x"]), pa.array([["x"]]), "not one value a row"),
    "bytes": ("value", pa.array(["x"]), pa.array([b"\xff"]), "not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("turned", [False, True])
def test_what_cannot_be_joined_is_told_with_its_file(tmp_path, odd, turned):
    name, *cells, problem = ODD[odd]
    files_of(tmp_path / "events", *({name: each} for each in (cells[::-1] if turned else cells)))
    with pytest.raises(
        InputError, match=rf"(?s)/{int(not turned)}\.parquet.*column '{name}'.*{problem}.*\. \w"
    ):
        read_log(tmp_path)


def test_times_without_an_offset_beside_a_file_of_times_with_one_are_told(tmp_path):
    told = [pa.array([MOMENT], pa.timestamp("us")), ["2026-03-03T06:00Z"], ["2026-03-03T06:00"]]
    files_of(tmp_path / "events", *({"observed_at": each} for each in told))
    with pytest.raises(InputError, match=r"/2\.parquet, column 'observed_at': .*UTC offset"):
        read_log(tmp_path)


def test_an_attribute_of_times_that_no_calendar_has_is_told_with_its_file(tmp_path):
    files_of(tmp_path / "events", {})
    times = pa.array([MOMENT], pa.timestamp("us")), pa.array([WRAPS], pa.timestamp("ms"))
    files_of(tmp_path / "tickets", *({"closed_on": each} for each in times))
    with pytest.raises(InputError, match=r"(?s)/1\.parquet.*column 'closed_on'.*cannot be read as time"):
        read_log(tmp_path)


@pytest.mark.parametrize("turned", [False, True])
def test_uuids_beside_text_are_read_as_they_are_written(tmp_path, turned):
    code = UUID(int=2**127 + 1)
    cells = [pa.array([code.bytes], pa.uuid()), pa.array(["x"])]
    expected = [str(code), "x"]
    files_of(tmp_path / "events", *({"actor_id": each} for each in (cells[::-1] if turned else cells)))
    assert read_log(tmp_path).events["actor_id"].to_pylist() == (expected[::-1] if turned else expected)


@pytest.mark.parametrize("others", [0, 1])
def test_a_column_that_stands_twice_in_a_file_is_told_with_the_file(tmp_path, others):
    files_of(tmp_path / "events", *[{"value": ["x"]}] * (1 + others))
    file = tmp_path / "events" / f"{others}.parquet"
    pq.write_table(pq.read_table(file).append_column("value", pa.array(["y"])), file)
    with pytest.raises(
        InputError, match=rf"/{others}\.parquet, column 'value': column stands more than once"
    ):
        read_log(tmp_path)


def test_columns_that_nobody_reads_may_differ_in_any_way(tmp_path):
    files_of(tmp_path / "events", {"tags": [["x"]]}, {"tags": ["x"]}, {})
    assert "tags" not in read_log(tmp_path).events.column_names


def test_columns_left_out(log, tmp_path):
    for form in ("parquet", "csv"):
        write_log(log, tmp_path / form, format=form)
        names = read_log(tmp_path / form, leave_out=["text", "moon"]).events.column_names
        assert names == [name for name in log.events.column_names if name != "text"]


def test_csv_keeps_leading_zeros_and_every_letter(tmp_path):
    for name, content in (("plain", CSV.encode()), ("bom", b"\xef\xbb\xbf" + CSV.encode())):
        (tmp_path / name).mkdir()
        log = read_log(folder_of(tmp_path / name, events_csv=content))
        assert log.events["ticket_id"].to_pylist() == ["007", "007"]
        assert log.events["text"].to_pylist() == [None, "grüß dich"]
        assert log.tickets.to_pylist() == [{"ticket_id": "007"}]


@pytest.mark.parametrize("odd", ["x" * 1001, "  ", "a\0b"])
def test_an_id_that_no_ledger_holds_is_refused_with_its_place(tmp_path, odd):
    with pytest.raises(ContractError) as caught:
        read_log(folder_of(tmp_path, events_csv=CSV + f"{odd},2026-03-01T00:00Z,created,\n"))
    (found,) = (each for each in caught.value.violations if each.table == "events")
    assert (found.column, found.row, found.count) == ("ticket_id", 3, 1)
    assert found.problem == "is blank, of more than 1,000 characters, or holds a NUL character"
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value)) < 600


def test_customers_with_leading_zeros_stay_who_they_are(tmp_path):
    tickets = "ticket_id,customer_id,seats\n007,0042,5\n"
    read = read_log(folder_of(tmp_path, events_csv=CSV, tickets_csv=tickets))
    assert read.tickets.to_pylist() == [{"ticket_id": "007", "customer_id": "0042", "seats": 5}]


def test_empty_lines_before_the_header_are_passed_over(tmp_path):
    tickets = "\n\nticket_id,order_id\n007,0042\n"
    read = read_log(folder_of(tmp_path, events_csv=f"\n{CSV}", tickets_csv=tickets))
    assert read.tickets.to_pylist() == [{"ticket_id": "007", "order_id": "0042"}]


def test_gzipped_csv(tmp_path):
    log = read_log(folder_of(tmp_path, events_csv_gz=gzip.compress(CSV.encode())))
    assert len(log.events) == 2


@pytest.mark.parametrize("zeros", [1, 4, 512, 3 << 20])
def test_a_gzipped_csv_may_be_padded_with_zeros(tmp_path, zeros):
    """As gzip itself reads it. Its own last bytes may be zeros, too, and so may be those of a member before."""
    half = len(CSV) // 2
    members = [gzip.compress(part.encode()) for part in (CSV[:half], CSV[half:], "")]
    log = read_log(folder_of(tmp_path, events_csv_gz=b"".join(members) + bytes(zeros)))
    assert len(log.events) == 2


@pytest.mark.parametrize("more", [b"junk", bytes(512) + b"junk", bytes(512) + gzip.compress(b"8,x,y,z")[:9]])
def test_a_gzipped_csv_with_anything_else_at_its_end_is_refused(tmp_path, more):
    with pytest.raises(InputError, match=r"cannot be read as CSV: .*\. Export it again"):
        read_log(folder_of(tmp_path, events_csv_gz=gzip.compress(CSV.encode()) + more))


def test_what_is_wrong_in_a_padded_csv_is_told_as_in_any_other(tmp_path):
    broken = gzip.compress(CSV.encode() + b"7,2026-03-01T00:00Z\n") + bytes(512)
    with pytest.raises(InputError, match="row 3"):
        read_log(folder_of(tmp_path, events_csv_gz=broken))


def test_text_over_several_lines(tmp_path):
    written = CSV.replace("grüß dich", '"one\ntwo, ""three"""')
    assert (
        read_log(folder_of(tmp_path, events_csv=written)).events["text"].to_pylist()[1] == 'one\ntwo, "three"'
    )


def test_a_text_longer_than_what_is_read_at_a_time(tmp_path):
    text = "help " * 250_000
    written = CSV.replace("grüß dich", text)
    assert read_log(folder_of(tmp_path, events_csv=written)).events["text"].to_pylist()[1] == text


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"holds no events.parquet, events.csv or events/ \(it holds nothing\)"),
        ({"tickets_csv": "ticket_id\n1\n"}, r"it holds tickets\.csv"),
        ({"events_csv": ""}, "cannot be read as CSV: Empty CSV file"),
        ({"events_csv": CSV.splitlines()[0] + "\n"}, "the log holds no event"),
        (
            {"events_csv": CSV.encode("latin-1")},
            r"column 'text', row 2: holds bytes that are not utf-8: fc\. Export it as UTF-8",
        ),
        (
            {"events_csv": CSV + "1,2\n"},
            r"row 3: the number of its cells is 2, in the header 4\. Look for a quote",
        ),
        ({"events_parquet": b""}, "cannot be read as Parquet"),
        ({"events_parquet": CSV}, "cannot be read as Parquet"),
        ({"events_csv_gz": b"no gzip"}, "cannot be read as CSV"),
        (
            {"events_csv_gz": gzip.compress(CSV.encode())[:-20]},
            "cannot be read as CSV: Compressed file ended",
        ),
        ({"events_csv": CSV.encode("utf-16")}, r"cannot be read as CSV|column .*: holds"),
        (
            {"events_csv": CSV, "tickets_csv": b"ticket_id\n\xff\n"},
            r"tickets\.csv, column 'ticket_id', row 1: holds",
        ),
        (
            {"events_csv": CSV, "tickets_csv": b"ticket_id,tag\n1,\xff\n"},
            r"'tag', row 1: holds bytes that are not utf-8: ff",
        ),
        (
            {"events_csv": CSV, "tickets_csv": b"ticket_id,\xe4\n1,a\n"},
            "holds bytes that are not utf-8: e4",
        ),
        (
            {"events_csv_gz": gzip.compress(CSV.encode("latin-1"))},
            "column 'text', row 2: holds bytes that are not utf-8: fc",
        ),
        ({"events_csv": CSV, "tickets_csv": "id\n007\n"}, r"required column is missing; there are: id"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, files, message):
    with pytest.raises(InputError, match=message) as caught:
        read_log(folder_of(tmp_path, **files))
    assert caught.value.exit_code == 3
    assert str(tmp_path) in str(caught.value)


def test_a_parquet_file_with_a_name_that_is_not_utf8_is_named(tmp_path):
    folder = folder_of(tmp_path, events_csv=CSV)
    path = folder / "events.parquet"
    pq.write_table(read_log(folder).events.append_column("abcde", pa.nulls(2)), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"abcde", b"ab\xffde"))
    assert is_log(folder)
    with pytest.raises(InputError, match=r"events\.parquet: cannot be read as Parquet: 'utf-8' codec"):
        read_log(folder)


def test_hostile_names_of_columns_are_told_in_short(tmp_path):
    folder = folder_of(tmp_path, events_csv=f"{'a' * 300_000},\x1b[31mred\n1,2\n")
    with pytest.raises(ContractError) as caught:
        read_log(folder)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 5_000
    folder = folder_of(tmp_path, events_csv=b"ticket_id,\x1b[31m" + b"a" * 300 + b"\n1,\xff\n")
    with pytest.raises(InputError, match="holds bytes that are not utf-8: ff") as fault:
        read_log(folder)
    assert "\x1b" not in str(fault.value)
    assert len(str(fault.value)) < 500


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_without_the_right_to_read_it_need_not_be_exported_again(log, tmp_path, monkeypatch, form):
    def shut(*_, **__):
        raise PermissionError(13, "Permission denied")

    write_log(log, tmp_path / "log", format=form)
    monkeypatch.setattr(*((Path, "open") if form == "csv" else (pq, "read_metadata")), shut)
    refused = rf"events\.{form}: cannot be read: Permission denied\. Check the path and its rights"
    with pytest.raises(InputError, match=refused):
        read_log(tmp_path / "log")


def test_a_table_that_is_not_there_breaks_no_contract(tmp_path):
    folder = folder_of(tmp_path, events_csv=f"{CSV},2026-03-02T00:00Z,message,of nobody\n")
    with pytest.raises(ContractError) as caught:
        read_log(folder)
    (found,) = caught.value.violations
    assert (found.table, found.column, found.row) == ("events", "ticket_id", 3)


def test_a_csv_that_cannot_be_opened_is_told_before_any_is_read(log, tmp_path, monkeypatch):
    write_log(log, tmp_path / "log", format="csv")
    (tmp_path / "log" / "tickets.csv").unlink()
    (tmp_path / "log" / "tickets.csv").mkdir()
    monkeypatch.delattr("pyarrow.csv.read_csv")
    with pytest.raises(InputError, match=r"tickets\.csv: cannot be read: Is a directory"):
        read_log(tmp_path / "log")


def test_a_truncated_parquet_file(log, tmp_path):
    write_log(log, tmp_path / "log")
    path = tmp_path / "log" / "events.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"events\.parquet: cannot be read as Parquet"):
        read_log(tmp_path / "log")


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        read_log(tmp_path / "moon")


def test_an_empty_dataset(tmp_path):
    (tmp_path / "events").mkdir()
    with pytest.raises(InputError):
        read_log(tmp_path)


def test_a_failed_write_leaves_the_old_log(log, tmp_path, monkeypatch):
    write_log(log, tmp_path / "log")
    before = (tmp_path / "log" / "events.parquet").read_bytes()
    unwritable = EventLog(log.events, pa.table({"ticket_id": ["a"], "tags": [[1]]}))
    with pytest.raises(pa.ArrowException):
        write_log(unwritable, tmp_path / "log", format="csv")
    assert (tmp_path / "log" / "events.parquet").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log"]


def test_a_written_log_replaces_what_is_there(log, tmp_path):
    write_log(log, tmp_path / "log", format="csv")
    write_log(log, tmp_path / "log")
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["events.parquet", "tickets.parquet"]
    shutil.rmtree(tmp_path / "log")


def test_cells_that_do_not_fit_name_the_file(tmp_path):
    with pytest.raises(
        ContractError, match="column 'occurred_at' row 2 value 'soon': cannot be read as time"
    ) as caught:
        read_log(folder_of(tmp_path, events_csv=CSV.replace("2026-03-02T00:00Z", "soon")))
    assert str(tmp_path) in str(caught.value)


def test_a_folder_of_anything_but_a_log_is_not_replaced(log, tmp_path):
    folder = tmp_path / "log"
    for form in ("parquet", "csv"):
        write_log(log, folder, format=form)
    (folder / "export.json").write_text("{}")
    with pytest.raises(UsageError, match=r"holds export\.json, which is no part of a log"):
        write_log(log, folder)
    assert (folder / "export.json").exists()


def test_the_last_event_is_the_last_that_was_observed():
    times = pd.to_datetime(["2026-01-05", "2026-01-09", "2026-01-07"], utc=True)
    told = pd.to_datetime(["2026-01-20", None, None], utc=True)
    rows = {
        "ticket_id": ["A", "A", "B"],
        "occurred_at": times,
        "event_type": ["created", "message", "created"],
    }
    for more in ({}, {"observed_at": told}):
        events = EventLog.from_pandas(pd.DataFrame(rows | more)).events
        assert last_observed(events) == observed(events).max()
    assert last_observed(events[:0]) is None
