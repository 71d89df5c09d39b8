"""Nights as a test writes them: a verdict per ticket, by word, and what a plain replay makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from boilover.flagger.ledger import Facts, Ledger
from boilover.flagger.night import By, Decision, Memory, Night, State, Verdict, WhyNot

FACTS = Facts(model="7d-0a1b2c3d", policy="p1", threshold=0.5)
HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGIN = 1_700_000_000_000_000
MEMORY = ("state", "tier", "raised_at", "cleared_at", "nights_above", "nights_below", "snoozed_until")


@dataclass
class Told:
    """What a night says of one ticket."""

    verdict: Verdict
    tier: int = 1
    above: int = 0
    below: int = 0
    why_not: WhyNot = WhyNot.NOTHING
    risk: float = 0.5
    by: By = By.MODEL


def night_of(as_of: int, told: Mapping[str, Told]) -> tuple[Night, Decision]:
    """Return the night and the decision that say so, tickets in the mapping's order."""
    each = list(told.values())
    n = len(each)
    night = Night(
        as_of=as_of,
        ticket_id=np.array(list(told), dtype=object),
        risk=np.array([one.risk for one in each]),
        segments={"queue": np.array(["first"] * n, dtype=object)},
        weight=np.ones(n),
        fired=np.array([[one.above > 1] for one in each], dtype=bool).reshape(n, 1),
        trigger_names=("vip",),
    )
    decision = Decision(
        verdict=np.array([one.verdict for one in each], dtype=np.int8),
        tier=np.array([one.tier for one in each], dtype=np.int8),
        by=np.array([one.by for one in each], dtype=np.int8),
        nights_above=np.array([one.above for one in each], dtype=np.int32),
        nights_below=np.array([one.below for one in each], dtype=np.int32),
        why_not=np.array([one.why_not for one in each], dtype=np.int8),
        threshold=np.full(n, 0.5),
    )
    return night, decision


def record(ledger: Ledger, as_of: int, told: Mapping[str, Told], desk: str = "desk", **options: Any):
    night, decision = night_of(as_of, told)
    why = np.array([f"why {name}" for name in told], dtype=object)
    return ledger.record(desk, night, decision, options.pop("facts", FACTS), why=why, **options)


def recall(
    ledger: Ledger, names: list[str], desk: str = "desk", before: int | None = None
) -> dict[str, tuple]:
    """Return the memory of each ticket as a tuple in the order of `MEMORY`."""
    memory = ledger.memory(desk, np.array(names, dtype=object), before=before)
    return {name: tuple(int(getattr(memory, each)[at]) for each in MEMORY) for at, name in enumerate(names)}


NEW, STILL, RISEN, CLEARED = Verdict.NEW, Verdict.STILL, Verdict.RAISED_TIER, Verdict.CLEARED
QUIET, SUPPRESSED = Verdict.QUIET, Verdict.SUPPRESSED


