"""What a stranger is told about an export that is damaged, mixed or incomplete: the file, and what to do."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"


def empty(folder: Path) -> None:
    (folder / "audits_2.json").write_bytes(b"")


def cut_off(folder: Path) -> None:
    whole = (folder / "audits_2.json").read_bytes()
    (folder / "audits_2.json").write_bytes(whole[: len(whole) // 2])


def in_latin_1(folder: Path) -> None:
    text = (folder / "audits_2.json").read_text("utf-8").replace("support", "süpport")
    (folder / "audits_2.json").write_bytes(text.encode("latin-1"))


def in_utf_16(folder: Path) -> None:
    text = (folder / "Case.csv").read_text("utf-8")
    (folder / "Case.csv").write_bytes(text.encode("utf-16"))


def journal_in_latin_1(folder: Path) -> None:
    text = (folder / "sys_journal_field.csv").read_text("utf-8").replace("support", "süpport")
    (folder / "sys_journal_field.csv").write_bytes(text.encode("latin-1"))


def with_another_system(folder: Path) -> None:
    shutil.copy(SAMPLES / "jira" / "search_000.json", folder / "jira.json")


def zipped_with_a_document(folder: Path) -> None:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for path in sorted(folder.glob("*.json")):
            archive.write(path, path.name)
            path.unlink()
        archive.writestr("notes.docx", b"PK\x03\x04 a letter")


CASES: tuple[tuple[str, Callable[[Path], None], str], ...] = (
    ("zendesk", empty, r"audits_2\.json: the file is empty\. Export it again"),
    ("zendesk", cut_off, r"audits_2\.json: is not whole JSON: .* breaks off .*\. Copy or export it again"),
    ("zendesk", in_latin_1, r"audits_2\.json: .* is not UTF-8\. Export it as UTF-8"),
    ("salesforce", in_utf_16, r"Case\.csv: the file is UTF-16\. Export it as UTF-8"),
    (
        "servicenow",
        journal_in_latin_1,
        r"sys_journal_field\.csv, column 'value', row \d+: holds bytes that are not utf-8: fc\. Export it as UTF-8, or",
    ),
    ("zendesk", with_another_system, r"jira\.json: is no part of a zendesk export, .*leave the file out"),
    (
        "salesforce",
        with_another_system,
        r"jira\.json: is no part of a salesforce export, .*leave the file out",
    ),
    (
        "zendesk",
        zipped_with_a_document,
        r"all\.zip/notes\.docx: .* in another archive\. Unpack it, or leave it out",
    ),
)


@pytest.mark.parametrize(("system", "spoil", "said"), CASES)
def test_a_spoilt_export_is_refused_naming_file_and_mend(run, tmp_path, system, spoil, said):
    shutil.copytree(SAMPLES / system, tmp_path / "export")
    spoil(tmp_path / "export")
    code, err = run("ingest", tmp_path / "export", "-o", tmp_path / "log")
    assert (code, bool(re.search(said, " ".join(err.split())))) == (3, True), err
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("system", "tickets"),
    [("zendesk", "tickets.json"), ("salesforce", "Case.csv"), ("servicenow", "incident.json")],
)
def test_tickets_without_history_are_scored_and_what_is_lost_is_said(run, tmp_path, system, tickets):
    (tmp_path / "export").mkdir()
    shutil.copy(SAMPLES / system / tickets, tmp_path / "export")
    model = SAMPLES.parents[1] / "models" / "demo"
    code, err = run("score", tmp_path / "export", "--model", model, "-o", tmp_path / "scores.csv")
    assert (code, "No history: no ticket tells a change" in err) == (0, True), err
    assert "Export the changes of the tickets too" in err


TWO_TABLES = """
title = "Two tables"
format = "table"
[mapping]
shape = "events"
ticket_id = "ticket"
time = "zeit"
[mapping.tickets]
ticket_id = "ticket"
created = "erstellt"
[mapping.statuses]
offen = "open"
zu = "closed"
[[mapping.rules]]
when = { art = "status" }
emit = [{ target = "status", value = "wert" }]
"""


@pytest.fixture
def two_tables(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folder of an export of two tables, in which times are empty and unread, and its recipe."""
    folder, recipe = tmp_path / "export", tmp_path / "two.toml"
    folder.mkdir()
    rows = [f"{ticket},2026-03-0{ticket}T10:00,status,zu" for ticket in range(1, 5)]
    odd = ["1,,status,zu", "2,  ,status,zu", "3,,status,zu", "4,gestern,status,zu"]
    (folder / "events.csv").write_text("\n".join(["ticket,zeit,art,wert", *rows, *odd, ""]))
    born = [f"{ticket},2026-03-01T08:00" for ticket in range(1, 5)]
    (folder / "tickets.csv").write_text("\n".join(["ticket,erstellt", *born, ""]))
    recipe.write_text(TWO_TABLES, encoding="utf-8")
    return folder, recipe


@pytest.mark.parametrize(
    ("given", "lacks"), [("events.csv", "tickets"), ("tickets.csv", "events")], ids=["events", "tickets"]
)
def test_one_of_two_tables_is_not_enough_and_the_folder_is_asked_for(run, two_tables, given, lacks):
    folder, recipe = two_tables
    code, said = run("audit", folder / given, "--recipe", recipe)
    assert code == 3
    assert f"Name the table of {lacks} as well: give the folder that holds both" in said
    code, said = run("audit", folder, "--recipe", recipe, "--json")
    assert code == 0, said


def test_empty_times_are_counted_as_empty(run, two_tables, tmp_path):
    folder, recipe = two_tables
    words = ("ingest", folder, "--recipe", recipe, "-o", tmp_path / "log", "--max-dropped", "0")
    code, said = run(*words)
    assert code == 3
    assert "nan" not in said
    assert "(zeit is empty: 3, no time in format iso: 1; for instance ['gestern'])" in said
