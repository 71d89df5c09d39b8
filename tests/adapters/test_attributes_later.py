"""Tickets are imported alone, and later with their history: attributes are then what they were at creation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boilover.adapters import ingest
from boilover.log import read_log
from boilover.store import upsert

CREATED, CHANGED, UPDATED = "2026-01-05T09:00:00Z", "2026-01-06T10:00:00Z", "2026-01-07T10:00:00Z"
PUT_BACK = "attributes of a record of today, put back to what a history tells of the creation"


def put(folder: Path, **files: object) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def jira(folder: Path, *, with_history: bool, location: str | None) -> Path:
    def item(name: str, was: str | None, now: str, **ids: str) -> dict[str, Any]:
        return {
            "field": name,
            "fieldId": name,
            "fieldtype": "jira",
            "fromString": was,
            "toString": now,
            **ids,
        }

    items = [
        item("summary", "It is slow", "It is down"),
        item("reporter", "Ada", "Bob", **{"from": "101", "to": "102"}),
        {**item("customfield_10031", "Web", "Phone"), "field": "Channel", "fieldtype": "custom"},
    ]
    fields = {"created": CREATED.replace("Z", ".000+0000"), "updated": UPDATED.replace("Z", ".000+0000")}
    fields |= {
        "summary": "It is down",
        "status": {"id": "1", "name": "Open"},
        "reporter": {"accountId": "102"},
    }
    fields |= {"customfield_10031": {"value": "Phone"}, "customfield_7": location}
    issue: dict[str, Any] = {"id": "9", "key": "A-1", "fields": fields}
    if with_history:
        save = {
            "id": "5",
            "created": CHANGED.replace("Z", ".000+0000"),
            "author": {"accountId": "7"},
            "items": items,
        }
        issue["changelog"] = {"startAt": 0, "maxResults": 100, "total": 1, "histories": [save]}
    recipe = '[options]\nattributes = { channel = "customfield_10031", location = "customfield_7" }\n'
    folder.with_suffix(".toml").write_text(f'format = "jira"\n{recipe}', encoding="utf-8")
    return put(folder, issues={"issues": [issue]})


def servicenow(folder: Path, *, with_history: bool, location: str | None) -> Path:
    incident = {"sys_id": "i1", "number": "INC1", "short_description": "It is down", "caller_id": "102"}
    incident |= {
        "sys_created_on": "2026-01-05 09:00:00",
        "sys_updated_on": "2026-01-07 10:00:00",
        "state": "2",
    }
    if location is not None:
        incident["location"] = location
    changes = {
        "short_description": ("It is slow", "It is down"),
        "caller_id": ("101", "102"),
        "state": ("1", "2"),
    }
    audit = [
        {"sys_id": f"a{place}", "tablename": "incident", "documentkey": "i1", "fieldname": name, "user": "7"}
        | {"oldvalue": old, "newvalue": new, "sys_created_on": "2026-01-06 10:00:00"}
        for place, (name, (old, new)) in enumerate(changes.items())
    ]
    tables: dict[str, object] = {"incident": {"result": [incident]}}
    return put(folder, **tables, **({"sys_audit": {"result": audit}} if with_history else {}))


def zendesk(folder: Path, *, with_history: bool, location: str | None) -> Path:
    ticket = {
        "id": 1,
        "created_at": CREATED,
        "updated_at": UPDATED,
        "status": "open",
        "subject": "It is down",
    }
    ticket |= {
        "requester_id": 102,
        "submitter_id": 101,
        "organization_id": location,
        "via": {"channel": "web"},
    }
    first = {"subject": "It is slow", "requester_id": "101", "status": "new", "priority": "normal"}
    told = [
        {"id": n, "type": "Create", "field_name": name, "value": each}
        for n, (name, each) in enumerate(first.items())
    ]
    moved = {"subject": "It is down", "requester_id": "102", "status": "open"}
    changed = [
        {"id": 10 + n, "type": "Change", "field_name": name, "value": each, "previous_value": first[name]}
        for n, (name, each) in enumerate(moved.items())
    ]
    audits = [
        {
            "id": number,
            "ticket_id": 1,
            "created_at": at,
            "author_id": who,
            "via": {"channel": "web"},
            "events": events,
        }
        for number, (at, who, events) in enumerate([(CREATED, 101, told), (CHANGED, 7, changed)], start=50)
    ]
    return put(
        folder, tickets={"tickets": [ticket]}, **({"audits": {"audits": audits}} if with_history else {})
    )


def hubspot(folder: Path, *, with_history: bool, location: str | None) -> Path:
    def told(*values: tuple[str, str]) -> list[dict[str, str]]:
        return [{"value": value, "timestamp": at, "sourceType": "CRM_UI"} for at, value in reversed(values)]

    properties = {"createdate": CREATED, "hs_lastmodifieddate": UPDATED, "subject": "It is down"}
    properties |= {"hs_pipeline_stage": "2", "hs_pipeline": "0", "hs_object_id": "1"}
    ticket: dict[str, Any] = {"id": "1", "properties": properties, "createdAt": CREATED, "updatedAt": UPDATED}
    if with_history:
        ticket["propertiesWithHistory"] = {
            "subject": told((CREATED, "It is slow"), (CHANGED, "It is down")),
            "hs_pipeline_stage": told((CREATED, "1"), (CHANGED, "2")),
            "hs_pipeline": told((CREATED, "0")),
        }
    return put(folder, tickets={"results": [ticket]})


SYSTEMS = {
    jira: {"subject": "It is slow", "customer_id": "101", "channel": "Web"},
    servicenow: {"subject": "It is slow", "customer_id": "101"},
    zendesk: {"subject": "It is slow", "customer_id": "101"},
    hubspot: {"subject": "It is slow"},
}


@pytest.mark.parametrize("export", SYSTEMS, ids=lambda export: export.__name__)
def test_a_history_puts_back_what_a_record_of_today_showed(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = tmp_path / "whole.toml"
    folders = [
        export(tmp_path / name, with_history=name == "whole", location=location)
        for name, location in (("alone", "Paris"), ("whole", "Rome"), ("after", "Oslo"))
    ]
    once, _ = ingest([folders[1]], recipe=recipe if recipe.exists() else None)
    done = [
        upsert(tmp_path / "log", [ingest([folder], recipe=recipe if recipe.exists() else None)[0]])
        for folder in folders
    ]
    [held] = read_log(tmp_path / "log").tickets.to_pylist()
    then = SYSTEMS[export]
    assert {name: held[name] for name in then} == then
    assert {name: once.tickets[name].to_pylist() for name in then} == {
        name: [value] for name, value in then.items()
    }
    assert done[1].notes[PUT_BACK] == len(then)
    assert PUT_BACK not in done[2].notes
    # What no history tells stays as the first record showed it: later ones know more.
    place = "account_id" if export is zendesk else "location"
    if export is not hubspot:
        assert held[place] == "Paris"


def test_what_no_import_held_so_far_is_filled_in_also_where_a_history_tells_it(tmp_path: Path) -> None:
    folders = [servicenow(tmp_path / name, with_history=True, location=None) for name in ("early", "late")]
    bare = json.loads((folders[0] / "incident.json").read_text())
    del bare["result"][0]["short_description"]
    (folders[0] / "incident.json").write_text(json.dumps(bare))
    audit = json.loads((folders[0] / "sys_audit.json").read_text())
    audit["result"] = [row for row in audit["result"] if row["fieldname"] != "short_description"]
    (folders[0] / "sys_audit.json").write_text(json.dumps(audit))
    for folder in folders:
        upsert(tmp_path / "log", [ingest([folder])[0]])
    assert read_log(tmp_path / "log").tickets["subject"].to_pylist() == ["It is slow"]


def test_a_history_that_begins_later_than_the_log_s_puts_nothing_back(tmp_path: Path) -> None:
    """A desk may delete old audits: what the first import told of the creation stands."""
    early, late = (
        servicenow(tmp_path / name, with_history=True, location=None) for name in ("early", "late")
    )
    kept = json.loads((late / "sys_audit.json").read_text())
    later = {
        "oldvalue": "It is down",
        "newvalue": "It is up",
        "sys_created_on": "2026-01-08 10:00:00",
        "sys_id": "b",
    }
    kept["result"] = [{**kept["result"][0], **later}]
    (late / "sys_audit.json").write_text(json.dumps(kept))
    for folder in (early, late):
        upsert(tmp_path / "log", [ingest([folder], allow_cut=True)[0]])
    assert read_log(tmp_path / "log").tickets["subject"].to_pylist() == ["It is slow"]


def test_a_whole_history_without_a_change_tells_what_an_issue_was_called(tmp_path: Path) -> None:
    """A record of today is imported first, and an export of before the edit after it."""
    folders = [
        jira(tmp_path / name, with_history=name == "older", location=None) for name in ("newer", "older")
    ]
    told = json.loads((folders[1] / "issues.json").read_text())
    told["issues"][0]["fields"]["summary"] = "It is slow"
    told["issues"][0]["changelog"] = {"startAt": 0, "maxResults": 100, "total": 0, "histories": []}
    (folders[1] / "issues.json").write_text(json.dumps(told))
    for folder in folders:
        upsert(tmp_path / "log", [ingest([folder])[0]])
    assert read_log(tmp_path / "log").tickets["subject"].to_pylist() == ["It is slow"]


def github(folder: Path, *, title: str, updated: str, events: list[dict[str, Any]] | None) -> Path:
    """Return an export whose history is a timeline, a list of the repository, or none."""
    url = "https://api.github.com/repos/desk/help"
    issue: dict[str, Any] = {
        "number": 7,
        "url": f"{url}/issues/7",
        "title": title,
        "user": {"login": "ana"},
        "labels": [],
    }
    issue |= {"state": "open", "created_at": CREATED, "updated_at": updated, "author_association": "NONE"}
    return put(folder, issues=[issue], **({} if events is None else {"events": events}))


def servicenow_of_two(folder: Path, *, is_newer: bool) -> Path:
    """Return an export in whose audit another incident tells that a history of subjects and callers is kept."""
    made = servicenow(folder, with_history=not is_newer, location=None)
    if not is_newer:
        told = json.loads((made / "incident.json").read_text())["result"][0]
        early = {**told, "short_description": "It is slow", "caller_id": "101", "state": "1"}
        early["sys_updated_on"] = "2026-01-05 09:00:00"
        other = {**told, "sys_id": "i2", "number": "INC2"}
        audit = json.loads((made / "sys_audit.json").read_text())["result"]
        (made / "incident.json").write_text(json.dumps({"result": [early, other]}))
        rows = [{**row, "documentkey": "i2"} for row in audit]
        (made / "sys_audit.json").write_text(json.dumps({"result": rows}))
    return made


def test_an_export_without_a_column_puts_nothing_back(tmp_path: Path) -> None:
    """Though its history tells of changes of that column, of another incident."""
    folders = [servicenow_of_two(tmp_path / name, is_newer=name == "alone") for name in ("alone", "whole")]
    made = folders[1] / "incident.json"
    told = json.loads(made.read_text())
    for incident in told["result"]:
        del incident["short_description"]
    made.write_text(json.dumps(told))
    for folder in folders:
        upsert(tmp_path / "log", [ingest([folder])[0]])
    assert read_log(tmp_path / "log").tickets["subject"].to_pylist()[0] == "It is down"


def test_an_older_whole_export_tells_what_a_newer_record_showed_otherwise(tmp_path: Path) -> None:
    """Also where its history has nothing to tell of it: it was not changed yet."""
    label: dict[str, Any] = {"id": 1, "event": "labeled", "actor": {"login": "ben"}, "created_at": CREATED}
    label |= {"label": {"name": "bug"}, "issue": {"number": 7, "url": "x"}}
    now, then = {"title": "It is down", "updated": UPDATED}, {"title": "It is slow", "updated": CREATED}
    made = {
        "github": [
            github(tmp_path / "newer", **now, events=None),
            github(tmp_path / "older", **then, events=[label]),
        ],
        "servicenow": [servicenow_of_two(tmp_path / f"sn{n}", is_newer=n == 0) for n in (0, 1)],
    }
    for system, folders in made.items():
        for folder in folders:
            upsert(tmp_path / system, [ingest([folder], format=system)[0]])
        held = read_log(tmp_path / system).tickets.to_pylist()[0]
        assert held["subject"] == "It is slow"
        assert held["customer_id"] == ("ana" if system == "github" else "101")
