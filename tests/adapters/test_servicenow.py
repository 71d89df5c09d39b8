"""ServiceNow: tables as JSON and CSV, and the cases that every adapter is tested on."""

import csv
import gzip
import json
import zipfile
from datetime import timedelta

import pandas as pd
import pytest

from boilover import declare
from boilover.adapters import ingest, ingest_pieces, load_recipe
from boilover.adapters.servicenow import ServiceNowAdapter
from boilover.adapters.servicenow_sla import duration
from boilover.errors import InputError, UsageError
from boilover.escalation import parse_rule
from exports import flags, own_words, read_pages, recipe_of, told

KEY, CALLER, ANN, BOB = "9d38", "c700", "a501", "a502"
USERS = [
    {"sys_id": CALLER, "user_name": "carl", "name": "Carl", "web_service_access_only": "false"},
    {"sys_id": ANN, "user_name": "ann", "name": "Ann", "web_service_access_only": "false"},
    {"sys_id": BOB, "user_name": "bob", "name": "Bob", "web_service_access_only": "false"},
    {"sys_id": "b900", "user_name": "robot", "name": "Robot", "web_service_access_only": "true"},
]


def link(table, key):
    return {"link": f"https://desk.example/api/now/table/{table}/{key}", "value": key} if key else ""


def incident(**more):
    return {
        "sys_id": KEY,
        "number": "INC7",
        "sys_created_on": "2026-01-05 09:00:00",
        "sys_updated_on": "2026-01-09 09:00:00",
        "sys_mod_count": "4",
        "opened_by": link("sys_user", CALLER),
        "caller_id": link("sys_user", CALLER),
        "short_description": "Broken",
        "description": "It broke",
        "state": "2",
        "priority": "3",
        "assignment_group": "",
        "assigned_to": "",
        "contact_type": "email",
        "reopen_count": "9",
        "made_sla": "false",
    } | more


def audit(at, column, old, new, by="ann", **more):
    row = {"tablename": "incident", "documentkey": KEY, "fieldname": column, "oldvalue": old, "newvalue": new}
    stamp = at if "-" in at else f"2026-01-05 {at}:00"
    return {"sys_id": f"{at}{column}{new}"} | row | {"user": by, "sys_created_on": stamp} | more


def journal(at, text, by="ann", element="comments"):
    row = {"element": element, "element_id": KEY, "value": text, "sys_created_by": by}
    return {"sys_id": f"j{at}{text}", **row, "sys_created_on": f"2026-01-05 {at}:00"}


def page(table):
    return {"result": table}


ESCALATES = '[escalation]\nany = [{ event = "escalated" }]\n'


@pytest.fixture
def read(tmp_path):
    """Return a function from tables to the log, its events and tickets, and the report of their export."""
    return lambda *tables, **options: read_pages(tmp_path / "export", map(page, tables), **options)


@pytest.fixture
def recipe(tmp_path):
    """Return a function from options, as TOML, to the path of a recipe with them."""
    return lambda options: recipe_of(tmp_path, "servicenow", options, ESCALATES)


def escalated(log, name):
    return declare(log, parse_rule(load_recipe("servicenow").escalation, name)).events["event_type"]


def write_csv(path, rows, **options):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)


def test_tables_become_a_log(read):
    audits = [audit("10:00", "assigned_to", "", ANN), audit("10:05", "priority", "3", "2")]
    _, events, tickets, report = read([incident(priority="2")], audits, [journal("10:10", "On it")], USERS)
    assert report.format == report.recipe == "servicenow"
    assert not report.dropped
    assert not report.unknown
    assert told(events, "created", "actor_id", "actor_role") == [(CALLER, "customer")]
    assert told(events, "message", "text", "actor_id", "actor_role", "is_public") == [
        ("It broke", CALLER, "customer", True),
        ("On it", ANN, "agent", True),
    ]
    assert told(events, "assignee_changed", "value", "actor_role") == [(ANN, "agent")]
    assert told(events, "priority_changed", "value", "raw_value") == [("normal", "3"), ("high", "2")]
    assert tickets.to_dict("records") == [
        {"ticket_id": "INC7", "channel": "email", "customer_id": CALLER, "subject": "Broken"}
    ]


