"""Zendesk: every kind of export, and the cases that every adapter is tested on."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from boilover import declare
from boilover.adapters import ingest, load_recipe
from boilover.adapters.recipe import parse_recipe
from boilover.adapters.zendesk import ZendeskAdapter
from boilover.adapters.zendesk_desk import Options
from boilover.errors import InputError, UsageError
from boilover.escalation import parse_rule
from boilover.log import read_log
from boilover.store import upsert
from exports import flags, own_words, told, written

CUSTOMER, ANN, BOB, BOT = 700, 501, 502, 900
USERS = {
    "users": [
        {"id": CUSTOMER, "role": "end-user", "name": "C"},
        {"id": ANN, "role": "agent"},
        {"id": BOB, "role": "admin"},
        {"id": BOT, "role": "agent"},
    ]
}
HEAD = {"created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-06T10:00:00Z"}


def ticket(number=7, **more):
    fields = {
        "id": number,
        "subject": "Broken",
        "description": "It broke",
        "status": "open",
        "priority": "high",
        "requester_id": CUSTOMER,
        "submitter_id": CUSTOMER,
        "group_id": None,
        "assignee_id": None,
        "organization_id": 40,
        "tags": [],
        "via": {"channel": "email"},
        "metric_set": {"reopens": 9},
        "satisfaction_rating": {"score": "bad"},
    }
    return HEAD | fields | more


def created(**fields):
    fields = {
        "subject": "Broken",
        "requester_id": str(CUSTOMER),
        "status": "new",
        "priority": "normal",
    } | fields
    return [{"type": "Create", "field_name": name, "value": value} for name, value in fields.items()]


def changed(name, value, before):
    return {"type": "Change", "field_name": name, "value": value, "previous_value": before}


def comment(body, author=ANN, public=True):
    return {"type": "Comment", "body": body, "author_id": author, "public": public}


class Audits:
    """Counts the audits and events that it makes, as Zendesk does."""

    def __init__(self):
        self.number = 1000

    def __call__(self, at, *events, by=ANN, number=7, channel="web", rel=None):
        self.number += 100
        return {
            "id": self.number,
            "ticket_id": number,
            "created_at": at if "T" in at else f"2026-01-05T{at}:00Z",
            "author_id": by,
            "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": rel}},
            "events": [{"id": self.number + place, **event} for place, event in enumerate(events, 1)],
        }


@pytest.fixture
def audit():
    return Audits()


@pytest.fixture
def first(audit):
    return audit("09:00", comment("It broke", CUSTOMER), *created(), by=CUSTOMER, channel="email")


def test_tickets_users_and_audits_become_a_log(read, audit, first):
    pages = {"tickets": [ticket()]}, {"audits": [first, audit("10:00", comment("On it"))]}, USERS
    _, events, tickets, report = read(*pages)
    assert report.format == "zendesk"
    assert not report.dropped
    assert not report.unknown
    assert told(events, "created", "actor_id", "actor_role") == [("700", "customer")]
    assert told(events, "message", "text", "actor_role", "is_public") == [
        ("It broke", "customer", True),
        ("On it", "agent", True),
    ]
    assert tickets.to_dict("records") == [
        {"ticket_id": "7", "account_id": "40", "channel": "email", "customer_id": "700", "subject": "Broken"}
    ]


def test_counters_of_the_end_are_never_read(read, first):
    _, events, tickets, _ = read({"tickets": [ticket()]}, {"audits": [first]})
    assert not {"csat", "escalated"} & set(events["event_type"])
    assert not [name for name in tickets.columns if "reopen" in name or "metric" in name]


def test_case_01_an_internal_note_is_no_first_reply(read, audit, first):
    log, *_ = read({"audits": [first, audit("10:00", comment("Hm", public=False))]}, USERS)
    assert flags(log, "internal_note") == 1
    assert flags(log, "first_reply") == 0


def test_case_02_a_ticket_that_an_agent_opens(read, audit):
    opened = audit("09:00", comment("Called us", ANN), *created(), by=ANN)
    page = {"tickets": [ticket(submitter_id=ANN)]}
    _, events, tickets, _ = read(page, {"audits": [opened]}, USERS)
    assert told(events, "created", "actor_id", "actor_role") == [("501", "agent")]
    assert told(events, "message", "actor_role") == [("agent",)]
    assert tickets["customer_id"].tolist() == ["700"]


def test_a_description_that_a_later_audit_tells_is_told_once(read, audit):
    """A ticket may be created by one audit, and what it begins with be written by the next."""
    audits = [audit("09:00", *created(), by=CUSTOMER), audit("09:00", comment("It broke", public=False))]
    for pages in (
        [{"tickets": [ticket()]}, {"audits": audits}],
        [{"audits": audits}, {"tickets": [ticket()]}],
    ):
        _, events, *_ = read(*pages, USERS)
        assert told(events, "message", "text", "actor_role", "is_public") == [("It broke", "agent", False)]


@pytest.mark.parametrize("sign", ["tag", "via"])
def test_case_03_a_merged_ticket_ends_at_the_merge(read, audit, first, sign):
    close = changed("status", "closed", "open")
    tags = changed("tags", ["closed_by_merge"], [])
    merge = audit("10:00", close, *([tags] if sign == "tag" else []), rel=None if sign == "tag" else "merge")
    later = audit("11:00", comment("Too late", CUSTOMER), by=CUSTOMER)
    _, events, _, report = read({"audits": [first, merge, later]}, USERS)
    assert events["event_type"].tolist()[-1] == "merged"
    assert events["occurred_at"].max() == pd.Timestamp("2026-01-05T10:00Z")
    assert report.notes["facts after a ticket was merged, left out"] == 1


def test_case_03_the_ticket_that_remains_of_a_merge_goes_on(read, audit, first):
    merge = audit("10:00", comment("Request #8 was merged into this one"), rel="merge")
    _, events, _, _ = read({"audits": [first, merge, audit("11:00", comment("Still here"))]})
    assert "merged" not in set(events["event_type"])
    assert len(told(events, "message", "text")) == 3


def test_case_04_solved_open_solved_is_one_reopen(read, audit, first):
    steps = [("new", "solved"), ("solved", "open"), ("open", "solved"), ("solved", "closed")]
    audits = [audit(f"1{n}:00", changed("status", to, was)) for n, (was, to) in enumerate(steps)]
    log, *_ = read({"tickets": [ticket(status="closed")]}, {"audits": [first, *audits]})
    assert flags(log, "reopened") == 1
    log, *_ = read({"audits": [first, audit("18:00", changed("status", "closed", "new"))]})
    assert flags(log, "reopened") == 0
    assert flags(log, "solved") == 1


def test_case_05_the_state_at_that_time_not_todays(read, audit):
    opened = audit("09:00", *created(priority="low", subject="First"), by=CUSTOMER)
    raised = audit("10:00", changed("priority", "urgent", "low"))
    renamed = audit("11:00", changed("subject", "Second", "First"), changed("requester_id", "701", "700"))
    today = ticket(priority="urgent", subject="Second", requester_id=701, submitter_id=700)
    _, events, tickets, _ = read({"tickets": [today]}, {"audits": [opened, raised, renamed]}, USERS)
    at = told(events, "priority_changed", "value", "occurred_at")
    assert at == [("low", pd.Timestamp("2026-01-05T09:00Z")), ("urgent", pd.Timestamp("2026-01-05T10:00Z"))]
    assert tickets[["subject", "customer_id"]].to_numpy().tolist() == [["First", "700"]]


def test_case_05_what_never_changed_is_as_it_is_today(read, audit):
    opened = audit("09:00", {"type": "Create", "field_name": "subject", "value": "x"}, by=CUSTOMER)
    moved = audit("10:00", changed("status", "pending", "open"))
    page = {"tickets": [ticket(status="pending", group_id=31)]}
    _, events, _, _ = read(page, {"audits": [opened, moved]})
    start = events[events["occurred_at"] == pd.Timestamp("2026-01-05T09:00Z")]
    assert told(start, "status_changed", "value") == [("open",)]
    assert told(start, "group_changed", "value") == [("31",)]


def test_case_06_the_role_at_that_time(read, audit, first):
    """A customer who is an agent today was the customer of the ticket that they asked for."""
    promoted = {"users": [{"id": CUSTOMER, "role": "agent"}, {"id": ANN, "role": "agent"}]}
    asked = audit("10:00", comment("And?", CUSTOMER), by=CUSTOMER)
    other = audit("09:00", comment("Mine", ANN), *created(requester_id=str(ANN)), by=ANN, number=8)
    helps = audit("12:00", comment("I help now", CUSTOMER), by=CUSTOMER, number=8)
    _, events, _, _ = read({"audits": [first, asked, other, helps]}, promoted)
    assert told(events, "message", "ticket_id", "actor_role") == [
        ("7", "customer"),
        ("7", "customer"),
        ("8", "customer"),
        ("8", "agent"),
    ]


def test_case_06_without_users_only_what_agents_alone_can_do_makes_an_agent_and_from_then_on(
    read, audit, first
):
    """A reply may be that of a colleague in copy, who becomes an agent one day."""
    before, reply = audit("10:00", comment("Hi")), audit("12:00", comment("Hi again"))
    for doing, role in (
        (comment("Note", public=False), "agent"),
        (changed("assignee_id", str(ANN), None), "agent"),
        (changed("group_id", "31", None), "agent"),
        (changed("priority", "high", "normal") | {"via": {"channel": "rule"}}, None),
        (changed("status", "open", "new"), None),
        (changed("group_id", None, "31"), None),
        (comment("More"), None),
    ):
        _, events, _, _ = read({"audits": [first, before, audit("11:00", doing), reply]})
        roles = told(events, "message", "text", "actor_role")
        assert {("It broke", "customer"), ("Hi", None), ("Hi again", role)} <= set(roles), doing
    by_mail = audit("11:00", comment("Flagged", public=False), channel="email")
    _, events, _, _ = read({"audits": [first, reply, by_mail]})
    assert told(events, "message", "actor_role") == [("customer",), (None,), (None,)]
    # The assignee of a record is known as of its last update.
    for updated, role in (("11:59", "agent"), ("12:01", None)):
        held = ticket(assignee_id=ANN, updated_at=f"2026-01-05T{updated}:00Z")
        _, events, _, _ = read({"tickets": [held]}, {"audits": [first, reply]})
        assert told(events, "message", "actor_role") == [("customer",), (role,)]


def test_case_06_who_opens_a_ticket_for_somebody_else_is_no_customer_and_may_be_no_agent(read, audit):
    opened = audit("09:00", comment("Called in"), *created())
    for channel, role in (("web", "agent"), ("email", None), ("api", None)):
        _, events, _, _ = read({"audits": [opened | {"via": {"channel": channel}}]})
        assert told(events, "created", "actor_id", "actor_role") == [("501", role)]
        assert told(events, "message", "actor_role") == [(role,)]
    # Who asks today may not be who asked first.
    web = {"submitter_id": 800, "via": {"channel": "web"}}
    for more, role in (({}, None), ({"is_public": False}, "agent"), ({"submitter_id": CUSTOMER}, "customer")):
        _, events, _, _ = read({"tickets": [ticket(**web | more)]})
        assert told(events, "created", "actor_role") == told(events, "message", "actor_role") == [(role,)]


def test_case_06_an_agent_who_asks_for_something_is_an_agent_elsewhere(read, audit, first):
    asked = audit("09:30", comment("Mine"), *created(requester_id=str(ANN)), number=8)
    replies = [audit(f"{at}:00", comment(text)) for at, text in (("09", "Hello"), ("10", "Hi"), ("12", "So"))]
    note = audit("11:00", comment("Look", public=False))
    for page, role in (([], "customer"), ([note], "agent")):
        _, events, _, _ = read({"audits": [first, asked, *replies, *page]})
        found = {text: told for text, told in told_roles(events) if text != "It broke"}
        assert found.pop("Look", "agent") == "agent"
        assert found == {"Hello": None, "Mine": "customer", "Hi": "customer", "So": role}


def told_roles(events):
    return told(events, "message", "text", "actor_role")


def test_a_role_that_an_import_finds_out_does_not_hold_before(tmp_path, audit, first):
    """The same log, whether what shows it is imported with what was said before or after it."""
    reply, asked = (
        audit("10:00", comment("Hi")),
        audit("11:00", comment("Mine"), *created(requester_id=str(ANN)), number=8),
    )
    note, late = audit("12:00", comment("Look", public=False)), audit("13:00", comment("So"))
    for name, imports in {
        "once": [[first, reply, asked, note, late]],
        "later": [[first, reply], [asked, note, late]],
    }.items():
        for place, audits in enumerate(imports):
            pages = [{"audits": audits}]
            upsert(
                tmp_path / name, [ingest([written(tmp_path / f"{name}{place}", pages)], allow_cut=True)[0]]
            )
    once, later = (read_log(tmp_path / name).to_pandas()[0] for name in ("once", "later"))
    assert told_roles(once) == [
        ("It broke", "customer"),
        ("Hi", None),
        ("Look", "agent"),
        ("So", "agent"),
        ("Mine", "customer"),
    ]
    assert told_roles(later) == told_roles(once)


@pytest.mark.parametrize("people", [[], [USERS]])
def test_case_06_a_bot_that_does_what_agents_do_is_a_bot(read, tmp_path, audit, people):
    (tmp_path / "bots.toml").write_text(
        f'format = "zendesk"\n[options]\nbots = ["{BOT}"]\n', encoding="utf-8"
    )
    opened = audit("09:00", comment("Alarm", BOT), *created(assignee_id=str(BOT)), by=BOT)
    moved = audit("10:00", changed("group_id", "31", None), by=BOT)
    pages = [{"audits": [opened, moved]}, *people]
    _, events, _, _ = read(*pages, recipe=tmp_path / "bots.toml")
    by = events.loc[events["actor_id"] == str(BOT), "actor_role"]
    assert set(by) == {"bot"}


def test_case_06_whoever_opens_without_a_requester_has_no_role(read, audit):
    fields = [each for each in created() if each["field_name"] != "requester_id"]
    _, events, _, _ = read({"audits": [audit("09:00", comment("It broke", 700), *fields, by=700)]})
    assert told(events, "message", "actor_id", "actor_role") == [("700", None)]


def test_case_07_several_changes_at_one_instant(read, audit, first):
    same = [("new", "open"), ("open", "pending"), ("pending", "open")]
    audits = [audit("10:00", changed("status", to, was)) for was, to in same]
    expected = ["new", "open", "pending", "open"]
    for page in (audits, audits[::-1]):
        _, events, _, _ = read({"audits": [first, *page]})
        assert [value for (value,) in told(events, "status_changed", "value")] == expected


def test_case_08_ids_as_text_or_number_are_one_id(read, audit, first):
    later = audit("10:00", changed("assignee_id", "501", None), comment("Hi"), number="7") | {
        "author_id": "501"
    }
    _, events, tickets, _ = read({"tickets": [ticket(assignee_id=501)]}, {"audits": [first, later]}, USERS)
    assert tickets["ticket_id"].tolist() == ["7"]
    assert told(events, "assignee_changed", "value") == [("501",)]
    assert told(events, "message", "actor_role") == [("customer",), ("agent",)]


def test_case_09_doubled_history(read, audit, first):
    later = audit("10:00", changed("status", "open", "new"), comment("Hi"))
    once = read({"audits": [first, later]})[1]
    _, events, _, report = read({"audits": [first, later, later]}, {"audits": [later]})
    pd.testing.assert_frame_equal(events, once)
    assert report.notes["facts that stand twice in the export, counted once"] == 6 - 1 - 1


def test_case_10_a_cut_history_is_refused_unless_allowed(read, audit):
    late = audit("10:00", changed("status", "open", "new"), comment("Hi"))
    with pytest.raises(InputError, match=r"ticket 7 is truncated.*creation.*`boilover ingest --allow-cut`"):
        read({"tickets": [ticket()]}, {"audits": [late]})
    _, events, _, report = read({"tickets": [ticket()]}, {"audits": [late]}, allow_cut=True)
    assert report.truncated == 1
    assert report.truncated_examples == ("7",)
    assert told(events, "message", "text") == [("It broke",), ("Hi",)]


def test_case_10_a_history_that_does_not_lead_to_todays_status_is_cut(read, audit, first):
    """Only the first page of a ticket's audits was kept; ``updated_at`` is before the newest audit of the export."""
    other = [audit("2026-02-01T09:00:00Z", *created(), by=CUSTOMER, number=8)]
    pages = {"tickets": [ticket(status="closed")]}, {"audits": [first, *other]}
    with pytest.raises(InputError, match=r"ticket 7 is truncated.*closed"):
        read(*pages)
    assert read(*pages, allow_cut=True)[3].truncated == 1
    newer = {"tickets": [ticket(status="closed", updated_at="2026-03-01T00:00:00Z")]}
    assert read(newer, pages[1])[3].truncated == 0


