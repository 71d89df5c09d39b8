"""A table with one row per thing that happened, and a second one with today's tickets."""

import tomllib

import pandas as pd
import pytest

from boilover import declare
from boilover.adapters import ingest, load_recipe
from boilover.errors import InputError, UsageError
from boilover.escalation import parse_rule
from boilover.log import read_log
from boilover.store import upsert

RECIPE = """
[mapping]
shape = "events"
ticket_id = "key"
time = "ts"
actor = "actor"
actor_role = "agent"
requester = "customer_id"
initial = { status = "new", colour = "red" }
opening = "description"
event_id = "id"
first = { customer_id = "reporter", subject = "summary" }
statuses = { Open = "open", Done = "solved" }
priorities = { Low = "low", High = "high", "" = "low" }

[[mapping.rules]]
when = { kind = "comment" }
emit = [{ event_type = "message", text = "body", public = true }]

[[mapping.rules]]
when = { kind = "change", field = "status" }
emit = [
    { target = "status", value = "new", old = "old" },
    { target = "activity", value = "new", repeat = true },
]

[[mapping.rules]]
when = { kind = "change", field = ["priority", "Priority"] }
emit = [{ target = "priority", value = "new", old = "old" }]

[[mapping.rules]]
when = { kind = "change", field = ["summary", "description"] }
emit = [{ target_from = "field", value = "new", old = "old", hidden = true }]

[[mapping.rules]]
when = { kind = "noise" }
ignore = "bookkeeping of the tracker"

[[mapping.rules]]
when = { kind = "change" }
emit = [{ target_from = "field", value = "new" }]

[mapping.tickets]
ticket_id = "key"
created = "created"
creator = "reporter"
attributes = { project = "project" }

[mapping.tickets.final]
status = "status"
priority = "priority"
reporter = "reporter"
summary = "summary"
description = "text"
"""
EVENTS = """key,ts,actor,kind,field,old,new,body,id
A,2026-01-02T00:00:00Z,ann,change,status,Open,Done,,1
A,2026-01-02T00:00:00Z,ann,change,priority,Low,High,,2
A,2026-01-02T00:00:00Z,ann,change,colour,red,blue,,3
A,2026-01-02T00:00:00Z,ann,change,colour,red,blue,,4
A,2026-01-03T00:00:00Z,rep,comment,,,,Still broken,5
A,2026-01-04T00:00:00Z,ann,change,status,Done,Done,,6
A,2026-01-05T00:00:00Z,ann,change,summary,First words,Last words,,7
A,2026-01-05T00:00:00Z,ann,change,description,It breaks,It is mended,,7b
A,2026-01-06T00:00:00Z,ann,noise,,,,,8
A,2026-01-06T00:00:00Z,ann,exploded,,,,,9
A,2026-01-06T00:00:00Z,ann,exploded,,,,,9
"""
TICKETS = """key,created,reporter,status,priority,summary,text,project
A,2026-01-01T00:00:00Z,rep,Done,High,Last words,It is mended,P
B,2026-01-05T00:00:00Z,ann,Open,,Other,,Q
"""


@pytest.fixture
def read(tmp_path):
    def read(events: str = EVENTS, tickets: str | None = TICKETS):
        (tmp_path / "recipe.toml").write_text(RECIPE)
        (tmp_path / "x.csv").write_text(events)
        paths = [tmp_path / "x.csv"]
        if tickets is not None:
            (tmp_path / "a.csv").write_text(tickets)
            paths.insert(0, tmp_path / "a.csv")
        log, report = ingest(paths, recipe=tmp_path / "recipe.toml")
        return (*log.to_pandas(), report)

    return read


def test_the_state_at_creation_is_rebuilt_from_the_changes(read):
    events, tickets, _ = read()
    born = events[(events.ticket_id == "A") & (events.occurred_at == pd.Timestamp("2026-01-01T00:00Z"))]
    values = dict(zip(born.event_type, born.value, strict=True))
    assert values["status_changed"] == "open"
    assert values["priority_changed"] == "low"
    assert born.event_type.iloc[0] == "created"
    assert set(born.actor_id) == {"rep"}
    assert set(born.actor_role) == {"customer"}
    assert tickets.to_dict("records") == [
        {"ticket_id": "A", "project": "P", "customer_id": "rep", "subject": "First words"},
        {"ticket_id": "B", "project": "Q", "customer_id": "ann", "subject": "Other"},
    ]


def test_a_ticket_without_history_has_its_unchanged_state(read):
    events, _, _ = read()
    quiet = events[events.ticket_id == "B"]
    assert quiet.event_type.tolist() == [
        "created",
        "status_changed",
        "priority_changed",
        "field_changed",
        "field_changed",
    ]
    assert quiet.value.fillna("").tolist() == ["", "open", "low", "red", "ann"]


def test_a_declared_initial_value_stands_only_where_nothing_tells_it(read):
    events, _, _ = read()
    colours = events[events.field == "colour"]
    assert colours.ticket_id.tolist() == ["A", "A", "B"]
    assert colours.value.tolist() == ["red", "blue", "red"]
    assert "new" not in set(events.loc[events.event_type == "status_changed", "value"])


def test_messages_have_text_and_the_role_of_their_author(read):
    events, _, _ = read()
    messages = events[events.event_type == "message"]
    assert messages.text.tolist() == ["It breaks", "Still broken"]
    assert messages.is_public.tolist() == [True, True]
    assert messages.actor_role.tolist() == ["customer", "customer"]