def test_counters_of_the_end_are_never_read(read):
    _, events, tickets, _ = read([incident()], [audit("10:00", "reopen_count", "0", "1")])
    assert not events["field"].isin(["reopen_count", "made_sla"]).any()
    assert not [name for name in tickets.columns if "reopen" in name or "sla" in name]


def test_csv_of_a_list_is_read_by_labels_and_names(read, tmp_path):
    rows = [
        {
            "Number": "INC7",
            "Sys ID": KEY,
            "Created": "2026-01-05 09:00:00",
            "Caller": "Carl",
            "State": "In Progress",
        }
    ]
    rows[0] |= {"Priority": "2 - High", "Assigned to": "Ann", "Short description": "Broken; again"}
    write_csv(tmp_path / "incident.csv", rows, delimiter=";")
    write_csv(tmp_path / "audit.csv", [audit("10:00", "assigned_to", "", ANN)])
    write_csv(tmp_path / "users.csv", USERS)
    log, _ = ingest(sorted(tmp_path.glob("*.csv")))
    events, tickets = log.to_pandas()
    assert told(events, "assignee_changed", "value") == [(ANN,)]
    assert told(events, "priority_changed", "value") == [("high",)]
    assert tickets[["customer_id", "subject"]].to_numpy().tolist() == [[CALLER, "Broken; again"]]


def test_labelled_values_name_groups_and_states_of_the_desks_own(read):
    group = {"display_value": "Network", "value": "g1"}
    state = {"display_value": "Awaiting Vendor", "value": "12"}
    shown = incident(
        state=state, assignment_group=group, priority={"display_value": "1 - Critical", "value": "1"}
    )
    audits = [audit("10:00", "assignment_group", "g0", "g1"), audit("10:00", "state", "2", "12")]
    _, events, _, report = read([shown], audits, [{"sys_id": "g0", "name": "Desk"}])
    assert told(events, "group_changed", "value", "raw_value") == [("Desk", "g0"), ("Network", "g1")]
    assert told(events, "status_changed", "value") == [("open",), ("on_hold",)]
    assert told(events, "priority_changed", "value") == [("urgent",)]
    assert not report.unknown


@pytest.mark.parametrize("reason_first", [False, True])
def test_the_reason_to_hold_tells_whom_it_waits_for(read, reason_first):
    rows = [audit("10:00", "state", "2", "3"), audit("10:00", "hold_reason", "", "1")]
    later = [audit("11:00", "hold_reason", "1", "4"), audit("12:00", "state", "3", "2")]
    _, events, _, _ = read([incident()], [*(reversed(rows) if reason_first else rows), *later])
    assert told(events, "status_changed", "value") == [("open",), ("pending",), ("on_hold",), ("open",)]


def test_the_opening_message_is_the_description_at_creation(read):
    first = audit("10:00", "description", "It is slow", "It is slow and loud")
    second = audit("11:00", "description", "It is slow and loud", "Escalate this")
    _, events, _, _ = read([incident(description="Escalate this")], [second, first])
    assert events["text"].dropna().tolist() == ["It is slow"]


def test_an_insert_that_is_audited_tells_what_was_filled_in_at_creation(read):
    held = {"description": "It broke", "short_description": "Broken", "caller_id": CALLER}
    inserts = [audit("09:00", column, "", value) for column, value in held.items()]
    later = audit("10:00", "description", "It broke", "Escalate this")
    _, events, tickets, _ = read([incident(description="Escalate this")], [*inserts, later])
    assert events["text"].dropna().tolist() == ["It broke"]
    assert tickets[["customer_id", "subject"]].to_numpy().tolist() == [[CALLER, "Broken"]]