def test_case_10_a_record_older_than_the_history_says_nothing_of_a_cut(read, audit, first):
    """An export of Monday holds a ticket as it was then; the history goes on to Tuesday."""
    later = audit("2026-01-06T09:00:00Z", changed("status", "solved", "new"))
    monday = ticket(status="new", updated_at="2026-01-05T09:00:00Z")
    tuesday = ticket(status="solved", updated_at="2026-01-06T09:00:00Z")
    _, events, _, report = read({"tickets": [monday]}, {"tickets": [tuesday]}, {"audits": [first, later]})
    assert report.truncated == 0
    assert told(events, "status_changed", "value") == [("new",), ("solved",)]


def test_case_11_deleted_then_restored(read, audit, first):
    deleted = audit("10:00", changed("status", "deleted", "open"))
    restored = audit("11:00", changed("status", "open", "deleted"))
    _, events, _, _ = read({"audits": [first, deleted, restored]})
    assert told(events, "status_changed", "value", "raw_value")[1:] == [
        ("closed", "deleted"),
        ("open", "restored"),
    ]


def test_case_12_a_message_made_private_later(read, audit, first):
    hidden = audit("11:00", {"type": "CommentPrivacyChange", "comment_id": 1101, "public": False})
    _, events, _, _ = read({"audits": [first, hidden]})
    assert told(events, "message", "is_public") == [(True,)]
    assert told(events, "field_changed", "field", "value")[-1] == ("message_privacy", "private")


