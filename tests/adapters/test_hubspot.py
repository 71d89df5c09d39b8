"""HubSpot: the cases that break adapters, on tickets with their history and what goes with them."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from boilover.adapters import adapter, formats, ingest
from boilover.annotations import Annotations
from boilover.errors import InputError
from boilover.history import History
from exports import own_words

CREATED = "2026-03-01T08:00:00.000Z"
STAGES = {
    "11": ("New", "false"),
    "12": ("Waiting on contact", "false"),
    "13": ("Escalated", "false"),
    "14": ("Done", "true"),
}
PIPELINE = {
    "id": "0",
    "label": "Support",
    "stages": [
        {"id": stage, "label": label, "metadata": {"isClosed": closed}}
        for stage, (label, closed) in STAGES.items()
    ],
}
OWNERS = [
    {"id": "501", "userId": 9001, "email": "a@desk.example"},
    {"id": "502", "userId": 9002, "email": "b@desk.example"},
]


def at(hours: float) -> str:
    return (pd.Timestamp(CREATED) + pd.Timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def entry(value: Any, hours: float, user: int | None = 9001) -> dict[str, Any]:
    who = {"sourceType": "CRM_UI", "updatedByUserId": user} if user else {"sourceType": "FORM"}
    return {"value": value, "timestamp": at(hours), **who}


def ticket(own: Any = "1", **histories: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a ticket; histories are given oldest first, by property, and written newest first."""
    told = {"hs_pipeline_stage": [entry("11", 0, None)], **histories}
    return {
        "id": own,
        "properties": {"createdate": CREATED, **{name: each[-1]["value"] for name, each in told.items()}},
        "propertiesWithHistory": {name: each[::-1] for name, each in told.items()},
        "createdAt": CREATED,
        "updatedAt": at(100),
        "archived": False,
        "associations": {
            "contacts": {"results": [{"id": "701", "type": "ticket_to_contact"}]},
            "companies": {"results": [{"id": "801", "type": "ticket_to_company"}]},
        },
    }


def said(own: str, hours: float, *, tickets: tuple[str, ...] = ("1",), **properties: Any) -> dict[str, Any]:
    return {
        "id": own,
        "properties": {"hs_timestamp": at(hours), **properties},
        "associations": {"tickets": {"results": [{"id": each} for each in tickets]}},
    }


def email(own: str, hours: float, text: str, direction: str = "EMAIL", **more: Any) -> dict[str, Any]:
    properties = {"hs_email_direction": direction, "hs_email_text": text, "hubspot_owner_id": "501", **more}
    return said(own, hours, **properties)


@pytest.fixture
def read(tmp_path: Path):
    def read(*tickets: Any, said: tuple[Any, ...] = (), stages: Any = PIPELINE, **options: Any):
        folder = tmp_path / "export"
        folder.mkdir(exist_ok=True)
        pages = {
            "tickets": tickets,
            "engagements": said,
            "pipelines": [stages] if stages else [],
            "owners": OWNERS,
        }
        for name, records in pages.items():
            if records:
                (folder / f"{name}.json").write_text(json.dumps({"results": list(records), "paging": {}}))
        log, report = ingest([folder], **options)
        return (*log.to_pandas(), report, Annotations(History.from_log(log)))

    return read


def of(events: pd.DataFrame, kind: str) -> list[Any]:
    return [None if pd.isna(each) else each for each in events.loc[events.event_type == kind, "value"]]


def fields(events: pd.DataFrame, name: str) -> list[Any]:
    return [None if pd.isna(each) else each for each in events.loc[events.field == name, "value"]]


def hours(events: pd.DataFrame) -> list[float]:
    return ((events.occurred_at - pd.Timestamp(CREATED)).dt.total_seconds() / 3600).tolist()


def test_case_01_an_internal_note_is_no_reply(read):
    note = said("9", 1, hs_note_body="<p>look</p>", hubspot_owner_id="501")
    events, _, _, notes = read(ticket(content=[entry("It broke", 0)]), said=(note,))
    messages = events[events.event_type == "message"]
    assert messages.text.tolist() == ["It broke", "look"]
    assert messages.is_public.tolist() == [True, False]
    assert messages.actor_role.tolist() == ["customer", "agent"]
    assert not notes.flag("agent_reply").any()


