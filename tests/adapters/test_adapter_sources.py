"""Files as people hand them over: compressed, cut off, misnamed, in another encoding."""

import gzip
import io
import os
import tarfile
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from boilover.adapters import ingest
from boilover.adapters.sources import open_source
from boilover.errors import InputError, UsageError
from boilover.places import fetched

RECIPE = """
[mapping]
shape = "updates"
ticket_id = "id"
time = "at"
state = { status = "state", name = "name" }
"""
TABLE = "id,at,state,name\nA,2026-01-01T00:00:00Z,new,Zoë\nA,2026-01-02T00:00:00Z,closed,Zoë\n"


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def write(tmp_path, content: bytes, name="log.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def tar_of(content: bytes) -> bytes:
    told = tarfile.TarInfo("log.csv")
    told.size = len(content)
    with io.BytesIO() as made, tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(told, io.BytesIO(content))
        archive.close()
        return made.getvalue()


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.txt", "log"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_content_counts_and_the_name_does_not(tmp_path, recipe, name, pack, mark):
    path = write(tmp_path, pack(mark + TABLE.encode()), name)
    log, report = ingest([path], recipe=recipe)
    assert log.tickets["ticket_id"].to_pylist() == ["A"]
    assert report.rows == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (gzip.compress(TABLE.encode() * 50, mtime=0)[:-20], "truncated"),
        (gzip.compress(TABLE.encode(), mtime=0)[:10] + b"\xff" * 30, "damaged"),
        (TABLE.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest of it", "zip"),
        (tar_of(TABLE.encode()), "tar archive. Unpack it"),
        (gzip.compress(tar_of(TABLE.encode())), "tar archive. Unpack it"),
        (TABLE.encode("latin-1"), "not utf-8"),
        (TABLE.encode() + b"A,2026-01-03T00:00:00Z,new,Zo\xeb\n" * 500, "not utf-8"),
        (b"PAR1 and then nothing", "Parquet"),
        (TABLE.splitlines()[0].encode() + b"\n", "no row"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path, recipe, content, said):
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=said) as caught:
        ingest([path], recipe=recipe)
    assert "Zo" not in str(caught.value)


def test_what_broken_json_holds_is_not_told(tmp_path):
    path = write(tmp_path, b'var export = {"tickets":[{"id":1,"subject":"a secret","status":"open"}]}')
    with pytest.raises(InputError, match="the format is not recognised") as caught:
        ingest([path])
    assert "secret" not in str(caught.value)


def test_another_encoding_can_be_declared(tmp_path, recipe):
    recipe.write_text(RECIPE + 'encoding = "latin-1"\ndelimiter = ";"\n')
    path = write(tmp_path, TABLE.replace(",", ";").encode("latin-1"))
    events, _ = ingest([path], recipe=recipe)[0].to_pandas()
    assert set(events.loc[events.field == "name", "value"]) == {"Zoë"}


def test_a_missing_column_names_the_nearest(tmp_path, recipe):
    path = write(tmp_path, TABLE.replace("state", "State").encode())
    with pytest.raises(InputError, match=r"column 'state'.*nearest is 'State'"):
        ingest([path], recipe=recipe)


def test_a_folder_that_cannot_be_looked_into_is_no_empty_one(tmp_path, recipe, monkeypatch):
    (tmp_path / "in" / "shut").mkdir(parents=True)
    write(tmp_path / "in", TABLE.encode())
    look = os.scandir

    def refuse(folder):
        if str(folder).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(folder))
        return look(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(
        InputError, match=r"in/shut: cannot be opened: Permission denied. Check path and rights"
    ):
        ingest([tmp_path / "in"], recipe=recipe)
    (tmp_path / "in" / "shut").rename(tmp_path / "in" / ".shut")
    assert ingest([tmp_path / "in"], recipe=recipe)[1].rows == 2


def test_a_pipe_is_read_once(tmp_path, recipe):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[TABLE.encode()])
    writer.start()
    with fetched(pipe) as copy:
        log, _ = ingest([copy], recipe=recipe)
    writer.join()
    assert log.tickets["ticket_id"].to_pylist() == ["A"]


def test_a_column_that_stands_twice_is_refused_where_it_is_read(tmp_path, recipe):
    twice = TABLE.replace("state,name", "state,name,name").replace("Zoë", "Zoë,Zoë")
    with pytest.raises(InputError, match=r"log\.csv, column 'name': the column stands more than once"):
        ingest([write(tmp_path, twice.encode())], recipe=recipe)
    unread = TABLE.replace("state,name", "state,name,x,x").replace("Zoë", "Zoë,1,2")
    assert ingest([write(tmp_path, unread.encode())], recipe=recipe)[1].rows == 2


def test_a_column_of_lists_is_refused_and_not_read_as_empty(tmp_path, recipe):
    times = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    table = pa.table({"id": ["A", "A"], "at": times, "state": ["new", "open"], "name": [["a"], ["b"]]})
    pq.write_table(table, tmp_path / "log.parquet")
    with pytest.raises(InputError, match=r"(?s)log\.parquet.*column 'name'.*not one value a row"):
        ingest([tmp_path / "log.parquet"], recipe=recipe)


def test_ids_that_no_ledger_holds_are_dropped_and_counted(tmp_path, recipe):
    rows = [f"{odd},2026-01-03T00:00:00Z,new,Zoë\n" for odd in ("x" * 1001, "  ")]
    log, report = ingest([write(tmp_path, (TABLE + "".join(rows)).encode())], recipe=recipe)
    assert log.tickets["ticket_id"].to_pylist() == ["A"]
    reason = "ticket id that is blank, of more than 1,000 characters, or with NUL"
    assert report.dropped == {reason: 2}
    assert len(report.examples[reason]) <= 60