def test_case_13_unassigning_is_no_handoff(read, audit, first):
    steps = [(None, "501"), ("501", None), (None, "501"), ("501", "502")]
    audits = [audit(f"1{n}:00", changed("assignee_id", to, was)) for n, (was, to) in enumerate(steps)]
    log, events, *_ = read({"audits": [first, *audits]})
    assert [value for (value,) in told(events, "assignee_changed", "value")] == ["501", None, "501", "502"]
    assert flags(log, "handoff") == 1


@pytest.mark.parametrize("how", ["channel", "rule", "option", "system"])
def test_case_14_a_bots_reply_is_no_agents(read, audit, first, tmp_path, how):
    author = {"option": BOT, "system": -1}.get(how, ANN)
    channel = {"channel": "answer_bot", "rule": "rule"}.get(how, "web")
    options = {}
    if how == "option":
        (tmp_path / "own.toml").write_text(f'format = "zendesk"\n[options]\nbots = ["{BOT}"]\n')
        options = {"recipe": tmp_path / "own.toml"}
    reply = audit("10:00", comment("Have you tried…", author), by=author, channel=channel)
    log, events, *_ = read({"audits": [first, reply]}, USERS, **options)
    assert told(events, "message", "actor_role")[1] == ("system" if how == "system" else "bot",)
    assert flags(log, "agent_reply") == 0