def test_case_02_a_ticket_that_an_agent_opened(read):
    events, tickets, _, _ = read(ticket(hs_pipeline_stage=[entry("11", 0)]))
    assert events.loc[events.event_type == "created", ["actor_id", "actor_role"]].to_numpy().tolist() == [
        ["501", "agent"]
    ]
    assert tickets[["customer_id", "account_id"]].to_numpy().tolist() == [["701", "801"]]


def test_case_02_a_ticket_that_a_form_opened(read):
    events, *_ = read(ticket())
    assert events.loc[events.event_type == "created", ["actor_id", "actor_role"]].to_numpy().tolist() == [
        ["701", "customer"]
    ]


def test_case_03_tickets_merged_into_another_end_there(read):
    primary = ticket("2", hs_merged_object_ids=[entry("1", 5), entry("1;3", 6)])
    late = ticket("1", hs_ticket_priority=[entry("LOW", 0), entry("HIGH", 9)])
    events, _, report, _ = read(primary, late, ticket("3"))
    merged = events[events.event_type == "merged"]
    assert list(zip(merged.ticket_id, hours(merged), strict=True)) == [("1", 5), ("3", 6)]
    assert of(events[events.ticket_id == "1"], "priority_changed") == ["low"]
    assert report.notes["facts after a ticket was merged, left out"] == 1


def test_case_04_closed_open_closed_is_one_reopen(read):
    stages = [entry("11", 0), entry("14", 1), entry("13", 2), entry("14", 3)]
    events, _, _, notes = read(ticket(hs_pipeline_stage=stages))
    assert of(events, "status_changed") == ["new", "closed", "open", "closed"]
    assert fields(events, "stage") == ["New", "Done", "Escalated", "Done"]
    assert events.loc[events["field"] == "stage", "raw_value"].tolist() == ["11", "14", "13", "14"]
    assert notes.flag("reopened").sum() == 1


def test_case_05_the_priority_at_that_time(read):
    history = [entry("LOW", 0), entry("URGENT", 2), entry("MEDIUM", 4)]
    events, *_ = read(ticket(hs_ticket_priority=history))
    changes = events[events.event_type == "priority_changed"]
    assert changes.value.tolist() == ["low", "urgent", "normal"]
    assert hours(changes) == [0, 2, 4]


def test_case_05_a_property_without_history_is_known_from_the_last_update_on(read):
    bare = ticket()
    bare["properties"]["hs_ticket_priority"] = "HIGH"
    events, *_ = read(bare)
    assert hours(events[events.event_type == "priority_changed"]) == [100]


def test_case_07_several_changes_at_one_instant_keep_their_order(read):
    stages = [entry("11", 0), entry("12", 1), entry("13", 1), entry("14", 1)]
    assert of(read(ticket(hs_pipeline_stage=stages))[0], "status_changed") == [
        "new",
        "pending",
        "open",
        "closed",
    ]


def test_case_08_ids_as_text_or_number_are_one_id(read):
    _, tickets, _, _ = read(ticket(1), ticket("1"), said=(email("9", 1, "x"),))
    assert tickets.ticket_id.tolist() == ["1"]


def test_case_09_and_19_what_stands_twice_counts_once(read):
    whole = ticket(hs_ticket_priority=[entry("LOW", 0), entry("HIGH", 1), entry("HIGH", 1)])
    mail = email("9", 2, "x")
    once, twice = read(whole, said=(mail,)), read(whole, whole, said=(mail, mail))
    assert of(once[0], "priority_changed") == ["low", "high"]
    pd.testing.assert_frame_equal(once[0], twice[0])
    pd.testing.assert_frame_equal(once[1], twice[1])


def test_case_10_a_cut_history_is_refused_unless_that_is_allowed(read):
    latest = [entry(str(number), 10 + number) for number in range(20)]
    with pytest.raises(InputError, match=r"ticket 1 is truncated.*hubspot_owner_id"):
        read(ticket(hubspot_owner_id=latest))
    events, _, report, _ = read(ticket(hubspot_owner_id=latest), allow_cut=True)
    assert report.truncated == 1
    assert hours(events[events.event_type == "assignee_changed"])[0] == 10
    whole = [entry("501", 0), *latest[1:]]
    assert read(ticket(hubspot_owner_id=whole))[2].truncated == 0


