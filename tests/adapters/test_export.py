"""Exports as they come: archives, folders, other people's files among them, and what is said about them."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from boilover.adapters import Export, ingest, ingest_pieces, open_export, registry
from boilover.adapters.base import Tally
from boilover.adapters.members import members_of
from boilover.adapters.recipe import parse_recipe
from boilover.adapters.streams import json_records
from boilover.errors import InputError, UsageError
from boilover.log import EventLog


class Notebook:
    """An adapter of a system that only tests know: ``{"notebook": 1, "ticket", "at", "by", "text", "to"}``."""

    name = "notebook"

    def sniff(self, head: bytes) -> float:
        return 0.8 if b'"notebook"' in head else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        with export.facts() as facts:
            facts.history()
            for member in export.members:
                for _, record in json_records(member, ()):
                    ticket = record.get("ticket")
                    if ticket is None:
                        export.tally.drop("no ticket id", 1, record)
                        continue
                    if record.get("cut"):
                        export.cut(ticket, "more than one page")
                    facts.ticket(ticket, created=record["at"], by=record.get("by"), customer_id="c1")
                    facts.today(ticket, "assignee", record.get("to"))
                    facts.message(ticket, record["at"], record.get("text"), public=True, by=record.get("by"))
            yield from facts.logs()


@pytest.fixture(autouse=True)
def notebook(monkeypatch):
    """Make it the only adapter that this test knows, beside that of tables."""
    monkeypatch.setattr(
        registry, "ADAPTERS", {"table": registry.ADAPTERS["table"], "notebook": f"{__name__}:Notebook"}
    )
    registry.formats.cache_clear()
    yield
    registry.formats.cache_clear()


def records(*tickets: str, **more: object) -> bytes:
    rows = [{"notebook": 1, "ticket": t, "at": "2026-01-01T00:00:00Z", "text": t, **more} for t in tickets]
    return "\n".join(map(json.dumps, rows)).encode()


def put(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def texts(log: EventLog) -> list[str]:
    return sorted(text for text in log.events["text"].to_pylist() if text)


def test_folders_archives_and_files_are_one_export(tmp_path):
    put(tmp_path / "in" / "deep", plain=records("1"), packed=gzip.compress(records("2")))
    put(tmp_path / "in" / ".hidden", junk=b"\0\0")
    with zipfile.ZipFile(tmp_path / "in" / "more", "w") as archive:
        archive.writestr("x", records("3"))
    log, report = ingest([tmp_path / "in", put(tmp_path / "out", last=records("4")) / "last"])
    assert texts(log) == ["1", "2", "3", "4"]
    assert (report.format, report.files) == ("notebook", ("packed", "plain", "more/x", "last"))
    assert report.tickets == 4
    assert report.rows == 8


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a": records("1"), "readme": b"\0\1\2"}, r"readme: the format is not recognised"),
        ({"a": records("1"), "b": b"id,at\n1,2\n"}, r"b: is no part of a notebook export, as .*a is"),
        ({"a": b'{"stranger": 1}'}, r"a: the format is not recognised.*table, notebook"),
        ({"a": records("1"), "b": b""}, r"b: the file is empty"),
        ({"a": b"\xef\xbb\xbf"}, r"a: the file is empty"),
        ({"a": b"PK\x03\x04 cut off"}, r"a: the zip archive is truncated"),
        ({"a": b"\xd0\xcf\x11\xe0rest"}, r"a: the file is a spreadsheet"),
    ],
)
def test_a_file_that_nobody_recognises_is_named(tmp_path, files, said):
    with pytest.raises(InputError, match=said):
        ingest([put(tmp_path, **files)])


def test_spreadsheets_empty_and_encrypted_archives_are_refused(tmp_path):
    def archive(name: str, **files: bytes) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            for each, content in files.items():
                packed.writestr(each, content)
        return tmp_path / name

    with pytest.raises(InputError, match="spreadsheet"):
        ingest([archive("sheet.csv", **{"[Content_Types].xml": b"<x/>"})])
    with pytest.raises(InputError, match="holds no file"):
        ingest([archive("empty.zip")])
    locked = archive("locked.zip", a=records("1"))
    content = bytearray(locked.read_bytes())
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flag] |= 1
    locked.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"locked.zip/a: is encrypted"):
        ingest([locked])


def test_a_damaged_member_of_an_archive_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as packed:
        packed.writestr("a", records("1", "2", "3"))
    content = (tmp_path / "e.zip").read_bytes().replace(b'"text": "2"', b'"text": "9"')
    (tmp_path / "e.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"e.zip/a: the compressed file is damaged"):
        ingest([tmp_path / "e.zip"])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_member_can_be_had_as_a_plain_file(tmp_path, pack, mark):
    content = mark + records(*map(str, range(3000)))
    (member,) = members_of([put(tmp_path, a=pack(content)) / "a"], Tally())
    with member.on_disk() as path:
        assert path.read_bytes() == content.removeprefix(mark)
        is_itself = path == tmp_path / "a"
    assert path.exists() == is_itself == (pack is bytes and not mark)


def test_progress_counts_up_to_the_size(tmp_path):
    put(tmp_path, a=records(*map(str, range(5000))), b=gzip.compress(records("x")))
    told: list[int] = []
    ingestion = ingest_pieces([tmp_path], progress=told.append)
    list(ingestion)
    assert sum(told) == ingestion.size == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert max(told) < ingestion.size / 2


def test_the_report_is_complete_when_all_is_read(tmp_path):
    ingestion = ingest_pieces([put(tmp_path, a=records("1"))])
    with pytest.raises(UsageError, match="complete when all pieces"):
        ingestion.report()
    assert sum(len(piece.tickets) for piece in ingestion) == 1
    assert ingestion.report().first == "2026-01-01T00:00:00+00:00"
    with pytest.raises(UsageError, match="read once"):
        list(ingestion)


def test_truncated_histories_are_refused_unless_allowed(tmp_path):
    put(tmp_path, a=records("1") + b"\n" + records(*"2345678", cut=True))
    with pytest.raises(InputError, match="history of ticket 2 is truncated: more than one page"):
        ingest([tmp_path])
    report = ingest([tmp_path], allow_cut=True)[1]
    assert (report.truncated, report.truncated_examples) == (7, tuple("23456"))
    assert report.to_dict()["truncated_examples"] == list("23456")


def test_a_large_share_of_lost_records_is_refused(tmp_path):
    put(tmp_path, a=records(*map(str, range(20))) + b'\n{"notebook": 1, "secret": "of a customer"}' * 11)
    with pytest.raises(InputError, match=r"11 of 40 rows cannot be used \(no ticket id: 11; for instance"):
        ingest([tmp_path])
    assert ingest([tmp_path], max_dropped=0.3)[1].dropped == {"no ticket id": 11}


def test_one_lost_record_of_few_is_let_pass_unless_none_may_be(tmp_path):
    put(tmp_path, a=records("1") + b'\n{"notebook": 1}')
    assert ingest([tmp_path])[1].dropped == {"no ticket id": 1}
    with pytest.raises(InputError, match="1 of 2 rows"):
        ingest([tmp_path], max_dropped=0)


def test_an_export_without_a_ticket_says_why(tmp_path):
    with pytest.raises(InputError, match=r"no ticket .* \(no ticket id: 1\)"):
        ingest([put(tmp_path, a=b'{"notebook": 1}')])


def test_what_is_doubled_on_purpose_is_not_held_lost():
    tally = Tally(rows=100)
    tally.drop("seen before", 90, lost=False)
    tally.types["created"] = 1
    tally.check(0.2)


def test_ids_of_people_are_hashed_and_those_of_tickets_are_not(tmp_path):
    put(tmp_path, a=records("1", "2", by="c1", to="ann"))
    plain, hashed = (ingest([tmp_path], hash_ids=key)[0].to_pandas() for key in (None, b"key"))
    other = ingest([tmp_path], hash_ids=b"other key")[0].to_pandas()
    assert hashed[0].ticket_id.tolist() == plain[0].ticket_id.tolist()
    assert set(hashed[0].actor_id.dropna()) == set(hashed[1].customer_id)
    assert set(hashed[1].customer_id) != set(other[1].customer_id)
    given = hashed[0][hashed[0].event_type == "assignee_changed"]
    assert len(set(given.value)) == 1
    assert {len(value) for value in given.value} == {32}
    everything = hashed[0].to_csv() + hashed[1].to_csv()
    assert "ann" not in everything
    assert "c1" not in everything
    with pytest.raises(UsageError, match="0 bytes"):
        ingest([tmp_path], hash_ids=b"")


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    tags: tuple[str, ...] = ()


def test_options_are_checked_by_the_adapters_model(tmp_path):
    def options(text: str) -> Options:
        recipe = parse_recipe(
            f'format = "notebook"\n[options]\n{text}'.encode(), name="mine", source="mine.toml"
        )
        return Export((), recipe).options(Options)

    assert Export(()).options(Options) == Options()
    assert options('tags = ["a"]').tags == ("a",)
    with pytest.raises(UsageError, match=r"'mine', key 'options.tags': must be a list"):
        options("tags = 1")
    with pytest.raises(UsageError, match=r"key 'options.colour': is not known; keys are tags"):
        options("colour = 1")


def test_the_format_of_a_recipe_is_taken_as_it_is(tmp_path):
    (tmp_path / "mine.toml").write_text('format = "notebook"\n[options]\n')
    found, export = open_export([put(tmp_path / "in", a=b"\0\0")], recipe=tmp_path / "mine.toml")
    assert found.name == "notebook"
    assert export.recipe is not None
    assert export.recipe.name == "mine"
    assert len(export.members) == 1