def test_case_14_what_a_trigger_changes_is_changed_by_the_system(read, audit, first):
    log, events, *_ = read(
        {"audits": [first, audit("10:00", changed("priority", "high", "normal"), channel="rule")]}
    )
    assert told(events, "priority_changed", "actor_role")[1] == ("system",)
    assert flags(log, "agent_action") == 0


def test_case_16_times_with_any_offset_are_instants(read, audit):
    opened = audit("2026-03-29T01:30:00+01:00", *created(), by=CUSTOMER)
    moved = audit("2026-03-29T03:30:00+02:00", changed("status", "open", "new"))
    _, events, _, _ = read({"audits": [opened, moved]})
    assert told(events, "status_changed", "occurred_at") == [
        (pd.Timestamp("2026-03-29T00:30Z"),),
        (pd.Timestamp("2026-03-29T01:30Z"),),
    ]


def test_case_17_tickets_without_history_are_known_as_of_their_last_update(read):
    page = {
        "tickets": [ticket(status="pending", tags=["b", "a"])],
        "users": USERS["users"],
        "end_of_stream": True,
    }
    _, events, tickets, report = read(page)
    seen = pd.Timestamp(HEAD["updated_at"])
    assert told(events, "status_changed", "value", "occurred_at") == [("pending", seen)]
    assert told(events, "priority_changed", "value", "occurred_at") == [("high", seen)]
    assert told(events, "field_changed", "field", "value") == [("tags", "a b")]
    assert told(events, "message", "text", "actor_role") == [("It broke", "customer")]
    assert tickets["customer_id"].tolist() == ["700"]
    assert {"csat", "sla_due"} <= set(report.lacks)


