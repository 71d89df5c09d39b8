"""Exports of GitHub issues: lists of a repository, timelines, and what the command-line tool writes."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from boilover.adapters import IngestReport, adapter, ingest, load_recipe
from boilover.errors import InputError, UsageError
from boilover.escalation import declare, parse_rule
from boilover.log import EventLog
from exports import fields_of, flags, recipe_of, rows, values, written
from renderers import github as renderer
from renderers.neutral import NeutralTicket, Step, expected, observed

API = "https://api.github.com/repos/desk/help"
ANA = {"login": "ana", "type": "User"}
BEN = {"login": "ben", "type": "User"}
CORA = {"login": "cora", "type": "User"}
ROBOT = {"login": "helper[bot]", "type": "Bot"}


def day(number: int, clock: str = "09:00:00") -> str:
    return f"2026-03-{number:02d}T{clock}Z"


def issue(number: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "id": 9_000 + number,
        "number": number,
        "url": f"{API}/issues/{number}",
        "repository_url": API,
        "html_url": f"https://github.com/desk/help/issues/{number}",
        "title": "Export fails",
        "body": "It fails again.",
        "user": ANA,
        "author_association": "NONE",
        "state": "open",
        "labels": [],
        "assignees": [],
        "comments": 0,
        "created_at": day(1),
        "updated_at": day(10),
        **more,
    }


def event(
    number: int, kind: str, at: str, by: dict[str, Any] | None = BEN, of: int | None = 7, **more: Any
) -> dict:
    """An event as the list of a repository has it; of a timeline, where ``of`` is None."""
    about = (
        {} if of is None else {"issue": {"number": of, "url": f"{API}/issues/{of}", "repository_url": API}}
    )
    told = {
        "id": number,
        "url": f"{API}/issues/events/{number}",
        "event": kind,
        "actor": by,
        "created_at": at,
    }
    return {**told, "commit_id": None, "commit_url": None, **about, **more}


def label(name: str) -> dict[str, Any]:
    return {"label": {"name": name, "color": "fff"}}


def comment(number: int, at: str, body: str, by: Any = BEN, association: str = "MEMBER", of: int = 7) -> dict:
    return {"id": number, "issue_url": f"{API}/issues/{of}", "user": by, "author_association": association,
            "html_url": f"https://github.com/desk/help/issues/{of}#issuecomment-{number}",
            "created_at": at, "updated_at": at, "body": body}  # fmt: skip


def read(tmp_path: Path, *files: list[Any], **how: Any) -> tuple[EventLog, IngestReport]:
    return ingest([written(tmp_path / "export", files)], **how)


def recipe(tmp_path: Path, options: str) -> Path:
    return recipe_of(tmp_path, "github", options)


def test_lists_of_a_repository_become_tickets_and_events(tmp_path):
    events = [
        event(2, "closed", day(5), state_reason="completed"),
        event(1, "labeled", day(2), **label("P1")),
    ]
    log, report = read(
        tmp_path,
        [issue(comments=1, state="closed", closed_at=day(5))],
        events,
        [comment(31, day(3), "Look at the logs")],
    )
    _, tickets = log.to_pandas()
    assert tickets.to_dict("records") == [{"ticket_id": "7", "customer_id": "ana", "subject": "Export fails"}]
    assert values(log, "status_changed") == ["open", "solved"]
    assert rows(log, "status_changed")["raw_value"].tolist()[1] == "completed"
    assert values(log, "priority_changed") == ["high"]
    assert rows(log, "message")["text"].tolist() == ["It fails again.", "Look at the logs"]
    assert rows(log, "message")["actor_role"].tolist() == ["customer", "agent"]
    # Before Ben said anything, nothing told his association; afterwards it is known.
    assert rows(log, "priority_changed")["actor_role"].fillna("").tolist() == [""]
    assert rows(log, "status_changed")["actor_role"].tolist() == ["customer", "agent"]
    assert report.format == report.recipe == "github"
    assert not report.dropped
    assert not report.unknown


def test_a_state_that_a_label_tells_has_the_label_beside_it(tmp_path):
    events = [
        event(1, "labeled", day(1), ANA, **label("priority: low")),
        event(2, "labeled", day(2), **label("P0")),
        event(3, "labeled", day(3), **label("Team/Billing")),
        event(4, "labeled", day(4), **label("Needs Info")),
        event(5, "unlabeled", day(5), **label("Needs Info")),
    ]
    log, _ = read(tmp_path, [issue()], events)
    raw = {kind: rows(log, kind)["raw_value"].tolist() for kind in ("priority_changed", "group_changed")}
    assert raw == {"priority_changed": ["priority: low", "P0"], "group_changed": ["Team/Billing"]}
    assert values(log, "group_changed") == ["Billing"]
    assert rows(log, "status_changed")["raw_value"].fillna("").tolist() == ["", "Needs Info", ""]
    today, _ = read(tmp_path, [issue(labels=[label("P0")["label"]])])
    assert rows(today, "priority_changed")["raw_value"].tolist() == ["P0"]


def test_case_02_an_issue_that_a_member_opens_has_no_customer(tmp_path):
    log, _ = read(tmp_path, [issue(user=BEN, author_association="OWNER"), issue(8)])
    assert log.to_pandas()[1]["customer_id"].isna().tolist() == [True, False]
    assert rows(log, "created")[["actor_id", "actor_role"]].to_numpy().tolist() == [["ben", "agent"]]


def test_case_03_a_duplicate_is_closed_and_may_be_reopened(tmp_path):
    """GitHub does not merge."""
    events = [
        event(1, "marked_as_duplicate", day(2)),
        event(2, "closed", day(2), state_reason="duplicate"),
        event(3, "reopened", day(3)),
    ]
    log, _ = read(tmp_path, [issue()], events)
    assert values(log, "status_changed") == ["open", "closed", "open"]
    assert fields_of(log, "marked_as_duplicate") == [None]
    assert values(log, "merged") == []


def test_case_04_closed_opened_and_closed_is_one_reopen(tmp_path):
    events = [
        event(1, "closed", day(2)),
        event(2, "reopened", day(3)),
        event(3, "closed", day(4), state_reason="not_planned"),
    ]
    log, _ = read(tmp_path, [issue(state="closed")], events)
    assert values(log, "status_changed") == ["open", "solved", "open", "closed"]
    assert flags(log, "reopened") == 1


def test_case_04_labels_of_a_closed_issue_do_not_reopen_it(tmp_path):
    events = [
        event(1, "labeled", day(2), **label("Needs-Info")),
        event(2, "closed", day(3)),
        event(3, "unlabeled", day(4), **label("Needs-Info")),
        event(4, "labeled", day(5), **label("blocked")),
        event(5, "reopened", day(6)),
    ]
    log, _ = read(tmp_path, [issue()], events)
    assert values(log, "status_changed") == ["open", "pending", "solved", "on_hold"]
    assert flags(log, "reopened") == 1


def test_case_05_priority_and_tags_are_those_of_the_time(tmp_path):
    events = [event(1, "labeled", day(4), **label("priority: low")),
              event(3, "unlabeled", day(5), **label("priority: low")),
              event(2, "labeled", day(5), **label("Priority/Critical"))]  # fmt: skip
    log, _ = read(
        tmp_path, [issue(labels=[{"name": "Priority/Critical"}, {"name": "renamed since"}])], events
    )
    assert values(log, "priority_changed") == ["low", "urgent"]
    assert rows(log, "priority_changed")["occurred_at"].dt.day.tolist() == [4, 5]
    assert fields_of(log, "tags") == [
        "priority:-low", "Priority/Critical priority:-low", "Priority/Critical"
    ]  # fmt: skip


def test_labels_chosen_in_the_form_and_labels_that_were_there_belong_to_the_creation(tmp_path):
    events = [
        event(1, "labeled", day(1), ANA, **label("P3")),
        event(2, "labeled", day(1), BEN, **label("team: Billing Desk")),
        event(3, "unlabeled", day(4), **label("triage")),
        event(4, "unassigned", day(5), assignee=CORA),
    ]
    log, _ = read(tmp_path, [issue()], events)
    assert values(log, "priority_changed") == ["low"]
    assert values(log, "group_changed") == ["Billing Desk"]
    assert values(log, "status_changed") == ["new", "open"]
    assert values(log, "assignee_changed") == ["cora", None]
    assert fields_of(log, "tags") == ["P3 triage", "P3 team:-Billing-Desk triage", "P3 team:-Billing-Desk"]


def test_case_06_the_role_is_what_the_association_says(tmp_path):
    told = [
        comment(1, day(2), "me too", CORA, "CONTRIBUTOR"),
        comment(2, day(3), "fixed", BEN, "COLLABORATOR"),
        comment(3, day(4), "gone", None, "NONE"),
    ]
    log, _ = read(tmp_path, [issue(comments=3)], told, [event(1, "labeled", day(5), CORA, **label("bug"))])
    assert rows(log, "message")["actor_role"].tolist() == ["customer", "customer", "agent", "customer"]
    assert rows(log, "field_changed")["actor_role"].tolist() == ["customer"]
    log, _ = read(tmp_path, [issue(comments=3)], told, recipe=recipe(tmp_path, 'agents = ["Cora"]'))
    assert rows(log, "message")["actor_role"].tolist()[1] == "agent"


def test_case_07_several_changes_at_one_instant_keep_their_order(tmp_path):
    """Of a list, whose newest come first, ids tell the order; of a timeline, its own."""
    at = day(2)
    kinds = [("assigned", CORA), ("unassigned", CORA), ("assigned", BEN), ("assigned", CORA)]
    listed = [event(10 + n, kind, at, assignee=who) for n, (kind, who) in enumerate(kinds)]
    log, _ = read(tmp_path, [issue()], listed[::-1])
    assert values(log, "assignee_changed") == ["cora", None, "ben", "cora"]
    held = [event(50 - n, kind, at, of=None, assignee=who) for n, (kind, who) in enumerate(kinds)]
    log, _ = read(tmp_path, [issue(timeline=held)])
    assert values(log, "assignee_changed") == ["cora", None, "ben", "cora"]


def test_case_08_numbers_as_text_are_one_id(tmp_path):
    log, _ = read(
        tmp_path,
        [issue(), {**issue(), "number": "7"}],
        [event(1, "closed", day(2)), event("1", "closed", day(2))],
    )
    assert log.to_pandas()[1]["ticket_id"].tolist() == ["7"]
    assert values(log, "status_changed") == ["open", "solved"]


def test_case_09_doubled_events_count_once(tmp_path):
    events = [event(1, "assigned", day(2), assignee=BEN), event(2, "cross-referenced", day(3))]
    told = [comment(5, day(4), "Hi")]
    log, _ = read(tmp_path, [issue(comments=1)], events, events, told, told)
    assert values(log, "assignee_changed") == ["ben"]
    assert fields_of(log, "cross-referenced") == [None]
    assert len(rows(log, "message")) == 2


def test_case_10_missing_comments_and_missing_events_are_refused(tmp_path):
    with pytest.raises(InputError, match="ticket 7 is truncated: 29 comments are missing"):
        read(tmp_path, [issue(comments=30)], [comment(1, day(2), "Hi")])
    closed = issue(8, state="closed", closed_at=day(6))
    with pytest.raises(InputError, match="ticket 8 is truncated: it is closed"):
        read(tmp_path, [issue(), closed], [event(1, "labeled", day(2), **label("bug"))])
    log, report = read(
        tmp_path, [issue(), closed], [event(1, "labeled", day(2), **label("bug"))], allow_cut=True
    )
    assert (report.truncated, report.truncated_examples) == (1, ("8",))
    assert rows(log, "status_changed", "8")["occurred_at"].dt.day.tolist() == [1, 6]


def test_case_13_unassigning_and_first_assignment_are_no_handoff(tmp_path):
    events = [event(1, "assigned", day(2), assignee=BEN), event(2, "unassigned", day(3), assignee=BEN)]
    log, _ = read(tmp_path, [issue()], events)
    assert values(log, "assignee_changed") == ["ben", None]
    assert flags(log, "handoff") == 0


def test_case_13_one_of_several_assignees_leaves(tmp_path):
    events = [event(1, "assigned", day(2), assignee=BEN), event(2, "assigned", day(3), assignee=CORA),
              event(3, "unassigned", day(4), assignee=BEN), event(4, "unassigned", day(5), assignee=CORA)]  # fmt: skip
    log, _ = read(tmp_path, [issue()], events)
    assert values(log, "assignee_changed") == ["ben", "cora", None]


def test_case_14_a_bots_reply_is_no_agents_reply(tmp_path):
    told = [
        comment(1, day(2), "Thanks", ROBOT, "NONE"),
        comment(2, day(3), "Stale", {"login": "ci"}, "MEMBER"),
    ]
    log, _ = read(tmp_path, [issue(comments=2)], told, recipe=recipe(tmp_path, 'bots = ["ci"]'))
    assert rows(log, "message")["actor_role"].tolist() == ["customer", "bot", "bot"]
    assert flags(log, "agent_reply") == 0


def test_case_16_offsets_are_kept(tmp_path):
    log, _ = read(
        tmp_path,
        [issue(created_at="2026-03-29T01:30:00+02:00")],
        [event(1, "closed", "2026-03-29T01:30:00Z")],
    )
    told = rows(log, "status_changed")["occurred_at"].dt.strftime("%d %H:%M").tolist()
    assert told == ["28 23:30", "29 01:30"]


def test_case_17_issues_alone_tell_only_today(tmp_path):
    today = issue(labels=[{"name": "P1"}, {"name": "on hold"}], assignees=[BEN])
    log, report = read(
        tmp_path, [today, issue(8, state="closed", state_reason="not_planned", closed_at=day(6))]
    )
    assert values(log, "status_changed") == ["on_hold"]
    assert rows(log, "status_changed")["occurred_at"].dt.day.tolist() == [10]
    assert rows(log, "priority_changed")["occurred_at"].dt.day.tolist() == [10]
    assert values(log, "status_changed", "8") == ["closed"]
    assert rows(log, "status_changed", "8")["occurred_at"].dt.day.tolist() == [6]
    assert {"csat", "sla_due"} <= set(report.lacks)


def test_case_17_what_the_command_line_tool_writes(tmp_path):
    told = {
        "number": 7, "title": "Fails", "body": "Again", "state": "CLOSED", "stateReason": "COMPLETED",
        "author": {"login": "ana", "is_bot": False}, "createdAt": day(1), "updatedAt": day(10), "closedAt": day(9),
        "labels": [{"name": "P2"}], "assignees": [{"login": "ben"}], "url": "https://github.com/desk/help/issues/7",
        "comments": [{"id": "IC_x", "author": {"login": "ben"}, "authorAssociation": "MEMBER", "body": "Hello",
                      "createdAt": day(2), "url": "https://github.com/desk/help/issues/7#issuecomment-1"}],
    }  # fmt: skip
    log, report = read(tmp_path, [told])
    assert report.format == "github"
    assert rows(log, "message")["actor_role"].tolist()[1] == "agent"
    assert rows(log, "message")["text"].tolist() == ["Again", "Hello"]
    assert rows(log, "status_changed")["occurred_at"].dt.day.tolist() == [9]
    assert values(log, "priority_changed") == ["normal"]


def test_case_18_unknown_events_are_counted_and_never_fatal(tmp_path):
    events = [event(1, "teleported", day(2)), event(2, "mentioned", day(2)),
              event(3, "labeled", day(3), **label("bug")),
              event(4, "labeled", "soon", **label("P1")), event(5, "renamed", day(4), of=None)]  # fmt: skip
    log, report = read(tmp_path, [issue(comments=1)], events, [comment(n, day(5), "x") for n in range(20)])
    assert report.unknown == {"event type": {"'teleported'": 1}}
    assert report.dropped == {"no readable time": 1, "records that are of no issue": 1}
    assert report.notes["mentions and subscriptions, left out"] == 1
    assert fields_of(log, "tags") == ["bug"]


def test_case_19_overlapping_exports_give_the_same_log(tmp_path):
    events = [event(1, "labeled", day(2), **label("P2")), event(2, "assigned", day(3), assignee=BEN),
              event(3, "closed", day(6))]  # fmt: skip
    told = [comment(1, day(3), "Hi"), comment(2, day(5), "Bye")]
    late = [[issue(comments=2, state="closed", updated_at=day(9))], events[::-1], told]
    early = [[issue(comments=1, updated_at=day(4))], events[:2], told[:1]]
    alone, _ = read(tmp_path, *late)
    for files in ((*late, *late), (*early, *late), (*late, *early)):
        both, _ = read(tmp_path, *files)
        pd.testing.assert_frame_equal(both.to_pandas()[0], alone.to_pandas()[0])


def test_case_20_files_as_they_come(tmp_path):
    records = [[issue()], [event(1, "closed", day(2))]]
    plain, _ = read(tmp_path, *records)
    pages = "".join(json.dumps(each) for each in records).encode()
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + pages)
    (tmp_path / "b.json").write_bytes(gzip.compress(pages))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for place, each in enumerate(records):
            archive.writestr(f"inner/{place}.txt", json.dumps(each))
        archive.writestr("inner/none.json", "[]")
    (tmp_path / "d").write_text(
        "".join(f"{json.dumps(one)}\n" for each in records for one in each), encoding="utf-8"
    )
    (tmp_path / "e.json").write_text(json.dumps(records), encoding="utf-8")
    for name in ("a.csv", "b.json", "c.zip", "d", "e.json"):
        log, _ = ingest([tmp_path / name])
        pd.testing.assert_frame_equal(log.to_pandas()[0], plain.to_pandas()[0])
    (tmp_path / "cut.json").write_bytes(pages[:-30])
    (tmp_path / "empty.json").write_bytes(b" ")
    for name in ("cut.json", "empty.json"):
        with pytest.raises(InputError, match=name):
            ingest([tmp_path / name])


def test_pull_requests_are_dropped_with_all_that_belongs_to_them(tmp_path):
    pull = issue(8, pull_request={"url": f"{API}/pulls/8"})
    said = {
        **comment(1, day(2), "nit", of=8),
        "html_url": "https://github.com/desk/help/pull/8#issuecomment-1",
    }
    log, report = read(tmp_path, [event(1, "closed", day(2), of=8)], [said], [issue(), pull])
    assert log.to_pandas()[1]["ticket_id"].tolist() == ["7"]
    assert report.dropped == {"pull requests": 1, "events and comments of pull requests": 2}


def test_a_timeline_belongs_to_the_issue_that_holds_it_or_names_its_file(tmp_path):
    timeline = [
        event(1, "assigned", day(2), of=None, assignee=BEN),
        {**comment(5, day(3), "Hello"), "event": "commented", "actor": BEN},
    ]
    held, _ = read(tmp_path, [issue(comments=1, timeline=timeline)])
    assert values(held, "assignee_changed") == ["ben"]
    assert len(rows(held, "message")) == 2
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "issues.json").write_text(json.dumps([issue(comments=1), issue(8)]), encoding="utf-8")
    (folder / "issue-7.json").write_text(json.dumps(timeline), encoding="utf-8")
    log, _ = ingest([folder])
    events = log.to_pandas()[0]
    pd.testing.assert_frame_equal(
        events[events["ticket_id"] == "7"].reset_index(drop=True), held.to_pandas()[0], check_like=True
    )
    # Of the other issue there is no history: what it is today, it is as of its last update.
    assert rows(log, "status_changed", "8")["occurred_at"].dt.day.tolist() == [10]


def test_issues_of_several_repositories_go_by_both_names(tmp_path):
    other = json.loads(json.dumps(issue()).replace("desk/help", "desk/shop"))
    log, _ = read(tmp_path, [issue(), other], [event(1, "closed", day(2))])
    assert log.to_pandas()[1]["ticket_id"].tolist() == ["desk/help#7", "desk/shop#7"]
    assert values(log, "status_changed", "desk/help#7") == ["open", "solved"]
    assert values(log, "status_changed", "desk/shop#7") == ["open"]


def test_timelines_by_file_of_several_repositories_are_told_apart(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    other = json.loads(json.dumps(issue(8)).replace("desk/help", "desk/shop"))
    (folder / "issues.json").write_text(json.dumps([issue(), other]), encoding="utf-8")
    (folder / "7.json").write_text(json.dumps([event(1, "closed", day(2), of=None)]), encoding="utf-8")
    log, _ = ingest([folder])
    assert values(log, "status_changed", "desk/help#7") == ["open", "solved"]


def test_the_subject_is_the_title_at_creation(tmp_path):
    events = [
        event(2, "renamed", day(4), rename={"from": "Slow and fails", "to": "Export fails"}),
        event(1, "renamed", day(2), rename={"from": "Slow", "to": "Slow and fails"}),
    ]
    log, _ = read(tmp_path, [issue()], events)
    assert log.to_pandas()[1]["subject"].tolist() == ["Slow"]
    assert fields_of(log, "renamed") == [None, None]


def test_every_escalation_of_the_recipe_is_met(tmp_path):
    events = [
        event(1, "labeled", day(2), **label("escalated")),
        event(2, "labeled", day(2), **label("P2")),
        event(3, "labeled", day(3), **label("P1")),
        event(4, "labeled", day(4), **label("P0")),
        event(5, "labeled", day(5), **label("team: platform")),
        event(6, "milestoned", day(6), milestone={"title": "Hotfix"}),
        event(7, "closed", day(7)),
        event(8, "reopened", day(8)),
    ]
    log, _ = read(tmp_path, [issue()], events)
    escalation = load_recipe("github").escalation
    days = {
        name: rows(declare(log, parse_rule(escalation, name)), "escalated")["occurred_at"].dt.day.tolist()
        for name in escalation
        if name != "default"
    }
    assert days == {
        "label": [2],
        "raised": [3],
        "urgent": [4],
        "group": [5],
        "milestone": [6],
        "reopened": [8],
    }


def test_milestones_locks_and_types_are_fields(tmp_path):
    events = [
        event(1, "milestoned", day(2), milestone={"title": "1.0"}),
        event(2, "demilestoned", day(3), milestone={"title": "1.0"}),
        event(3, "locked", day(4), lock_reason="spam"),
        event(4, "issue_type_changed", day(5), prev_issue_type={"name": "Task"}, issue_type={"name": "Bug"}),
    ]
    log, _ = read(tmp_path, [issue(type={"name": "Bug"})], events)
    assert fields_of(log, "milestone") == ["1.0", None]
    assert fields_of(log, "locked") == ["true"]
    assert fields_of(log, "type") == ["Task", "Bug"]
    assert log.to_pandas()[1]["type"].tolist() == ["Task"]


def test_a_type_of_today_stands_at_creation_only_where_events_tell_of_types(tmp_path):
    """It may have been given at any time: at creation it would tell what is going to happen."""
    issues = [issue(number, type={"name": "Bug"} if number == 7 else None) for number in (7, 8)]
    log, _ = read(tmp_path, issues)
    types = rows(log, "field_changed").query("field == 'type'")
    assert types["occurred_at"].tolist() == [pd.Timestamp(day(10))]
    events = [event(number, "labeled", day(2), of=number, **label("x")) for number in (7, 8)]
    log, report = read(tmp_path, issues, events)
    assert fields_of(log, "type") == []
    assert "type" not in log.to_pandas()[1]
    assert report.notes["type of today, which no history tells since when, left out"] == 1
    changed = event(9, "issue_type_added", day(3), of=8, issue_type={"name": "Task"})
    log, _ = read(tmp_path, issues, [*events, changed])
    assert log.to_pandas()[1]["type"].fillna("").tolist() == ["Bug", ""]


def test_options_say_what_labels_mean(tmp_path):
    events = [event(1, "labeled", day(2), **label("SEV-1")), event(2, "labeled", day(3), **label("blocked")),
              event(3, "labeled", day(4), **label("squad/web"))]  # fmt: skip
    options = 'priorities = { "sev 1" = "urgent" }\nstatuses = { blocked = "" }\ngroup_prefixes = ["squad"]'
    log, _ = read(tmp_path, [issue()], events, recipe=recipe(tmp_path, options))
    assert values(log, "priority_changed") == ["urgent"]
    assert values(log, "status_changed") == ["open"]
    assert values(log, "group_changed") == ["web"]
    with pytest.raises(UsageError, match=r"options\.statuses"):
        read(tmp_path, [issue()], recipe=recipe(tmp_path, 'statuses = { "x" = "later" }'))


def test_sniffing_knows_its_own_and_no_other():
    sniff = adapter("github").sniff
    for own in ([issue()], [event(1, "labeled", day(2), of=None, **label("x"))], [comment(1, day(2), "Hi")]):
        assert sniff(json.dumps(own).encode()) > 0.5
    hostile = json.dumps({"tickets": [{"id": 1, "description": json.dumps([issue()])}]}).encode()
    for head in (
        hostile,
        b'{"issues": [{"key": "A-1", "fields": {}}]}',
        b"a,b\n1,2\n",
        b"<log/>",
        b"PAR1",
        b"",
    ):
        assert sniff(head) == 0.0


def test_what_is_rendered_is_read_again(tmp_path):
    at = pd.Timestamp("2026-03-01T10:00:00Z").to_pydatetime()
    later = pd.Timestamp("2026-03-02T10:00:00Z").to_pydatetime()
    steps = (
        Step(at, "customer", "It fails again", "900"),
        Step(at, "priority", "high", "501"),
        Step(later, "status", "on_hold", "501"),
        Step(later, "status", "pending", "501"),
        Step(later, "status", "solved", "501"),
        Step(later, "status", "closed", "501"),
        Step(later, "status", "on_hold", "501"),
        Step(later, "note", "hm", "501"),
        Step(later, "bot", "ping", "700"),
        Step(later, "reply", "Hello", "501"),
        Step(later, "group", "31", "501"),
        Step(later, "group", None, "501"),
        Step(later, "assignee", "502", "501"),
        Step(later, "assignee", None, "501"),
    )
    ticket = NeutralTicket("17", at, "900", "Fails", "new", "low", "30", "501", steps)
    bare = NeutralTicket("18", at, "901", "Fails", "open", "normal", None, None, (steps[0],))
    renderer.render([ticket, bare], tmp_path)
    log, report = ingest([tmp_path])
    assert observed(log) == expected([ticket, bare], renderer.LOSES)
    assert report.format == "github"
    assert not report.unknown
