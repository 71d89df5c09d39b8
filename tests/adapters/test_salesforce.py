"""Salesforce: tables as JSON and CSV, reports, and the cases that every adapter is tested on."""

import csv
import gzip
import json
import zipfile

import pandas as pd
import pytest

from boilover import declare
from boilover.adapters import ingest, load_recipe
from boilover.adapters.salesforce import SalesforceAdapter
from boilover.adapters.salesforce_words import key
from boilover.errors import InputError, UsageError
from boilover.escalation import parse_rule
from exports import flags, own_words, read_pages, recipe_of, told

CASE = "500A00000000007IAA"
CONTACT, PORTAL, ANN, BOB, ROBOT = (
    "003A00000000700IAA",
    "005A00000000700IAA",
    "005A00000000501IAA",
    "005A00000000502IAA",
    "005A00000000900IAA",
)
QUEUE, SECOND = "00GA00000000001MAA", "00GA00000000002MAA"
USERS = [
    {"Id": PORTAL, "Name": "Carl", "UserType": "CspLitePortal", "ContactId": CONTACT},
    {"Id": ANN, "Name": "Ann", "UserType": "Standard", "ContactId": ""},
    {"Id": BOB, "Name": "Bob", "UserType": "Standard", "ContactId": ""},
    {"Id": ROBOT, "Name": "Automated Process", "UserType": "AutomatedProcess", "ContactId": ""},
]
GROUPS = [
    {"Id": QUEUE, "Name": "First line", "Type": "Queue"},
    {"Id": SECOND, "Name": "Tier 2", "Type": "Queue"},
]


def case(**more):
    return {
        "Id": CASE,
        "CaseNumber": "00001007",
        "CreatedDate": "2026-01-05T09:00:00.000+0000",
        "LastModifiedDate": "2026-01-09T09:00:00.000+0000",
        "CreatedById": PORTAL,
        "ContactId": CONTACT,
        "AccountId": None,
        "Status": "Working",
        "Priority": "Medium",
        "OwnerId": ANN,
        "Origin": "Web",
        "Subject": "Broken",
        "Description": "It broke",
        "IsClosed": False,
        "ClosedDate": None,
        "IsEscalated": True,
        "IsDeleted": False,
        "MasterRecordId": None,
    } | more


def stamp(at):
    return f"2026-01-05T{at}:00.000+0000" if len(at) == len("10:00") else at


def change(at, field, old, new, by=ANN, **more):
    row = {"CaseId": CASE, "CreatedById": by, "CreatedDate": stamp(at), "Field": field}
    return {"Id": f"h{at}{field}{old}{new}"} | row | {"OldValue": old, "NewValue": new} | more


def comment(at, text, by=ANN, published=True):
    row = {"ParentId": CASE, "CommentBody": text, "IsPublished": published, "CreatedDate": stamp(at)}
    return {"Id": f"c{at}{text}", "CreatedById": by, **row}


def email(at, text, incoming=False, **more):
    row = {
        "ParentId": CASE,
        "Incoming": incoming,
        "MessageDate": stamp(at),
        "TextBody": text,
        "HtmlBody": None,
    }
    return {"Id": f"e{at}{text}", "CreatedById": ANN, "AutomationType": None, "Status": "3", **row, **more}


def page(table):
    return json.dumps({"totalSize": len(table), "done": True, "records": table})


ESCALATES = '[escalation]\nany = [{ event = "escalated" }]\n'


@pytest.fixture
def read(tmp_path):
    """Return a function from tables to the log, its events and tickets, and the report of their export."""
    return lambda *tables, **options: read_pages(tmp_path / "export", map(page, tables), **options)


@pytest.fixture
def recipe(tmp_path):
    """Return a function from options, as TOML, to the path of a recipe with them."""
    return lambda options: recipe_of(tmp_path, "salesforce", options, ESCALATES)