def test_ids_that_no_ledger_holds_are_dropped_of_parquet_as_of_csv(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace('"id"', '"ticket_id"'))
    columns = {"ticket_id": ["A", " ", ""], "at": ["2026-01-01T00:00:00Z"] * 3, "state": ["new"] * 3}
    pq.write_table(pa.table(columns | {"name": ["Zoë"] * 3}), tmp_path / "log.parquet")
    log, report = ingest([tmp_path / "log.parquet"], recipe=recipe)
    assert log.tickets["ticket_id"].to_pylist() == ["A"]
    assert sorted(report.dropped.values()) == [1, 1]


@pytest.mark.parametrize("quotes", [1, 2])
def test_a_quote_that_is_not_closed_takes_no_rows_along(tmp_path, recipe, quotes):
    rows = [f"{day},2026-01-{day:02d}T00:00:00Z,new,Zoë" for day in range(1, 21)]
    for row in range(0, 10 * quotes, 10):
        rows[row] = rows[row].replace("Zoë", '"Zoë')
    path = write(tmp_path, "\n".join(["id,at,state,name", *rows, ""]).encode())
    with pytest.raises(InputError, match=r"log\.csv, row 1: holds a quote that is not closed"):
        ingest([path], recipe=recipe)


def test_a_row_that_is_longer_than_two_blocks_is_told(tmp_path, recipe, monkeypatch):
    monkeypatch.setattr("boilover.adapters.blocks.CSV_BLOCK", 200)
    long = TABLE + 'B,2026-01-03T00:00:00Z,new,"' + "x" * 1000
    with pytest.raises(InputError, match=r"holds a row of more than 200 bytes\. Shorten its texts"):
        ingest([write(tmp_path, (long + '"\n').encode())], recipe=recipe)
    with pytest.raises(InputError, match="row 3: holds a quote that is not closed"):
        ingest([write(tmp_path, (long + "\n").encode() + TABLE.encode() * 9)], recipe=recipe)


def test_quotes_within_one_row_are_read_as_they_are(tmp_path, recipe):
    path = write(tmp_path, TABLE.replace("Zoë", '"Zoë" 5"', 1).encode())
    events, _ = ingest([path], recipe=recipe)[0].to_pandas()
    assert 'Zoë 5"' in set(events["value"])


def test_rows_of_the_wrong_width_are_dropped_and_counted(tmp_path, recipe):
    path = write(tmp_path, (TABLE + "A,2026-01-03T00:00:00Z\n").encode())
    report = ingest([path], recipe=recipe)[1]
    assert report.dropped == {"not 4 cells": 1}
    assert report.rows == 3


def test_a_missing_file_an_empty_folder_and_an_unknown_format(tmp_path, recipe):
    with pytest.raises(InputError, match="does not exist"):
        ingest([tmp_path / "no.csv"], recipe=recipe)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        ingest([tmp_path / "empty"], recipe=recipe)
    with pytest.raises(InputError, match="no file was named"):
        ingest([], recipe=recipe)
    with pytest.raises(UsageError, match="table, xes"):
        ingest([write(tmp_path, TABLE.encode())], format="telex", recipe=recipe)


def test_a_table_without_a_recipe_asks_for_one(tmp_path):
    with pytest.raises(UsageError, match=r"is a table \('id', .*needs a recipe"):
        ingest([write(tmp_path, TABLE.encode())])
    wide = ",".join(f"column {place}" for place in range(30))
    with pytest.raises(UsageError, match=r"\('column 0', .*'column 7', …\), .* with a \[mapping\], as"):
        ingest([write(tmp_path, f"{wide}\n".encode())])
    for mark, told in ((";", ";"), ("\t", r"\\t")):
        said = rf"'column 7', …\), .* with a \[mapping\] and delimiter = \"{told}\", as"
        with pytest.raises(UsageError, match=said):
            ingest([write(tmp_path, wide.replace(",", mark).encode())])


def test_a_delimiter_that_the_recipe_does_not_know_is_named(tmp_path, recipe):
    path = write(tmp_path, TABLE.replace(",", ";").encode())
    with pytest.raises(InputError, match=r'All of the header is one cell; set delimiter = ";" in the'):
        ingest([path], recipe=recipe)


def test_a_recipe_that_is_named_is_the_one_that_is_tried(tmp_path):
    path = write(tmp_path, TABLE.encode())
    with pytest.raises(InputError, match=r"\(4 are: event_type, occurred_at, ticket_id, value\)"):
        ingest([path], recipe="table")
    own = tmp_path / "table.toml"
    own.write_text(RECIPE)
    assert ingest([path], recipe=own)[1].tickets == 1
    with pytest.raises(InputError, match="is no XML, as XES is"):
        ingest([path], recipe="bpic2013")


def test_open_source_reads_past_the_mark(tmp_path):
    with open_source(write(tmp_path, b"\xef\xbb\xbfabc")) as stream:
        assert stream.read() == b"abc"


def test_a_letter_cut_in_two_by_the_end_of_the_head_is_no_encoding_error(tmp_path, recipe):
    rows = "".join(f"A{n},2026-01-01T00:00:00Z,new,ëëëëëëë\n" for n in range(3000))
    for pad in ("", "x"):
        path = write(tmp_path, (TABLE.splitlines()[0] + "\n" + pad + rows).encode())
        assert ingest([path], recipe=recipe)[1].tickets == 3000
