"""Exports of Jira: what the search gives as JSON, and what the browser gives as CSV."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from boilover.adapters import IngestReport, adapter, ingest
from boilover.adapters.jira_text import plain_text
from boilover.errors import InputError, UsageError
from boilover.escalation import declare, parse_rule
from boilover.log import EventLog
from exports import fields_of, flags, own_words, recipe_of, rows, values
from renderers import jira as renderer
from renderers.neutral import NeutralTicket, Step, expected, observed

ANA = {"accountId": "ana", "displayName": "Ana", "accountType": "customer"}
BEN = {"accountId": "ben", "displayName": "Ben", "accountType": "atlassian"}
CORA = {"accountId": "cora", "displayName": "Cora", "accountType": "atlassian"}
ROBOT = {"accountId": "robot", "displayName": "Automation", "accountType": "app"}
TO_DO = {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}}
WORK = {"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}}
DONE = {"id": "5", "name": "Resolved", "statusCategory": {"key": "done"}}


def day(number: int, clock: str = "09:00:00", offset: str = "+0000") -> str:
    return f"2026-03-{number:02d}T{clock}.000{offset}"


def item(field: str, old: dict[str, Any] | str | None, new: dict[str, Any] | str | None) -> dict[str, Any]:
    """An item of a changelog, of Jira's own field or, where the name has capitals, of a custom one."""
    sides = {}
    for side, value in (("from", old), ("to", new)):
        named = value if isinstance(value, dict) else {"id": value, "name": value}
        sides[side] = named.get("id", named.get("accountId"))
        sides[f"{side}String"] = named.get("name", named.get("displayName"))
    return {"field": field, "fieldtype": "jira", **sides}


def save(number: int, at: str, *items: dict[str, Any], by: dict[str, Any] | None = BEN) -> dict[str, Any]:
    return {"id": str(number), "author": by, "created": at, "items": list(items)}


def comment(number: int, at: str, body: object, by: dict[str, Any] = BEN, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "author": by, "body": body, "created": at, "updated": at, **more}


def issue(
    key: str = "HELP-1", *saves: dict[str, Any], comments: tuple[Any, ...] = (), **fields: Any
) -> dict[str, Any]:
    """An issue created on the first of March, whose fields are as of the tenth."""
    told = {
        "created": day(1),
        "updated": day(10),
        "summary": "Export fails",
        "description": "It fails again.",
        "reporter": ANA,
        "creator": ANA,
        "status": WORK,
        "priority": {"id": "3", "name": "Medium"},
        "assignee": None,
        "issuetype": {"name": "Incident"},
        "labels": [],
        "comment": {"comments": list(comments), "total": len(comments)},
        **fields,
    }
    log = {"startAt": 0, "total": len(saves), "histories": list(saves)}
    return {"id": key.replace("HELP-", "100"), "key": key, "fields": told, "changelog": log}


def read(tmp_path: Path, *issues: dict[str, Any], **how: Any) -> tuple[EventLog, IngestReport]:
    path = tmp_path / "export"
    path.write_text(json.dumps({"startAt": 0, "total": len(issues), "issues": issues}), encoding="utf-8")
    return ingest([path], **how)


def read_csv(tmp_path: Path, text: str, **how: Any) -> tuple[EventLog, IngestReport]:
    path = tmp_path / "jira.csv"
    path.write_text(text, encoding="utf-8")
    return ingest([path], **how)


def recipe(tmp_path: Path, options: str, escalation: str = "") -> Path:
    return recipe_of(tmp_path, "jira", options, escalation)


def test_an_issue_becomes_a_ticket_and_its_events(tmp_path):
    log, report = read(tmp_path, issue("HELP-1", save(1, day(2), item("status", TO_DO, WORK))))
    events, tickets = log.to_pandas()
    assert events["event_type"].tolist()[:3] == ["created", "status_changed", "priority_changed"]
    assert values(log, "status_changed") == ["new", "open"]
    assert tickets.to_dict("records") == [
        {"ticket_id": "HELP-1", "type": "Incident", "customer_id": "ana", "subject": "Export fails"}
    ]
    assert rows(log, "message")["text"].tolist() == ["It fails again."]
    assert report.format == report.recipe == "jira"
    assert not report.dropped


def test_case_01_an_internal_comment_is_no_first_reply(tmp_path):
    inside = (
        comment(1, day(2), "Look at this", jsdPublic=False),
        comment(2, day(3), "For us", visibility={"type": "role", "value": "Developers"}),
    )
    log, _ = read(tmp_path, issue(comments=inside))
    assert rows(log, "message")["is_public"].tolist() == [True, False, False]
    assert flags(log, "agent_reply") == 0
    log, _ = read(tmp_path, issue(comments=(*inside, comment(3, day(4), "Hello", jsdPublic=True))))
    assert flags(log, "agent_reply") == 1