def escalated(log, name):
    return (
        declare(log, parse_rule(load_recipe("salesforce").escalation, name)).events["event_type"].to_pylist()
    )


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_tables_become_a_log(read):
    history = [change("10:00", "Owner", QUEUE, ANN), change("10:05", "Priority", "Medium", "High")]
    told_in = [comment("10:10", "On it"), comment("10:20", "Thanks", by=PORTAL)]
    _, events, tickets, report = read([case(Priority="High")], history, told_in, USERS, GROUPS)
    assert report.format == report.recipe == "salesforce"
    assert not report.dropped
    assert not report.unknown
    assert told(events, "created", "actor_id", "actor_role") == [(CONTACT, "customer")]
    assert told(events, "message", "text", "actor_id", "actor_role", "is_public") == [
        ("It broke", CONTACT, "customer", True),
        ("On it", ANN, "agent", True),
        ("Thanks", CONTACT, "customer", True),
    ]
    assert told(events, "group_changed", "value", "raw_value") == [("First line", QUEUE)]
    assert told(events, "assignee_changed", "value") == [(ANN,)]
    assert told(events, "priority_changed", "value", "raw_value") == [("normal", "Medium"), ("high", "High")]
    assert tickets.to_dict("records") == [
        {"ticket_id": "00001007", "channel": "Web", "customer_id": CONTACT, "subject": "Broken"}
    ]


def test_the_flag_of_the_case_is_never_read(read):
    _, events, tickets, _ = read([case()], [change("10:00", "Status", "New", "Working")])
    assert "IsEscalated" not in tickets.columns
    assert not (events["field"] == "IsEscalated").any()


@pytest.mark.parametrize("names_first", [False, True])
def test_the_two_rows_of_a_reference_change_are_one(read, names_first):
    names = [change("10:00", "Owner", "Ann", "Bob"), change("11:00", "Contact", "Carl", "Dora")]
    ids = [change("10:00", "Owner", ANN, BOB), change("11:00", "Contact", CONTACT, "003A00000000701IAA")]
    rows = [*names, *ids] if names_first else [*ids, *names]
    log, events, tickets, report = read([case(OwnerId=BOB, ContactId="003A00000000701IAA")], rows)
    assert told(events, "assignee_changed", "value") == [(ANN,), (BOB,)]
    assert flags(log, "handoff") == 1
    assert tickets["customer_id"].tolist() == [CONTACT]
    assert report.notes["rows that tell a change of reference again, by name"] == 2


def test_rows_with_names_alone_are_kept(read):
    _, events, _, _ = read([case(OwnerId=BOB)], [change("10:00", "Owner", "Ann", "Bob")], USERS)
    assert told(events, "assignee_changed", "value") == [(ANN,), (BOB,)]


def test_a_queue_is_a_group_and_frees_the_case(read):
    rows = [change("10:00", "Owner", QUEUE, ANN), change("11:00", "Owner", ANN, SECOND)]
    rows += [change("12:00", "Owner", SECOND, BOB), change("13:00", "Owner", BOB, ROBOT)]
    log, events, _, _ = read([case(OwnerId=ROBOT)], rows, USERS, GROUPS)
    assert told(events, "group_changed", "value") == [("First line",), ("Tier 2",)]
    assert told(events, "assignee_changed", "value") == [(ANN,), (None,), (BOB,), (None,)]
    assert escalated(log, "group").count("escalated") == 1


def test_milestones_fall_due_and_may_be_missed(read):
    row = {"Id": "m1", "CaseId": CASE, "StartDate": stamp("09:00"), "TargetDate": stamp("11:00")}
    reply = row | {"IsViolated": True, "MilestoneType": {"attributes": {}, "Name": "First Response"}}
    ends = row | {"Id": "m2", "IsViolated": False, "MilestoneType": {"Name": "Resolution Time"}}
    log, events, _, _ = read([case()], [reply, ends])
    at = pd.Timestamp("2026-01-05T09:00Z")
    assert sorted(told(events, "sla_due", "value", "occurred_at", "observed_at")) == [
        ("first_reply", at + pd.Timedelta("2h"), at),
        ("resolution", at + pd.Timedelta("2h"), at),
    ]
    assert events.loc[events["field"] == "sla_breached", "value"].tolist() == ["first_reply"]
    assert own_words(events) == {"First Response", "Resolution Time"}
    assert escalated(log, "sla_missed").count("escalated") == 1


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "flag",
            [
                change("10:00", "IsEscalated", "false", "true"),
                change("11:00", "IsEscalated", "true", "false"),
            ],
        ),
        ("flag", [change("10:00", "ownerEscalated", None, None)]),
        ("flag", [change("10:00", "ownerEscalated", ANN, BOB)]),
        ("flag", [change("10:00", "Status", "Working", "Escalated")]),
        ("priority", [change("10:00", "Priority", "Medium", "High")]),
        ("group", [change("10:00", "Owner", ANN, SECOND)]),
        ("reassigned", [change("10:00", "Owner", ANN, BOB), change("11:00", "Owner", BOB, ANN)]),
        ("field", [change("10:00", "Severity__c", "2", "1")]),
    ],
)
def test_escalation_is_chosen_in_the_recipe(read, name, rows):
    log, *_ = read([case()], rows, GROUPS)
    assert escalated(log, name).count("escalated") == 1
    for other in {"flag", "priority", "field", "sla_missed"} - {name}:
        assert "escalated" not in escalated(log, other)


