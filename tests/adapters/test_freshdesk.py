"""Freshdesk: tickets, conversations, activities and ratings, and the cases that every adapter is tested on."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from boilover import declare
from boilover.adapters import ingest, load_recipe
from boilover.adapters.freshdesk import FreshdeskAdapter
from boilover.adapters.freshdesk_desk import Options, iso_time
from boilover.adapters.freshdesk_due import Promises
from boilover.adapters.recipe import parse_recipe
from boilover.errors import InputError, UsageError
from boilover.escalation import parse_rule
from exports import flags, own_words, told

CUSTOMER, ANN, BOB, BOT = 700, 501, 502, 900


def ticket(number=7, **more):
    fields = {
        "id": number,
        "subject": "Broken",
        "description_text": "It broke",
        "status": 3,
        "priority": 3,
        "source": 1,
        "type": "Incident",
        "requester_id": CUSTOMER,
        "responder_id": None,
        "group_id": None,
        "company_id": 40,
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-06T10:00:00Z",
        "due_by": None,
        "fr_due_by": None,
        "is_escalated": False,
        "fr_escalated": False,
        "spam": False,
        "tags": [],
        "custom_fields": {},
        "stats": {"resolved_at": "2026-01-09T00:00:00Z", "reopened_at": "2026-01-08T00:00:00Z"},
    }
    return fields | more


def said(number, at, body, user=ANN, **more):
    fields = {"incoming": user == CUSTOMER, "private": False, "source": 0, "body_text": body}
    fields |= {"id": number, "ticket_id": 7, "user_id": user, "created_at": f"2026-01-05T{at}:00Z"}
    return fields | more


def did(at, by=ANN, number=7, kind="user", **activity):
    at = at if "-" in at else f"05-01-2026 {at}:00 +0000"
    return {
        "performed_at": at,
        "ticket_id": number,
        "performer_type": kind,
        "performer_id": by,
        "activity": activity,
    }


def born(at="09:00", by=CUSTOMER, number=7, **more):
    fields = {"source": 1, "status": "Open", "priority": 2, "requester": CUSTOMER, "ticket_type": "Question"}
    return did(at, by, number, **(fields | more))


def activities(*records):
    return {"metadata": {"activities_count": len(records)}, "activities_data": list(records)}


def test_tickets_conversations_and_activities_become_a_log(read):
    done = activities(born(), did("10:00", status="Pending", priority=4, agent_id=ANN, group="Refunds"))
    _, events, tickets, report = read([ticket()], [said(1, "10:30", "On it")], done)
    assert report.format == "freshdesk"
    assert not report.dropped
    assert not report.unknown
    assert told(events, "message", "text", "actor_role", "is_public") == [
        ("It broke", "customer", True),
        ("On it", "agent", True),
    ]
    assert told(events, "status_changed", "value", "raw_value") == [("open", "Open"), ("pending", "Pending")]
    assert told(events, "priority_changed", "value", "raw_value") == [("normal", "2"), ("urgent", "4")]
    assert told(events, "assignee_changed", "value") == [("501",)]
    assert told(events, "group_changed", "value") == [("Refunds",)]
    assert tickets.to_dict("records") == [
        {
            "ticket_id": "7",
            "account_id": "40",
            "channel": "email",
            "customer_id": "700",
            "subject": "Broken",
            "type": "Question",
        }
    ]


def test_ends_and_counters_are_never_read(read):
    _, events, tickets, _ = read([ticket()])
    assert events["occurred_at"].max() == pd.Timestamp("2026-01-06T10:00Z")
    assert not [name for name in tickets.columns if "resolved" in name or "stats" in name]
    assert "escalated" not in set(events["event_type"])


def test_case_01_an_internal_note_is_no_first_reply(read):
    log, *_ = read([ticket()], [said(1, "10:00", "Hm", private=True)])
    assert flags(log, "internal_note") == 1
    assert flags(log, "first_reply") == 0


def test_case_02_a_ticket_that_an_agent_opens(read):
    log, events, tickets, _ = read([ticket(source=10)], [said(1, "10:00", "Yes?", CUSTOMER)])
    assert told(events, "created", "actor_role") == [("agent",)]
    assert told(events, "message", "actor_role") == [("agent",), ("customer",)]
    assert tickets["channel"].tolist() == ["outbound"]
    assert flags(log, "customer_message") == 1


def test_case_03_a_merged_ticket_ends_at_the_merge(read, tmp_path):
    (tmp_path / "own.toml").write_text('format = "freshdesk"\n[options]\nmerged_by = ["merged_into"]\n')
    done = activities(born(), did("10:00", status="Closed", merged_into=8), did("11:00", priority=4))
    _, events, _, report = read([ticket()], done, recipe=tmp_path / "own.toml")
    assert events["event_type"].tolist()[-1] == "merged"
    assert report.notes["facts after a ticket was merged, left out"] == 1


def test_case_04_solved_open_solved_is_one_reopen(read):
    steps = ["Resolved", "Open", "Resolved", "Closed"]
    log, *_ = read(
        [ticket(status=5)], activities(born(), *(did(f"1{n}:00", status=s) for n, s in enumerate(steps)))
    )
    assert flags(log, "reopened") == 1
    log, *_ = read([ticket(status=5)], activities(born(), did("10:00", status="Closed")))
    assert flags(log, "reopened") == 0
    assert flags(log, "solved") == 1


def test_case_05_the_state_at_that_time_not_todays(read):
    done = activities(born(priority=1), did("10:00", priority=4, ticket_type="Incident", requester=701))
    _, events, tickets, _ = read([ticket(priority=4, requester_id=701, group_id=31)], done)
    assert told(events, "priority_changed", "value", "occurred_at") == [
        ("low", pd.Timestamp("2026-01-05T09:00Z")),
        ("urgent", pd.Timestamp("2026-01-05T10:00Z")),
    ]
    assert told(events, "group_changed", "value", "occurred_at") == [
        ("31", pd.Timestamp("2026-01-05T09:00Z"))
    ]
    assert tickets[["type", "customer_id"]].to_numpy().tolist() == [["Question", "700"]]


def test_case_06_a_customers_message_is_a_customers_whoever_they_are_today(read):
    """Somebody who holds tickets today asked for one before."""
    own = ticket(8, requester_id=BOB, responder_id=CUSTOMER)
    _, events, _, _ = read(
        [ticket(), own], [said(1, "10:00", "And?", CUSTOMER), said(2, "10:00", "Hi", BOB, ticket_id=8)]
    )
    assert told(events, "message", "ticket_id", "actor_role") == [
        ("7", "customer"),
        ("7", "customer"),
        ("8", "customer"),
        ("8", "agent"),
    ]


def test_case_07_several_changes_at_one_instant(read):
    done = activities(born(), *(did("10:00", status=word) for word in ("Pending", "Resolved", "Open")))
    _, events, _, _ = read([ticket()], done)
    values = [value for (value,) in told(events, "status_changed", "value")]
    assert values == ["open", "pending", "solved", "open"]


def test_case_07_messages_of_one_second_go_by_their_number(read):
    replies = [said(n, "09:00", f"reply {n}") for n in (12, 9, 101)]
    _, events, _, _ = read([ticket()], replies)
    assert [text for (text,) in told(events, "message", "text")] == [
        "It broke",
        "reply 9",
        "reply 12",
        "reply 101",
    ]


def test_case_08_ids_as_text_or_number_are_one_id(read):
    done = activities(
        born(number="7"), did("10:00", by="501", agent_id="501"), did("11:00", by=501.0, status="3")
    )
    _, events, tickets, _ = read([ticket(responder_id=501)], done)
    assert tickets["ticket_id"].tolist() == ["7"]
    assert told(events, "assignee_changed", "value") == [("501",)]
    assert told(events, "status_changed", "actor_id", "actor_role")[-1] == ("501", "agent")


def test_case_09_doubled_history(read):
    later = did("10:00", status="Pending")
    reply = said(1, "10:30", "Hi")
    once = read([ticket()], [reply], activities(born(), later))[1]
    _, events, _, report = read([ticket()], [reply, reply], activities(born(), later, later))
    pd.testing.assert_frame_equal(events, once)
    assert report.notes["facts that stand twice in the export, counted once"] == 2


def test_case_10_a_cut_history_is_refused_unless_allowed(read):
    pages = [ticket()], activities(did("10:00", status="Resolved"))
    with pytest.raises(InputError, match=r"ticket 7 is truncated.*creation"):
        read(*pages)
    _, _, _, report = read(*pages, allow_cut=True)
    assert report.truncated == 1


def test_case_11_deleted_then_restored(read):
    done = activities(born(), did("10:00", deleted=True), did("11:00", deleted=False))
    _, events, _, _ = read([ticket()], done)
    assert told(events, "status_changed", "value", "raw_value")[1:] == [
        ("closed", "deleted"),
        ("open", "restored"),
    ]
    log, *_ = read([ticket()], done)
    assert flags(log, "reopened") == 0


@pytest.mark.parametrize("mark", ["deleted", "spam"])
def test_case_11_a_ticket_that_is_deleted_today_was_open_before(read, mark):
    _, events, _, _ = read([ticket(status=2, **{mark: True})], activities(born()))
    assert told(events, "status_changed", "value", "raw_value") == [("open", "Open"), ("closed", mark)]


@pytest.mark.parametrize("mark", ["deleted", "spam"])
def test_case_11_a_ticket_that_is_deleted_today_is_closed_without_activities_too(read, mark):
    """Its status is still the one that it had: told of the same moment, the deletion comes last."""
    _, events, _, _ = read([ticket(status=2, **{mark: True})])
    assert told(events, "status_changed", "value", "raw_value") == [("open", "2"), ("closed", mark)]


def test_case_13_unassigning_is_no_handoff(read):
    steps = [ANN, None, ANN, BOB]
    done = activities(born(), *(did(f"1{n}:00", agent_id=each) for n, each in enumerate(steps)))
    log, events, *_ = read([ticket()], done)
    assert [value for (value,) in told(events, "assignee_changed", "value")] == ["501", None, "501", "502"]
    assert flags(log, "handoff") == 1


def test_case_14_a_bots_reply_is_no_agents(read, tmp_path):
    (tmp_path / "own.toml").write_text(f'format = "freshdesk"\n[options]\nbots = ["{BOT}"]\n')
    log, events, *_ = read(
        [ticket()], [said(1, "10:00", "Have you tried…", BOT)], recipe=tmp_path / "own.toml"
    )
    assert told(events, "message", "actor_role")[1] == ("bot",)
    assert flags(log, "agent_reply") == 0


@pytest.mark.parametrize(
    ("kind", "more"), [("system", {}), ("user", {"automation": {"type": 1, "rule": "Night"}})]
)
def test_case_14_what_an_automation_does_is_done_by_the_system(read, kind, more):
    log, events, *_ = read([ticket()], activities(born(), did("10:00", kind=kind, priority=4, **more)))
    assert told(events, "priority_changed", "actor_role")[1] == ("system",)
    assert flags(log, "agent_action") == 0


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("03-04-2026 09:33:38 +0000", "2026-04-03T09:33:38+0000"),
        ("13-04-2026 09:33:38 +0530", "2026-04-13T09:33:38+0530"),
        ("3-4-2026 9:33", "2026-04-03T09:33"),
        ("2026-04-03T09:33:38Z", "2026-04-03T09:33:38Z"),
        (None, None),
    ],
)
def test_case_15_the_day_comes_before_the_month(written, iso):
    assert iso_time(written) == iso


def test_case_15_activities_between_tickets_written_the_other_way(read):
    opened = ticket(created_at="2026-04-03T09:00:00Z", updated_at="2026-05-03T00:00:00Z")
    done = activities(born("03-04-2026 09:00:00 +0000"), did("04-04-2026 09:00:00 +0000", status="Pending"))
    _, events, _, _ = read([opened], done)
    moved = told(events, "status_changed", "occurred_at")
    assert moved == [(pd.Timestamp("2026-04-03T09:00Z"),), (pd.Timestamp("2026-04-04T09:00Z"),)]


def test_case_16_times_with_and_without_offset(read, tmp_path):
    (tmp_path / "own.toml").write_text('format = "freshdesk"\n[options]\ntimezone = "Europe/Berlin"\n')
    opened = ticket(created_at="2026-03-29T01:30:00", updated_at="2026-03-29T09:00:00")
    done = activities(
        born("29-03-2026 00:30:00 +0000"),
        did("29-03-2026 03:30:00", priority=4),
        did("29-03-2026 03:40:00 +0100", priority=3),
    )
    _, events, _, _ = read([opened], done, recipe=tmp_path / "own.toml")
    assert [at.strftime("%H:%M") for (at,) in told(events, "priority_changed", "occurred_at")] == [
        "00:30",
        "01:30",
        "02:40",
    ]


def test_a_due_time_that_stays_is_one_promise(read):
    """Each night's export tells it again, as of another update."""
    due, moved = "2026-01-09T10:00:00Z", "2026-01-12T10:00:00Z"
    nights = [
        ticket(due_by=when, updated_at=f"2026-01-0{day}T10:00:00Z")
        for day, when in ((6, due), (7, due), (8, moved))
    ]
    _, events, _, _ = read(*[[night] for night in nights])
    assert told(events, "sla_due", "occurred_at", "observed_at") == [
        (pd.Timestamp(due), pd.Timestamp("2026-01-06T10:00Z")),
        (pd.Timestamp(moved), pd.Timestamp("2026-01-08T10:00Z")),
    ]


