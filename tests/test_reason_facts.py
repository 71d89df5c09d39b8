"""A reason never contradicts its ticket: each sentence is read back and held against the events, counted anew."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.features import Feature, Mean, compute, default_features, filters
from boilover.features.families import FAMILIES
from boilover.history import History
from boilover.points import Points
from boilover.sentences import sentence
from boilover.synthetic import synthetic_desk
from boilover.text import with_measures
from oracle_annotations import EPOCH, HOUR
from oracle_features import Point, Truth, key_of_point, own, seen
from random_logs import log_of_seed, points_of_seed

UNITS = {"min": 1 / 60, "minutes": 1 / 60, "h": 1.0, "day": 24.0, "days": 24.0, "weeks": 168.0}
SPAN = r"(?P<amount>\d+) (?P<unit>min|h|days)"
LATELY = r"(?: in the last (?P<window>\d+) (?P<per>h|days?|minutes|weeks))?"
WHOSE = r"(?: (?:of|at|in tickets of) (?P<whose>this (?:customer|account|queue|assignee)))?"
KEYS = {
    None: "ticket",
    "this customer": "customer_id",
    "this account": "account_id",
    "this queue": "group",
    "this assignee": "assignee",
}
EVENTS = {
    "event": "any_event", "handoff": "handoff", "change of assignee": "assignee_handoff",
    "change of group": "group_handoff", "return to an earlier assignee": "assignee_return",
    "return to an earlier group": "group_return", "reopening": "reopened", "setting of the status": "status_entered",
    "time set to wait for the customer": "waits_on_customer", "customer message": "customer_message",
    "agent reply": "agent_reply", "action of an agent": "agent_action", "internal note": "internal_note",
    "automatic message": "bot_message", "rise of the priority": "priority_raised",
    "fall of the priority": "priority_lowered", "new ticket": "created", "escalation": "escalated",
}  # fmt: skip
STATES = {"assignee": "assignee", "group": "group", "party involved": "actor", "status": "status"}
MEASURES = {
    "sentiment of the customer's messages": "sentiment", "words from the customer": "words",
    "exclamation marks from the customer": "exclamations", "questions from the customer": "questions",
    "share of words in capitals": "shouting", "words of urgency from the customer": "urgency",
    "satisfaction score": "csat", "level of the priority": "priority_level",
}  # fmt: skip
ANY = filters.Flag("any_event")
HALF_LIFE = 24.0
"""Of all decayed counts among the default features, in hours."""


def singular(noun: str) -> str:
    """Return what one of them is called."""
    special = {"replies": "reply", "parties": "party", "statuses": "status"}
    words = noun.removeprefix("different ").split(" ")
    found = [special.get(word, word.removesuffix("s") if word not in ("status",) else word) for word in words]
    return " ".join(found)


class Reader:
    """Reads sentences about one point and says whether the ticket's events bear them out."""

    def __init__(self, truth: Truth, point: Point) -> None:
        self.truth, self.point, self.events = truth, point, own(truth, point)

    def of(self, flag: str, told: re.Match[str] | None = None) -> list[dict[str, Any]]:
        """Return the events with a flag, of whom and in which window the sentence says."""
        given = {} if told is None else told.groupdict()
        window = f"{given['window']}{given['per'][0]}" if given.get("window") else None
        return seen(self.truth, self.point, filters.Flag(flag), KEYS[given.get("whose")], window)

    def ago(self, moment: Any, told: re.Match[str]) -> bool:
        """Return whether a moment lies as long back as is said, rounded to the unit."""
        hours = (self.point.as_of - moment) / HOUR
        unit = UNITS[told["unit"]]
        return abs(hours - int(told["amount"]) * unit) <= 0.5 * unit + 1e-3 + 1e-5 * abs(hours)

    def open_for(self, told: re.Match[str]) -> bool:
        return self.ago(self.of("created")[-1]["time"], told)

    def last(self, told: re.Match[str]) -> bool:
        if told["noun"].startswith("arrival"):
            return self.ago(self.of(f"joined_{KEYS[told['whose']]}", told)[-1]["time"], told)
        return self.ago(self.of(EVENTS[told["noun"]], told)[-1]["time"], told)

    def waited(self, told: re.Match[str]) -> bool:
        since = None
        for event in self.events:
            if event["customer_message"] and since is None:
                since = event["time"]
            elif event["agent_reply"] or event["solved"]:
                since = None
        return since is not None and self.ago(since, told)

    def no_reply(self, told: re.Match[str]) -> bool:
        born = self.of("created")[-1]
        after = self.events[self.events.index(born) + 1 :]
        return self.ago(born["time"], told) and not any(event["first_reply"] for event in after)

    def count(self, told: re.Match[str]) -> bool:
        amount, noun = int(told["amount"].replace("no", "0")), singular(told["noun"])
        if noun == "arrival":
            return amount == len(self.of(f"joined_{KEYS[told['whose']]}", told))
        if noun in STATES and noun not in EVENTS:
            flag = "status_entered" if noun == "status" else "any_event"
            held = {event[STATES[noun]] for event in self.of(flag, told)} - {None}
            return amount == len(held)
        return amount == len(self.of(EVENTS[noun], told))

    def matched(self, told: re.Match[str]) -> bool:
        """How often, or how long ago, an event with the words in quotes last happened."""
        words = {
            name: word for name, word in told.groupdict().items() if name in ("value", "field", "event_type")
        }
        kinds = {"value": "status_changed", "field": "field_changed"}
        wanted = words | {"event_type": kinds[next(iter(words))]} if "event_type" not in words else words
        found = [each for each in self.events if all(each.get(name) == word for name, word in wanted.items())]
        if "unit" in told.groupdict():
            return self.ago(found[-1]["time"], told)
        return len(found) == int(told["amount"].replace("no", "0"))

    def gap(self, told: re.Match[str]) -> bool:
        gaps = [event["response_gap"] for event in self.events if not math.isnan(event["response_gap"])]
        hours = {"mean": fmean, "longest": max, "last": lambda each: each[-1]}[told["manner"]](gaps)
        return self.ago(self.point.as_of - timedelta(hours=hours), told)

    def unanswered(self, told: re.Match[str]) -> bool:
        return int(told["amount"]) == self.events[-1]["unanswered"]

    def word(self, told: re.Match[str]) -> bool:
        name, said = told["name"].replace(" ", "_"), told["word"]
        if name in ("status", "priority", "assignee", "group"):
            held = {self.events[-1][name]}
        else:
            changes = [
                each
                for each in self.events
                if each["event_type"] == "field_changed" and each.get("field") == name
            ]
            held = {changes[-1].get("value")} if changes else set()
            cell = self.truth.tickets.get(self.point.ticket_id or "", {}).get(name)
            held |= {str(cell).lower() if isinstance(cell, bool) else cell}
        return any(word == said or (said.endswith("…") and str(word).startswith(said[:-1])) for word in held)

    def attribute(self, told: re.Match[str]) -> bool:
        cell = self.truth.tickets[self.point.ticket_id or ""][told["name"].replace(" ", "_")]
        return math.isclose(float(cell), float(told["figure"]), rel_tol=1e-6)

    def due(self, told: re.Match[str]) -> bool:
        moment = EPOCH + timedelta(hours=self.events[-1]["sla_due"])
        if told["how"] == "due in":
            return (
                self.ago(self.point.as_of - (moment - self.point.as_of), told) and moment >= self.point.as_of
            )
        return self.ago(moment, told) and moment < self.point.as_of

    def level(self, told: re.Match[str]) -> bool:
        return self.ago(self.point.as_of - timedelta(hours=self.events[-1]["sla_hours"]), told)

    def used(self, told: re.Match[str]) -> bool:
        now = (self.point.as_of - EPOCH) / HOUR
        share = (now - self.events[-1]["sla_start"]) / self.events[-1]["sla_hours"]
        if "share" not in told.groupdict():
            return share > 1
        return abs(share - int(told["share"]) / 100) <= 0.0051

    def measure(self, told: re.Match[str]) -> bool:
        value, manner = MEASURES[told["name"]], told["manner"]
        where = filters.Known(value)
        window = f"{told['window']}{told['per'][0]}" if told["window"] else None
        values = [each[value] for each in seen(self.truth, self.point, where, KEYS[told["whose"]], window)]
        ways: dict[str | None, Callable[[list[float]], float]] = {
            None: math.fsum,
            "last": lambda each: each[-1],
            "mean": fmean,
            "lowest": min,
            "greatest": max,
        }
        return abs(ways[manner](values) - float(told["figure"])) <= 0.0051

    def urgency(self, told: re.Match[str]) -> bool:
        levels = [each["priority_level"] for each in self.events if not math.isnan(each["priority_level"])]
        return int(told["amount"]) == (max(levels) if told["manner"] else levels[-1])

    def slope(self, told: re.Match[str]) -> bool:
        value = MEASURES[told["name"]]
        pairs = [(event["time"], event[value]) for event in self.events if not math.isnan(event[value])]
        x = np.array([(time - pairs[0][0]) / HOUR for time, _ in pairs])
        trend = np.cov(x, [figure for _, figure in pairs])[0, 1]
        return abs(trend) < 1e-6 or (trend > 0) == (told["way"] == "rises")

    def recent(self, told: re.Match[str]) -> bool:
        ages = [(self.point.as_of - each["time"]) / HOUR for each in self.of(EVENTS[singular(told["noun"])])]
        return abs(max(1.0, sum(0.5 ** (age / HALF_LIFE) for age in ages)) - int(told["amount"])) <= 0.501

    def created_at(self, told: re.Match[str]) -> bool:
        born = next((event for event in self.events if event["event_type"] == "created"), self.events[0])[
            "time"
        ]
        said = told["when"]
        return said == (f"{born:%H:%M} UTC" if ":" in said else f"{born:%A}")

    def backlog(self, told: re.Match[str]) -> bool:
        """How many tickets are open, and with the holder, as of now: each looked at by itself."""
        key = KEYS[told["whose"]]
        mine = key_of_point(self.truth, key, self.point)
        lasts = {
            event["ticket_id"]: event for event in self.truth.events if event["time"] <= self.point.as_of
        }
        whose = [
            each[key]
            if key in ("assignee", "group")
            else self.truth.tickets.get(each["ticket_id"], {}).get(key)
            for each in lasts.values()
            if each["alive"]
        ]
        return whose.count(mine) == int(told["amount"])

    def rate(self, told: re.Match[str]) -> bool:
        name = told["whose"]
        key = KEYS[name] if name in KEYS else name.removeprefix("this ").replace(" ", "_")
        window = f"{told['window']}{told['per'][0]}" if told["window"] else None
        known = filters.Known("outcome")
        mine = [each["outcome"] for each in seen(self.truth, self.point, known, key, window)]
        desk = [each["outcome"] for each in seen(self.truth, self.point, known, "desk", window)]
        expected = (sum(mine) + 20 * fmean(desk)) / (len(mine) + 20)
        return abs(expected - int(told["share"]) / 100) <= 0.0051

    def lift(self, told: re.Match[str]) -> bool:
        name = told["whose"]
        key = KEYS[name] if name in KEYS else name.removeprefix("this ").replace(" ", "_")
        window = f"{told['window']}{told['per'][0]}" if told["window"] else None
        came = filters.Flag(f"joined_{key}" if key in ("assignee", "group") else "created")

        def count(where: filters.Filter, whose: str) -> int:
            return len(seen(self.truth, self.point, where, whose, window))

        escalated = filters.Flag("escalated")
        rate = count(escalated, "desk") / max(count(came, "desk"), 1)
        expected = (count(escalated, key) + 2) / (count(came, key) * rate + 2)
        return abs(expected - float(told["figure"])) <= 0.051