def test_case_02_an_agent_opens_an_issue_for_a_customer(tmp_path):
    log, _ = read(tmp_path, issue(creator=BEN, reporter=ANA))
    assert log.to_pandas()[1]["customer_id"].tolist() == ["ana"]
    assert rows(log, "created")[["actor_id", "actor_role"]].to_numpy().tolist() == [["ben", "agent"]]
    assert rows(log, "message")["actor_role"].tolist() == ["agent"]


def test_case_03_a_duplicate_ends_with_its_status(tmp_path):
    """Jira does not merge: a duplicate is a link and a resolution, and may be reopened."""
    link = item("Link", None, {"id": "HELP-2", "name": "This issue duplicates HELP-2"})
    ended = save(1, day(2), link, item("resolution", None, "Duplicate"), item("status", WORK, DONE))
    log, _ = read(tmp_path, issue("HELP-1", ended, status=DONE))
    assert values(log, "status_changed") == ["open", "solved"]
    assert fields_of(log, "link") == [None]
    assert values(log, "merged") == []


def test_case_04_solved_opened_and_solved_is_one_reopen(tmp_path):
    saves = (
        save(1, day(2), item("status", WORK, DONE)),
        save(2, day(3), item("status", DONE, WORK)),
        save(3, day(4), item("status", WORK, DONE)),
    )
    log, _ = read(tmp_path, issue("HELP-1", *saves, status=DONE))
    assert values(log, "status_changed") == ["open", "solved", "open", "solved"]
    assert flags(log, "reopened") == 1


def test_case_04_a_status_of_a_desk_is_done_where_its_category_says_so(tmp_path):
    """What a name seems to say counts only where the category agrees."""
    shipped = {"id": "9", "name": "Shipped", "statusCategory": {"key": "done"}}
    resolved = {"id": "8", "name": "Resolved", "statusCategory": {"key": "indeterminate"}}
    saves = (
        save(1, day(2), item("status", WORK, resolved)),
        save(2, day(3), item("status", resolved, shipped)),
    )
    log, report = read(
        tmp_path,
        issue("HELP-1", *saves, status=shipped),
        issue("HELP-2", status=resolved),
        issue("HELP-3", status=WORK),
    )
    assert values(log, "status_changed") == ["open", "solved"]
    assert values(log, "status_changed", "HELP-2") == ["open"]
    assert "status" not in report.unknown


def test_case_04_clearing_the_resolution_reopens(tmp_path):
    cleared = item("resolution", "Fixed", None)
    saves = (save(1, day(2), item("status", WORK, DONE)), save(2, day(3), cleared))
    log, _ = read(tmp_path, issue("HELP-1", *saves, status=DONE))
    assert values(log, "status_changed") == ["open", "solved", "open"]
    together = (
        save(1, day(2), item("status", WORK, DONE)),
        save(2, day(3), item("status", DONE, WORK), cleared),
    )
    log, _ = read(tmp_path, issue("HELP-1", *together))
    assert values(log, "status_changed") == ["open", "solved", "open"]


def test_case_05_the_priority_is_that_of_the_time(tmp_path):
    raised = save(1, day(4), item("priority", "Low", "Highest"))
    log, _ = read(tmp_path, issue("HELP-1", raised, priority={"name": "Highest"}))
    told = rows(log, "priority_changed")
    assert told["value"].tolist() == ["low", "urgent"]
    assert told["occurred_at"].dt.day.tolist() == [1, 4]


def test_case_06_the_role_is_the_authors_side(tmp_path):
    """Jira tells account types, and who reported the issue then."""
    passed = save(1, day(3), item("reporter", {"accountId": "dan", "displayName": "Dan"}, ANA))
    dan = {"accountId": "dan", "accountType": "atlassian"}
    told = (comment(1, day(2), "mine", dan), comment(2, day(4), "his", ANA), comment(3, day(5), "ours", BEN))
    log, _ = read(tmp_path, issue("HELP-1", passed, comments=told, creator=dan))
    assert log.to_pandas()[1]["customer_id"].tolist() == ["dan"]
    assert rows(log, "message")["actor_role"].tolist() == ["customer", "customer", "customer", "agent"]


def test_case_07_several_changes_at_one_instant_keep_their_order(tmp_path):
    at = day(2)
    saves = (
        save(12, at, item("assignee", BEN, CORA)),
        save(10, at, item("assignee", CORA, BEN)),
        save(9, at, item("assignee", None, CORA)),
    )
    log, _ = read(tmp_path, issue("HELP-1", *saves, assignee=CORA))
    assert values(log, "assignee_changed") == ["cora", "ben", "cora"]


