"""OCEL 2.0: object-centric logs as JSON, SQLite and XML, of which one object type is the ticket."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from boilover.adapters import adapter, formats, ingest
from boilover.annotations import Annotations
from boilover.errors import InputError, UsageError
from boilover.history import History

DAY = "2026-03-01"
UNDATED = "1970-01-01T00:00:00Z"
Log = dict[str, list[dict[str, Any]]]


def clock(hour: int) -> str:
    return f"{DAY}T{hour:02}:00:00Z"


def thing(own: Any, kind: str, related: Sequence[str] = (), **attributes: Any) -> dict[str, Any]:
    """Return an object; an attribute is a value from the beginning on, or a list of (hour, value)."""
    told = [
        {"name": name, "value": value, "time": UNDATED if hour is None else clock(hour)}
        for name, values in attributes.items()
        for hour, value in (values if isinstance(values, list) else [(None, values)])
    ]
    links = [{"objectId": each, "qualifier": "of"} for each in related]
    return {"id": own, "type": kind, "attributes": told, "relationships": links}


def event(own: str, kind: str, hour: int, related: Sequence[Any], **attributes: Any) -> dict[str, Any]:
    told = [{"name": name, "value": value} for name, value in attributes.items()]
    links = [{"objectId": each, "qualifier": "by"} for each in related]
    return {"id": own, "type": kind, "time": clock(hour), "attributes": told, "relationships": links}


def log_of(objects: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]) -> Log:
    kinds = {
        name: sorted({each["type"] for each in held})
        for name, held in (("object", objects), ("event", events))
    }
    types = {
        f"{name}Types": [{"name": kind, "attributes": []} for kind in found] for name, found in kinds.items()
    }
    return {**types, "events": list(events), "objects": list(objects)}


PEOPLE = (
    thing("ann", "agent"),
    thing("bob", "agent"),
    thing("cas", "customer"),
    thing("hal", "bot"),
    thing("t2", "team"),
)
OBJECTS = (
    thing("7", "Ticket", ["cas"], status="new", priority=[(None, "low"), (4, "high")], product="Press"),
    *PEOPLE,
)
EVENTS = (
    event("e1", "Open", 1, ["7", "cas"], text="It broke"),
    event("e2", "Note", 2, ["7", "ann"], text="Look", public=False),
    event("e3", "Hand over", 3, ["7", "ann", "t2"], assignee="bob"),
    event("e4", "Answer", 5, ["7", "hal"], text="Try again"),
    event("e5", "Work", 6, ["7", "bob"], status="open"),
    event("e6", "Work", 7, ["7", "bob"], status="solved"),
    event("e7", "Open", 8, ["7", "cas"], status="open"),
    event("e8", "Audit", 9, ["ann"]),
)
LOG = log_of(OBJECTS, EVENTS)


def to_sqlite(log: Log, path: Path) -> Path:
    """Write a log as OCEL 2.0 lays out its tables."""
    with sqlite3.connect(path) as database:
        for what, table in (("object", "object"), ("event", "event")):
            rows = log[f"{what}s"]
            database.execute(f"CREATE TABLE {what}_map_type (ocel_type TEXT, ocel_type_map TEXT)")
            database.execute(f"CREATE TABLE {what} (ocel_id TEXT, ocel_type TEXT)")
            database.executemany(
                f"INSERT INTO {table} VALUES (?, ?)", [(each["id"], each["type"]) for each in rows]
            )
            for kind in sorted({each["type"] for each in rows}):
                name = kind.replace(" ", "")
                database.execute(f"INSERT INTO {what}_map_type VALUES (?, ?)", (kind, name))
                _table(database, what, f"{what}_{name}", [each for each in rows if each["type"] == kind])
        for link, source, rows in (
            ("event_object", "ocel_event_id, ocel_object_id", log["events"]),
            ("object_object", "ocel_source_id, ocel_target_id", log["objects"]),
        ):
            database.execute(f"CREATE TABLE {link} ({source}, ocel_qualifier)")
            links = [
                (each["id"], to["objectId"], to["qualifier"])
                for each in rows
                for to in each.get("relationships", [])
            ]
            database.executemany(f"INSERT INTO {link} VALUES (?, ?, ?)", links)
    database.close()
    return path


def _table(database: sqlite3.Connection, what: str, table: str, rows: list[dict[str, Any]]) -> None:
    names = sorted({each["name"] for row in rows for each in row["attributes"]})
    own = ("ocel_id", "ocel_time", "ocel_changed_field")[: 3 if what == "object" else 2]
    columns = ", ".join((*own, *(f'"{name}"' for name in names)))
    database.execute(f'CREATE TABLE "{table}" ({columns})')
    for row in rows:
        if what == "event":
            values = {each["name"]: each["value"] for each in row["attributes"]}
            told = [(row["id"], row["time"].replace("T", " ").removesuffix("Z"), values)]
        else:
            first = {each["name"]: each["value"] for each in row["attributes"] if each["time"] == UNDATED}
            told = [(row["id"], "1970-01-01 00:00:00", None, first)]
            told += [
                (row["id"], each["time"], each["name"], {each["name"]: each["value"]})
                for each in row["attributes"]
                if each["time"] != UNDATED
            ]
        for *head, values in told:
            cells = (*head, *(values.get(name) for name in names))
            database.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(cells))})', cells)


def to_xml(log: Log) -> str:
    """Write a log as OCEL 2.0 XML, its events before its objects."""
    root = ElementTree.Element("log")
    kinds = {bool: "boolean", int: "integer", float: "float"}
    for what in ("event", "object"):
        types = ElementTree.SubElement(root, f"{what}-types")
        for kind in sorted({each["type"] for each in log[f"{what}s"]}):
            attributes = ElementTree.SubElement(
                ElementTree.SubElement(types, f"{what}-type", name=kind), "attributes"
            )
            of_kind = (each for row in log[f"{what}s"] if row["type"] == kind for each in row["attributes"])
            for name, value in {each["name"]: each["value"] for each in of_kind}.items():
                ElementTree.SubElement(
                    attributes, "attribute", name=name, type=kinds.get(type(value), "string")
                )
    for what in ("event", "object"):
        held = ElementTree.SubElement(root, f"{what}s")
        for row in log[f"{what}s"]:
            own = {name: str(row[name]) for name in ("id", "type", "time") if name in row}
            made = ElementTree.SubElement(held, what, own)
            told = ElementTree.SubElement(made, "attributes")
            for each in row["attributes"]:
                if each["value"] is not None:
                    given = {name: each[name] for name in ("name", "time") if name in each}
                    value = str(int(each["value"])) if isinstance(each["value"], bool) else str(each["value"])
                    ElementTree.SubElement(told, "attribute", given).text = value
            links = ElementTree.SubElement(made, "objects")
            for each in row.get("relationships", []):
                given = {"object-id": str(each["objectId"]), "qualifier": each["qualifier"]}
                ElementTree.SubElement(links, "relationship", given)
    return ElementTree.tostring(root, encoding="unicode")


@pytest.fixture(params=["json", "sqlite", "xml"])
def read(request, tmp_path: Path):
    def read(log: Log = LOG, **options: Any):
        path = tmp_path / "log"
        path.unlink(missing_ok=True)
        if request.param == "json":
            path.write_text(json.dumps(log))
        elif request.param == "xml":
            path.write_text(to_xml(log))
        else:
            to_sqlite(log, path)
        made, report = ingest([path], **options)
        return (*made.to_pandas(), report, Annotations(History.from_log(made)))

    return read


@pytest.fixture
def recipe(tmp_path: Path):
    def recipe(options: str) -> Path:
        path = tmp_path / "own.toml"
        path.write_text(f'format = "ocel"\n[options]\n{options}\n')
        return path

    return recipe


def of(events: pd.DataFrame, kind: str) -> list[Any]:
    return [None if pd.isna(each) else each for each in events.loc[events.event_type == kind, "value"]]


def test_a_ticket_is_told_by_its_events_and_its_attributes(read):
    events, tickets, report, _ = read()
    assert (report.format, report.recipe) == ("ocel", "ocel")
    assert tickets.to_dict("records") == [{"ticket_id": "7", "product": "Press", "customer_id": "cas"}]
    assert of(events, "status_changed") == ["new", "open", "solved", "open"]
    assert of(events, "priority_changed") == ["low", "high"]
    assert of(events, "assignee_changed") == ["bob"]
    assert of(events, "group_changed") == ["t2"]
    activities = events[events.field == "activity"]
    assert activities.value.tolist() == ["Open", "Note", "Hand over", "Answer", "Work", "Work", "Open"]
    assert activities.actor_id.tolist() == ["cas", "ann", "ann", "hal", "bob", "bob", "cas"]
    assert report.notes["events of no ticket, left out"] == 1
    assert report.unknown == {}


def test_case_01_an_internal_note_and_14_a_bot_s_reply_are_no_reply(read):
    events, _, _, notes = read()
    messages = events[events.event_type == "message"]
    assert messages.text.tolist() == ["It broke", "Look", "Try again"]
    assert messages.is_public.tolist() == [True, False, True]
    assert messages.actor_role.tolist() == ["customer", "agent", "bot"]
    assert not notes.flag("agent_reply").any()


def test_case_04_solved_and_open_again_is_one_reopen(read):
    assert read()[3].flag("reopened").sum() == 1


def test_case_05_the_priority_at_that_time(read):
    events, *_ = read()
    changes = events[events.event_type == "priority_changed"]
    assert changes.occurred_at.dt.hour.tolist() == [1, 4]


def test_case_08_ids_as_text_or_number_are_one_id(tmp_path):
    log = log_of([thing(7, "ticket"), *PEOPLE], [event("1", "Open", 1, [7]), event("2", "Work", 2, ["7"])])
    (tmp_path / "log.json").write_text(json.dumps(log))
    assert ingest([tmp_path / "log.json"])[0].tickets["ticket_id"].to_pylist() == ["7"]


def test_case_09_and_19_what_stands_twice_counts_once(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(LOG))
    (tmp_path / "b.json").write_text(json.dumps(log_of(OBJECTS, EVENTS[3:])))
    once, twice = ingest([tmp_path / "a.json"])[0], ingest([tmp_path])[0]
    assert once.events.equals(twice.events)
    assert once.tickets.equals(twice.tickets)


def test_case_16_times_without_an_offset_are_local_where_that_is_said(tmp_path, recipe):
    text = (
        json.dumps(LOG)
        .replace('"2026-03-01T01:00:00Z"', '"2026-03-29T03:30:00"')
        .replace("T02:00:00Z", "T02:00:00+02:00")
    )
    (tmp_path / "log.json").write_text(text)
    events = ingest([tmp_path / "log.json"], recipe=recipe('timezone = "Europe/Berlin"'))[0].to_pandas()[0]
    by_text = events[events.event_type == "message"].set_index("text").occurred_at
    assert by_text["It broke"] == pd.Timestamp("2026-03-29T01:30:00Z")
    assert by_text["Look"] == pd.Timestamp("2026-03-01T00:00:00Z")


def test_case_17_objects_without_events_tell_what_is_dated(read):
    events, _, report, _ = read(log_of([thing("7", "ticket", status=[(1, "open"), (3, "solved")])], []))
    assert of(events, "status_changed") == ["open", "solved"]
    assert report.notes["tickets without a time of creation, begun with their first event"] == 1


def test_case_18_an_unknown_status_is_counted_and_open(read, recipe):
    log = log_of(
        [thing("7", "ticket", state="Fresh"), *PEOPLE], [event("1", "Work", 1, ["7"], state="Frozen")]
    )
    options = recipe('attributes = { state = "status" }\nstatuses = { Fresh = "new" }')
    events, _, report, _ = read(log, recipe=options)
    assert of(events, "status_changed") == ["new", "open"]
    assert report.unknown == {"status": {"'Frozen'": 1}}


def test_an_event_of_two_tickets_belongs_to_both(read):
    log = log_of(
        [thing("7", "ticket"), thing("8", "ticket")], [event("1", "Merge", 1, ["7", "8"], text="Same")]
    )
    events, *_ = read(log)
    assert events[events.event_type == "message"].ticket_id.tolist() == ["7", "8"]


def test_the_ticket_is_named_where_it_cannot_be_guessed(read, recipe):
    log = log_of([thing("1", "order"), thing("2", "parcel")], [event("e", "Send", 1, ["1", "2"])])
    with pytest.raises(UsageError, match=r"option ticket; there are: order, parcel"):
        read(log)
    with pytest.raises(UsageError, match=r"'invoice'.*order, parcel"):
        read(log, recipe=recipe('ticket = "invoice"'))
    assert read(log, recipe=recipe('ticket = "Parcel"'))[1].ticket_id.tolist() == ["2"]


def test_own_names_for_people_groups_and_attributes(read, recipe):
    log = log_of(
        [thing("7", "incident", end="known later"), thing("o", "operator"), thing("s", "squad")],
        [event("e", "Say", 1, ["7", "o", "s"], comment="Hello", visible="no", level=3)],
    )
    options = recipe(
        'people = { Operator = "agent" }\ngroups = ["squad"]\ntext = "comment"\npublic = "visible"\n'
        'attributes = { end = "", level = "tier" }'
    )
    events, *_ = read(log, recipe=options)
    message = events[events.event_type == "message"].iloc[0]
    assert (message.text, message.is_public, message.actor_id, message.actor_role) == (
        "Hello",
        False,
        "o",
        "agent",
    )
    assert of(events, "group_changed") == ["s"]
    assert events.loc[events.field == "tier", "value"].tolist() == ["3"]
    assert "known later" not in events.to_csv()


def test_json_sqlite_and_xml_tell_the_same(tmp_path):
    (tmp_path / "log.json").write_text(json.dumps(LOG))
    plain = ingest([tmp_path / "log.json"])[0]
    (tmp_path / "log.xml").write_text(to_xml(LOG))
    (tmp_path / "zero.xml").write_text(to_xml(LOG).replace(UNDATED, "0"))
    for other in (to_sqlite(LOG, tmp_path / "log.sqlite"), tmp_path / "log.xml", tmp_path / "zero.xml"):
        log = ingest([other])[0]
        assert plain.ordered().events.equals(log.ordered().events)
        assert plain.tickets.equals(log.tickets)


def test_case_20_files_as_they_come(tmp_path):
    text = json.dumps(LOG).encode()
    stored = to_sqlite(LOG, tmp_path / "stored").read_bytes()
    ways = {"plain.csv": text, "bom.xml": b"\xef\xbb\xbf" + text, "packed": gzip.compress(text)}
    ways |= {"stored.gz": gzip.compress(stored)}
    for name, content in ways.items():
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("log.db", stored)
    logs = [ingest([tmp_path / name])[0].ordered() for name in (*ways, "stored", "all.zip")]
    assert all(log.events.equals(logs[0].events) for log in logs)


@pytest.mark.parametrize("damage", ["json", "sqlite", "xml", "foreign"])
def test_case_20_a_damaged_log_says_so(tmp_path, damage):
    path = tmp_path / "broken"
    if damage == "json":
        path.write_bytes(json.dumps(LOG).encode()[:-60])
    elif damage == "xml":
        path.write_text(to_xml(LOG)[:-60])
    elif damage == "sqlite":
        path.write_bytes(to_sqlite(LOG, tmp_path / "whole").read_bytes()[:3000])
    else:
        sqlite3.connect(path).execute("CREATE TABLE photos (id)").connection.close()
    with pytest.raises(InputError, match="broken"):
        ingest([path], format="ocel")


def test_its_own_format_is_recognised_and_no_other(tmp_path):
    heads = [
        json.dumps(LOG).encode(),
        to_sqlite(LOG, tmp_path / "log").read_bytes()[:65_536],
        to_xml(LOG).encode(),
    ]
    for head in heads:
        scores = {name: adapter(name).sniff(head) for name in formats()}
        assert max(scores, key=lambda name: scores[name]) == "ocel"
    for foreign in (b'{"tickets": [{"id": 1, "status": "open"}]}', b"id,state\n1,open\n", b"<log/>"):
        assert adapter("ocel").sniff(foreign) == 0