def test_ids_of_15_characters_are_those_of_18():
    assert key("001D000000IqhSL") == key("001D000000IqhSLIAZ") == "001D000000IqhSLIAZ"
    assert key("a0aaaBaaaaaaaaC") == "a0aaaBaaaaaaaaCABQ"
    assert key("500000000000123") == "500000000000123AAA"
    assert key("00001007") == "00001007"
    assert key("EscalationsDesk") == "EscalationsDesk"
    assert key(None) is None


def test_case_01_an_internal_note_is_no_first_reply(read):
    log, *_ = read([case()], [comment("10:00", "Hm", published=False)], USERS)
    assert flags(log, "internal_note") == 1
    assert flags(log, "first_reply") == 0


def test_case_02_a_case_that_an_agent_opens(read):
    log, events, tickets, _ = read(
        [case(CreatedById=ANN, Origin="Phone")], [comment("10:00", "Hello")], USERS
    )
    assert told(events, "created", "actor_id", "actor_role") == [(ANN, "agent")]
    assert tickets["customer_id"].tolist() == [CONTACT]
    # What the agent wrote down at creation is no reply to anybody.
    assert flags(log, "first_reply") == 1
    assert told(events, "message", "text", "is_public") == [("It broke", False), ("Hello", True)]


def test_case_02_what_a_machine_files_the_customer_opened(read):
    filed = case(CreatedById=ROBOT, Origin="Email", SuppliedEmail="x@y.example")
    _, events, _, _ = read([filed], [email("09:00", "It broke", incoming=True)], USERS)
    assert told(events, "created", "actor_id", "actor_role") == [(CONTACT, "customer")]
    # The description of a case that came by e-mail is that e-mail.
    assert told(events, "message", "text", "actor_role") == [("It broke", "customer")]


def test_case_03_a_merged_case_ends_at_the_merge(read):
    other = case(Id="500A00000000008IAA", CaseNumber="00001008")
    merged = case(MasterRecordId="500A00000000008", IsDeleted=True, Status="Closed", IsClosed=True)
    late = comment("2026-01-10T09:00:00.000+0000", "Too late")
    _, events, _, report = read([merged, other], [change("10:00", "Status", "New", "Working")], [late])
    ended = events[events["ticket_id"] == "00001007"]
    assert ended["event_type"].tolist()[-1] == "merged"
    assert ended["value"].tolist()[-1] == "00001008"
    assert ended["occurred_at"].max() == pd.Timestamp("2026-01-09T09:00Z")
    assert report.notes["facts after a ticket was merged, left out"] == 1


def test_case_04_closed_open_closed_is_one_reopen(read):
    steps = [("New", "Closed"), ("Closed", "Working"), ("Working", "Erledigt")]
    history = [change(f"1{n}:00", "Status", was, to) for n, (was, to) in enumerate(steps)]
    log, events, _, report = read([case(Status="Erledigt", IsClosed=True)], history)
    assert flags(log, "reopened") == 1
    # A word of the desk's own is known by the case that it closed.
    assert told(events, "status_changed", "value")[-1] == ("closed",)
    assert not report.unknown
    log, *_ = read([case(Status="Closed", IsClosed=True)], history[:1])
    assert flags(log, "reopened") == 0
    assert flags(log, "solved") == 1