def test_of_many_sights_of_one_due_time_two_are_kept():
    promises = Promises()
    for day in (15, *range(10, 29)):
        promises.see("7", "due_by", "resolution", "2026-02-01T10:00:00Z", f"2026-01-{day}T10:00:00Z")
    [sights] = promises.sights.values()
    assert [each.seen[8:10] for each in sights] == ["10", "28"]


@pytest.mark.parametrize("order", [(6, 7, 8, 9), (9, 8, 7, 6), (8, 6, 9, 7), (6, 9, 7, 8)])
def test_due_times_of_one_import_are_told_in_order_of_the_updates(read, order):
    """Pages overlap and come in any order; a due time that comes back is news."""
    due, moved = "2026-01-19T10:00:00Z", "2026-01-22T10:00:00Z"
    seen = {6: due, 7: due, 8: moved, 9: due}
    pages = [[ticket(due_by=seen[day], updated_at=f"2026-01-0{day}T10:00:00Z")] for day in order]
    _, events, _, _ = read(*pages)
    assert sorted(told(events, "sla_due", "observed_at", "occurred_at")) == [
        (pd.Timestamp("2026-01-06T10:00Z"), pd.Timestamp(due)),
        (pd.Timestamp("2026-01-08T10:00Z"), pd.Timestamp(moved)),
        (pd.Timestamp("2026-01-09T10:00Z"), pd.Timestamp(due)),
    ]