def test_case_18_unknown_events_fields_and_words_are_counted(read, audit, first):
    odd = audit(
        "10:00",
        {"type": "Teleport"},
        {"type": "Notification", "body": "mail"},
        changed("36001", "gold", None),
        changed("status", "Waiting on parts", "new"),
        changed("priority", "P0", "normal"),
    )
    _, events, _, report = read({"audits": [first, odd]}, {"users": [{"id": 3, "role": "wizard"}]})
    assert report.unknown["event type"] == {"'Teleport'": 1}
    assert report.unknown["role"] == {"'wizard'": 1}
    assert {"status", "priority"} <= set(report.unknown)
    assert ("36001", "gold") in told(events, "field_changed", "field", "value")
    assert told(events, "status_changed", "value", "raw_value")[1] == ("open", "Waiting on parts")
    assert told(events, "priority_changed", "value")[1] == ("P0",)


def test_case_19_overlapping_exports_give_the_same_log(read, audit, first):
    later = [audit(f"1{n}:00", comment(f"Hi {n}")) for n in range(3)]
    pages = {"tickets": [ticket()]}, USERS
    once = read(*pages, {"audits": [first, *later]})[1]
    twice = read(*pages, {"audits": [first, *later[:2]]}, {"audits": [first, *later[1:]]}, *pages)[1]
    pd.testing.assert_frame_equal(twice, once)


@pytest.mark.parametrize("how", ["named", "gzip", "zip", "bom"])
def test_case_20_packed_marked_and_wrongly_named_files(tmp_path, first, how):
    content = json.dumps({"audits": [first]}).encode()
    path = tmp_path / "export.csv"
    if how == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("audits.dat", content)
    else:
        path.write_bytes({"gzip": gzip.compress(content), "bom": b"\xef\xbb\xbf" + content}.get(how, content))
    log, report = ingest([path])
    assert report.format == "zendesk"
    assert len(log.tickets) == 1