def test_case_05_the_priority_at_that_time_not_todays(read):
    renamed = change("11:00", "Subject", "At first", "Broken")
    _, events, tickets, _ = read(
        [case(Priority="Critical")], [change("10:00", "Priority", "Low", "Critical"), renamed]
    )
    assert told(events, "priority_changed", "value", "occurred_at") == [
        ("low", pd.Timestamp("2026-01-05T09:00Z")),
        ("urgent", pd.Timestamp("2026-01-05T10:00Z")),
    ]
    assert tickets["subject"].tolist() == ["At first"]


def test_case_06_the_role_is_that_in_the_case(read):
    """A colleague with a portal user is the customer where the case is theirs."""
    users = [*USERS, {"Id": "005A00000000503IAA", "Name": "Eve", "UserType": "Standard", "ContactId": "003X"}]
    own = case(Id="500A00000000008IAA", CaseNumber="00001008", ContactId="003X")
    by_eve = [
        comment("10:00", "On it", by="005A00000000503IAA"),
        comment("10:00", "Mine", by="005A00000000503IAA"),
    ]
    _, events, _, _ = read([case(), own], [by_eve[0], by_eve[1] | {"ParentId": own["Id"]}], users)
    by_eve = events[events["actor_id"] == "003X"]
    said = by_eve[by_eve["text"].isin(["On it", "Mine"])]
    assert dict(zip(said["text"], said["actor_role"], strict=True)) == {"On it": "agent", "Mine": "customer"}


def test_case_07_several_changes_at_one_instant(read):
    pairs = [(QUEUE, ANN), (ANN, BOB), (BOB, ANN)]
    rows = [change("10:00", "Owner", was, to) for was, to in pairs]
    names = {QUEUE: "First line", ANN: "Ann", BOB: "Bob"}
    twins = [change("10:00", "Owner", names[was], names[to]) for was, to in pairs]
    _, events, _, _ = read([case()], [*rows, *twins], GROUPS)
    assert told(events, "assignee_changed", "value") == [(ANN,), (BOB,), (ANN,)]


def test_case_08_short_and_long_ids_and_numbers_are_one(read, recipe):
    history = [change("10:00", "Priority", "Medium", "High", CaseId=CASE[:15])]
    _, events, tickets, _ = read([case()], history, [comment("10:00", "On it", by=ANN[:15])], USERS)
    assert set(events["ticket_id"]) == {"00001007"}
    assert ANN in set(events["actor_id"])
    _, _, tickets, _ = read([case()], history, recipe=recipe('ticket_id = "id"'))
    assert tickets["ticket_id"].tolist() == [CASE]


@pytest.mark.parametrize(
    "ids", [("005Q5A00001AbCdIAW", "005Q5A00001AbCeIAW"), ("005000000000001", "005000000000002")]
)
def test_ids_of_any_instance_are_told_from_names(read, ids):
    """Of people whom the export does not hold, too; the sixth letter is part of the instance since 2023."""
    rows = [change("10:00", "Owner", *ids), change("10:00", "Owner", "Ann", "Bob")]
    _, events, _, report = read([case(OwnerId=key(ids[1]))], rows)
    assert told(events, "assignee_changed", "value") == [(key(ids[0]),), (key(ids[1]),)]
    assert report.notes["rows that tell a change of reference again, by name"] == 1


def test_ids_of_digits_meet_in_both_forms_and_numbers_of_devices_stay(read):
    rows = [change("10:00", "Imei__c", "490154203237518", "490154203237526", CaseId="500000000000123")]
    _, events, tickets, _ = read([case(Id="500000000000123AAA")], rows)
    assert told(events, "field_changed", "value")[-1:] == [("490154203237526",)]
    assert tickets["ticket_id"].tolist() == ["00001007"]


def test_a_queue_of_fifteen_letters_is_no_id(read, recipe):
    rows = [change("10:00", "Owner", "Ann", "EscalationsDesk")]
    options = 'queues = ["EscalationsDesk"]'
    _, events, _, _ = read([case(OwnerId="EscalationsDesk")], rows, recipe=recipe(options))
    assert told(events, "group_changed", "value") == [("EscalationsDesk",)]


def test_a_case_that_a_machine_files_was_opened_by_its_contact_at_creation(read):
    moved = change("10:00", "Contact", CONTACT, "003A00000000701IAA")
    by_machine = case(ContactId="003A00000000701IAA", CreatedById=ROBOT, Origin="Email")
    _, events, _, _ = read([by_machine], [moved], USERS)
    assert told(events, "created", "actor_id", "actor_role") == [(CONTACT, "customer")]