def test_case_17_what_no_activity_tells_is_not_taken_for_the_first(read):
    """Where activities do not tell of tags, today's may have been added at any time."""
    numbers = range(1, 101)
    page = [ticket(number, tags=["late"]) for number in numbers]
    created = [born(number=number) for number in numbers]
    _, events, _, report = read(page, activities(*created))
    assert "tags" not in set(events["field"].dropna())
    assert report.notes["tags of today, which no history tells since when, left out"] == 100
    _, events, _, report = read([*page, ticket(101, tags=["late"])], activities(*created))
    assert told(events[events["field"] == "tags"], "field_changed", "ticket_id", "occurred_at") == [
        ("101", pd.Timestamp("2026-01-06T10:00Z"))
    ]
    assert report.notes["tags of today, which no history tells since when, left out"] == 100
    later = did("10:00", number=7, tags=["late", "more"])
    _, events, _, _ = read(page, activities(*created, later))
    assert len(told(events[events["field"] == "tags"], "field_changed", "value")) == 100


def test_case_17_tickets_without_history_are_known_as_of_their_last_update(read):
    page = [
        ticket(
            status=7, tags=["b", "tier 2"], group_id=31, custom_fields={"cf_severity": "gold", "cf_x": None}
        )
    ]
    _, events, _, report = read(page)
    seen = pd.Timestamp("2026-01-06T10:00Z")
    assert told(events, "status_changed", "value", "raw_value", "occurred_at") == [("on_hold", "7", seen)]
    assert told(events, "priority_changed", "value") == [("high",)]
    assert sorted(told(events, "field_changed", "field", "value")) == [
        ("cf_severity", "gold"),
        ("tags", "b tier_2"),
        ("type", "Incident"),
    ]
    assert {"csat", "sla_due"} <= set(report.lacks)