def test_attributes_are_those_at_creation(read):
    audits = [audit("11:00", "caller_id", "c2", "c3"), audit("10:00", "caller_id", CALLER, "c2")]
    renamed = audit("10:00", "short_description", "At first", "Now")
    now = incident(caller_id=link("sys_user", "c3"), short_description="Now")
    _, events, tickets, _ = read([now], [*audits, renamed])
    assert tickets[["customer_id", "subject"]].to_numpy().tolist() == [[CALLER, "At first"]]
    changes = events[events["occurred_at"] > events["occurred_at"].min()]
    assert sorted(told(changes, "field_changed", "field", "value"), key=str) == [
        ("customer_id", "c2"),
        ("customer_id", "c3"),
        ("short_description", None),
    ]


def test_slas_fall_due_as_promised_and_may_be_missed(read):
    row = {"task": link("task", KEY), "start_time": "2026-01-05 09:00:00", "has_breached": "false"}
    reply = row | {"sys_id": "s1", "sla": {"display_value": "P3 response", "value": "x"}}
    reply |= {"planned_end_time": "2026-01-05 11:00:00", "has_breached": "true"}
    paused = row | {"sys_id": "s2", "sla": "P3 resolution", "planned_end_time": "2026-01-06 21:00:00"}
    paused |= {"pause_duration": "1970-01-02 04:00:00"}
    log, events, _, _ = read([incident()], [audit("12:00", "urgency", "3", "2")], [reply, paused])
    at = pd.Timestamp("2026-01-05T09:00Z")
    assert sorted(told(events, "sla_due", "value", "number", "occurred_at", "observed_at")) == [
        ("first_reply", None, at + pd.Timedelta("2h"), at),
        ("resolution", 8.0, at, None),
    ]
    assert own_words(events) == {"P3 response", "P3 resolution"}
    breached = events[events["field"] == "sla_breached"]
    assert breached[["value", "occurred_at"]].to_numpy().tolist() == [
        ["first_reply", at + pd.Timedelta("2h")]
    ]
    assert escalated(log, "sla_missed").to_pylist().count("escalated") == 1


@pytest.mark.parametrize(
    ("word", "hours"),
    [
        ("1970-01-01 02:30:00", 2.5),
        ("1970-01-03 00:00:00", 48),
        ("5400", 1.5),
        ("1 Day 2 Hours 30 Minutes", 26.5),
    ],
)
def test_durations_are_dates_of_1970_seconds_or_words(word, hours):
    assert duration(word) == timedelta(hours=hours)


def test_what_is_no_duration_is_none():
    assert duration("soon") is None
    assert duration(None) is None


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("priority", [audit("10:00", "priority", "3", "1")]),
        ("field", [audit("10:00", "escalation", "0", "2")]),
        ("group", [audit("10:00", "assignment_group", "Desk", "Network L2")]),
        ("reassigned", [audit(f"1{n}:00", "assignment_group", f"g{n}", f"g{n + 1}") for n in range(3)]),
    ],
)
def test_escalation_is_chosen_in_the_recipe(read, name, rows):
    log, *_ = read([incident()], rows)
    assert escalated(log, name).to_pylist().count("escalated") == 1
    others = {"priority", "field", "group", "reassigned", "sla_missed"} - {name, "group", "reassigned"}
    assert not any("escalated" in escalated(log, other).to_pylist() for other in others)


def test_case_01_an_internal_note_is_no_first_reply(read):
    log, *_ = read([incident()], [journal("10:00", "Hm", element="work_notes")], USERS)
    assert flags(log, "internal_note") == 1
    assert flags(log, "first_reply") == 0


def test_case_02_an_incident_that_an_agent_opens(read):
    log, events, tickets, _ = read(
        [incident(opened_by=link("sys_user", ANN))], [journal("10:00", "Hello")], USERS
    )
    assert told(events, "created", "actor_id", "actor_role") == [(ANN, "agent")]
    assert tickets["customer_id"].tolist() == [CALLER]
    # What the agent wrote down at creation is no reply to anybody.
    assert flags(log, "first_reply") == 1
    assert told(events, "message", "text", "is_public") == [("It broke", False), ("Hello", True)]