FORMS: tuple[tuple[str, Callable[[Reader, re.Match[str]], bool]], ...] = (
    (rf"open for {SPAN}", Reader.open_for),
    (r"(?P<amount>\d+|no) times? set to ‘(?P<value>.+)’(?: so far)?", Reader.matched),
    (r"(?P<amount>\d+|no) times? ‘(?P<field>.+)’ was set(?: so far)?", Reader.matched),
    (r"(?P<amount>\d+|no)(?: times)? ‘(?P<event_type>.+)’(?: so far)?", Reader.matched),
    (rf"last ‘(?P<event_type>.+)’ {SPAN} ago", Reader.matched),
    (rf"last (?P<noun>[^:]+?){WHOSE} {SPAN} ago", Reader.last),
    (rf"customer has waited {SPAN} for a reply", Reader.waited),
    (rf"no agent reply in {SPAN}", Reader.no_reply),
    (rf"(?P<manner>mean|longest|last) wait for a reply {SPAN}", Reader.gap),
    (r"(?P<amount>\d+) customer messages? without an answer", Reader.unanswered),
    (rf"service level (?P<how>due in|missed) {SPAN}(?: ago)?", Reader.due),
    (rf"service level of {SPAN}", Reader.level),
    (r"(?P<share>\d+)% of the service level's time used", Reader.used),
    (r"service level overdue", Reader.used),
    (r"(?:(?P<manner>highest) )?priority(?: so far:)? level (?P<amount>\d) of 5", Reader.urgency),
    (
        (rf"(?:(?P<manner>last|mean|lowest|greatest) )?(?P<name>{'|'.join(MEASURES)}){WHOSE}{LATELY}:"
        r" (?P<figure>-?[\d.]+)"),
        Reader.measure,
    ),
    (rf"(?P<name>{'|'.join(MEASURES)}) (?P<way>rises|falls)", Reader.slope),
    (
        r"about (?P<amount>\d+) recent (?P<noun>.+) \(older ones count less\)",
        Reader.recent,
    ),
    (r"(?P<when>\d\d:\d\d UTC|\w+day) at creation", Reader.created_at),
    (r"(?P<amount>\d+) open tickets? of (?P<whose>this \w+)", Reader.backlog),
    (
        (r"tickets of (?P<whose>this .+?) are expected to escalate at (?P<share>\d+)%"
        r"(?:, judged by the last (?P<window>\d+) (?P<per>days|h))?"),
        Reader.rate,
    ),
    (
        (r"tickets of (?P<whose>this .+?) escalate about (?P<figure>[\d.]+) times as often as the desk's"
        r"(?:, by the last (?P<window>\d+) (?P<per>days|h))?"),
        Reader.lift,
    ),
    (r"(?P<name>[^:]+?) is (?P<word>.+)", Reader.word),
    (rf"(?P<amount>\d+|no) (?P<noun>[^:]+?){WHOSE}(?:{LATELY}| so far)", Reader.count),
    (r"(?P<name>[^:]+): (?P<figure>[\d.e+-]+)", Reader.attribute),
)  # fmt: skip