def test_case_11_an_archived_ticket_is_closed_as_deleted(read):
    events, *_ = read(ticket() | {"archived": True, "archivedAt": at(7)})
    last = events[events.event_type == "status_changed"].iloc[-1]
    assert (last.value, last.raw_value) == ("closed", "deleted")


def test_case_13_unassigning_is_no_handoff_nor_is_the_first_assignment(read):
    history = [entry("501", 1), entry("", 2), entry("502", 3)]
    events, _, _, notes = read(ticket(hubspot_owner_id=history))
    assert of(events, "assignee_changed") == ["501", None, "502"]
    assert notes.flag("handoff").sum() == 1


def test_case_14_a_bot_s_reply_is_no_agent_reply(read):
    thread = {"id": "77", "threadAssociations": {"associatedTicketId": "1"}, "status": "OPEN"}

    def message(own: str, hours: float, actor: str, kind: str = "MESSAGE") -> dict[str, Any]:
        told = {"id": own, "type": kind, "conversationsThreadId": "77", "createdAt": at(hours), "text": own}
        return told | {
            "senders": [{"actorId": actor}],
            "direction": "OUTGOING" if actor[0] != "V" else "INCOMING",
        }

    messages = (
        message("m1", 1, "V-701"), message("m2", 2, "B-3"), message("m3", 3, "A-9002", "COMMENT"),
        message("m4", 4, "A-9002"), message("m5", 5, "S-1", "THREAD_STATUS_CHANGE"),
    )  # fmt: skip
    events, _, report, notes = read(
        ticket(), said=(*messages, thread, email("9", 6, "auto", hs_object_source="AUTOMATION_PLATFORM"))
    )
    spoken = events[events.event_type == "message"]
    assert spoken.actor_role.tolist() == ["customer", "bot", "agent", "agent", "bot"]
    assert spoken.actor_id.tolist() == ["701", "3", "502", "502", "501"]
    assert spoken.is_public.tolist() == [True, True, False, True, True]
    assert notes.flag("agent_reply").sum() == 1
    assert report.unknown == {"message type": {"'THREAD_STATUS_CHANGE'": 1}}


def test_case_16_times_with_an_offset_keep_it(read):
    history = [
        entry("LOW", 0),
        {"value": "HIGH", "timestamp": "2026-03-29T03:30:00+02:00", "sourceType": "API"},
    ]
    events, *_ = read(ticket(hs_ticket_priority=history))
    last = events[events.event_type == "priority_changed"].iloc[-1]
    assert last.occurred_at == pd.Timestamp("2026-03-29T01:30:00Z")
    assert last.actor_role == "system"


def test_case_17_tickets_without_history_tell_what_was_seen_last(read):
    bare = ticket(hubspot_owner_id=[entry("501", 3)], hs_pipeline_stage=[entry("14", 9)])
    del bare["propertiesWithHistory"]
    events, _, report, _ = read(bare)
    assert report.notes["tickets without the history of their properties"] == 1
    changes = events[events.event_type != "created"]
    assert set(hours(changes)) == {100}
    assert of(events, "status_changed") == ["closed"]


def test_case_18_unknown_words_and_records_are_counted(read):
    odd = ticket(hs_ticket_priority=[entry("Sev-1", 0)])
    events, _, report, _ = read(odd, {"id": "5", "properties": {"dealname": "x"}}, max_dropped=1.0)
    assert report.unknown == {"priority": {"'Sev-1'": 1}}
    assert of(events, "priority_changed") == ["Sev-1"]
    assert report.dropped == {"record of another kind": 1}


def test_stages_are_told_by_the_options_the_label_or_whether_they_are_closed(read, tmp_path):
    stages = [entry("11", 0), entry("13", 1), entry("12", 2), entry("14", 3), entry("99", 4)]
    recipe = tmp_path / "own.toml"
    recipe.write_text('format = "hubspot"\n[options]\nstatuses = { "13" = "on_hold", "Done" = "solved" }\n')
    events, _, report, _ = read(ticket(hs_pipeline_stage=stages), recipe=recipe)
    assert of(events, "status_changed") == ["new", "on_hold", "pending", "solved", "open"]
    assert report.unknown == {"status": {"'99'": 1}}


def test_without_a_pipeline_the_first_one_s_stages_are_known(read):
    stages = [entry("1", 0), entry("2", 1), entry("3", 2), entry("4", 3)]
    events, *_ = read(ticket(hs_pipeline_stage=stages), stages=None)
    assert of(events, "status_changed") == ["new", "pending", "open", "closed"]


