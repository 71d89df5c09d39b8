"""An adapter of one's own: what `docs/adapters.md` shows, installed as a package would be."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from boilover.adapters import Adapter, adapter, formats, ingest, registry
from boilover.errors import UsageError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adapters.md"
TICKETS = [
    {
        "nr": 7,
        "opened": "2026-03-01T09:00:00Z",
        "by": "ann",
        "log": [["2026-03-01T10:00:00Z", "state", "WAIT", "eve"]],
    },
    {
        "nr": 8,
        "opened": "2026-03-02T09:00:00Z",
        "by": "bob",
        "log": [["2026-03-02T11:00:00Z", "say", "Hello", "eve"]],
    },
    {"nr": None},
]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that puts a package with an entry point on the path, as an installer leaves it there."""

    def run(code: str, name: str = "paperdesk", target: str = "paperdesk:PaperDesk") -> None:
        site = tmp_path / "site"
        site.mkdir()
        (site / "paperdesk.py").write_text(code)
        info = site / "paperdesk-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paperdesk\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[boilover.adapters]\n{name} = {target}\n")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, "paperdesk", raising=False)
        formats.cache_clear()

    yield run
    sys.modules.pop("paperdesk", None)
    formats.cache_clear()


def example() -> str:
    """Return the adapter that the page shows."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = (block for block in blocks if "class PaperDesk" in block)
    return code


def test_the_example_of_the_page_reads_its_export(install, tmp_path):
    install(example())
    export = tmp_path / "export"
    export.write_text(json.dumps({"paper": 1, "tickets": TICKETS}))
    log, report = ingest([export])
    assert "paperdesk" in formats()
    assert (report.format, report.tickets) == ("paperdesk", 2)
    assert report.dropped == {"no ticket id": 1}
    events = log.to_pandas()[0]
    told = events[["ticket_id", "event_type", "value", "text", "actor_id"]].astype(object)
    assert told.where(told.notna(), None).values.tolist() == [
        ["7", "created", None, None, "ann"],
        ["7", "status_changed", "pending", None, "eve"],
        ["8", "created", None, None, "bob"],
        ["8", "message", None, "Hello", "eve"],
    ]


def test_the_example_is_short_and_named_in_the_page():
    assert len([line for line in example().splitlines() if line.strip()]) <= 32
    assert '[project.entry-points."boilover.adapters"]' in PAGE.read_text(encoding="utf-8")


def test_a_package_that_does_not_load_says_which(install):
    install("raise RuntimeError('half installed')")
    with pytest.raises(
        UsageError, match=r"'paperdesk' \(paperdesk:PaperDesk\) cannot be loaded: half installed"
    ):
        adapter("paperdesk")


def test_a_class_that_is_no_adapter_is_refused(install):
    install("class PaperDesk:\n    name = 'paperdesk'\n")
    with pytest.raises(UsageError, match="is no adapter: it needs name, sniff and read"):
        adapter("paperdesk")


def test_a_taken_name_is_refused(install):
    install(example(), name="table")
    with pytest.raises(UsageError, match="'table', a name that is taken"):
        formats()


def test_an_unknown_format_names_those_there_are(install):
    install(example())
    with pytest.raises(UsageError, match=r"unknown format 'telex'; there are: auto, table, .*paperdesk"):
        adapter("telex")


@pytest.mark.parametrize("name", registry.ADAPTERS)
def test_every_shipped_adapter_keeps_the_protocol(name):
    found = adapter(name)
    assert found.name == name
    assert isinstance(found, Adapter)
    for head in (b"\0\1\2\3", b"plain words\nin lines\n", b'{"stranger": [1, 2]}', b"[]", b"{", b"<a/>"):
        assert 0 <= found.sniff(head) <= (0.2 if name != "table" else 1)