def test_prose_is_nowhere_but_in_texts_and_subjects(read):
    events, _, _ = read()
    assert "words" not in events.to_csv()
    assert "mended" not in events.to_csv()
    assert (events.field == "summary").sum() == 1


def test_order_within_one_timestamp_is_the_order_of_the_rows(read):
    events, _, _ = read()
    day = events[events.occurred_at == pd.Timestamp("2026-01-02T00:00Z")]
    assert day.field.fillna(day.event_type).tolist() == [
        "status_changed",
        "activity",
        "priority_changed",
        "colour",
    ]


def test_what_is_set_already_is_left_out_unless_it_is_an_activity(read):
    events, _, report = read()
    assert (events.event_type == "status_changed").sum() == 3
    assert events.loc[events.field == "activity", "value"].tolist() == ["Done", "Done"]
    assert report.notes["events that set what was set already, left out"] == 2


def test_every_row_is_accounted_for(read):
    _, _, report = read()
    assert report.rows == 11
    assert report.dropped == {"event id seen before": 1, "no rule fits": 1}
    assert report.notes["bookkeeping of the tracker"] == 1
    assert report.unknown == {"row": {"' / exploded'": 1}}
    assert "group_changed" in report.lacks


def test_event_ids_stay_unique_within_a_ticket(read):
    events, _, _ = read()
    ids = events.event_id.dropna()
    assert len(ids) > 5
    assert ids.is_unique


def test_files_are_told_apart_by_their_columns(read):
    with pytest.raises(InputError, match="Name the table of tickets"):
        read(tickets=None)
    with pytest.raises(InputError, match=r"column 'reporter'.*nearest is 'reportr'"):
        read(tickets=TICKETS.replace("reporter", "reportr"))
    with pytest.raises(InputError, match="column 'actor'"):
        read(events=EVENTS.replace("actor", "zzz"))


def test_events_of_a_ticket_without_a_row_are_kept_and_counted(read):
    events, _, report = read(tickets=TICKETS.replace("A,", "C,"))
    assert set(events.ticket_id) == {"A", "B", "C"}
    assert report.notes["tickets with events and no row of their own"] == 1


DATED = """
[mapping]
shape = "updates"
ticket_id = "id"
time = "updated"
created = "created"
state = { status = "status" }
statuses = { Open = "open" }

[mapping.tickets]
ticket_id = "id"
created = "created"
events = { escalated = "escalated_at", complaint = "complained_at" }

[escalation.called]
any = [{ event = "escalated" }, { field = "complaint", equals = "true" }]
"""
ROWS = """id,created,updated,status,escalated_at,complained_at
A,2026-01-01T09:00:00Z,2026-01-09T00:00:00Z,Open,2026-01-02T10:00:00Z,
B,2026-01-01T09:00:00Z,2026-01-09T00:00:00Z,Open,soon,2026-01-03T10:00:00+01:00
C,2026-01-01T09:00:00Z,2026-01-09T00:00:00Z,Open,2026-01-01,2026-01-01T09:00:00Z
D,2026-01-01T09:00:00Z,2026-01-09T00:00:00Z,Open,,
"""


@pytest.mark.parametrize("parted", [False, True])
def test_a_date_of_a_table_of_tickets_is_an_event_at_its_time(tmp_path, parted):
    """Of a table of its own, or of the rows themselves; imported again it is known."""
    (tmp_path / "dated.toml").write_text(DATED)
    cells = [line.split(",") for line in ROWS.splitlines()]
    halves = {"rows": range(4), "tickets": (0, 1, 4, 5)} if parted else {"rows": range(6)}
    for name, columns in halves.items():
        lines = [",".join(row[place] for place in columns) for row in cells]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    paths = [tmp_path / f"{name}.csv" for name in halves]
    log, report = ingest(paths, recipe=tmp_path / "dated.toml")
    done = [upsert(tmp_path / "log", [log]) for _ in range(2)]
    events = read_log(tmp_path / "log").to_pandas()[0]
    told = events[events.event_type.isin(["escalated", "field_changed"])]
    assert told[["ticket_id", "event_type", "field", "value"]].fillna("").to_numpy().tolist() == [
        ["A", "escalated", "", ""],
        ["B", "field_changed", "complaint", "true"],
        ["C", "field_changed", "complaint", "true"],
    ]
    times = ["2026-01-02T10:00Z", "2026-01-03T09:00Z", "2026-01-01T09:00Z"]
    assert told["occurred_at"].tolist() == [pd.Timestamp(time) for time in times]
    assert "observed_at" not in told or told["observed_at"].isna().all()
    assert report.dropped == {
        "escalated_at is no time in format iso": 1,
        "escalated_at lies before the creation of its ticket": 1,
    }
    assert report.examples["escalated_at is no time in format iso"] == "['soon']"
    assert done[1].new == 0
    flags = flags_of(log, DATED)
    assert flags == ["A", "B", "C"]


def flags_of(log, recipe):
    rule = parse_rule(tomllib.loads(recipe)["escalation"], "called")
    events = declare(log, rule).to_pandas()[0]
    return sorted(set(events.loc[events.event_type == "escalated", "ticket_id"]))


@pytest.mark.parametrize("name", ["status", "csat", "created"])
def test_a_date_tells_no_value(tmp_path, name):
    (tmp_path / "dated.toml").write_text(DATED.replace("complaint =", f"{name} ="))
    with pytest.raises(
        UsageError, match=f"tickets.events.*a date tells no {name}; name one of escalated, merged"
    ):
        load_recipe(tmp_path / "dated.toml")