def test_the_flag_before_it_is_set_is_no_news_at_creation(read):
    """Only cases that escalate have a history of the flag: that it was not set would tell which those are."""
    calm = case(Id="500000000000002", CaseNumber="00001008")
    _, events, _, _ = read([case(), calm], [change("10:00", "IsEscalated", "false", "true")])
    born, set_ = pd.Timestamp("2026-01-05T09:00Z"), pd.Timestamp("2026-01-05T10:00Z")
    flag = events[events["field"] == "IsEscalated"]
    assert told(flag, "field_changed", "ticket_id", "value", "occurred_at", "observed_at") == [
        ("00001007", "false", born, set_),
        ("00001007", "true", set_, None),
    ]


def test_words_of_fifteen_letters_that_begin_with_a_digit_are_no_ids(read):
    groups = [{"Id": QUEUE, "Name": "1stLevelSupport", "Type": "Queue", "DeveloperName": "First"}]
    serials = change("10:30", "Serial__c", "5CG0123ABCDEFGH", "5CG0123ABCDEFGJ")
    rows = [change("10:00", "Owner", "Ann", "1stLevelSupport"), serials]
    rows += [change("11:00", "Account", "1800flowers1234", "4everHealthLtd1")]
    _, events, _, _ = read([case(OwnerId=QUEUE)], rows, USERS, groups)
    assert told(events, "group_changed", "value") == [("1stLevelSupport",)]
    assert told(events, "field_changed", "value")[-3::2] == [("5CG0123ABCDEFGJ",), ("4everHealthLtd1",)]


def test_case_09_doubled_history_rows_count_once(read):
    there, back = change("10:00", "Owner", ANN, BOB), change("11:00", "Owner", BOB, ANN)
    _, events, _, report = read([case()], [there, there, back, there])
    assert told(events, "assignee_changed", "value") == [(ANN,), (BOB,), (ANN,)]
    assert report.notes["facts that stand twice in the export, counted once"] == 2


@pytest.mark.parametrize("rows", [[change("10:00", "Status", "New", "Working")], []])
def test_case_10_a_cut_history_is_refused_unless_allowed(read, rows):
    closed = case(Status="Closed", IsClosed=True, ClosedDate="2026-01-08T09:00:00.000+0000")
    other = case(Id="500A00000000008IAA", CaseNumber="00001008")
    later = change("2026-01-10T09:00:00.000+0000", "Status", "New", "Working", CaseId=other["Id"])
    with pytest.raises(InputError, match="history of ticket 00001007 is truncated"):
        read([closed, other], [*rows, later])
    _, events, _, report = read([closed, other], [*rows, later], allow_cut=True)
    assert report.truncated_examples == ("00001007",)
    if not rows:
        ended = events[(events["ticket_id"] == "00001007") & (events["value"] == "closed")]
        assert ended["occurred_at"].tolist() == [pd.Timestamp("2026-01-08T09:00Z")]


@pytest.mark.parametrize("more", [{"done": False, "nextRecordsUrl": "/x"}, {"totalSize": 9}])
def test_case_10_a_nested_list_that_goes_on_is_cut(read, more):
    rows = [
        {
            name: value
            for name, value in change("10:00", "Status", "New", "Working").items()
            if name != "CaseId"
        }
    ]
    nested = case(Histories={"totalSize": 1, "done": True, "records": rows})
    _, events, _, _ = read([nested])
    assert told(events, "status_changed", "value") == [("new",), ("open",)]
    with pytest.raises(InputError, match="Histories goes on"):
        read([nested | {"Histories": {"totalSize": 1, "done": True, "records": rows} | more}])


def test_case_11_a_deleted_case_ends_and_a_restored_one_goes_on(read):
    history = [change("10:00", "Status", "New", "Working")]
    log, events, _, _ = read([case(IsDeleted=True)], history)
    assert told(events, "status_changed", "value", "raw_value", "occurred_at")[-1] == (
        "closed",
        "deleted",
        pd.Timestamp("2026-01-09T09:00Z"),
    )
    log, events, _, _ = read([case(IsDeleted=False)], history)
    assert told(events, "status_changed", "value")[-1] == ("open",)
    assert flags(log, "reopened") == 0