def check(reader: Reader, said: str) -> int:
    """Return which form a sentence has; raise AssertionError where it has none or is not true."""
    for place, (form, is_true) in enumerate(FORMS):
        told = re.fullmatch(form, said, re.DOTALL)
        if told:
            where = f"'{said}' of {reader.point.ticket_id} as of {reader.point.as_of}"
            assert is_true(reader, told), f"{where} contradicts the events"
            return place
    raise AssertionError(f"'{said}' has no known form")


RATES = tuple(
    Mean(value="outcome", window=window, key="customer_id", shrink=20.0) for window in (None, "30d")
)


def check_all(log: Any, points_of: Callable[[History], Points]) -> Counter[int]:
    """Check what every feature says about every point, and count the forms."""
    notes = Annotations(History.from_log(log))
    points, truth = points_of(notes.history), Truth(log)
    features: list[Feature] = list(
        dict.fromkeys(
            (*default_features(notes), *(each for family in FAMILIES.values() for each in family), *RATES)
        )
    )
    frame = compute(features, notes, points, n_jobs=1)
    columns = [frame.iloc[:, place].tolist() for place in range(len(features))]
    ids = notes.history.ticket_ids.to_pylist()
    met: Counter[int] = Counter()
    for row in range(len(points)):
        ticket, as_of = int(points.ticket[row]), EPOCH + timedelta(microseconds=int(points.as_of[row]))
        reader = Reader(truth, Point(ids[ticket] if ticket >= 0 else None, as_of))
        for place, feature in enumerate(features):
            value = columns[place][row]
            said = sentence(feature, None if pd.isna(value) else value)
            if said and reader.events:
                met[check(reader, said)] += 1
    return met