def test_case_04_solved_open_solved_is_one_reopen(read):
    steps = [("1", "6"), ("6", "2"), ("2", "6"), ("6", "7")]
    audits = [audit(f"1{n}:00", "state", was, to) for n, (was, to) in enumerate(steps)]
    log, *_ = read([incident(state="7")], audits)
    assert flags(log, "reopened") == 1
    log, *_ = read([incident(state="7")], [audit("18:00", "state", "1", "7")])
    assert flags(log, "reopened") == 0
    assert flags(log, "solved") == 1


def test_case_05_the_priority_at_that_time_not_todays(read):
    _, events, _, _ = read([incident(priority="1")], [audit("10:00", "priority", "4", "1")])
    assert told(events, "priority_changed", "value", "occurred_at") == [
        ("low", pd.Timestamp("2026-01-05T09:00Z")),
        ("urgent", pd.Timestamp("2026-01-05T10:00Z")),
    ]


def test_case_06_the_role_is_that_in_the_ticket(read):
    own = incident(
        sys_id="x2", number="INC8", caller_id=link("sys_user", ANN), opened_by=link("sys_user", ANN)
    )
    asked = journal("10:00", "Mine?") | {"element_id": "x2", "sys_id": "j9"}
    _, events, _, _ = read([incident(), own], [asked, journal("10:00", "On it")], USERS)
    assert sorted(told(events, "message", "ticket_id", "actor_id", "actor_role"))[1::2] == [
        ("INC7", CALLER, "customer"),
        ("INC8", ANN, "customer"),
    ]
    assert ("INC7", ANN, "agent") in told(events, "message", "ticket_id", "actor_id", "actor_role")


def test_case_06_the_caller_is_the_customer_while_they_are_the_caller(read):
    """An export of before tells the same of what was said before."""
    said = [
        journal(at, at, by)
        for at, by in (("10:00", CALLER), ("10:30", "c2"), ("12:00", "c2"), ("12:30", CALLER))
    ]
    moved = audit("11:00", "caller_id", CALLER, "c2")
    now = incident(caller_id=link("sys_user", "c2"))
    roles = {"10:00": "customer", "10:30": "agent", "12:00": "customer", "12:30": "agent"}
    for who, rows, messages in ((now, [moved], said), (incident(), [], said[:2])):
        _, events, _, _ = read(*filter(None, ([who], rows, messages)), USERS)
        found = dict(told(events, "message", "text", "actor_role"))
        assert {at: found[at] for at in list(roles)[: len(messages)]} == dict(
            list(roles.items())[: len(messages)]
        )
        assert told(events, "created", "actor_role") == [("customer",)]


def test_case_07_several_changes_at_one_instant(read):
    audits = [audit("10:00", "assignment_group", *pair) for pair in (("a", "b"), ("b", "c"), ("c", "a"))]
    _, events, _, _ = read([incident(assignment_group="a")], audits)
    assert told(events, "group_changed", "value") == [("a",), ("b",), ("c",), ("a",)]


def test_case_08_ids_as_text_or_number_are_one(read):
    keyed = audit("10:00", "priority", "3", "2", documentkey=4100)
    said = journal("10:00", "On it") | {"element_id": "4100"}
    _, events, tickets, _ = read([incident(sys_id=4100, number=7)], [keyed], [said])
    assert tickets["ticket_id"].tolist() == ["7"]
    assert set(events["ticket_id"]) == {"7"}


def test_case_09_doubled_history_rows_count_once(read):
    moved = audit("10:00", "assignment_group", "a", "b")
    back = audit("11:00", "assignment_group", "b", "a")
    _, events, _, report = read([incident(assignment_group="a")], [moved, moved, back, moved])
    assert told(events, "group_changed", "value") == [("a",), ("b",), ("a",)]
    assert report.notes["facts that stand twice in the export, counted once"] == 2