@pytest.mark.parametrize("history", [[], [change("10:00", "Priority", "Medium", "High")]])
def test_case_11_a_deleted_case_is_closed_whatever_its_history_tells(read, history):
    _, events, _, _ = read([case(IsDeleted=True)], history)
    assert told(events, "status_changed", "value") == [("open",), ("closed",)]


def test_case_13_unassigning_and_the_first_assignment_are_no_handoffs(read):
    steps = [(QUEUE, ANN), (ANN, QUEUE), (QUEUE, ANN)]
    rows = [change(f"1{n}:00", "Owner", was, to) for n, (was, to) in enumerate(steps)]
    log, events, _, _ = read([case(OwnerId=QUEUE)], rows[:2], GROUPS)
    assert told(events, "assignee_changed", "value") == [(ANN,), (None,)]
    assert flags(log, "handoff") == 0
    log, *_ = read([case()], [*rows[:2], change("12:00", "Owner", QUEUE, BOB)], GROUPS)
    assert flags(log, "handoff") == 1


def test_case_14_a_bots_reply_is_no_agents(read, recipe):
    said = [email("10:00", "We got it", AutomationType="Reply"), email("11:00", "Hello")]
    log, events, _, _ = read([case()], said, USERS)
    assert told(events, "message", "text", "actor_role")[1:] == [("We got it", "bot"), ("Hello", "agent")]
    assert flags(log, "first_reply") == 1
    bots = recipe('bots = ["Bob"]')
    _, events, _, _ = read([case()], [comment("10:00", "Hi", by=BOB)], USERS, recipe=bots)
    assert told(events, "message", "actor_role")[1:] == [("bot",)]


def report_row(**more):
    row = {"Case Number": "1007", "Edit Date": "5/2/2026 10:00 AM", "Field / Event": "Case Owner"}
    return row | {"Old Value": "Ann", "New Value": "Tier 2", "Edited By": "Ann"} | more


def test_case_15_a_report_is_read_as_its_locale_writes(tmp_path, recipe):
    write_csv(
        tmp_path / "report.csv",
        [report_row(), report_row(**{"Field / Event": "Escalated", "New Value": "1"})],
    )
    (tmp_path / "case.json").write_text(page([case(OwnerId=SECOND)]))
    write_csv(tmp_path / "groups.csv", GROUPS)
    paths = [tmp_path / name for name in ("report.csv", "case.json", "groups.csv")]
    with pytest.raises(InputError, match="report_time_format"):
        ingest(paths)
    for order, month in (("%m/%d", "05-02"), ("%d/%m", "02-05")):
        options = f'report_time_format = "{order}/%Y %I:%M %p"\nreport_timezone = "America/New_York"'
        events = ingest(paths, recipe=recipe(options))[0].to_pandas()[0]
        hour = "14" if month == "05-02" else "15"
        assert told(events, "group_changed", "value", "occurred_at") == [
            ("Tier 2", pd.Timestamp(f"2026-{month}T{hour}:00Z"))
        ]
        assert told(events, "field_changed", "field", "value")[-1] == ("IsEscalated", "true")


def test_a_report_alone_is_a_log(tmp_path, recipe):
    row = report_row() | {"Date/Time Opened": "5/1/2026 9:00 AM", "Subject": "Broken", "Priority": "High"}
    write_csv(tmp_path / "report.csv", [row, row | {"Edit Date": "5/3/2026 10:00 AM", "New Value": "Bob"}])
    options = 'report_time_format = "%m/%d/%Y %I:%M %p"\nqueues = ["tier 2"]'
    log, report = ingest([tmp_path / "report.csv"], recipe=recipe(options))
    events, tickets = log.to_pandas()
    assert tickets[["ticket_id", "subject"]].to_numpy().tolist() == [["1007", "Broken"]]
    assert told(events, "created", "occurred_at") == [(pd.Timestamp("2026-05-01T09:00Z"),)]
    assert told(events, "assignee_changed", "value") == [("Ann",), (None,), ("Bob",)]
    assert not report.dropped