def test_case_08_ids_as_text_or_number_are_one_id(tmp_path):
    first = issue("HELP-1", save(1, day(2), item("status", TO_DO, {"id": 3, "name": "In Progress"})))
    second = issue("HELP-1", {**save(1, day(2), item("status", TO_DO, WORK)), "id": 1})
    log, _ = read(tmp_path, first, second)
    assert values(log, "status_changed") == ["new", "open"]
    assert len(log.tickets) == 1


def test_case_09_doubled_rows_of_the_changelog_count_once(tmp_path):
    once = save(1, day(2), item("assignee", None, BEN))
    log, _ = read(
        tmp_path, issue("HELP-1", once, once, assignee=BEN, comments=(comment(1, day(3), "Hi"),) * 2)
    )
    assert values(log, "assignee_changed") == ["ben"]
    assert len(rows(log, "message")) == 2


def test_case_10_a_cut_changelog_is_refused_unless_allowed(tmp_path):
    cut = issue("HELP-1", save(7, day(5), item("status", TO_DO, WORK)))
    cut["changelog"]["total"] = 101
    with pytest.raises(InputError, match=r"HELP-1.*100 entries of the changelog are missing"):
        read(tmp_path, cut, issue("HELP-2"))
    log, report = read(tmp_path, cut, issue("HELP-2"), allow_cut=True)
    assert (report.truncated, report.truncated_examples) == (1, ("HELP-1",))
    # What the status was at creation may be cut off: the first change that is left does not tell it.
    assert values(log, "status_changed") == ["open"]
    # The assignee of today was set at a time that the export lacks.
    assert rows(log, "priority_changed")["occurred_at"].dt.day.tolist() == [10]


def pages_of_one(*saves: dict[str, Any]) -> list[dict[str, Any]]:
    """The changelog of HELP-1, a save a page, the oldest first."""
    at = "https://desk.example/rest/api/3/issue/{}/changelog?maxResults=1&startAt={}"
    return [
        {"self": at.format(["HELP-1", "1001"][place % 2], place), "total": len(saves), "values": [each]}
        for place, each in enumerate(saves)
    ]


