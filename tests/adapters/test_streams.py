"""Records in every layout that exports have, small and as a stream, and files that break off."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zipfile

import pytest

from boilover.adapters import streams
from boilover.adapters.base import Tally
from boilover.adapters.cells import csv_rows
from boilover.adapters.members import Member, members_of
from boilover.adapters.streams import json_records
from boilover.errors import InputError

ITEMS = [{"id": n, "text": f"é{n}", "x": [1, {"y": None}], "z": 0.5} for n in range(5)]
PAGES = [{"tickets": ITEMS[:3], "count": 3, "users": [{"id": 9}]}, {"tickets": ITEMS[3:], "count": 2}]
IN_LISTS = [("tickets", item) for item in ITEMS]
SINGLE = [("", item) for item in ITEMS]


def member(tmp_path, content: bytes | str) -> Member:
    path = tmp_path / "export"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (found,) = members_of([path], Tally())
    return found


LAYOUTS = {
    "array": (json.dumps(ITEMS), SINGLE),
    "indented array": (json.dumps(ITEMS, indent=2, ensure_ascii=False), SINGLE),
    "lines": ("\n".join(json.dumps(item) for item in ITEMS), SINGLE),
    "lines and blank ones": ("\n\n" + "\r\n\n".join(json.dumps(item) for item in ITEMS) + "\n\n", SINGLE),
    "page": (json.dumps({"tickets": ITEMS, "count": 5}), IN_LISTS),
    "indented page": (json.dumps({"count": 5, "tickets": ITEMS}, indent=1), IN_LISTS),
    "page a line": ("\n".join(map(json.dumps, PAGES)), IN_LISTS),
    "pages together": ("".join(map(json.dumps, PAGES)), IN_LISTS),
    "pages in an array do not open": (json.dumps(PAGES), [("", page) for page in PAGES]),
    "pages together, indented": ("".join(json.dumps(page, indent=1) for page in PAGES), IN_LISTS),
    "two on a line": (2 * json.dumps(PAGES[0]) + "\n" + json.dumps(PAGES[1]), [*2 * IN_LISTS[:3], *IN_LISTS[3:]]),
    "one record": (json.dumps(ITEMS[0]), SINGLE[:1]),
    "one record, indented": (json.dumps(ITEMS[0], indent=1), SINGLE[:1]),
    "a record with a list and an id": (json.dumps({"id": 1, "tickets": [2]}), [("", {"id": 1, "tickets": [2]})]),
    "an empty page": ('{"tickets": [], "count": 0}', []),
    "no list under the key": ('{"tickets": {"a": 1}}', [("", {"tickets": {"a": 1}})]),
    "scalars": ('[1, "a", null]', [("", 1), ("", "a"), ("", None)]),
    "two lists": ('{"audits": [1], "tickets": [2]}', [("audits", 1), ("tickets", 2)]),
}  # fmt: skip


@pytest.mark.parametrize("small", [16 << 20, 64, 7])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_records(tmp_path, monkeypatch, layout, small):
    text, wanted = LAYOUTS[layout]
    monkeypatch.setattr(streams, "SMALL", small)
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode())):
        assert list(json_records(member(tmp_path, content), ("tickets", "audits"))) == wanted


@pytest.mark.parametrize("small", [16 << 20, 64])
@pytest.mark.parametrize(
    "layout", ["array", "indented array", "lines", "page", "indented page", "page a line", "pages together"]
)
@pytest.mark.parametrize("lost", [1, 9, 40])
def test_json_that_breaks_off_is_said_to(tmp_path, monkeypatch, layout, lost, small):
    monkeypatch.setattr(streams, "SMALL", small)
    text = LAYOUTS[layout][0].encode()[:-lost]
    with pytest.raises(InputError, match="is not whole JSON") as caught:
        list(json_records(member(tmp_path, text), ("tickets",)))
    assert "é" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1}\n{"b": 2\n{"c": 3}\n', "line 2"),
        ('{"a": 1}\n{"b": nonsense of a customer}\n', "line 2"),
        (b'{"a": "\xe9"}', "not UTF-8"),
        (b'{"a": 1}\n{"a": "\xe9"}\n', "line 2 is not UTF-8"),
        ("[" * 200_000, "nested too deeply"),
        ("ticket,time\n1,2\n", "not whole JSON"),
    ],
)
def test_what_is_no_json_says_where(tmp_path, content, said):
    with pytest.raises(InputError, match=said) as caught:
        list(json_records(member(tmp_path, content), ()))
    assert "customer" not in str(caught.value)
    assert "export" in str(caught.value)


@pytest.mark.parametrize("form", ["array", "page", "lines"])
def test_memory_is_bounded_by_a_record_not_by_the_file(tmp_path, monkeypatch, form):
    monkeypatch.setattr(streams, "SMALL", 1 << 16)
    record = json.dumps({"id": 1, "text": "x" * 2000})
    between, start, end = {
        "array": (",", "[", "]"),
        "page": (",", '{"count": 1, "tickets": [', "]}"),
        "lines": ("\n", "", ""),
    }[form]
    found = member(tmp_path, start + between.join([record] * 4000) + end)
    tracemalloc.start()
    count = sum(1 for _ in json_records(found, ("tickets",)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4000
    assert peak < 3 << 20 < found.size


def test_a_cut_gzip_file_is_said_to_be_truncated(tmp_path):
    packed = gzip.compress("\n".join(json.dumps({"n": n}) for n in range(20_000)).encode())
    found = member(tmp_path, packed[:-500])
    with pytest.raises(InputError, match="truncated"):
        list(json_records(found, ()))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_by_its_header_whatever_the_delimiter(tmp_path, delimiter):
    text = 'Key,Comment,Comment,"A b"\n1,"x\ny",z,\n\n2,"a ""q""",b,c\n'.replace(",", delimiter)
    rows = list(csv_rows(member(tmp_path, b"\xef\xbb\xbf" + text.encode())))
    assert rows == [
        {"Key": "1", "Comment": "x\ny", "Comment.1": "z", "A b": ""},
        {"Key": "2", "Comment": 'a "q"', "Comment.1": "b", "A b": "c"},
    ]


