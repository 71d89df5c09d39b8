"""Intercom: the cases that break adapters, on conversations as its API gives them."""

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
from boilover.errors import InputError, UsageError
from boilover.history import History

START = 1_772_200_000
HOUR = 3600
USER = {"type": "user", "id": "c1"}
ADMIN = {"type": "admin", "id": "501"}
BOT = {"type": "bot", "id": "9"}


def part(kind: str, hours: float, author: dict[str, Any] = ADMIN, **more: Any) -> dict[str, Any]:
    at = START + int(hours * HOUR)
    return {"part_type": kind, "created_at": at, "author": author, "body": None, "assigned_to": None, **more}


def conversation(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    held = [{"id": f"p{number}", **each} for number, each in enumerate(parts)]
    return {
        "type": "conversation",
        "id": "1",
        "created_at": START,
        "updated_at": START + 100 * HOUR,
        "source": {"type": "email", "subject": "<p>Help</p>", "body": "<p>It broke</p>", "author": USER},
        "contacts": {"contacts": [{"type": "contact", "id": "c1"}]},
        "state": "open",
        "conversation_parts": {"conversation_parts": held, "total_count": len(held)},
        **more,
    }


@pytest.fixture
def read(tmp_path: Path):
    def read(*records: dict[str, Any], **options: Any):
        path = tmp_path / "export.json"
        path.write_text("\n".join(json.dumps(record) for record in records))
        log, report = ingest([path], **options)
        return (*log.to_pandas(), report, Annotations(History.from_log(log)))

    return read


def of(events: pd.DataFrame, kind: str) -> list[Any]:
    return (
        events.loc[events.event_type == kind, "value"]
        .astype(object)
        .where(lambda each: each.notna(), None)
        .tolist()
    )


def hours(events: pd.DataFrame) -> list[float]:
    return ((events.occurred_at - pd.Timestamp(START, unit="s", tz="UTC")).dt.total_seconds() / HOUR).tolist()


def test_case_01_an_internal_note_is_no_reply(read):
    events, _, _, notes = read(conversation(part("note", 1, body="<p>look</p>")))
    messages = events[events.event_type == "message"]
    assert messages.is_public.tolist() == [True, False]
    assert messages.text.tolist() == ["It broke", "look"]
    assert not notes.flag("agent_reply").any()


def test_case_02_a_conversation_that_an_agent_opened(read):
    source = {"type": "email", "body": "Hello", "author": ADMIN, "delivered_as": "admin_initiated"}
    events, tickets, _, _ = read(conversation(source=source))
    assert set(events.actor_role.dropna()) == {"agent"}
    assert tickets.customer_id.tolist() == ["c1"]


def test_case_02_a_campaign_is_a_bot_though_an_admin_signs_it(read):
    source = {"type": "email", "body": "Hello", "author": ADMIN, "delivered_as": "automated"}
    events, *_ = read(conversation(source=source))
    assert events.loc[events.event_type == "message", "actor_role"].tolist() == ["bot"]


def test_case_03_a_merged_conversation_ends_there(read):
    events, _, report, _ = read(
        conversation(part("merged_secondary_conversation", 2), part("comment", 3, body="too late"))
    )
    assert events.event_type.iloc[-1] == "merged"
    assert "too late" not in events.to_csv()
    assert report.notes["facts after a ticket was merged, left out"] == 1


def test_case_03_the_conversation_that_another_was_merged_into_goes_on(read):
    events, _, report, _ = read(
        conversation(part("merged_primary_conversation", 2), part("comment", 3, body="on"))
    )
    assert "merged" not in set(events.event_type)
    assert report.unknown == {}


def test_case_04_closed_open_closed_is_one_reopen(read):
    events, _, _, notes = read(
        conversation(
            part("close", 1),
            part("open", 2, USER, body="Still broken"),
            part("close", 3, body="Now?"),
            state="closed",
        )
    )
    assert of(events, "status_changed") == ["open", "closed", "open", "closed"]
    assert notes.flag("reopened").sum() == 1
    assert events.loc[events.event_type == "message", "text"].tolist() == ["It broke", "Still broken", "Now?"]


@pytest.mark.parametrize(
    "kind",
    ["unsnoozed", "timer_unsnooze", "assign_and_unsnooze", "assign_and_reopen", "note_and_reopen", "open"],
)
def test_case_04_whatever_wakes_a_snoozed_conversation_opens_it(read, kind):
    events, *_ = read(
        conversation(part("snoozed", 1), part(kind, 2, assigned_to={"type": "admin", "id": "501"}))
    )
    assert of(events, "status_changed") == ["open", "pending", "open"]


def test_case_05_the_priority_at_that_time(read):
    def starred(hours: float, to: str, old: str) -> dict[str, Any]:
        return part(
            "priority_changed", hours, event_details={"current_priority": to, "previous_priority": old}
        )

    events, *_ = read(
        conversation(
            starred(1, "priority", "not_priority"),
            starred(2, "not_priority", "priority"),
            priority="priority",
        )
    )
    assert of(events, "priority_changed") == ["normal", "high", "normal"]


def test_case_05_a_priority_without_history_is_known_from_the_last_update_on(read):
    events, *_ = read(conversation(priority="priority"))
    changes = events[events.event_type == "priority_changed"]
    assert changes.value.tolist() == ["normal", "high"]
    assert hours(changes) == [0, 100]


def test_case_06_the_role_at_that_time_is_the_part_s_own(read):
    events, *_ = read(
        conversation(
            part("comment", 1, {"type": "lead", "id": "7"}, body="a"),
            part("comment", 2, {"type": "admin", "id": "7"}, body="b"),
        )
    )
    assert events.loc[events.event_type == "message", "actor_role"].tolist() == [
        "customer",
        "customer",
        "agent",
    ]


def test_case_07_several_changes_at_one_instant_keep_their_order(read):
    team = {"type": "team", "id": 31}
    events, *_ = read(
        conversation(
            part("assignment", 1, assigned_to=team),
            part("close", 1, body="Done"),
            part("open", 1),
            part("snoozed", 1),
            state="snoozed",
        )
    )
    assert of(events, "status_changed") == ["open", "closed", "open", "pending"]
    assert of(events, "group_changed") == ["31"]


def test_case_08_ids_as_text_or_number_are_one_id(read):
    events, tickets, _, _ = read(
        conversation(part("assignment", 1, assigned_to={"type": "admin", "id": 501}), id=1),
        conversation(part("comment", 2, body="x", author={"type": "admin", "id": 501}), id="1"),
    )
    assert tickets.ticket_id.tolist() == ["1"]
    assert of(events, "assignee_changed") == ["501"]
    assert set(events.actor_id.dropna()) == {"c1", "501"}


def test_case_09_and_19_what_stands_twice_counts_once(read):
    whole = conversation(part("comment", 1, body="a"), part("comment", 1, body="a"), part("close", 2))
    once, twice = read(whole), read(whole, whole)
    assert (once[0].event_type == "message").sum() == 3
    pd.testing.assert_frame_equal(once[0], twice[0])
    assert twice[2].notes["facts that stand twice in the export, counted once"] > 0


def test_case_10_a_cut_history_is_refused_unless_that_is_allowed(read):
    cut = conversation(part("comment", 1, body="x"), part("close", 2), state="open", admin_assignee_id=501)
    cut["conversation_parts"]["total_count"] = 501
    with pytest.raises(InputError, match=r"ticket 1 is truncated"):
        read(cut)
    events, _, report, _ = read(cut, allow_cut=True)
    assert (report.truncated, report.truncated_examples) == (1, ("1",))
    assert of(events, "status_changed") == ["open", "closed", "open"]
    assigned = events[events.event_type == "assignee_changed"]
    assert hours(assigned) == [100]


def test_case_10_at_the_limit_of_500_parts_the_count_decides(read):
    full = conversation(*(part("comment", 1, body=str(n)) for n in range(500)))
    assert read(full)[2].truncated == 0
    with pytest.raises(InputError, match="truncated"):
        read(full | {"statistics": {"count_conversation_parts": 512}})


def test_case_13_unassigning_is_no_handoff_nor_is_the_first_assignment(read):
    to = {"type": "admin", "id": "501"}
    events, _, _, notes = read(
        conversation(
            part("default_assignment", 1, BOT, assigned_to=to),
            part("assignment", 2),
            part("assignment", 3, assigned_to={"type": "admin", "id": "502"}, body="<p>yours</p>"),
            admin_assignee_id=502,
        )
    )
    assert of(events, "assignee_changed") == ["501", None, "502"]
    assert notes.flag("handoff").sum() == 1
    assert events.loc[events.text == "yours", "is_public"].tolist() == [True]


def test_case_13_an_assignee_who_never_changed_was_there_from_the_beginning(read):
    events, *_ = read(conversation(admin_assignee_id=501, team_assignee_id=0))
    assert of(events, "assignee_changed") == ["501"]
    assert hours(events[events.event_type == "assignee_changed"]) == [0]
    assert of(events, "group_changed") == []


def test_case_14_a_bot_s_reply_is_no_agent_reply(read):
    events, _, _, notes = read(
        conversation(
            part("comment", 1, BOT, body="Try again"),
            part("comment", 2, ADMIN | {"from_ai_agent": True}, body="Have you tried again?"),
        )
    )
    assert events.loc[events.event_type == "message", "actor_role"].tolist() == ["customer", "bot", "bot"]
    assert not notes.flag("agent_reply").any()


def test_case_16_times_are_seconds_of_utc(read):
    events, *_ = read(conversation(part("close", 0.5)))
    assert events.occurred_at.min() == pd.Timestamp(START, unit="s", tz="UTC")


def test_case_17_a_list_without_parts_tells_what_was_seen_last(read):
    listed = conversation(state="closed", admin_assignee_id=501, team_assignee_id=31, priority="priority")
    del listed["conversation_parts"]
    events, _, report, _ = read({"type": "conversation.list", "conversations": [listed], "pages": {}})
    assert report.notes["conversations without their parts, as lists and searches give them"] == 1
    late = events[events.event_type.isin(["assignee_changed", "group_changed"])]
    assert hours(late) == [100, 100]
    assert of(events, "status_changed") == ["open", "closed"]


def test_case_18_unknown_parts_authors_and_states_are_counted(read):
    events, _, report, _ = read(
        conversation(
            part("teleported", 1, {"type": "martian", "id": "m"}, body="beep"),
            part("participant_added", 2),
            state="sleeping",
        )
    )
    assert report.unknown == {
        "part type": {"'teleported'": 1}, "author": {"'martian'": 1}, "status": {"'sleeping'": 1},
    }  # fmt: skip
    assert "beep" not in events.to_csv()


def test_tags_attributes_ratings_and_missed_slas(read):
    events, *_ = read(
        conversation(
            part(
                "conversation_tags_updated",
                1,
                event_details={"tags_added": ["vip", "bug"], "tags_removed": []},
            ),
            part("conversation_tags_updated", 2, event_details={"tags_added": [], "tags_removed": ["vip"]}),
            part(
                "conversation_attribute_updated_by_admin",
                3,
                event_details={"attribute": {"name": "Tier"}, "value": {"name": "2", "previous": "1"}},
            ),
            part(
                "conversation_sla_target_missed", 4, BOT, event_details={"sla_target_type": "time_to_close"}
            ),
            part("conversation_rating_changed", 5, USER),
            conversation_rating={"rating": 2, "created_at": START + 4 * HOUR, "contact": {"id": "c1"}},
            sla_applied={"sla_name": "Gold", "sla_status": "missed"},
        )
    )
    fields = events[events.event_type == "field_changed"]
    assert list(zip(fields.field, fields.value, strict=True)) == [
        ("tags", "bug vip"), ("tags", "bug"), ("Tier", "1"), ("Tier", "2"), ("sla_breached", "resolution"),
    ]  # fmt: skip
    rating = events[events.event_type == "csat"].iloc[0]
    assert rating.number == 0.25
    assert (rating.observed_at - rating.occurred_at).total_seconds() == HOUR


def test_what_only_today_tells_is_seen_at_the_last_update(read, tmp_path):
    recipe = tmp_path / "own.toml"
    recipe.write_text('format = "intercom"\n[options]\nclosed = "solved"\ncustom_attributes = ["Severity"]\n')
    events, *_ = read(
        conversation(
            part("close", 1),
            state="closed",
            custom_attributes={"Severity": 1, "Secret": "x"},
            sla_applied={"sla_name": "Gold", "sla_status": "missed"},
            tags={
                "tags": [
                    {"name": "b", "applied_at": START + HOUR},
                    {"name": "a", "applied_at": START + 2 * HOUR},
                ]
            },
        ),
        recipe=recipe,
    )
    assert of(events, "status_changed") == ["open", "solved"]
    fields = events[events.event_type == "field_changed"]
    assert list(zip(fields.field, fields.value, hours(fields), strict=True)) == [
        ("tags", "b", 1), ("tags", "a b", 2), ("sla_breached", "any", 100), ("Severity", "1", 100),
    ]  # fmt: skip


def test_statistics_are_never_read(read):
    plain = conversation(part("close", 1))
    told = plain | {"statistics": {"count_reopens": 7, "time_to_last_close": 1}, "waiting_since": START}
    pd.testing.assert_frame_equal(read(plain)[0], read(told)[0])


def test_records_of_another_shape_are_dropped_and_counted(read):
    odd = conversation(
        part("comment", 1, body=None), source="text", contacts=7, tags=[1], conversation_rating="5"
    )
    events, _, report, _ = read(odd, {"id": "2"}, {"created_at": 1}, [1, 2], max_dropped=1.0)
    assert set(events.ticket_id) == {"1"}
    assert report.dropped == {"record that is no conversation": 4}


def test_case_20_files_as_they_come(tmp_path):
    text = json.dumps(conversation(part("close", 1))).encode()
    ways = {"plain.csv": text, "bom.json": b"\xef\xbb\xbf" + text, "packed": gzip.compress(text)}
    for name, content in ways.items():
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("conversations/1.json", text)
    logs = [ingest([tmp_path / name])[0] for name in (*ways, "all.zip")]
    assert all(log.events.equals(logs[0].events) for log in logs)
    (tmp_path / "broken.json").write_bytes(text[:-40])
    with pytest.raises(InputError, match=r"broken\.json"):
        ingest([tmp_path / "broken.json"], format="intercom")
    (tmp_path / "empty.json").write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        ingest([tmp_path / "empty.json"], format="intercom")


def test_a_wrong_option_is_named(read, tmp_path):
    recipe = tmp_path / "own.toml"
    recipe.write_text('format = "intercom"\n[options]\nsnooze = "on_hold"\n')
    with pytest.raises(UsageError, match=r"options\.snooze"):
        read(conversation(), recipe=recipe)


def test_its_own_format_is_recognised_and_no_other(tmp_path):
    head = json.dumps({"type": "conversation.list", "conversations": [conversation()]}).encode()
    scores = {name: adapter(name).sniff(head) for name in formats()}
    assert max(scores, key=lambda name: scores[name]) == "intercom"
    for foreign in (b'{"tickets": [{"id": 1, "status": "open"}]}', b"id,state\n1,open\n", b"<log/>"):
        assert adapter("intercom").sniff(foreign) == 0