def pages_of_many(*saves: dict[str, Any]) -> list[dict[str, Any]]:
    """The same as many issues at once are told, with times in milliseconds; no token is on the last page."""
    dated = [each | {"created": int(pd.Timestamp(each["created"]).value // 1_000_000)} for each in saves]
    return [{"issueChangeLogs": [{"issueId": "1001", "changeHistories": dated}]}]


@pytest.mark.parametrize("pages", [pages_of_one, pages_of_many])
@pytest.mark.parametrize("kept", [3, 1, 0, None])
def test_case_10_pages_of_the_changelog_go_on_where_the_search_cuts_it(tmp_path, pages, kept):
    saves = [
        save(8, day(2), item("status", TO_DO, WORK), item("assignee", None, BEN)),
        save(9, day(3), item("assignee", BEN, CORA), by=CORA),
        save(10, day(4), item("status", WORK, DONE), by=CORA),
    ]
    whole = issue("HELP-1", *saves, status=DONE, assignee=CORA)
    expected, _ = read(tmp_path, whole, issue("HELP-2"))
    if kept is None:
        del whole["changelog"]
    else:
        # The search keeps the newest.
        whole["changelog"]["histories"] = saves[len(saves) - kept :]
    search = tmp_path / "search.json"
    search.write_text(json.dumps({"issues": [whole, issue("HELP-2")]}))
    (tmp_path / "pages").mkdir()
    for place, page in enumerate(pages(*saves)):
        (tmp_path / "pages" / f"{place}.json").write_text(json.dumps(page))
    log, report = ingest([search, tmp_path / "pages"])
    assert log.events.equals(expected.events)
    assert not report.dropped
    search.write_text(json.dumps({"issues": [issue("HELP-2")]}))
    _, report = ingest([search, tmp_path / "pages"])
    assert report.tickets == 1
    assert any(note.startswith("changelogs of issues that the export does not hold") for note in report.notes)


def test_case_10_a_page_that_is_missing_is_a_cut(tmp_path):
    saves = [save(place, day(place), item("assignee", None, BEN)) for place in (2, 3)]
    alone = issue("HELP-1")
    del alone["changelog"]
    (tmp_path / "search.json").write_text(json.dumps({"issues": [alone]}))
    (tmp_path / "page.json").write_text(json.dumps(pages_of_one(*saves)[0]))
    with pytest.raises(
        InputError, match=r"HELP-1.*1 entries of the changelog are missing, which pages of /issue/HELP"
    ):
        ingest([tmp_path / "search.json", tmp_path / "page.json"])


def pages_of_comments(*comments: dict[str, Any], issue_id: str = "1001") -> list[dict[str, Any]]:
    """The comments of an issue, one a page; each names its issue, as the page does not."""
    at = f"https://desk.example/rest/api/3/issue/{issue_id}/comment/"
    return [
        {
            "startAt": n,
            "maxResults": 1,
            "total": len(comments),
            "comments": [{"self": f"{at}{each['id']}", **each}],
        }
        for n, each in enumerate(comments)
    ]


@pytest.mark.parametrize("kept", [0, 1])
def test_case_10_pages_of_comments_go_on_where_the_search_cuts_them(tmp_path, kept):
    said = [comment(n, day(n), f"Comment {n}") for n in range(2, 5)]
    cut = issue("HELP-1", save(1, day(2), item("status", TO_DO, WORK)), comments=tuple(said[:kept]))
    cut["fields"]["comment"]["total"] = 3
    (tmp_path / "search.json").write_text(json.dumps({"issues": [cut]}))
    with pytest.raises(InputError, match=r"comments are missing, which pages of /issue/HELP-1/comment hold"):
        ingest([tmp_path / "search.json"])
    for place, page in enumerate(pages_of_comments(*said)):
        (tmp_path / f"comments{place}.json").write_text(json.dumps(page))
    log, report = ingest([tmp_path])
    texts = rows(log, "message")["text"].tolist()
    assert texts == ["It fails again.", "Comment 2", "Comment 3", "Comment 4"]
    assert report.format == "jira"
    assert not report.dropped
    (tmp_path / "comments1.json").unlink()
    with pytest.raises(InputError, match="1 comments are missing"):
        ingest([tmp_path])


def test_pages_that_do_not_say_whose_they_are_are_told(tmp_path):
    saves = [save(1, day(2), item("status", TO_DO, WORK)), save(2, day(3), item("priority", "Low", "High"))]
    nameless = [{"total": 2, "values": saves}, {"total": 1, "comments": [comment(7, day(4), "Hi")]}]
    of_another = pages_of_comments(comment(8, day(4), "Hello"), issue_id="1009")
    (tmp_path / "all.json").write_text(json.dumps([issue(), *nameless, *of_another]))
    log, report = ingest([tmp_path / "all.json"])
    assert report.dropped == {
        "changelogs on pages without 'self', which names their issue": 2,
        "comments on pages without 'self', which names their issue": 1,
    }
    assert report.examples["comments on pages without 'self', which names their issue"] == "'id 7'"
    assert report.notes["comments of issues that the export does not hold, left out"] == 1
    assert rows(log, "message")["text"].tolist() == ["It fails again."]


def test_an_issue_that_is_cut_names_the_pages_that_do_not_say_whose_they_are(tmp_path):
    cut = issue(comments=(comment(1, day(2), "Hi"),))
    cut["fields"]["comment"]["total"] = 2
    (tmp_path / "all.json").write_text(json.dumps([cut]))
    page = {"startAt": 1, "total": 2, "comments": [comment(7, day(4), "Hi") | {"jsdPublic": True}]}
    (tmp_path / "more.json").write_text(json.dumps(page))
    said = "1 comments are missing.*comments on pages without 'self', which names their issue, in 'more.json'"
    with pytest.raises(InputError, match=said):
        ingest([tmp_path])


def test_a_comment_by_itself_is_no_page_of_a_changelog(tmp_path):
    alone = {"self": "https://desk.example/rest/api/3/issue/1001/comment/7", **comment(7, day(4), "Hi")}
    (tmp_path / "all.json").write_text(json.dumps([issue(), alone]))
    assert ingest([tmp_path / "all.json"])[1].dropped == {"records that are no issue": 1}


def test_case_10_cut_comments_are_refused(tmp_path):
    cut = issue(comments=(comment(1, day(2), "Hi"),))
    cut["fields"]["comment"]["total"] = 21
    with pytest.raises(InputError, match="20 comments are missing"):
        read(tmp_path, cut)


def test_case_13_unassigning_and_first_assignment_are_no_handoff(tmp_path):
    saves = (save(1, day(2), item("assignee", None, BEN)), save(2, day(3), item("assignee", BEN, None)))
    log, _ = read(tmp_path, issue("HELP-1", *saves))
    assert values(log, "assignee_changed") == ["ben", None]
    assert flags(log, "handoff") == 0
    log, _ = read(
        tmp_path, issue("HELP-1", *saves, save(3, day(4), item("assignee", None, CORA)), assignee=CORA)
    )
    assert flags(log, "handoff") == 1


def test_case_14_a_bots_reply_is_no_agents_reply(tmp_path):
    log, _ = read(tmp_path, issue(comments=(comment(1, day(2), "Received", ROBOT),)))
    assert rows(log, "message")["actor_role"].tolist() == ["customer", "bot"]
    assert flags(log, "agent_reply") == 0
    server = {"name": "autobot", "key": "JIRAUSER9", "displayName": "Auto"}
    told = issue(comments=(comment(1, day(2), "Received", server),))
    log, _ = read(tmp_path, told, recipe=recipe(tmp_path, 'bots = ["autobot"]'))
    assert rows(log, "message")["actor_role"].tolist() == ["customer", "bot"]


CSV = (
    "Summary,Issue key,Issue id,Issue Type,Status,Priority,Assignee,Reporter,Created,Updated,Resolved,"
    "Labels,Labels,Comment,Comment\n"
)


def test_case_15_months_in_digits_are_never_guessed(tmp_path):
    row = "Slow,HELP-1,1001,Incident,Open,High,ben,ana,{0},{0},,,,,\n"
    with pytest.raises(InputError, match=r"'Created', row 1, value '02/03/26 09:30'.*time_format"):
        read_csv(tmp_path, CSV + row.format("02/03/26 09:30"))
    for time_format, month in (("%d/%m/%y %H:%M", 3), ("%m/%d/%y %H:%M", 2)):
        how = recipe(tmp_path, f'time_format = "{time_format}"')
        log, _ = read_csv(tmp_path, CSV + row.format("02/03/26 09:30"), recipe=how)
        assert rows(log, "created")["occurred_at"].dt.month.tolist() == [month]


def test_case_16_offsets_differ_per_row(tmp_path):
    # 08:00 in Berlin is 06:00 in UTC; 23:30 of the day before in Denver is 06:30.
    saves = (
        save(1, "2026-03-29T08:00:00.000+0200", item("assignee", None, BEN)),
        save(2, day(28, "23:30:00", "-0700"), item("assignee", BEN, CORA)),
    )
    log, _ = read(tmp_path, issue("HELP-1", *saves, assignee=CORA))
    assert values(log, "assignee_changed") == ["ben", "cora"]
    assert rows(log, "assignee_changed")["occurred_at"].dt.strftime("%d %H:%M").tolist() == [
        "29 06:00",
        "29 06:30",
    ]


def test_case_16_times_of_the_csv_are_local(tmp_path):
    text = CSV + "Slow,HELP-1,1,Incident,Open,High,,ana,28/Mar/26 1:30 PM,29/Mar/26 1:30 PM,,,,,\n"
    log, report = read_csv(tmp_path, text, recipe=recipe(tmp_path, 'timezone = "Europe/Berlin"'))
    assert report.time_zone == "Europe/Berlin"
    assert rows(log, "created")["occurred_at"].dt.strftime("%H:%M").tolist() == ["12:30"]
    assert rows(log, "status_changed")["occurred_at"].dt.strftime("%H:%M").tolist() == ["11:30"]


def test_case_17_the_csv_has_no_history(tmp_path):
    text = CSV + (
        "Slow,HELP-1,1001,Incident,Done,High,ben,ana,01/Mar/26 3:04 PM,05/Mar/26 9:00 AM,04/Mar/26 8:00 AM,slow,api,"
        '"02/Mar/26 12:15 AM;ben;First line\nsecond; with a semicolon",03/Mar/26 8:00 AM;ana;Thanks\n'
    )
    log, report = read_csv(tmp_path, text)
    assert rows(log, "message")["text"].tolist() == ["First line\nsecond; with a semicolon", "Thanks"]
    assert rows(log, "message")["actor_role"].tolist() == ["agent", "customer"]
    assert rows(log, "message")["occurred_at"].dt.strftime("%d %H:%M").tolist() == ["02 00:15", "03 08:00"]
    # What is true today was never true earlier, as far as anybody can tell.
    assert rows(log, "status_changed")["occurred_at"].dt.day.tolist() == [4]
    assert rows(log, "priority_changed")["occurred_at"].dt.day.tolist() == [5]
    assert fields_of(log, "tags") == ["api slow"]
    assert "sla_due" in report.lacks


def test_case_17_json_without_a_changelog(tmp_path):
    bare = issue(status=DONE, resolutiondate=day(6), priority={"name": "High"})
    del bare["changelog"]
    log, _ = read(tmp_path, bare)
    assert rows(log, "status_changed")["occurred_at"].dt.day.tolist() == [6]
    assert rows(log, "priority_changed")["occurred_at"].dt.day.tolist() == [10]


def test_case_18_unknown_words_are_counted_and_never_fatal(tmp_path):
    odd = {"id": "77", "name": "Quarantine"}
    saves = (
        save(1, day(2), item("status", WORK, odd)),
        save(2, day(3), item("status", odd, WORK)),
        save(3, day(4), item("Colour", None, "blue"), item("priority", "Medium", "Show stopper")),
        save(4, day(5), item("Story", None, "x" * 61)),
    )
    log, report = read(
        tmp_path, issue("HELP-1", *saves, priority={"name": "Show stopper"}), {"key": "HELP-9"}
    )
    assert list(report.unknown["status"]) == ["'Quarantine'"]
    assert values(log, "status_changed") == ["open"]
    assert list(report.unknown["priority"]) == ["'Show stopper'"]
    assert fields_of(log, "colour") == ["blue"]
    assert fields_of(log, "story") == [None]
    assert report.dropped == {"records that are no issue": 1}


def test_case_19_overlapping_exports_give_the_same_log(tmp_path):
    early = issue(
        "HELP-1", save(1, day(2), item("status", TO_DO, WORK)), comments=(comment(1, day(3), "Hi"),)
    )
    late = issue(
        "HELP-1",
        save(2, day(6), item("status", WORK, DONE), item("priority", "Medium", "High")),
        save(1, day(2), item("status", TO_DO, WORK)),
        comments=(comment(1, day(3), "Hi"), comment(2, day(5), "Bye")),
        status=DONE,
        priority={"name": "High"},
    )
    alone, _ = read(tmp_path, late)
    for number, pages in enumerate(((late, late), (early, late), (late, early))):
        folder = tmp_path / str(number)
        folder.mkdir()
        for place, page in enumerate(pages):
            (folder / f"page{place}.json").write_text(json.dumps({"issues": [page]}), encoding="utf-8")
        both, _ = ingest([folder])
        pd.testing.assert_frame_equal(both.to_pandas()[0], alone.to_pandas()[0])


def test_case_19_an_issue_moved_between_two_exports_is_one_ticket(tmp_path):
    moved = issue("DEV-7", save(1, day(4), item("project", {"id": "1", "name": "Help"}, {"id": "2", "name": "Dev"}),
                                item("Key", "HELP-1", "DEV-7")))  # fmt: skip
    log, _ = read(tmp_path, {**issue("HELP-1"), "id": moved["id"]}, moved)
    assert log.to_pandas()[1]["ticket_id"].tolist() == ["DEV-7"]
    events = log.to_pandas()[0]
    assert events[events["field"] == "project"]["value"].tolist() == ["HELP", "DEV"]
    log, _ = read(tmp_path, moved, recipe=recipe(tmp_path, 'group = ["project"]'))
    assert values(log, "group_changed", "DEV-7") == ["HELP", "DEV"]


def test_case_20_files_as_they_come(tmp_path):
    text = json.dumps({"issues": [issue("HELP-1", save(1, day(2), item("status", TO_DO, WORK)))]}).encode()
    plain, _ = read(tmp_path, issue("HELP-1", save(1, day(2), item("status", TO_DO, WORK))))
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text)
    (tmp_path / "b.json").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("inner/page.txt", text)
    lines = "\n".join(json.dumps(each) for each in json.loads(text)["issues"])
    (tmp_path / "d.ndjson").write_text(lines + "\n", encoding="utf-8")
    (tmp_path / "e.json").write_text(f"[{lines}]", encoding="utf-8")
    for name in ("a.csv", "b.json", "c.zip", "d.ndjson", "e.json"):
        log, _ = ingest([tmp_path / name])
        pd.testing.assert_frame_equal(log.to_pandas()[0], plain.to_pandas()[0])
    (tmp_path / "cut.json").write_bytes(text[:-40])
    (tmp_path / "empty.json").write_bytes(b"")
    for name in ("cut.json", "empty.json"):
        with pytest.raises(InputError, match=name):
            ingest([tmp_path / name])


def test_a_server_names_people_by_key_and_fields_by_name(tmp_path):
    ben = {"name": "b.meier", "key": "JIRAUSER101", "displayName": "Ben"}
    told = save(1, day(2), item("assignee", None, {"id": "JIRAUSER101", "name": "Ben"}), by=ben)
    kind = save(2, day(3), item("Issue Type", "Bug", "Incident"), by=None)
    log, _ = read(
        tmp_path, issue("HELP-1", told, kind, assignee=ben, comments=(comment(1, day(4), "Hi", ben),))
    )
    assert values(log, "assignee_changed") == ["JIRAUSER101"]
    assert rows(log, "message")["actor_id"].tolist() == ["ana", "JIRAUSER101"]
    assert log.to_pandas()[1]["type"].tolist() == ["Bug"]
    assert fields_of(log, "type") == ["Bug", "Incident"]


def test_subject_and_opening_message_are_those_of_the_creation(tmp_path):
    edited = save(
        1, day(2), item("summary", "It is slow", "Export fails"), item("description", "Old words", "New")
    )
    log, _ = read(tmp_path, issue("HELP-1", edited))
    assert log.to_pandas()[1]["subject"].tolist() == ["It is slow"]
    assert rows(log, "message")["text"].tolist() == ["Old words"]
    assert fields_of(log, "summary") == [None]


def test_service_levels_tell_the_goal_at_the_start_and_the_breach_when_it_came(tmp_path):
    def moment(number: int) -> dict[str, Any]:
        return {"iso8601": day(number), "epochMillis": int(pd.Timestamp(day(number)).timestamp() * 1000)}

    late = {"startTime": moment(1), "stopTime": moment(4), "breachTime": moment(3), "breached": True}
    open_one = {
        "startTime": {"iso8601": day(5)},
        "breached": False,
        "paused": True,
        "goalDuration": 7_200_000,
    }
    level = {"name": "Time to resolution", "completedCycles": [{**late, "goalDuration": {"millis": 28_800_000}}],
             "ongoingCycle": open_one}  # fmt: skip
    reply = {"name": "Time to first response", "completedCycles": [{"breached": False}]}
    log, report = read(tmp_path, issue(customfield_1=level, customfield_2=reply))
    due = rows(log, "sla_due")
    assert due[["value", "number"]].to_numpy().tolist() == [["resolution", 8.0], ["resolution", 2.0]]
    assert due["occurred_at"].dt.day.tolist() == [1, 5]
    assert own_words(log.to_pandas()[0]) == {"Time to resolution"}
    breach = rows(log, "field_changed")
    breach = breach[breach["field"] == "sla_breached"]
    assert breach[["value"]].assign(day=breach["occurred_at"].dt.day).to_numpy().tolist() == [
        ["resolution", 3]
    ]
    assert report.dropped == {"cycles of a service level without start or goal": 1}


def test_a_rating_is_read_where_both_its_fields_are_named(tmp_path):
    rated = issue(customfield_8={"rating": 4}, customfield_9=day(7))
    assert values(read(tmp_path, rated)[0], "csat") == []
    how = recipe(tmp_path, 'csat = "customfield_8"\ncsat_time = "customfield_9"')
    log, _ = read(tmp_path, rated, recipe=how)
    assert rows(log, "csat")["number"].tolist() == [0.75]
    assert rows(log, "csat")["occurred_at"].dt.day.tolist() == [7]


def test_the_field_that_holds_the_group_is_found_by_name(tmp_path):
    team = {
        **item("Team", None, {"id": "t2", "name": "Second"}),
        "fieldtype": "custom",
        "fieldId": "customfield_5",
    }
    moved = issue("HELP-1", save(1, day(2), team), customfield_5={"id": "t2", "name": "Second"})
    log, _ = read(tmp_path, moved, issue("HELP-2", customfield_5={"id": "t1", "name": "Desk 1.0"}))
    assert values(log, "group_changed") == ["Second"]
    assert values(log, "group_changed", "HELP-2") == ["Desk 1.0"]


def test_every_escalation_of_the_recipe_is_met(tmp_path):
    from boilover.adapters import load_recipe

    flag = item("Flagged", None, "Impediment")
    label = {**item("labels", None, None), "fromString": "", "toString": "slow escalated"}
    own = {**item("Escalated", None, "Yes"), "fieldtype": "custom"}
    met = {
        "raised": save(1, day(2), item("priority", "Low", "High")),
        "urgent": save(2, day(3), item("priority", "High", "Highest")),
        "label": save(3, day(4), label),
        "flag": save(4, day(5), {**flag, "fieldtype": "custom"}),
        "field": save(5, day(6), own),
        "group": save(6, day(7), item("Key", "HELP-1", "DEV-1")),
    }
    level = {"name": "Time to resolution", "completedCycles": [
        {"startTime": day(1), "breachTime": day(8), "breached": True, "goalDuration": 1000}]}  # fmt: skip
    log, _ = read(tmp_path, issue("DEV-1", *met.values(), customfield_1=level, priority={"name": "Highest"}))
    escalation = load_recipe("jira").escalation
    days = {
        name: rows(declare(log, parse_rule(escalation, name)), "escalated", "DEV-1")[
            "occurred_at"
        ].dt.day.tolist()
        for name in escalation
        if name != "default"
    }
    assert days == {
        "raised": [2],
        "urgent": [3],
        "label": [4],
        "flag": [5],
        "field": [6],
        "group": [7],
        "sla": [8],
    }


def test_options_are_checked(tmp_path):
    with pytest.raises(UsageError, match=r"options\.statuses"):
        read(tmp_path, issue(), recipe=recipe(tmp_path, 'statuses = { "Done" = "finished" }'))
    with pytest.raises(UsageError, match=r"options\.colour"):
        read(tmp_path, issue(), recipe=recipe(tmp_path, 'colour = "blue"'))


def test_a_recipe_says_what_a_status_means(tmp_path):
    log, _ = read(
        tmp_path, issue(status=DONE), recipe=recipe(tmp_path, 'statuses = { "resolved" = "pending" }')
    )
    assert values(log, "status_changed") == ["pending"]


def test_columns_of_a_csv_in_another_language(tmp_path):
    text = "Vorgangsschlüssel;Status;Erstellt;Updated\nHELP-1;Erledigt;01.03.2026 15:04;02.03.2026 15:04\n"
    how = recipe(
        tmp_path,
        'columns = { "Issue key" = "Vorgangsschlüssel", Created = "Erstellt" }\ntime_format = "%d.%m.%Y %H:%M"\n'
        'statuses = { Erledigt = "solved" }',
    )
    log, _ = read_csv(tmp_path, text, recipe=how)
    assert values(log, "status_changed") == ["solved"]


def test_documents_and_markup_become_text():
    def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
        return {"type": kind, "content": list(content), "attrs": attrs}

    def word(text: str) -> dict[str, Any]:
        return {"type": "text", "text": text}

    body = node(
        "doc",
        node(
            "paragraph",
            word("Hello "),
            {"type": "mention", "attrs": {"text": "@Ana"}},
            {"type": "hardBreak"},
            word("x"),
        ),
        node("blockquote", node("paragraph", word("old")), node("paragraph", word("words"))),
        node("bulletList", node("listItem", node("paragraph", word("one"))), node("listItem", word("two"))),
        node("codeBlock", word("a = 1")),
        {"type": "inlineCard", "attrs": {"url": "https://example.com"}},
    )
    assert plain_text(body) == "Hello @Ana\nx\n> old\n> words\none\ntwo\n```\na = 1\n```\nhttps://example.com"
    wiki = "Hi\n{quote}a\nb{quote}bye\nbq. line\n{code:java}x{code}"
    assert plain_text(wiki) == "Hi\n\n> a\n> b\nbye\n> line\n\n```\nx\n```"
    assert plain_text(None) is None
    deep: dict[str, Any] = word("bottom")
    for _ in range(150):
        deep = node("panel", deep)
    assert plain_text(deep) is None


def test_sniffing_knows_its_own_and_no_other():
    sniff = adapter("jira").sniff
    assert sniff(json.dumps({"issues": [issue()]}).encode()) > 0.5
    assert sniff(json.dumps(issue()).encode()) > 0.5
    assert sniff(CSV.encode()) > 0.5
    assert sniff(b"Issue key;Status\n") > 0.5
    assert sniff(b'"Summary","Issue key"\r\n"a","H-1"') > 0.5
    hostile = json.dumps([{"number": 1, "body": json.dumps({"issues": [issue()]})}]).encode()
    other = json.dumps({"tickets": [{"id": 1, "status": "open", "fields": {}}]}).encode()
    for head in (hostile, other, b"ticket_id,status\n1,open\n", b"<log></log>", b"PAR1", b""):
        assert sniff(head) == 0.0


def test_what_is_rendered_is_read_again(tmp_path):
    at = pd.Timestamp("2026-03-01T10:00:00Z").to_pydatetime()
    later = pd.Timestamp("2026-03-02T10:00:00Z").to_pydatetime()
    steps = (
        Step(at, "customer", "It fails\n\nagain", "900"),
        Step(later, "status", "on_hold", "501"),
        Step(later, "status", "solved", "501"),
        Step(later, "note", "hm", "501"),
        Step(later, "bot", "ping", "700"),
        Step(later, "group", None, "501"),
        Step(later, "assignee", None, "501"),
        Step(later, "priority", "urgent", "501"),
    )
    ticket = NeutralTicket("17", at, "900", "Fails", "new", "low", "30", "501", steps)
    renderer.render([ticket], tmp_path)
    log, report = ingest([tmp_path])
    assert observed(log) == expected([ticket], renderer.LOSES)
    assert report.format == "jira"
    assert not report.unknown