def test_case_18_unknown_keys_and_words_are_kept_and_counted(read):
    odd = did("10:00", kind="alien", status="With supplier", priority="P0", shipping="air")
    _, events, _, report = read([ticket(source=99)], activities(born(status="Pending"), odd))
    assert told(events, "status_changed", "value", "raw_value")[1] == ("open", "With supplier")
    assert told(events, "priority_changed", "value")[1] == ("P0",)
    assert told(events, "field_changed", "field", "value")[-1] == ("shipping", "air")
    assert {"status", "priority", "source", "performer"} <= set(report.unknown)


def test_a_desks_own_status_words(read, tmp_path):
    (tmp_path / "own.toml").write_text(
        'format = "freshdesk"\n[options]\nstatuses = { "8" = "on_hold", "With supplier" = "on_hold" }\n'
    )
    done = activities(born(), did("10:00", status="With supplier"))
    _, events, _, report = read([ticket(), ticket(8, status=8)], done, recipe=tmp_path / "own.toml")
    assert told(events, "status_changed", "ticket_id", "value")[1:] == [("7", "on_hold"), ("8", "on_hold")]
    assert not report.unknown


def test_case_19_overlapping_exports_give_the_same_log(read):
    steps = [did(f"1{n}:00", priority=n + 2) for n in (1, 2)]
    replies = [said(n, f"1{n}:30", f"Hi {n}") for n in (1, 2, 3)]
    once = read([ticket()], replies, activities(born(), *steps))[1]
    first = replies[:2], activities(born(), steps[0])
    twice = read([ticket()], *first, [ticket()], replies[1:], activities(born(), *steps))[1]
    pd.testing.assert_frame_equal(twice, once)