def test_case_16_times_with_and_without_offset(read, recipe):
    rows = [change("2026-07-05T10:00:00.000+0200", "Priority", "Low", "Medium")]
    rows += [change("2026-12-05 10:00:00", "Priority", "Medium", "High")]
    row = case(CreatedDate="2026-07-05 09:00:00")
    _, events, _, _ = read([row], rows, recipe=recipe('timezone = "Europe/Berlin"'))
    assert [at.strftime("%m-%d %H:%M") for (at,) in told(events, "priority_changed", "occurred_at")] == [
        "07-05 07:00",
        "07-05 08:00",
        "12-05 09:00",
    ]


def test_case_17_cases_without_history(read):
    ended = case(Status="Closed", IsClosed=True, ClosedDate="2026-01-08T09:00:00.000+0000")
    _, events, _, report = read([ended])
    assert told(events, "status_changed", "value", "occurred_at") == [
        ("closed", pd.Timestamp("2026-01-08T09:00Z"))
    ]
    # What it is today is known from its last update, never earlier.
    assert told(events, "priority_changed", "occurred_at") == [(pd.Timestamp("2026-01-09T09:00Z"),)]
    assert "group_changed" in report.lacks


@pytest.mark.parametrize("column", ["CreatedDate", "NewValue"])
def test_a_history_without_a_column_that_tells_is_refused(tmp_path, column):
    row = {
        name: value for name, value in change("10:00", "Status", "New", "Working").items() if name != column
    }
    write_csv(tmp_path / "history.csv", [row])
    with pytest.raises(InputError, match=rf"history\.csv, column '{column}': the column is missing"):
        ingest([tmp_path / "history.csv"])


def test_case_17_what_no_history_tells_is_not_taken_for_the_first(read):
    """A field that is not tracked holds what it is today; where a case came by is as it ever was."""
    cases = [case(Id=f"500A0000000{n:04d}IAA", CaseNumber=f"1{n:04d}") for n in range(100)]
    moved = change("10:00", "Status", "New", "Working", CaseId=cases[1]["Id"])
    _, events, _, report = read(cases, [moved])
    assert {"assignee_changed", "priority_changed"} <= set(report.lacks)
    assert told(events, "field_changed", "field") == [("channel",)] * 100
    for untold in ("assignee", "priority"):
        assert report.notes[f"{untold} of today, which no history tells since when, left out"] == 100
    raised = change("10:00", "Priority", "Medium", "High", CaseId=cases[1]["Id"])
    assert len(told(read(cases, [moved, raised])[1], "priority_changed", "value")) == 101


def test_case_18_unknown_fields_and_words_are_counted(read):
    rows = [change("10:00", "Floor__c", "1", "2"), change("10:01", "Essay__c", None, "x" * 90)]
    rows += [change("10:02", "Status", "Working", "Dreaming"), change("10:02", "closed", None, None)]
    _, events, _, report = read([case(Status="Dreaming")], rows)
    assert report.unknown == {"field": {"'Floor__c'": 1, "'Essay__c'": 1}, "status": {"'Dreaming'": 2}}
    fields = told(events, "field_changed", "field", "value")
    assert ("Floor__c", "2") in fields
    assert ("Essay__c", None) in fields


def test_case_18_records_of_other_cases_are_left_out(read):
    _, _, _, report = read(
        [case()],
        [change("10:00", "Status", "New", "Working", CaseId="500z")],
        [comment("10:00", "x") | {"ParentId": "500y"}],
    )
    assert report.dropped == {
        "history of a case that the export does not hold": 1,
        "record of a case that the export does not hold": 1,
    }


def test_case_19_the_same_export_twice_and_overlapping_ones(tmp_path):
    steps = [(ANN, BOB), (BOB, SECOND), (SECOND, ANN), (ANN, BOB)]
    names = {ANN: "Ann", BOB: "Bob", SECOND: "Tier 2"}
    rows = []
    for n, (was, to) in enumerate(steps):
        rows += [change(f"1{n}:00", "Owner", was, to), change(f"1{n}:00", "Owner", names[was], names[to])]
    written = {
        "case": [case(OwnerId=BOB)],
        "a": rows[:6],
        "b": rows[2:],
        "whole": rows,
        "said": [comment("10:00", "x")],
    }
    for name, table in written.items():
        (tmp_path / f"{name}.json").write_text(page(table))
    paths = {name: tmp_path / f"{name}.json" for name in written}
    once = ingest([paths[name] for name in ("case", "whole", "said")])[0]
    for files in (("case", "a", "b", "said"), ("case", "whole", "said", "case", "whole", "said")):
        again = ingest([paths[name] for name in files])[0]
        assert again.events.equals(once.events)
        assert again.tickets.equals(once.tickets)


