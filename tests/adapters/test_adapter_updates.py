"""A table with one row per update: what changed is found by comparing rows."""

import pandas as pd
import pytest

from boilover.adapters import ingest

RECIPE = """
[mapping]
shape = "updates"
ticket_id = "number"
time = "updated"
time_format = "%d/%m/%Y %H:%M"
order = ["mods"]
missing = ["?"]
created = "opened"
creator = "opener"
actor = "who"
actor_role = "agent"
roles = { robot = "bot" }
requester = "customer_id"
state = { status = "state", priority = "prio", group = "team", assignee = "owner", impact = "impact" }
counters = { mods = "mods" }
attributes = { customer_id = "caller", impact = "impact" }
statuses = { New = "new", Active = "open", Done = "solved", "-100" = "" }
priorities = { "3" = "normal", "2" = "high" }
forbidden = { closed = "tells the end" }
"""
HEADER = "number,updated,mods,opened,opener,who,caller,state,prio,team,owner,impact,closed\n"
ROWS = (
    "7,3/2/2026 10:05,2,3/2/2026 09:00,bo,robot,cy,Active,2,net,?,low,END\n"
    "7,3/2/2026 10:00,0,3/2/2026 09:00,bo,ann,cy,New,3,desk,eve,low,END\n"
    "7,3/2/2026 10:05,1,3/2/2026 09:00,bo,ann,cy,Active,3,desk,eve,high,END\n"
)


@pytest.fixture
def read(tmp_path):
    def read(rows: str, recipe: str = RECIPE):
        (tmp_path / "recipe.toml").write_text(recipe)
        (tmp_path / "log.csv").write_text(HEADER + rows)
        log, report = ingest([tmp_path / "log.csv"], recipe=tmp_path / "recipe.toml")
        events, tickets = log.to_pandas()
        return events, tickets, report

    return read


def said(events: pd.DataFrame) -> list[tuple[str, str | None]]:
    names = events.field.where(events.event_type == "field_changed", events.event_type)
    return [
        (name, None if pd.isna(value) else value) for name, value in zip(names, events.value, strict=True)
    ]


def test_rows_are_ordered_by_the_declared_number_and_compared(read):
    events, _, _ = read(ROWS)
    assert said(events) == [
        ("created", None),
        ("status_changed", "new"),
        ("priority_changed", "normal"),
        ("group_changed", "desk"),
        ("assignee_changed", "eve"),
        ("impact", "low"),
        ("mods", "0"),
        ("status_changed", "open"),
        ("impact", "high"),
        ("mods", "1"),
        ("priority_changed", "high"),
        ("group_changed", "net"),
        ("assignee_changed", None),
        ("impact", "low"),
        ("mods", "2"),
    ]


def test_the_initial_state_occurs_at_creation_and_is_observed_with_its_row(read):
    events, _, _ = read(ROWS)
    created, initial, later = events.iloc[:1], events.iloc[1:7], events.iloc[7:]
    assert created.observed_at.isna().all()
    assert set(initial.occurred_at) == set(created.occurred_at) == {pd.Timestamp("2026-02-03T09:00Z")}
    assert set(initial.observed_at) == {pd.Timestamp("2026-02-03T10:00Z")}
    assert set(initial.actor_id) == {"bo"}
    assert set(later.occurred_at) == {pd.Timestamp("2026-02-03T10:05Z")}
    assert later.observed_at.isna().all()


def test_words_are_normalised_and_kept(read):
    events, _, _ = read(ROWS)
    by_type = events.set_index("event_type")
    assert by_type.loc["status_changed", "raw_value"].tolist() == ["New", "Active"]
    assert by_type.loc["priority_changed", "raw_value"].tolist() == ["3", "2"]
    assert by_type.loc["group_changed", "raw_value"].isna().all()
    assert events.loc[events.field == "mods", "number"].tolist() == [0, 1, 2]


def test_attributes_are_the_first_rows_and_forbidden_columns_are_nowhere(read):
    events, tickets, _ = read(ROWS)
    assert tickets.to_dict("records") == [{"ticket_id": "7", "customer_id": "cy", "impact": "low"}]
    assert "END" not in events.to_csv() + tickets.to_csv()


def test_roles(read):
    rows = "1,3/2/2026 10:00,0,3/2/2026 09:00,cy,ann,cy,New,3,a,b,x,?\n"
    rows += "1,3/2/2026 11:00,1,3/2/2026 09:00,cy,robot,cy,Active,3,a,b,x,?\n"
    rows += "1,3/2/2026 12:00,2,3/2/2026 09:00,cy,?,cy,Done,3,a,b,x,?\n"
    events, _, _ = read(rows)
    status = events[events.event_type == "status_changed"]
    assert status.actor_role.fillna("none").tolist() == ["customer", "bot", "none"]


