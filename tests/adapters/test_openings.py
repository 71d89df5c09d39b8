"""What a ticket began with is one message, in its first words where a history tells them, in every order of imports."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from boilover.adapters import ingest
from boilover.adapters.people import without_people
from boilover.log import read_log
from boilover.store import upsert

CREATED, CHANGED, UPDATED = "2026-01-05T09:00:00Z", "2026-01-06T10:00:00Z", "2026-01-07T10:00:00Z"
FIRST, TODAY = "It is slow", "It is down"


def put(folder: Path, **files: object) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def jira(folder: Path, *, with_history: bool) -> Path:
    def at(time: str) -> str:
        return time.replace("Z", ".000+0000")

    fields: dict[str, Any] = {
        "created": at(CREATED),
        "updated": at(UPDATED),
        "description": TODAY,
        "summary": "s",
    }
    fields |= {"status": {"id": "1", "name": "Open"}, "reporter": {"accountId": "102"}}
    issue: dict[str, Any] = {"id": "9", "key": "A-1", "fields": fields}
    if with_history:
        told: list[tuple[str, str, str, dict[str, str]]]
        told = [("description", FIRST, TODAY, {}), ("reporter", "Ada", "Bob", {"from": "101", "to": "102"})]
        items = [
            {"field": name, "fieldId": name, "fieldtype": "jira", "fromString": was, "toString": now} | ids
            for name, was, now, ids in told
        ]
        save = {"id": "5", "created": at(CHANGED), "author": {"accountId": "7"}, "items": items}
        issue["changelog"] = {"startAt": 0, "maxResults": 100, "total": 1, "histories": [save]}
    return put(folder, issues={"issues": [issue]})


def servicenow(folder: Path, *, with_history: bool) -> Path:
    incident = {"sys_id": "i1", "number": "INC1", "short_description": "s", "description": TODAY}
    incident |= {"sys_created_on": "2026-01-05 09:00:00", "sys_updated_on": "2026-01-07 10:00:00"}
    incident |= {"state": "2", "caller_id": "102", "opened_by": "102"}
    audit = [
        {"sys_id": f"a{place}", "tablename": "incident", "documentkey": "i1", "fieldname": name, "user": "7"}
        | {"oldvalue": old, "newvalue": new, "sys_created_on": "2026-01-06 10:00:00"}
        for place, (name, old, new) in enumerate([("description", FIRST, TODAY), ("state", "1", "2")])
    ]
    # A note of the same minute is no opening.
    journal = {"sys_id": "j1", "element_id": "i1", "element": "work_notes", "value": "seen"}
    journal |= {"name": "incident", "sys_created_on": "2026-01-05 09:00:20", "sys_created_by": "7"}
    tables: dict[str, object] = {
        "incident": {"result": [incident]},
        "sys_journal_field": {"result": [journal]},
    }
    return put(folder, **tables, **({"sys_audit": {"result": audit}} if with_history else {}))


def salesforce(folder: Path, *, with_history: bool) -> Path:
    case = {"Id": "500000000000001", "CaseNumber": "1", "CreatedDate": CREATED, "SystemModstamp": UPDATED}
    case |= {"Status": "Working", "Subject": "s", "Description": TODAY, "CreatedById": "005000000000001"}
    rows = [
        {
            "CaseId": case["Id"],
            "Id": f"01700000000000{place}",
            "Field": name,
            "OldValue": old,
            "NewValue": new,
        }
        | {"CreatedDate": CHANGED, "CreatedById": "005000000000007"}
        for place, (name, old, new) in enumerate(
            [("Description", FIRST, TODAY), ("Status", "New", "Working")]
        )
    ]
    folder.mkdir()
    for name, told in {"Case": [case], **({"CaseHistory": rows} if with_history else {})}.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(told[0]))
            writer.writeheader()
            writer.writerows(told)
    return folder


def salesforce_mail(folder: Path, *, with_history: bool) -> Path:
    """A case of an e-mail that was sent some seconds before, and is longer than the description."""
    salesforce(folder, with_history=False)
    (row,) = csv.DictReader((folder / "Case.csv").read_text().splitlines())
    mail = {"Id": "02s000000000001", "ParentId": row["Id"], "Incoming": "true", "TextBody": FIRST}
    mail |= {"MessageDate": CREATED.replace("09:00:00", "08:59:57")}
    case = row | {"Origin": "Email"}
    for name, told in {"Case": case, **({"EmailMessage": mail} if with_history else {})}.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(told))
            writer.writeheader()
            writer.writerow(told)
    return folder


def hubspot(folder: Path, *, with_history: bool) -> Path:
    def told(*values: tuple[str, str]) -> list[dict[str, str]]:
        return [{"value": value, "timestamp": at, "sourceType": "CRM_UI"} for at, value in reversed(values)]

    properties = {"createdate": CREATED, "hs_lastmodifieddate": UPDATED, "subject": "s", "content": TODAY}
    properties |= {"hs_pipeline_stage": "2", "hs_pipeline": "0", "hs_object_id": "1"}
    ticket: dict[str, Any] = {"id": "1", "properties": properties, "createdAt": CREATED, "updatedAt": UPDATED}
    if with_history:
        ticket["propertiesWithHistory"] = {
            "content": told((CREATED, FIRST), (CHANGED, TODAY)),
            "hs_pipeline_stage": told((CREATED, "1"), (CHANGED, "2")),
            "hs_pipeline": told((CREATED, "0")),
        }
    return put(folder, tickets={"results": [ticket]})


def zendesk(folder: Path, *, with_history: bool) -> Path:
    """What the record shows is written otherwise, a second earlier, and of whoever submitted it."""
    ticket = {"id": 1, "created_at": CREATED.replace("09:00:00", "08:59:59"), "updated_at": UPDATED}
    ticket |= {"status": "open", "subject": "s", "description": TODAY, "requester_id": 101}
    ticket |= {"submitter_id": 7, "via": {"channel": "web"}}
    events: list[dict[str, object]] = [
        {"id": 1, "type": "Create", "field_name": "status", "value": "open"},
        {"id": 2, "type": "Create", "field_name": "requester_id", "value": "101"},
        {"id": 3, "type": "Comment", "author_id": 101, "public": True, "body": FIRST},
    ]
    audit = {"id": 50, "ticket_id": 1, "created_at": CREATED, "author_id": 101, "via": {"channel": "web"}}
    audits = {"audits": {"audits": [audit | {"events": events}]}} if with_history else {}
    return put(folder, tickets={"tickets": [ticket]}, **audits)


SYSTEMS = [jira, servicenow, salesforce, salesforce_mail, hubspot, zendesk]
ORDERS = [
    each for n in (1, 2, 3) for each in itertools.product(("alone", "whole"), repeat=n) if "whole" in each
]


@pytest.mark.parametrize("export", SYSTEMS, ids=lambda export: export.__name__)
def test_a_log_holds_one_opening_in_its_first_words(export: Callable[..., Path], tmp_path: Path) -> None:
    folders = {name: export(tmp_path / name, with_history=name == "whole") for name in ("alone", "whole")}
    logs = {name: ingest([folder])[0] for name, folder in folders.items()}
    assert openings(tmp_path / "today", [[logs["alone"]]]) == [TODAY]
    hashed = {name: without_people(log, b"key") for name, log in logs.items()}
    for number, order in enumerate(ORDERS):
        kinds = {"apart": [[logs[name]] for name in order]}
        if len(order) == 2:
            kinds |= {
                "pieces": [[logs[name] for name in order]],
                "hashed": [[hashed[name]] for name in order],
            }
        for kind, imports in kinds.items():
            assert openings(tmp_path / f"{kind}{number}", imports) == [FIRST], (kind, order)
    for order in (("alone", "whole"), ("whole", "alone")):
        together, _ = ingest([folders[name] for name in order])
        assert openings(tmp_path / "_".join(order), [[together]]) == [FIRST]


def openings(folder: Path, imports: Sequence[Sequence[Any]]) -> list[str]:
    for pieces in imports:
        upsert(folder, pieces)
    before = (folder / "log.json").read_bytes()
    # Once more, nothing is new.
    for pieces in imports:
        assert upsert(folder, pieces).new == 0
    assert (folder / "log.json").read_bytes() == before
    events = read_log(folder).to_pandas()[0]
    told = events.loc[(events["event_type"] == "message") & (events["text"] != "seen"), "text"].tolist()
    assert events["event_type"].tolist().count("created") == 1
    return told


def test_a_description_that_was_empty_at_creation_is_no_opening(tmp_path: Path) -> None:
    for name in ("alone", "whole"):
        folder = jira(tmp_path / name, with_history=name == "whole")
        told = json.loads((folder / "issues.json").read_text())
        if name == "whole":
            told["issues"][0]["changelog"]["histories"][0]["items"][0]["fromString"] = None
        (folder / "issues.json").write_text(json.dumps(told))
        upsert(tmp_path / "log", [ingest([folder])[0]])
    assert "message" not in read_log(tmp_path / "log").events["event_type"].to_pylist()


def test_a_record_that_was_edited_keeps_the_words_that_were_imported_first(tmp_path: Path) -> None:
    """Of Freshdesk, whose history does not tell them; by whomever it is said to be."""
    for text, requester in (("one", 5), ("two", 6)):
        ticket = {
            "id": 7,
            "created_at": CREATED,
            "updated_at": UPDATED,
            "status": 2,
            "description_text": text,
        }
        folder = put(
            tmp_path / text, tickets=[ticket | {"requester_id": requester, "priority": 1, "source": 2}]
        )
        upsert(tmp_path / "log", [ingest([folder], format="freshdesk")[0]])
    events = read_log(tmp_path / "log").to_pandas()[0]
    assert events["text"].dropna().tolist() == ["one"]


def test_mail_of_a_later_night_is_not_what_a_case_began_with(tmp_path: Path) -> None:
    for name in ("alone", "whole"):
        folder = salesforce_mail(tmp_path / name, with_history=name == "whole")
        if name == "whole":
            mails = folder / "EmailMessage.csv"
            mails.write_text(mails.read_text().replace("2026-01-05T08:59:57Z", CHANGED))
        upsert(tmp_path / "log", [ingest([folder])[0]])
    events = read_log(tmp_path / "log").to_pandas()[0]
    assert events["text"].dropna().tolist() == [TODAY, FIRST]


def test_a_stream_without_texts_leaves_the_opening_words_to_the_record(tmp_path: Path) -> None:
    """In every order of imports, and together."""
    ticket = {"id": 1, "created_at": CREATED, "updated_at": UPDATED, "status": "open", "subject": "s"}
    ticket |= {"requester_id": 101, "submitter_id": 101, "description": FIRST, "via": {"channel": "web"}}
    born = {"id": 5, "event_type": "Create", "status": "open", "requester_id": 101, "subject": "s"}
    said = {"id": 6, "event_type": "Comment", "comment_present": True, "comment_public": True}
    event = {"id": 4, "ticket_id": 1, "created_at": CREATED, "updater_id": 101, "child_events": [born, said]}
    parts = {
        "tickets": put(tmp_path / "tickets", tickets={"tickets": [ticket]}),
        "stream": put(tmp_path / "stream", events={"ticket_events": [event]}),
    }
    orders = (("tickets", "stream"), ("stream", "tickets"))
    for place, order in enumerate(orders):
        for name in order:
            upsert(tmp_path / str(place), [ingest([parts[name]])[0]])
    logs = [read_log(tmp_path / str(place)) for place in range(len(orders))]
    for log in (*logs, ingest(list(parts.values()))[0]):
        events = log.events.to_pylist()
        assert [row["text"] for row in events if row["event_type"] == "message"] == [FIRST]