def test_case_20_files_are_told_by_what_they_hold(tmp_path):
    texts = {"a": page([case()]), "b": page([change("10:00", "Priority", "Low", "Medium")]), "c": page(USERS)}
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    for name, text in texts.items():
        (plain / f"{name}.pdf").write_text(text)
    (packed / "a.bin").write_bytes(gzip.compress(texts["a"].encode()))
    with zipfile.ZipFile(packed / "b", "w") as archive:
        archive.writestr("x.txt", b"\xef\xbb\xbf" + texts["b"].encode())
        archive.writestr("y.txt", texts["c"])
    assert ingest([packed])[0].events.equals(ingest([plain])[0].events)


def test_case_20_the_data_export_writes_capitals(tmp_path, read):
    rows = [{name.upper(): value for name, value in change("10:00", "Priority", "Low", "Medium").items()}]
    write_csv(tmp_path / "CaseHistory.csv", rows)
    write_csv(tmp_path / "Case.csv", [{name.upper(): value for name, value in case().items()}])
    events = ingest([tmp_path / "CaseHistory.csv", tmp_path / "Case.csv"])[0].to_pandas()[0]
    expected = read([case()], [change("10:00", "Priority", "Low", "Medium")])[1]
    pd.testing.assert_frame_equal(events, expected)


@pytest.mark.parametrize(
    "content", [b"", b'{"totalSize": 0, "done": true, "records": []}', page([case()]).encode()[:-9]]
)
def test_case_20_an_empty_or_truncated_file_is_an_error(tmp_path, content):
    (tmp_path / "case.json").write_bytes(content)
    with pytest.raises(InputError):
        ingest([tmp_path / "case.json"])


def test_drafts_are_no_messages_and_html_becomes_text(read):
    said = [email("10:00", "Not yet", Status="5"), email("11:00", None, HtmlBody="<p>On&nbsp;it</p>")]
    _, events, _, report = read([case()], said)
    assert told(events, "message", "text")[1:] == [("On it",)]
    assert report.notes["drafts of e-mails, left out"] == 1


def test_options_are_checked_and_used(read, recipe):
    with pytest.raises(UsageError, match=r"options\.colour"):
        read([case()], recipe=recipe('colour = "red"'))
    with pytest.raises(UsageError, match="Mars/Olympus"):
        read([case()], recipe=recipe('report_timezone = "Mars/Olympus"'))
    options = 'statuses = { "Dreaming" = "on_hold" }\nfields = { "Team__c" = "group" }'
    rows = [change("10:00", "Team__c", "a", "b"), change("10:00", "Status", "New", "Dreaming")]
    calm = {"Id": "500A00000000008IAA", "CaseNumber": "00001008", "TEAM__C": "c"}
    cases = [case(Status="Dreaming", Team__c="b"), case(**calm)]
    _, events, _, report = read(cases, rows, recipe=recipe(options))
    assert told(events, "group_changed", "value") == [("a",), ("b",), ("c",)]
    events = events[events["ticket_id"] == "00001007"]
    assert told(events, "status_changed", "value") == [("new",), ("on_hold",)]
    assert not report.unknown


@pytest.mark.parametrize(
    ("head", "surely"),
    [
        (page([case()]), True),
        (page([change("10:00", "Status", "New", "Working")]), True),
        ("ID,PARENTID,COMMENTBODY,ISPUBLISHED\n", True),
        ("Case Number,Edit Date,Field / Event,Old Value,New Value\n", True),
        ('[{"id": 7, "name": "x", "type": "User", "status": "open"}]', False),
        ('{"result": [{"sys_id": "1", "number": "INC7"}]}', False),
        ("id,status,requester\n1,open,2\n", False),
    ],
)
def test_sniffing(head, surely):
    assert (SalesforceAdapter().sniff(head.encode()) > 0.5) == surely