@pytest.mark.parametrize("how", ["named", "gzip", "zip", "bom"])
def test_case_20_packed_marked_and_wrongly_named_files(tmp_path, how):
    content = json.dumps([ticket()]).encode()
    path = tmp_path / "export.csv"
    if how == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("tickets.dat", content)
    else:
        path.write_bytes({"gzip": gzip.compress(content), "bom": b"\xef\xbb\xbf" + content}.get(how, content))
    log, report = ingest([path])
    assert report.format == "freshdesk"
    assert len(log.tickets) == 1


@pytest.mark.parametrize("content", ["", '{"activities_data": [{"performed_at": "01-01-20'])
def test_case_20_empty_and_truncated_files_are_refused(tmp_path, content):
    (tmp_path / "activities.json").write_text(content)
    with pytest.raises(InputError, match=r"activities\.json"):
        ingest([tmp_path / "activities.json"])


def test_names_of_groups_are_told_once(read):
    """Tickets tell the number of a group, activities its name."""
    groups = [{"id": 31, "name": "Refunds", "agent_ids": [ANN]}]
    pages = (
        [ticket(group_id=31), ticket(8, group_id=31)],
        activities(born(), did("10:00", group="Refunds")),
        groups,
    )
    _, events, _, _ = read(*pages)
    assert told(events, "group_changed", "ticket_id", "value", "raw_value") == [
        ("7", "Refunds", None),
        ("8", "Refunds", "31"),
    ]


def test_agents_are_agents_and_conversations_may_lie_inside_of_tickets(read):
    agents = [{"id": 777, "ticket_scope": 1, "occasional": False, "contact": {"name": "A"}}]
    inside = [
        said(1, "10:00", None) | {"body": "<p>On<br>it</p>"},
        said(2, "11:00", "x", 777, private=True),
    ]
    _, events, _, _ = read([{"ticket": ticket(conversations=inside)}], agents)
    assert told(events, "message", "text", "actor_role", "is_public")[1:] == [
        ("On\nit", "agent", True),
        ("x", "agent", False),
    ]


def test_notes_without_conversations_are_counted(read):
    _, _, _, report = read([ticket()], activities(born(), did("10:00", note={"id": 1, "type": 4})))
    assert report.notes["notes and replies without their text: export the conversations"] == 1