@pytest.mark.parametrize("content", ["", '{"audits": [{"id": 1, "ticket_id": 7, "events": [{"type": "Cre'])
def test_case_20_empty_and_truncated_files_are_refused(tmp_path, content):
    (tmp_path / "audits.json").write_text(content)
    with pytest.raises(InputError, match=r"audits\.json"):
        ingest([tmp_path / "audits.json"])


def test_pages_one_after_the_other_in_one_file(tmp_path, audit, first):
    later = audit("10:00", comment("Hi"))
    pages = [{"audits": [each], "meta": {"has_more": True}} for each in (first, later)]
    (tmp_path / "pages.json").write_text("\n".join(json.dumps(page, indent=1) for page in pages))
    log, _ = ingest([tmp_path])
    assert len(told(log.to_pandas()[0], "message", "text")) == 2


def test_a_full_export_holds_people_comments_and_audits_inside(tmp_path, audit, first):
    people = {"requester": {"id": CUSTOMER, "role": "end-user"}, "assignee": {"id": ANN, "role": "agent"}}
    bare = {name: value for name, value in ticket().items() if not name.endswith("_id")}
    said = [
        {
            "id": 1,
            "author_id": CUSTOMER,
            "body": "It broke",
            "public": True,
            "created_at": HEAD["created_at"],
        },
        {
            "id": 2,
            "author_id": ANN,
            "html_body": "<p>On<br>it</p>",
            "public": True,
            "created_at": "2026-01-05T11:00:00Z",
        },
    ]
    lines = [bare | people | {"comments": said}, ticket(8) | {"audits": [first | {"ticket_id": 8}]}]
    (tmp_path / "tickets.json").write_text("\n".join(json.dumps(line) for line in lines))
    log, _ = ingest([tmp_path])
    events, tickets = log.to_pandas()
    assert told(events, "message", "ticket_id", "text", "actor_role") == [
        ("7", "It broke", "customer"),
        ("7", "On\nit", "agent"),
        ("8", "It broke", "customer"),
    ]
    assert told(events, "assignee_changed", "value", "occurred_at") == [
        ("501", pd.Timestamp(HEAD["updated_at"]))
    ]
    assert tickets["customer_id"].tolist() == ["700", "700"]


def stream(*records):
    return {"ticket_events": list(records), "end_of_stream": True, "end_time": 1}


def test_ticket_events_are_read_as_audits(read):
    noon = int(pd.Timestamp("2026-01-05T12:00Z").timestamp())
    opening = [
        {"id": 11, "event_type": "Comment", "author_id": CUSTOMER, "body": "It broke", "public": True},
        {"id": 12, "event_type": "Create", "status": "new", "requester_id": CUSTOMER, "subject": "Broken"},
        {"id": 13, "event_type": "Create", "custom_ticket_fields": {"36001": "gold"}},
    ]
    later = [
        {"id": 21, "event_type": "Change", "status": "open", "previous_value": "new"},
        {"id": 22, "event_type": "Change", "tags": ["b", "a"], "added_tags": ["b"], "previous_value": ["a"]},
        {"id": 23, "event_type": "Comment", "comment_present": True, "comment_public": False},
    ]
    records = [
        {
            "id": 10,
            "ticket_id": 7,
            "timestamp": noon,
            "updater_id": CUSTOMER,
            "via": "Mail",
            "child_events": opening,
        },
        {
            "id": 20,
            "ticket_id": 7,
            "timestamp": noon + 60,
            "updater_id": -1,
            "via": "Rule",
            "child_events": later,
        },
    ]
    _, events, tickets, report = read(stream(*records))
    assert events["occurred_at"].min() == pd.Timestamp("2026-01-05T12:00Z")
    assert told(events, "status_changed", "value", "actor_role") == [("new", "customer"), ("open", "system")]
    assert told(events, "field_changed", "field", "value") == [
        ("36001", "gold"),
        ("tags", "a"),
        ("tags", "a b"),
    ]
    assert told(events, "message", "text", "is_public") == [("It broke", True), (None, False)]
    assert report.notes["comments without their text: export with comment_events"] == 1
    assert tickets[["subject", "channel"]].to_numpy().tolist() == [["Broken", "email"]]