def test_what_is_said_of_random_tickets_is_true_and_every_form_occurs() -> None:
    met: Counter[int] = Counter()
    for seed in range(3):
        met += check_all(log_of_seed(seed), lambda history, seed=seed: points_of_seed(history, seed, 30))
    assert {form for place, (form, _) in enumerate(FORMS) if not met[place]} == set()


def test_what_is_said_of_the_desk_is_true() -> None:
    log = with_measures(synthetic_desk(n_tickets=120, days=40, seed=2))

    def tonight(history: History) -> Points:
        rng = np.random.default_rng(0)
        rows = rng.integers(0, len(history.time), 40)
        return Points(history.ticket[rows], history.time[rows] + rng.integers(0, 10**11, 40))

    assert check_all(log, tonight).total() > 1000


@pytest.mark.parametrize(
    "said", ["3 handoffs", "open for 3 h", "no agent reply in 3 h", "status is closed", "chaos"]
)
def test_a_sentence_that_is_not_true_is_noticed(said: str) -> None:
    log = synthetic_desk(n_tickets=30, days=20, seed=2)
    truth = Truth(log)
    first = min(truth.events, key=lambda event: event["time"])
    with pytest.raises(AssertionError, match=r"contradicts|no known form"):
        check(Reader(truth, Point(first["ticket_id"], first["time"])), said)