@pytest.mark.parametrize("rows", [[audit("10:00", "state", "1", "2")], []])
def test_case_10_a_cut_history_is_refused_unless_allowed(read, rows):
    other = audit("2026-01-10 10:00:00", "state", "1", "2", documentkey="x2")
    tables = [incident(state="7", closed_at="2026-01-08 09:00:00"), incident(sys_id="x2", number="INC8")]
    with pytest.raises(InputError, match="history of ticket INC7 is truncated") as caught:
        read(tables, [*rows, other])
    assert "'7'" in str(caught.value)
    _, events, _, report = read(tables, [*rows, other], allow_cut=True)
    assert report.truncated_examples == ("INC7",)
    if not rows:
        closed = events[(events["ticket_id"] == "INC7") & (events["value"] == "closed")]
        assert closed["occurred_at"].tolist() == [pd.Timestamp("2026-01-08T09:00Z")]


def test_case_10_what_changed_after_the_audit_was_exported_is_not_judged(read):
    _, _, _, report = read([incident(state="7")], [audit("10:00", "state", "1", "2")])
    assert report.truncated == 0


def test_case_11_deleted_then_restored_is_no_reopen(read):
    gone = audit("11:00", "DELETED", "DELETED", "DELETED")
    log, events, _, _ = read([incident()], [audit("10:00", "state", "1", "2"), gone])
    assert told(events, "status_changed", "value", "raw_value") == [
        ("new", "1"),
        ("open", "2"),
        ("closed", "deleted"),
        ("open", "restored"),
    ]
    assert flags(log, "reopened") == 0


def test_case_13_unassigning_and_the_first_assignment_are_no_handoffs(read):
    steps = [("", ANN), (ANN, ""), ("", BOB)]
    audits = [audit(f"1{n}:00", "assigned_to", was, to) for n, (was, to) in enumerate(steps)]
    log, events, _, _ = read([incident(assigned_to=link("sys_user", BOB))], audits[:2])
    assert told(events, "assignee_changed", "value") == [(ANN,), (None,)]
    assert flags(log, "handoff") == 0
    log, *_ = read([incident(assigned_to=link("sys_user", BOB))], audits)
    assert flags(log, "handoff") == 1


def test_case_14_a_bots_reply_is_no_agents(read, recipe):
    log, events, _, _ = read([incident()], [journal("10:00", "We got it", by="robot")], USERS)
    assert told(events, "message", "actor_role") == [("customer",), ("bot",)]
    assert flags(log, "first_reply") == 0
    named = recipe('bots = ["Virtual.Agent"]')
    _, events, _, _ = read([incident()], [journal("10:00", "Hi", by="virtual.agent")], recipe=named)
    assert told(events, "message", "actor_role") == [("customer",), ("bot",)]


def test_case_15_day_and_month_are_as_the_recipe_says(read, recipe):
    row = incident(sys_created_on="05-02-2026 09:00:00", sys_updated_on="06-02-2026 09:00:00")
    with pytest.raises(InputError, match="can be used"):
        read([row])
    for order, day in (("%d-%m-%Y", "2026-02-05"), ("%m-%d-%Y", "2026-05-02")):
        options = f'time_format = "{order} %H:%M:%S"'
        _, events, _, _ = read([row], recipe=recipe(options))
        assert told(events, "created", "occurred_at") == [(pd.Timestamp(f"{day}T09:00Z"),)]


def test_case_16_times_with_and_without_offset(read, recipe):
    row = incident(sys_created_on="2026-07-05 09:00:00", sys_updated_on="2026-07-05 12:00:00")
    moved = audit("2026-07-05T10:00:00+02:00", "priority", "3", "2")
    winter = audit("2026-12-05 10:00:00", "priority", "2", "1")
    _, events, _, report = read([row], [moved, winter], recipe=recipe('timezone = "Europe/Berlin"'))
    assert report.time_zone == "Europe/Berlin"
    assert [at.strftime("%m-%d %H:%M") for (at,) in told(events, "priority_changed", "occurred_at")] == [
        "07-05 07:00",
        "07-05 08:00",
        "12-05 09:00",
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1)])
def test_the_two_columns_of_the_state_tell_one_change(read, order):
    """Both may be audited, and the reason of a hold belongs to it whichever comes first."""
    update = [audit("10:00", column, "2", "3") for column in ("state", "incident_state")]
    update.append(audit("10:00", "hold_reason", "", "1"))
    _, events, _, _ = read([incident(state="3", hold_reason="1")], [update[place] for place in order])
    assert told(events, "status_changed", "value") == [("open",), ("pending",)]