def test_ticket_events_without_types(read):
    born = [{"via": "Mail", "status": "new"}, {"via": "Mail", "requester_id": CUSTOMER}]
    records = [
        {"id": 10, "ticket_id": 7, "timestamp": 1_700_000_000, "updater_id": CUSTOMER, "child_events": born},
        {
            "id": 20,
            "ticket_id": 7,
            "timestamp": 1_700_000_060,
            "updater_id": ANN,
            "child_events": [{"status": "solved"}],
        },
    ]
    _, events, tickets, _ = read(stream(*records))
    assert told(events, "status_changed", "value") == [("new",), ("solved",)]
    assert tickets["customer_id"].tolist() == ["700"]


def metric(kind, at, metric="agent_work_time", **more):
    return {"id": hash(kind + at) % 10**6, "ticket_id": 7, "metric": metric, "type": kind, "time": at, **more}


def test_targets_become_due_times_and_breaches(read, first):
    at = "2026-01-05T09:00:00Z"
    promise = {"target": 90, "business_hours": False}
    events = [
        metric("activate", at),
        metric("apply_sla", at, sla=promise) | {"id": 1},
        metric("apply_sla", at, "reply_time", instance_id=1, sla=promise) | {"id": 2},
        metric("apply_sla", at, "reply_time", instance_id=2, sla=promise) | {"id": 3},
        metric("apply_sla", at, sla=promise | {"business_hours": True}) | {"id": 4},
        metric("breach", "2026-01-05T10:30:00Z") | {"id": 5},
        metric("breach", "2026-01-05T11:30:00Z", deleted=True) | {"id": 6},
        metric("explode", at) | {"id": 7},
        metric("breach", at) | {"id": 8, "ticket_id": 404},
    ]
    log, found, tickets, report = read({"ticket_metric_events": events}, {"audits": [first]})
    assert tickets["ticket_id"].tolist() == ["7"]
    assert report.notes["metric events of tickets that the export does not hold, left out"] == 1
    assert told(found, "sla_due", "value", "number") == [
        ("resolution", 1.5),
        ("first_reply", 1.5),
        ("next_reply", 1.5),
    ]
    assert own_words(found) == {"agent_work_time", "reply_time"}
    breach = pd.Timestamp("2026-01-05T10:30Z")
    assert told(found, "field_changed", "field", "value", "occurred_at")[-1] == (
        "sla_breached",
        "resolution",
        breach,
    )
    assert report.notes["breaches that were taken back, left out"] == 1
    assert report.unknown["metric event type"] == {"'explode'": 1}
    assert escalations(log, "sla_missed") == [breach]


def escalations(log, name):
    rule = parse_rule(load_recipe("zendesk").escalation, name)
    return [at for (at,) in told(declare(log, rule).to_pandas()[0], "escalated", "occurred_at")]


def test_every_escalation_of_the_recipe_is_met(read, audit, first):
    moves = {
        "priority": changed("priority", "urgent", "normal"),
        "tag": changed("tags", ["vip", "escalated"], ["vip"]),
        "group": changed("group_id", "360001", None),
        "field": changed("360012345678", True, None),
    }
    recipe = load_recipe("zendesk").escalation
    assert set(recipe) == {"default", "sla_missed", *moves}
    for name, move in moves.items():
        log, *_ = read({"audits": [first, audit("13:00", move)]})
        at = pd.Timestamp("2026-01-05T13:00Z")
        assert {each: escalations(log, each) for each in moves} == {
            each: [at] if each == name else [] for each in moves
        }


def test_a_rating_given_is_read_and_one_offered_is_not(read, audit, first):
    scores = ["offered", "good", "bad", "marvellous"]
    audits = [
        audit(f"1{n}:00", {"type": "SatisfactionRating", "score": score}) for n, score in enumerate(scores)
    ]
    _, events, _, report = read({"audits": [first, *audits]})
    assert told(events, "csat", "number") == [(1.0,), (0.0,)]
    assert report.unknown["score"] == {"'marvellous'": 1}


VIEW = """Id;Subject;Requester;Requester id;Status;Priority;Group;Assignee;Created at;Updated at;Reopens
#7;Broken;Cid;700;On-hold;High;Tier 2;Ann;2026-03-29 01:30;2026-03-29 03:30;4
8;Worse;Cid;700;Open;-;;;2026-03-30 12:00;;0
;Nothing;;;Open;;;;;;
"""


def test_a_view_has_state_but_no_history(tmp_path):
    (tmp_path / "view.csv").write_text(VIEW)
    (tmp_path / "own.toml").write_text('format = "zendesk"\n[options]\ntimezone = "Europe/Berlin"\n')
    log, report = ingest([tmp_path / "view.csv"], recipe=tmp_path / "own.toml", max_dropped=0.5)
    events, tickets = log.to_pandas()
    assert told(events, "created", "ticket_id", "occurred_at") == [
        ("7", pd.Timestamp("2026-03-29T00:30Z")),
        ("8", pd.Timestamp("2026-03-30T10:00Z")),
    ]
    seen = pd.Timestamp("2026-03-29T01:30Z")
    assert told(events, "status_changed", "value", "raw_value", "occurred_at") == [
        ("on_hold", "On-hold", seen)
    ]
    assert told(events, "group_changed", "value") == [("Tier 2",)]
    assert tickets["customer_id"].tolist() == ["700", "700"]
    assert report.dropped["no ticket id"] == 1
    assert report.notes["tickets without the time of their last update: their state is not read"] == 1