def test_csv_rows_of_a_wrong_width_are_dropped_and_counted(tmp_path):
    found = member(tmp_path, "a,b\n1,2\n3\n4,5,6\n7,8")
    assert [row["a"] for row in csv_rows(found)] == ["1", "7"]
    assert found.tally.dropped == {"not 2 cells": 2}
    assert found.tally.examples == {"not 2 cells": "'1 in line 3 of export'"}


def test_csv_in_another_encoding_or_with_a_huge_cell(tmp_path):
    found = member(tmp_path, "a,b\n1,é\n".encode("latin-1"))
    assert list(csv_rows(found, encoding="latin-1")) == [{"a": "1", "b": "é"}]
    with pytest.raises(InputError, match=r"not utf-8: e9. Export it as UTF-8$"):
        list(csv_rows(found))
    with pytest.raises(
        InputError, match=r"not utf-8: e9. Export it as UTF-8, or set encoding in the \[options"
    ):
        list(csv_rows(found, encoding="utf-8"))
    with pytest.raises(InputError, match=r"the text is not utf-16\. Export it as UTF-8, or set encoding"):
        list(csv_rows(member(tmp_path, "a,b\n1,2\n"), encoding="utf-16"))
    big = "x" * 400_000
    (row,) = csv_rows(member(tmp_path, f"a,b\n1,{big}\n"))
    assert row["b"] == big


def test_csv_breaks_off_inside_quotes(tmp_path):
    found = member(tmp_path, 'a,b\n1,2\n3,"no end')
    with pytest.raises(InputError, match=r"row 2: holds a quote that is not closed"):
        list(csv_rows(found))
    found = member(tmp_path, 'a,b\n1,2\n3,"one" more\n')
    with pytest.raises(InputError, match=r"cannot be read as CSV: .* in line 3"):
        list(csv_rows(found))


def test_members_of_archives_are_read_as_files_are(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b/two.json", gzip.compress(b'{"n": 2}'))
        archive.writestr("a.json", b"\xef\xbb\xbf" + b'{"n": 1}')
        archive.writestr("__MACOSX/a.json", b"junk")
        archive.writestr(".DS_Store", b"junk")
    members = members_of([path], Tally())
    assert [each.label for each in members] == ["export.zip/a.json", "export.zip/b/two.json"]
    assert [record["n"] for each in members for _, record in json_records(each, ())] == [1, 2]