@pytest.mark.parametrize("columns", [("state", "incident_state"), ("incident_state", "state")])
def test_a_column_of_the_state_that_tells_nothing_leaves_the_moment_to_the_other(read, columns):
    update = [audit("10:00", column, "1", new) for column, new in zip(columns, ("", "2"), strict=True)]
    _, events, _, _ = read([incident(state="2")], update)
    assert told(events, "status_changed", "value", "occurred_at") == [
        ("new", pd.Timestamp("2026-01-05T09:00Z")),
        ("open", pd.Timestamp("2026-01-05T10:00Z")),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("known", ["state", "incident_state"])
def test_of_two_columns_of_the_state_the_one_with_a_known_word_counts(read, known, order):
    other = {"state": "incident_state", "incident_state": "state"}[known]
    update = [audit("10:00", other, "1", "77"), audit("10:00", known, "1", "6")]
    later = [audit("11:00", other, "77", "2"), audit("11:00", known, "6", "2")]
    rows = [update[place] for place in order] + [later[place] for place in order]
    log, events, _, report = read([incident(state="2")], rows)
    assert told(events, "status_changed", "value", "raw_value") == [
        ("new", "1"),
        ("solved", "6"),
        ("open", "2"),
    ]
    assert report.unknown["status"]["'77'"] >= 1
    assert flags(log, "reopened") == 1
    record = incident(**{other: "77", known: "6"})
    _, events, _, _ = read([record])
    assert told(events, "status_changed", "value", "raw_value") == [("solved", "6")]


def test_a_state_that_no_column_tells_in_a_known_word_is_open(read):
    rows = [audit("10:00", "state", "1", "77"), audit("10:00", "incident_state", "1", "78")]
    _, events, _, _ = read([incident(state="77", incident_state="78")], rows)
    assert told(events, "status_changed", "value", "raw_value") == [("new", "1"), ("open", "77")]
    first = audit("10:00", "state", "77", "6")
    _, events, _, _ = read([incident(state="6")], [first])
    assert told(events, "status_changed", "value", "raw_value") == [("open", "77"), ("solved", "6")]


def test_a_record_whose_first_column_of_the_state_is_empty_tells_it_by_the_other(read):
    _, events, _, _ = read([incident(state="", incident_state="2")])
    assert told(events, "status_changed", "value") == [("open",)]


@pytest.mark.parametrize("column", ["sys_created_on", "newvalue"])
def test_an_audit_without_a_column_that_tells_is_refused(read, tmp_path, column):
    """An empty new value means that a field was emptied: a column that is missing must not say so of all fields."""
    row = {name: value for name, value in audit("10:00", "state", "1", "2").items() if name != column}
    write_csv(tmp_path / "audit.csv", [row])
    with pytest.raises(InputError, match=rf"audit\.csv, column '{column}': the column is missing"):
        ingest([tmp_path / "audit.csv"])
    if column == "sys_created_on":
        with pytest.raises(InputError, match=r"12 of 1\d rows cannot be used \(audit without its time: 12"):
            read([incident()], [row] * 12)


def test_case_17_incidents_without_an_audit(read):
    ended = incident(state="7", resolved_at="2026-01-07 09:00:00", closed_at="2026-01-08 09:00:00")
    _, events, _, report = read([ended])
    assert told(events, "status_changed", "value", "occurred_at") == [
        ("solved", pd.Timestamp("2026-01-07T09:00Z")),
        ("closed", pd.Timestamp("2026-01-08T09:00Z")),
    ]
    # What it is today is known from its last update, never earlier.
    assert told(events, "priority_changed", "occurred_at") == [(pd.Timestamp("2026-01-09T09:00Z"),)]
    assert "assignee_changed" in report.lacks


def test_case_17_what_no_history_tells_is_not_taken_for_the_first(read):
    rows = [incident(sys_id=f"k{n}", number=f"INC{n}", assigned_to=ANN, category="net") for n in range(100)]
    raised = audit("10:00", "priority", "3", "2", documentkey="k1")
    _, events, _, report = read(rows, [raised])
    assert "assignee_changed" in report.lacks
    assert report.notes["assignee of today, which no history tells since when, left out"] == 100
    assert report.notes["category of today, which no history tells since when, left out"] == 100
    assert len(told(events, "priority_changed", "value")) == 101
    given = audit("10:00", "assigned_to", "", ANN, documentkey="k2")
    _, events, _, _ = read(rows, [raised, given])
    assert len(told(events, "assignee_changed", "value")) == 100


def test_case_18_unknown_fields_and_words_are_counted(read):
    rows = [audit("10:00", "u_floor", "1", "2"), audit("10:01", "u_essay", "", "x" * 90)]
    rows += [audit("10:02", "state", "2", "77"), journal("10:03", "?", element="u_diary")]
    _, events, _, report = read([incident()], rows[:3], rows[3:])
    assert report.unknown == {
        "field": {"'u_floor'": 1, "'u_essay'": 1},
        "status": {"'77'": 1},
        "journal": {"'u_diary'": 1},
    }
    fields = told(events, "field_changed", "field", "value")
    assert ("u_floor", "2") in fields
    assert ("u_essay", None) in fields


def test_case_18_history_of_other_tables_and_incidents_is_left_out(read):
    rows = [
        audit("10:00", "state", "1", "2", tablename="problem"),
        audit("10:00", "state", "1", "2", documentkey="z"),
    ]
    _, _, _, report = read([incident()], rows)
    assert report.dropped == {
        "audit of another table": 1,
        "audit of an incident that the export does not hold": 1,
    }


def test_case_19_the_same_export_twice_and_overlapping_ones(tmp_path):
    audits = [audit(f"1{n}:00", "assignment_group", f"g{n}", f"g{n + 1}") for n in range(4)]
    written = {
        "i": [incident()],
        "a": audits[:3],
        "b": audits[1:],
        "u": USERS,
        "j": [journal("10:00", "On it")],
    }
    for name, table in written.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"result": table}))
    (tmp_path / "whole.json").write_text(json.dumps({"result": audits}))
    paths = {name: tmp_path / f"{name}.json" for name in (*written, "whole")}
    once = ingest([paths[name] for name in ("i", "whole", "u", "j")])[0]
    for names in (("i", "a", "b", "u", "j"), ("i", "whole", "u", "j", "i", "whole", "u", "j")):
        again = ingest([paths[name] for name in names])[0]
        assert again.events.equals(once.events)
        assert again.tickets.equals(once.tickets)