def test_a_status_that_tells_nothing_or_is_unknown_keeps_the_one_before(read):
    row = "1,3/2/2026 1{0}:00,{0},3/2/2026 09:00,bo,ann,cy,{1},3,a,b,x,?\n"
    words = ["New", "-100", "Mystery", "active", "Done"]
    events, _, report = read("".join(row.format(n, word) for n, word in enumerate(words)))
    status = events[events.event_type == "status_changed"]
    assert status.value.tolist() == ["new", "open", "solved"]
    assert report.unknown == {"status": {"'Mystery'": 1}}
    assert report.notes["rows whose status tells nothing"] == 1


def test_an_unknown_priority_is_kept_and_counted(read):
    events, _, report = read("1,3/2/2026 10:00,0,3/2/2026 09:00,bo,ann,cy,New,9,a,b,x,?\n")
    assert events.loc[events.event_type == "priority_changed", "value"].tolist() == ["9"]
    assert report.unknown == {"priority": {"'9'": 1}}


def test_dropped_rows_are_counted_with_a_reason_and_an_example(read):
    events, _, report = read(ROWS + "?,3/2/2026 10:00,0,,,,,New,,,,,\n8,2026-02-03,0,,,,,New,,,,,\n")
    assert set(events.ticket_id) == {"7"}
    assert report.rows == 5
    assert report.dropped == {"no ticket id": 1, "no time in format %d/%m/%Y %H:%M": 1}
    assert "2026-02-03" in report.examples["no time in format %d/%m/%Y %H:%M"]
    assert report.to_dict()["dropped"]["no ticket id"] == 1


def test_a_row_timed_before_the_one_it_follows_is_observed_after_it(read):
    row = "1,3/2/2026 {}:00,{},3/2/2026 09:00,bo,ann,cy,{},3,a,b,x,?\n"
    events, _, report = read(
        row.format(10, 0, "New") + row.format(12, 1, "Active") + row.format(11, 2, "Done")
    )
    last = events.iloc[-1]
    assert (last.occurred_at, last.observed_at) == (
        pd.Timestamp("2026-02-03T11:00Z"),
        pd.Timestamp("2026-02-03T12:00Z"),
    )
    assert report.notes["rows timed before the row that they follow"] == 1


def test_a_creation_after_the_first_row_is_moved_to_it(read):
    events, _, report = read("1,3/2/2026 10:00,0,4/2/2026 09:00,bo,ann,cy,New,3,a,b,x,?\n")
    assert events.occurred_at.max() == pd.Timestamp("2026-02-03T10:00Z")
    assert report.notes["tickets with a row before their creation, taken as created then"] == 1


def test_what_is_no_number_orders_nothing_and_is_told(read):
    _, _, report = read(ROWS, RECIPE.replace('order = ["mods"]', 'order = ["who"]'))
    assert report.notes["cells of who that are no numbers to order rows by"] == 3


def test_tickets_do_not_run_into_each_other_and_order_of_arrival_does_not_matter(read):
    other = ROWS.replace("7,", "8,", 1).replace("\n7,", "\n8,")
    mixed = "".join(
        line for pair in zip(ROWS.splitlines(True), other.splitlines(True), strict=True) for line in pair
    )
    apart, _, _ = read(ROWS + other)
    events, _, _ = read(mixed)
    pd.testing.assert_frame_equal(events, apart)
    assert said(events[events.ticket_id == "8"]) == said(events[events.ticket_id == "7"])


def test_overlapping_exports_give_the_same_log(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    lines = ROWS.splitlines(keepends=True)
    for name, part in {"all": lines, "a": lines[:2], "b": lines[1:]}.items():
        (tmp_path / f"{name}.csv").write_text(HEADER + "".join(part))
    whole, _ = ingest([tmp_path / "all.csv"], recipe=tmp_path / "recipe.toml")
    parts, report = ingest([tmp_path / "a.csv", tmp_path / "b.csv"], recipe=tmp_path / "recipe.toml")
    twice, _ = ingest([tmp_path / "all.csv"] * 2, recipe=tmp_path / "recipe.toml")
    assert parts.events.equals(whole.events)
    assert twice.events.equals(whole.events)
    assert (report.rows, report.dropped) == (4, {})
    assert report.notes["rows of an earlier file, counted once"] == 1


def test_parquet_gives_what_csv_gives(tmp_path, read):
    events, tickets, _ = read(ROWS)
    frame = pd.read_csv(tmp_path / "log.csv", na_values=["?"])
    frame["updated"] = pd.to_datetime(frame["updated"], format="%d/%m/%Y %H:%M")
    frame.to_parquet(tmp_path / "log.parquet")
    log, _ = ingest([tmp_path / "log.parquet"], recipe=tmp_path / "recipe.toml")
    again = log.to_pandas()
    pd.testing.assert_frame_equal(again[0], events)
    pd.testing.assert_frame_equal(again[1], tickets)