def test_case_15_a_views_day_comes_before_its_month_where_the_recipe_says_so(tmp_path):
    (tmp_path / "view.csv").write_text(
        "Ticket ID,Subject,Requester,Status,Angefragt,Updated\n7,x,c,Open,03.04.2026 10:00,05.04.2026 10:00\n"
    )
    (tmp_path / "own.toml").write_text(
        'format = "zendesk"\n[options]\ncsv_time_format = "%d.%m.%Y %H:%M"\ncolumns = { "Angefragt" = "created" }\n'
    )
    events = ingest([tmp_path / "view.csv"], recipe=tmp_path / "own.toml")[0].to_pandas()[0]
    assert events["occurred_at"].tolist() == [
        pd.Timestamp("2026-04-03T10:00Z"),
        pd.Timestamp("2026-04-05T10:00Z"),
    ]


def test_named_custom_fields_are_read_from_tickets_too(read, tmp_path):
    (tmp_path / "own.toml").write_text('format = "zendesk"\n[options]\nfields = { "36001" = "severity" }\n')
    fields = [{"id": 36001, "value": "gold"}, {"id": 36002, "value": "x"}, {"id": 36003, "value": None}]
    page = {"tickets": [ticket(custom_fields=fields)]}
    _, events, _, _ = read(page, recipe=tmp_path / "own.toml")
    assert told(events, "field_changed", "field", "value") == [("severity", "gold")]


def test_a_wrong_option_is_named(read, first, tmp_path):
    (tmp_path / "own.toml").write_text('format = "zendesk"\n[options]\nbot = ["1"]\n')
    with pytest.raises(UsageError, match=r"options\.bot.*bot_channels"):
        read({"audits": [first]}, recipe=tmp_path / "own.toml")


def test_records_of_other_shapes_are_dropped_and_counted(read, first):
    odd = [{"id": None, "status": "open"}, "text", {"ticket_id": 7, "events": "none"}]
    _, _, _, report = read({"audits": [first]}, {"tickets": odd}, max_dropped=1)
    assert sum(report.dropped.values()) == 3


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ('{"users": [{"id": 1, "role": "end-user"}]}', True),
        ('{"ticket_metric_events": []}', True),
        ('{"tickets": [{"id": 1, "requester_id": 2, "submitter_id": 2}]}', True),
        (VIEW, True),
        ('[{"id": 1, "requester_id": 2, "responder_id": 3, "fr_due_by": null}]', False),
        ('{"issues": [{"key": "A-1", "fields": {}, "changelog": {"histories": []}}]}', False),
        ('{"conversations": [{"id": 1, "conversation_parts": {}}]}', False),
        ("number,sys_id,state\nINC1,x,1\n", False),
        ("", False),
    ],
)
def test_sniffing(content, known):
    assert (ZendeskAdapter().sniff(content.encode()) >= 0.5) == known


def test_the_page_tells_every_option_and_escalation():
    page = (Path(__file__).parents[2] / "docs" / "systems" / "zendesk.md").read_text("utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    recipe = parse_recipe(block.encode(), name="own", source="page")
    assert Options.model_validate(recipe.options).model_fields_set == set(Options.model_fields)
    assert all(f"`{name}`" in page for name in load_recipe("zendesk").escalation if name != "default")


def test_files_that_are_named_as_the_tables_of_a_log_are_an_export(tmp_path, audit, first):
    (tmp_path / "events.json").write_text(json.dumps({"audits": [first]}))
    (tmp_path / "tickets.json").write_text(json.dumps({"tickets": [ticket()]}))
    log, report = ingest([tmp_path])
    assert report.format == "zendesk"
    assert log.tickets["ticket_id"].to_pylist() == ["7"]


def test_ids_that_no_ledger_holds_are_dropped_and_counted(read, first):
    odd = [ticket(id="x" * 1001), ticket(id="a\0b")]
    log, _, _, report = read({"tickets": [ticket(), *odd]}, {"audits": [first]}, max_dropped=1)
    assert log.tickets["ticket_id"].to_pylist() == ["7"]
    assert set(report.dropped) == {"ticket id that is blank, of more than 1,000 characters, or with NUL"}