def test_case_20_files_are_told_by_what_they_hold(tmp_path):
    tables = {"incident": [incident()], "audit": [audit("10:00", "priority", "3", "2")], "users": USERS}
    texts = {name: json.dumps({"result": table}).encode() for name, table in tables.items()}
    plain = tmp_path / "plain"
    plain.mkdir()
    for name, text in texts.items():
        (plain / f"{name}.pdf").write_bytes(text)
    expected = ingest([plain])[0]
    packed = tmp_path / "packed"
    packed.mkdir()
    (packed / "a.bin").write_bytes(gzip.compress(texts["incident"]))
    with zipfile.ZipFile(packed / "b", "w") as archive:
        archive.writestr("x.txt", b"\xef\xbb\xbf" + texts["audit"])
        archive.writestr("y.txt", texts["users"])
    assert ingest([packed])[0].events.equals(expected.events)


@pytest.mark.parametrize(
    "content", [b"", b'{"result": []}', json.dumps({"result": [incident()]}).encode()[:-40]]
)
def test_case_20_an_empty_or_truncated_file_is_an_error(tmp_path, content):
    (tmp_path / "incident.json").write_bytes(content)
    with pytest.raises(InputError):
        ingest([tmp_path / "incident.json"])


def test_the_enriched_log_is_known_by_its_columns(tmp_path):
    state = {
        "number": "INC7",
        "incident_state": "New",
        "sys_mod_count": "0",
        "sys_updated_at": "5/1/2026 09:05",
    }
    state |= {
        "opened_at": "5/1/2026 09:00",
        "priority": "3 - Moderate",
        "assignment_group": "Group 1",
        "closed_at": "?",
    }
    later = state | {"sys_mod_count": "1", "sys_updated_at": "5/1/2026 10:00", "assignment_group": "Group 2"}
    ended = later | {"sys_mod_count": "2", "sys_updated_at": "6/1/2026 10:00", "incident_state": "Closed"}
    write_csv(tmp_path / "log.csv", [state, later, ended])
    log, report = ingest([tmp_path / "log.csv"])
    events = log.to_pandas()[0]
    assert (report.format, report.recipe) == ("servicenow", "uci_servicenow")
    assert told(events, "group_changed", "value") == [("Group 1",), ("Group 2",)]
    assert told(events, "status_changed", "value", "occurred_at")[-1] == (
        "closed",
        pd.Timestamp("2026-01-06T10:00Z"),
    )
    own = tmp_path / "servicenow.toml"
    own.write_text('format = "servicenow"\n[escalation]\nany = [{ reopened = 7 }]\n')
    pieces = ingest_pieces([tmp_path / "log.csv"], recipe=own)
    assert len(list(pieces)) == 1
    assert (pieces.report().recipe, pieces.export.recipe.escalation) == (
        "servicenow",
        {"any": [{"reopened": 7}]},
    )


