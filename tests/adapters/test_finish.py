"""The finish beside a slow oracle that knows one ticket at a time, and the cases where the oracle could err as well."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest

from boilover.adapters.base import Tally
from boilover.adapters.facts import Facts
from boilover.adapters.spill import SHARD
from boilover.adapters.told import FIRST_TARGETS
from boilover.checking import check
from boilover.log import EventLog

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2026-03-01T00:00Z")
WORDS = {
    "status": ["open", "pending", "solved", "closed"],
    "priority": ["low", "high", None],
    "group": ["1", "2", None],
    "assignee": ["7", "8", None],
    "category": ["net", "mail", None],
    "severity": ["1", "2", None],
}
CHANGES_ONLY = "severity"
"""What only changes tell: of a ticket in which it never changes nobody knows what it is."""


def at(days: float) -> str:
    return (START + days * DAY).isoformat()


@pytest.fixture
def finished(tmp_path):
    """Return what facts become: a function that hands a `Facts` to a teller and gives (events, tickets, tally)."""

    def run(tell, *, shards: int = 1, **declared: str):
        tally = Tally()
        folder = tmp_path / f"spill{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        facts = Facts(tally, folder, content=(shards - 1) * SHARD, **declared)
        tell(facts)
        pieces = list(facts.logs())
        assert not list(folder.iterdir())
        frames = [piece.to_pandas() for piece in pieces]
        for piece in pieces:
            tally.add(piece)
            assert not [each for each in check(piece) if "unknown" not in each.problem]
        events, tickets = (pd.concat(part, ignore_index=True) for part in zip(*frames, strict=True))
        return events, tickets, tally

    return run


def story(events: pd.DataFrame, *columns: str) -> list[Any]:
    rows = events[["event_type", *columns]].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)]


class Oracle:
    """What one ticket is told of, and its story by the rules of the contract, event by event."""

    def __init__(self) -> None:
        self.created: pd.Timestamp | None = None
        self.whole = False
        self.today: list[tuple[Any, ...]] = []
        self.at_creation: dict[str, str] = {}
        self.happened: list[tuple[Any, ...]] = []

    def events(self) -> list[tuple[Any, ...]]:
        told = list(enumerate(self.happened))
        if not self.whole:
            known = [(seen, "state", t, v, None, place) for t, v, seen, place in self.today if seen and v]
            told += [(row[-1], row) for row in known]
        told.sort(key=lambda each: (each[1][0], each[0]))
        first = [row[0] for row in self.happened]
        born = min([*first, *([self.created] if self.created is not None else [])], default=None)
        if born is None:
            return []
        state: dict[str, str | None] = {}
        changed: dict[str, tuple[Any, ...]] = {}
        for row in sorted(enumerate(self.happened), key=lambda each: (each[1][0], each[0])):
            if row[1][1] == "state":
                changed.setdefault(row[1][2], row[1])
        for target in self._targets() - {CHANGES_ONLY}:
            old = changed[target][4] if target in changed and self.whole else None
            today = next((v for t, v, _, _ in self.today if t == target), None) if self.whole else None
            state[target] = self.at_creation.get(target, old if target in changed else today)
        story = [(born, "created", None, None)]
        ranked = sorted(state, key=lambda t: (FIRST_TARGETS.index(t) if t in FIRST_TARGETS else 9, t))
        story += [(born, "state", target, state[target]) for target in ranked if state[target] is not None]
        if self.whole and (first := changed.get(CHANGES_ONLY)) is not None and first[4] is not None:
            told = [each for each in told if each[1][0] < first[0]] + [
                (0, (first[0], "state", CHANGES_ONLY, first[4])),
                *(each for each in told if each[1][0] >= first[0]),
            ]
        for _, (time, kind, target, value, *_) in told:
            if kind == "state":
                if state.get(target) == value:
                    continue
                state[target] = value
            story.append((time, kind, target, value))
            if kind == "merged":
                break
        return story

    def _targets(self) -> set[str]:
        stated = {row[2] for row in self.happened if row[1] == "state"}
        return stated | set(self.at_creation) | {row[0] for row in self.today}


def random_facts(seed: int, facts: Facts) -> dict[str, Oracle]:
    """Tell facts of some tickets, mixed, with ties, and the same to an oracle each."""
    rng = random.Random(seed)
    oracles = {f"t{number}": Oracle() for number in range(12)}
    for ticket, oracle in oracles.items():
        if rng.random() < 0.8:
            oracle.created = START + rng.randint(0, 3) * DAY
            facts.ticket(ticket, created=oracle.created.isoformat())
        if rng.random() < 0.5:
            oracle.whole = True
            facts.history(ticket)
        for target in WORDS.keys() - {CHANGES_ONLY}:
            chance = rng.random()
            value = rng.choice(WORDS[target])
            if chance < 0.2 and value is not None:
                oracle.at_creation[target] = value
                facts.at_creation(ticket, target, value)
            elif chance < 0.5 and oracle.created is not None:
                seen = None if rng.random() < 0.2 else START + rng.randint(3, 8) * DAY
                oracle.today.append((target, value, seen, 10**6))
                facts.today(ticket, target, value, at=None if seen is None else seen.isoformat())
    for number in range(150):
        ticket, time = rng.choice(list(oracles)), START + rng.randint(1, 6) * DAY
        oracle = oracles[ticket]
        if rng.random() < 0.75:
            target = rng.choice(list(WORDS))
            value, old = rng.choice(WORDS[target]), rng.choice(WORDS[target])
            facts.change(ticket, time.isoformat(), target, value, old=old, event_id=f"e{number}")
            oracle.happened.append((time, "state", target, value, old))
        elif rng.random() < 0.9:
            facts.message(ticket, time.isoformat(), f"text {number}", public=True)
            oracle.happened.append((time, "message", None, f"text {number}", None))
        else:
            facts.event(ticket, time.isoformat(), "merged", event_id=f"e{number}")
            oracle.happened.append((time, "merged", None, None, None))
    return oracles


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shards", [1, 5])
def test_random_facts_become_what_the_oracle_says(finished, seed, shards):
    oracles: dict[str, Oracle] = {}
    events, tickets, _ = finished(lambda facts: oracles.update(random_facts(seed, facts)), shards=shards)
    wanted = {ticket: oracle.events() for ticket, oracle in oracles.items()}
    names = {f"{target}_changed": target for target in FIRST_TARGETS}
    got: dict[str, list[Any]] = {ticket: [] for ticket in oracles}
    for row in events.astype(object).where(events.notna(), None).to_dict("records"):
        target = names.get(row["event_type"], row["field"])
        kind = "state" if target else row["event_type"]
        got[row["ticket_id"]].append(
            (
                row["observed_at"] or row["occurred_at"],
                kind,
                target,
                row["text"] if kind == "message" else row["value"],
            )
        )
    assert got == wanted
    assert set(tickets["ticket_id"]) == {ticket for ticket, told in wanted.items() if told}
    first = {t: next((r[3] for r in told if r[2] == "category"), None) for t, told in wanted.items()}
    categories = tickets.set_index("ticket_id")["category"]
    for ticket, told in wanted.items():
        if told and pd.notna(categories[ticket]):
            assert categories[ticket] == first[ticket]
            assert (told[0][0], "state", "category", first[ticket]) in told


def test_pieces_have_the_same_columns_whatever_their_tickets_hold(tmp_path):
    facts = Facts(Tally(), tmp_path, content=7 * SHARD)
    for number in range(40):
        facts.ticket(str(number), created=at(0), **({"seats": 4} if number == 3 else {}))
    facts.today("5", "product", "phone", at=at(1))
    pieces = list(facts.logs())
    assert len(pieces) == 8
    assert len({str(piece.tickets.schema) for piece in pieces}) == 1
    assert len({str(piece.events.schema) for piece in pieces}) == 1


def test_attributes_keep_their_type_and_mixed_ones_become_text(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0), seats=4, vip=True, code=7, channel=None)
        facts.ticket("2", created=at(0), seats=2.5, vip=False, code="x", note=["a"])
        facts.ticket("2", created=at(5), seats=9)

    tickets = finished(tell)[1].set_index("ticket_id")
    assert tickets["seats"].tolist() == [4.0, 2.5]
    assert tickets["vip"].tolist() == [True, False]
    assert tickets["code"].tolist() == ["7", "x"]
    assert tickets["note"].tolist()[1] == "['a']"
    assert "channel" not in tickets


def test_a_value_of_today_is_never_seen_before_its_time(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.today("1", "status", "solved", at=at(9))
        facts.today("1", "category", "net", at=at(9))
        facts.today("1", "group", "4")

    events, tickets, _ = finished(tell)
    assert story(events, "value", "occurred_at")[1:] == [
        ("status_changed", "solved", START + 9 * DAY),
        ("field_changed", "net", START + 9 * DAY),
    ]
    assert tickets["category"].isna().all()


def test_what_is_deleted_and_restored_while_closed_changes_both_times(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.at_creation("1", "status", "closed")
        facts.change("1", at(1), "status", "closed", raw="deleted")
        facts.change("1", at(2), "status", "closed", raw="deleted")
        facts.change("1", at(3), "status", "closed", raw="restored")

    events, _, tally = finished(tell)
    assert story(events, "raw_value")[2:] == [("status_changed", "deleted"), ("status_changed", "restored")]
    assert tally.notes["events that set what was set already, left out"] == 1


def test_roles_come_from_the_fact_and_else_from_the_person(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0), by="c")
        facts.at_creation("1", "status", "new")
        facts.message("1", at(1), "a", public=True, by="a")
        facts.message("1", at(2), "b", public=True, by="a", role="bot")
        facts.message("1", at(3), "c", public=True, by="x")
        facts.person("a", "agent")
        facts.person("c", "customer")

    roles = story(finished(tell)[0], "actor_role")
    assert [role for _, role in roles] == ["customer", "customer", "agent", "bot", None]


def test_a_cut_history_does_not_tell_the_state_at_creation(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.change("1", at(5), "priority", "urgent", old="high")

    events = finished(tell)[0]
    assert story(events, "value") == [("created", None), ("priority_changed", "urgent")]


def test_the_value_before_the_first_change_has_the_source_s_own_word(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.history("1")
        facts.change("1", at(1), "priority", "high", raw="P1", old="low", old_raw="P3")
        facts.change("1", at(2), "priority", "low", raw="P4", old="high", old_raw="P1")
        facts.change("1", at(3), "status", "closed", old="open", old_raw="open")

    assert story(finished(tell)[0], "value", "raw_value") == [
        ("created", None, None),
        ("priority_changed", "low", "P3"),
        ("priority_changed", "high", "P1"),
        ("priority_changed", "low", "P4"),
        ("status_changed", "open", None),
        ("status_changed", "closed", None),
    ]


def test_order_breaks_ties_before_the_order_of_telling(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.history("1")
        facts.change("1", at(1), "status", "solved", old="open", order=2**60 + 1)
        facts.change("1", at(1), "status", "pending", old="new", order=2**60)

    events = finished(tell)[0]
    assert [value for kind, value in story(events, "value") if kind == "status_changed"] == [
        "new",
        "pending",
        "solved",
    ]


def test_doubles_are_counted_once_by_event_id_or_as_a_whole(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        for text in ("same", "same", "other"):
            facts.message("1", at(1), text, public=True)
        for text in ("first", "again"):
            facts.message("1", at(2), text, public=True, event_id="m")
        facts.message("2", at(2), "of another ticket", public=True, event_id="n")

    events, _, tally = finished(tell)
    assert [text for _, text in story(events, "text") if text] == [
        "same",
        "other",
        "first",
        "of another ticket",
    ]
    assert tally.notes["facts that stand twice in the export, counted once"] == 2


def test_a_due_time_lies_ahead_of_when_it_is_known(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.event("1", at(8), "sla_due", value="resolution", seen=at(1))
        facts.message("1", at(2), "later", public=True)
        facts.event("1", at(3), "sla_due", value="first_reply", number=4)

    events = finished(tell)[0]
    assert events["event_type"].tolist() == ["created", "sla_due", "message", "sla_due"]
    assert events["observed_at"].tolist()[1] == START + DAY
    assert events["observed_at"].isna().tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("format_", "zone", "written", "is_"),
    [
        ("iso", "Europe/Berlin", "2026-07-01T12:00:00", "2026-07-01T10:00Z"),
        ("iso", "Europe/Berlin", "2026-07-01T12:00:00-0500", "2026-07-01T17:00Z"),
        ("iso", "UTC", pd.Timestamp("2026-07-01T12:00+02:00").to_pydatetime(), "2026-07-01T10:00Z"),
        ("epoch_s", "Europe/Berlin", 1782900000, "2026-07-01T10:00Z"),
        ("epoch_ms", "UTC", "1782900000000", "2026-07-01T10:00Z"),
        ("%d-%m-%Y %H:%M:%S %z", "UTC", "02-01-2022 09:33:38 +0000", "2022-01-02T09:33:38Z"),
    ],
)
def test_times_are_read_as_the_export_writes_them(finished, format_, zone, written, is_):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=written)
        facts.message("1", written, "a", public=True)
        facts.message("1", "no time", "b", public=True)
        facts.message("1", None, "c", public=True)
        facts.message("1", "\ud800", "d", public=True)

    events, _, tally = finished(tell, time_format=format_, timezone=zone)
    assert events["occurred_at"].tolist() == [pd.Timestamp(is_)] * 2
    assert tally.dropped == {"no readable time": 3}
    assert tally.examples == {"no readable time": repr("ticket 1, time 'no time'")}


def test_tickets_without_any_time_are_dropped(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        facts.ticket("2")
        facts.at_creation("2", "status", "new")
        facts.ticket("3", created="tomorrow")
        facts.today("3", "status", "open", at=at(4))

    events, tickets, tally = finished(tell)
    assert tickets["ticket_id"].tolist() == ["1", "3"]
    assert tally.dropped == {"ticket without any time": 1}
    assert events["occurred_at"].tolist()[1:] == [START + 4 * DAY] * 2


def test_halves_of_surrogate_pairs_are_replaced(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0), subject="a \ud83d b")
        facts.message("1", at(1), "\udc00", public=True)

    events, tickets, _ = finished(tell)
    assert tickets["subject"].tolist() == ["a ? b"]
    assert events["text"].tolist()[-1] == "?"


def test_many_facts_spill_and_come_back_in_order(finished, monkeypatch):
    monkeypatch.setattr("boilover.adapters.spill.BATCH", 7)

    def tell(facts: Facts) -> None:
        for number in range(200):
            facts.message(f"t{number % 9}", at(1), str(number), public=True)

    events = finished(tell, shards=3)[0]
    messages = events[events["event_type"] == "message"]
    for ticket, texts in messages.groupby("ticket_id")["text"]:
        assert texts.astype(int).tolist() == list(range(int(ticket[1:]), 200, 9))


def test_events_of_types_that_the_contract_does_not_know_are_kept_and_counted(finished):
    def tell(facts: Facts) -> None:
        facts.ticket("1", created=at(0))
        for day in (1, 2):
            facts.event("1", at(day), "chime", value="ding")

    events, _, tally = finished(tell, shards=2)
    assert story(events, "value")[1:] == [("chime", "ding")] * 2
    assert tally.unknown == {"event type": {"'chime'": 2}}


def test_no_facts_give_no_log(tmp_path):
    assert list(Facts(Tally(), tmp_path, content=0).logs()) == []


def test_the_piece_is_a_log_in_order(tmp_path):
    facts = Facts(Tally(), tmp_path, content=0)
    random_facts(3, facts)
    (log,) = facts.logs()
    assert isinstance(log, EventLog)
    assert log.ordered().events.equals(log.events)