def test_the_stages_may_be_a_table(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(ticket(hs_pipeline_stage=[entry("11", 0), entry("x9", 1)])))
    (tmp_path / "stages.csv").write_text("stage_id,label,is_closed\n11,New,false\nx9,Finished,TRUE\n")
    events, _ = ingest([tmp_path])[0].to_pandas()
    assert of(events, "status_changed") == ["new", "closed"]


@pytest.mark.parametrize(
    ("closed", "status"), [(True, "closed"), ("true", "closed"), (False, "open"), ("false", "open")]
)
def test_whether_a_stage_is_closed_is_a_truth_value_or_a_word(tmp_path, closed, status):
    stage = {"id": "x9", "label": "Zurück", "metadata": {"isClosed": closed}}
    records = [{"id": "0", "stages": [stage]}, ticket(hs_pipeline_stage=[entry("x9", 0)])]
    (tmp_path / "all.json").write_text(json.dumps(records))
    log, report = ingest([tmp_path])
    assert of(log.to_pandas()[0], "status_changed") == [status]
    assert not report.unknown


def test_own_properties_due_times_and_misses(read):
    due = [entry("2026-03-02T08:00:00Z", 0), entry("1772524800000", 4)]
    events, tickets, _, _ = read(
        ticket(
            escalated=[entry("true", 5)],
            hs_ticket_category=[entry("BILLING", 0), entry("BUG", 2)],
            hs_time_to_close_sla_at=due,
            hs_time_to_close_sla_status=[entry("ACTIVE_OVERDUE", 30)],
            time_to_close=[entry("999", 50)],
            hs_time_in_13=[entry("77", 50)],
            subject=[entry("First words", 0), entry("Last words", 9)],
            source_type=[entry("EMAIL", 0)],
        )
    )
    assert fields(events, "escalated") == ["true"]
    assert fields(events, "category") == ["BILLING", "BUG"]
    assert fields(events, "sla_breached") == ["resolution"]
    dues = events[events.event_type == "sla_due"]
    assert hours(dues) == [24, 48]
    assert own_words(events) == {"hs_time_to_close_sla_at", "hs_time_to_close_sla_status"}
    assert "999" not in events.to_csv()
    assert "77" not in set(events.value)
    assert tickets[["subject", "channel", "category"]].to_numpy().tolist() == [
        ["First words", "EMAIL", "BILLING"]
    ]


def test_emails_of_no_ticket_and_nested_nonsense_are_counted(read):
    odd = ticket() | {
        "associations": [1],
        "propertiesWithHistory": {"hs_pipeline_stage": ["x"], "subject": 5},
    }
    lost = said("8", 1, tickets=(), hs_email_direction="EMAIL")
    _, _, report, _ = read(odd, {"properties": {"hs_pipeline_stage": "11"}}, said=(lost,), max_dropped=1.0)
    assert report.dropped == {"email or note of no ticket": 1, "ticket without id or time of creation": 1}


def test_case_20_files_as_they_come(tmp_path):
    text = json.dumps({"results": [ticket(hs_ticket_priority=[entry("LOW", 0)])]}).encode()
    ways = {"plain.csv": text, "bom.json": b"\xef\xbb\xbf" + text, "packed": gzip.compress(text)}
    for name, content in ways.items():
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("tickets.json", text)
    logs = [ingest([tmp_path / name])[0] for name in (*ways, "all.zip")]
    assert all(log.events.equals(logs[0].events) for log in logs)
    (tmp_path / "broken.json").write_bytes(text[:-30])
    with pytest.raises(InputError, match=r"broken\.json"):
        ingest([tmp_path / "broken.json"])


def test_its_own_format_is_recognised_and_no_other():
    for records in ([ticket()], [PIPELINE], [email("1", 1, "x")], OWNERS):
        assert adapter("hubspot").sniff(json.dumps({"results": records}).encode()) > 0
    head = json.dumps({"results": [ticket()]}).encode()
    scores = {name: adapter(name).sniff(head) for name in formats()}
    assert max(scores, key=lambda name: scores[name]) == "hubspot"
    for foreign in (b'{"tickets": [{"id": 1, "status": "open"}]}', b"id,state\n1,open\n", b"<log/>"):
        assert adapter("hubspot").sniff(foreign) == 0