def test_messages_come_from_the_audit_where_no_journal_is_exported(read):
    rows = [
        audit("10:00", "comments", "", "[code]<p>On&nbsp;it</p>[/code]"),
        audit("10:00", "work_notes", "", "Hm"),
    ]
    _, events, _, _ = read([incident()], rows, USERS)
    assert told(events, "message", "text", "is_public")[1:] == [("On it", True), ("Hm", False)]
    _, events, _, _ = read([incident()], rows, [journal("10:00", "On it")], USERS)
    assert told(events, "message", "text")[1:] == [("On it",)]


def test_options_are_checked_and_used(read, recipe):
    with pytest.raises(UsageError, match=r"options\.colour"):
        read([incident()], recipe=recipe('colour = "red"'))
    options = 'ticket_id = "sys_id"\nstatuses = { "77" = "on_hold" }\nfields = { "u_team" = "group" }'
    rows = [audit("10:00", "u_team", "a", "b"), audit("10:00", "state", "2", "77")]
    _, events, tickets, report = read([incident(state="77", u_team="b")], rows, recipe=recipe(options))
    assert tickets["ticket_id"].tolist() == [KEY]
    assert told(events, "group_changed", "value") == [("a",), ("b",)]
    assert told(events, "status_changed", "value") == [("open",), ("on_hold",)]
    assert not report.unknown


def test_two_tables_in_one_large_file_are_refused(tmp_path):
    rows = [incident(sys_id=f"k{n}", number=f"INC{n}") for n in range(300)]
    both = json.dumps({"result": rows}) + "\n" + json.dumps({"result": [audit("10:00", "state", "1", "2")]})
    (tmp_path / "all.json").write_text(both)
    with pytest.raises(InputError, match="records of sys_audit follow those of incident"):
        ingest([tmp_path / "all.json"])


@pytest.mark.parametrize(
    ("head", "surely"),
    [
        (json.dumps({"result": [incident()]}), True),
        (json.dumps({"result": [audit("10:00", "state", "1", "2")]}), True),
        (",".join(journal("10:00", "x")) + "\n", True),
        ("number,incident_state,sys_mod_count,sys_updated_at\n", True),
        ('{"issues": [{"id": "1", "key": "A-1", "fields": {"status": {"name": "Open"}}}]}', False),
        ('[{"number": 7, "state": "open", "title": "x", "created_at": "2026-01-05T09:00:00Z"}]', False),
        ("id,status,requester\n1,open,2\n", False),
    ],
)
def test_sniffing(head, surely):
    assert (ServiceNowAdapter().sniff(head.encode()) > 0.5) == surely