def test_ratings(read):
    rating = {"id": 1, "ticket_id": 7, "user_id": CUSTOMER, "created_at": "2026-01-07T00:00:00Z"}
    scores = [103, 100, -103, 5]
    given = [rating | {"id": n, "ratings": {"default_question": score}} for n, score in enumerate(scores)]
    given.append(rating | {"ticket_id": 404, "ratings": {"default_question": 103}})
    _, events, tickets, report = read(given, [ticket()])
    assert tickets["ticket_id"].tolist() == ["7"]
    assert report.notes["ratings of tickets that the export does not hold, left out"] == 1
    assert told(events, "csat", "number") == [(1.0,), (0.5,), (0.0,)]
    assert report.unknown["rating"] == {"'5'": 1}


def test_due_times_are_known_as_of_the_last_update_and_late_ones_are_breaches(read):
    due, first_due = "2026-01-05T17:00:00Z", "2026-01-05T11:00:00Z"
    page = [ticket(due_by=due, fr_due_by=first_due, is_escalated=True, fr_escalated=False)]
    log, events, _, _ = read(page)
    seen = pd.Timestamp("2026-01-06T10:00Z")
    assert sorted(told(events, "sla_due", "value", "occurred_at", "observed_at")) == [
        ("first_reply", pd.Timestamp(first_due), seen),
        ("resolution", pd.Timestamp(due), seen),
    ]
    assert own_words(events) == {"due_by", "fr_due_by", "is_escalated"}
    assert ("sla_breached", "resolution", pd.Timestamp(due)) in told(
        events, "field_changed", "field", "value", "occurred_at"
    )
    assert escalations(log, "sla_missed") == [pd.Timestamp(due)]


def escalations(log, name):
    rule = parse_rule(load_recipe("freshdesk").escalation, name)
    return [at for (at,) in told(declare(log, rule).to_pandas()[0], "escalated", "occurred_at")]


def test_every_escalation_of_the_recipe_is_met(read):
    moves = {
        "priority": {"priority": 4},
        "tag": {"tags": ["vip", "escalated"]},
        "group": {"group": "Tier 2"},
        "field": {"cf_escalated": True},
    }
    assert set(load_recipe("freshdesk").escalation) == {"default", "sla_missed", *moves}
    for name, move in moves.items():
        log, *_ = read([ticket()], activities(born(), did("13:00", **move)))
        at = [pd.Timestamp("2026-01-05T13:00Z")]
        assert {each: escalations(log, each) for each in moves} == {
            each: at if each == name else [] for each in moves
        }


def test_a_wrong_option_is_named(read, tmp_path):
    (tmp_path / "own.toml").write_text('format = "freshdesk"\n[options]\nbot = ["1"]\n')
    with pytest.raises(UsageError, match=r"options\.bot.*bots"):
        read([ticket()], recipe=tmp_path / "own.toml")


def test_records_of_other_shapes_are_dropped_and_counted(read):
    odd = [{"id": None, "status": 2}, {"ticket_id": 7, "hours": 1}, 12, did("10:00") | {"activity": None}]
    _, _, _, report = read([ticket()], [ticket(), *odd], max_dropped=1)
    assert sum(report.dropped.values()) == 4


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ('{"activities_data": []}', True),
        ('[{"id": 1, "requester_id": 2, "responder_id": 3, "fr_due_by": null}]', True),
        ('[{"id": 1, "ticket_id": 2, "incoming": true, "body_text": "x"}]', True),
        ('{"tickets": [{"id": 1, "requester_id": 2, "submitter_id": 2}]}', False),
        ('{"issues": [{"key": "A-1", "fields": {}, "changelog": {"histories": []}}]}', False),
        ('{"conversations": [{"id": 1, "conversation_parts": {}}]}', False),
        ("number,sys_id,state\nINC1,x,1\n", False),
        ("", False),
    ],
)
def test_sniffing(content, known):
    assert (FreshdeskAdapter().sniff(content.encode()) >= 0.5) == known


def test_the_page_tells_every_option_and_escalation():
    page = (Path(__file__).parents[2] / "docs" / "systems" / "freshdesk.md").read_text("utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    recipe = parse_recipe(block.encode(), name="own", source="page")
    assert Options.model_validate(recipe.options).model_fields_set == set(Options.model_fields)
    assert all(f"`{name}`" in page for name in load_recipe("freshdesk").escalation if name != "default")