@dataclass
class Plain:
    """A ledger in plain Python: lists and dicts, no database, no code of the package's ledger."""

    flags: list[dict[str, Any]] = field(default_factory=list)
    above: dict[str, int] = field(default_factory=dict)
    nights: list[int] = field(default_factory=list)
    happened: list[tuple] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)

    def flag(self, name: str) -> dict[str, Any] | None:
        mine = [flag for flag in self.flags if flag["ticket"] == name]
        return mine[-1] if mine else None

    def open(self, name: str) -> dict[str, Any] | None:
        flag = self.flag(name)
        return flag if flag and flag["state"] in ("raised", "acknowledged", "snoozed", "disagreed") else None

    def night(self, as_of: int, told: Mapping[str, Told]) -> None:
        self.nights.append(as_of)
        self.above = {name: one.above for name, one in told.items() if one.above}
        for name in sorted(told):
            one, flag = told[name], self.open(name)
            if one.verdict == NEW:
                assert flag is None
                flag = {"ticket": name, "raised": as_of, "cleared": 0, "until": 0, "state": "raised"}
                flag |= {"tier": one.tier, "nights": 1, "seen": as_of, "below": one.below, "outcome": ""}
                self.flags.append(flag)
                self.tell(flag, as_of, "raised")
                continue
            if one.verdict == SUPPRESSED and one.why_not == WhyNot.HOLDOUT:
                self.held.setdefault(name, as_of)
            if flag is None:
                continue
            flag["seen"], flag["below"] = as_of, one.below
            if one.verdict == CLEARED:
                flag["state"], flag["cleared"], flag["until"] = "cleared", as_of, 0
                self.tell(flag, as_of, "cleared")
                continue
            flag["nights"] += 1
            if one.verdict == RISEN:
                flag["tier"] = one.tier
                if flag["state"] == "snoozed":
                    flag["state"] = "raised"
                flag["until"] = 0
                self.tell(flag, as_of, "tier")
            if one.verdict == STILL and flag["state"] == "snoozed" and flag["until"] <= as_of:
                flag["state"], flag["until"] = "raised", 0
                self.tell(flag, as_of, "still")

    def answer(self, name: str, kind: str, when: int, until: int = 0) -> None:
        flag = self.flag(name)
        assert flag is not None
        told = (flag["ticket"], flag["raised"], when, kind, until)
        if told in self.happened:
            return
        self.happened.append(told)
        if self.open(name):
            flag["state"], flag["until"] = kind, until

    def outcome(self, name: str, kind: str, at: int) -> None:
        mine = [flag for flag in self.flags if flag["ticket"] == name and flag["raised"] < at]
        if not mine or mine[-1]["outcome"] not in ("", "resolved" if kind == "escalated_anyway" else ""):
            return
        flag = mine[-1]
        if flag["state"] != "cleared":
            flag["state"], flag["cleared"], flag["until"] = "cleared", at, 0
        flag["outcome"] = kind
        self.tell(flag, at, kind)

    def tell(self, flag: dict[str, Any], at: int, kind: str) -> None:
        self.happened.append((flag["ticket"], flag["raised"], at, kind, 0))

    def memory(self, names: list[str]) -> dict[str, tuple]:
        words = ("none", "raised", "acknowledged", "snoozed", "disagreed", "cleared")
        empty = {"state": "none", "tier": 0, "raised": 0, "cleared": 0, "below": 0, "until": 0}
        known = {}
        for name in names:
            flag = self.flag(name) or empty
            below = flag["below"] if self.open(name) else 0
            state = words.index(flag["state"])
            known[name] = (
                state,
                flag["tier"],
                flag["raised"],
                flag["cleared"],
                self.above.get(name, 0),
                below,
            )
            known[name] += (flag["until"],)
        return known


def assert_same(ledger: Ledger, plain: Plain, names: list[str], desk: str = "desk") -> None:
    """The ledger tells what the plain replay tells, and adds up."""
    assert ledger.check() == ()
    assert recall(ledger, names, desk) == plain.memory(names)
    flags = exported(ledger, "flags", desk)
    zero = {name: moment(flags[name]) for name in ("raised_at", "cleared_at", "last_seen", "snoozed_until")}
    theirs = zip(
        *(flags["ticket_id"], zero["raised_at"], zero["cleared_at"], flags["state"], flags["nights"]),
        *(zero["last_seen"], zero["snoozed_until"], flags["outcome"]),
        strict=True,
    )
    keys = ("ticket", "raised", "cleared", "state", "nights", "seen", "until", "outcome")
    assert sorted(theirs) == sorted(tuple(flag[key] for key in keys) for flag in plain.flags)
    history = exported(ledger, "history", desk)
    raised = dict(zip(flags["flag_id"], zero["raised_at"], strict=True))
    told = zip(
        *(history["ticket_id"], history["flag_id"].map(raised), moment(history["at"]), history["kind"]),
        moment(history["until"]),
        strict=True,
    )
    assert sorted(told) == sorted(plain.happened)
    assert sorted(moment(exported(ledger, "nights", desk).query("not replaced")["as_of"])) == plain.nights
    held = exported(ledger, "holdouts", desk)
    assert dict(zip(held["ticket_id"], moment(held["as_of"]), strict=True)) == plain.held


def exported(ledger: Ledger, table: str, desk: str) -> pd.DataFrame:
    """Return the rows of a desk, of which there may be no night."""
    frame = ledger.export(table)
    return frame[frame["desk"] == desk]


def moment(times: Any) -> list[int]:
    """Return microseconds of timestamps, 0 where there is none."""
    return [0 if value is None or value != value else round(value.timestamp() * 1_000_000) for value in times]


def memory_is_empty(memory: Memory) -> bool:
    return all(not getattr(memory, name).any() for name in MEMORY) and State.NONE == 0
