"""From the facts of some tickets to their event log: nothing here knows which system they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.base import Tally
from boilover.adapters.recipe import TARGETS
from boilover.adapters.spill import AT_CREATION, ATTRIBUTE, CHANGE, HISTORY, TICKET, TODAY
from boilover.log import EventLog
from boilover.schema import EVENTS, TIMESTAMP

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
FROM_CREATION = ("category", "product", "type", "subcategory", "channel", "language")
"""Targets whose value at creation is an attribute of the ticket as well."""
FIRST_TARGETS = ("status", "priority", "group", "assignee")
"""The order of the state at creation; fields follow by name."""
DELETED = "deleted"
"""The raw word of a status that is not only closed: restoring such a ticket is a change."""
BORN, INITIAL, LATER = 0, 1, 2
KINDS = {str: "str", int: "number", float: "number", bool: "bool"}


@dataclass
class Story:
    """What is known of the export as a whole: ``whole`` histories, roles of people, and names of columns."""

    whole: bool = False
    people: dict[str, str] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    attributes: dict[str, str] = field(default_factory=dict)

    def attribute(self, name: str, value: Any) -> str:
        """Return ``value`` as a word, and keep in mind of which type the attribute is in all tickets."""
        kind = KINDS.get(type(value), "str")
        if self.attributes.setdefault(name, kind) != kind:
            self.attributes[name] = "str"
        return str(value)


def finish(facts: pa.Table, story: Story, tally: Tally) -> EventLog | None:
    """Return the log of all tickets that ``facts`` tells of, sorted by ticket and time; None where there is none."""
    told = _Told(facts, story)
    told.leave_out_doubles(tally)
    born = told.births(tally)
    states = told.initial_states(tally)
    later = told.happened()
    rows = pd.concat([told.created(born), states, later], ignore_index=True)
    rows = rows[born[rows["ticket"]] < NEVER]
    rows["time"] = np.where(rows["phase"] < LATER, born[rows["ticket"]], rows["time"])
    rows["visible"] = np.where(rows["phase"] < LATER, rows["time"], rows["visible"])
    keys = [rows[name].to_numpy() for name in ("place", "order", "visible", "phase", "ticket")]
    rows = rows.take(np.lexsort(keys)).reset_index(drop=True)
    rows = _until_merged(rows, told, tally)
    rows = _without_repeats(rows, told, tally)
    if not len(rows):
        return None
    return EventLog.from_arrow(told.events(rows, story), told.tickets(rows, born, story))


class _Told:
    """The facts of one shard as codes: ``ticket`` in the order of ids, words of values in one vocabulary."""

    def __init__(self, facts: pa.Table, story: Story) -> None:
        self.facts, self.story = facts, story
        self.kind = facts["kind"].to_numpy()
        ids = facts["ticket_id"].combine_chunks().dictionary_encode()
        by_id = pc.sort_indices(ids.dictionary).to_numpy()
        rank = np.empty(len(by_id), dtype=np.int64)
        rank[by_id] = np.arange(len(by_id))
        self.ids = ids.dictionary.take(pa.array(by_id))
        self.ticket = rank[ids.indices.to_numpy()]
        self.time, self.timed = _filled(facts["at"])
        seen, late = _filled(facts["seen"])
        self.visible = np.where(late, seen, self.time)
        self.late = late
        names = ("value", "raw", "old", "event_type", "target")
        words = pa.chunked_array(
            [c for n in names for c in facts[n].chunks], type=pa.string()
        ).combine_chunks()
        coded = words.dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        self.words = coded.dictionary
        self.value, self.raw, self.old, self.type, self.target = np.split(codes, len(names))
        self.places = {word: code for code, word in enumerate(self.words.to_pylist())}
        self.order = facts["order"].combine_chunks().fill_null(0).to_numpy()
        self.live = np.ones(len(facts), dtype=bool)

    def code(self, word: str) -> int:
        return self.places.get(word, -2)

    def leave_out_doubles(self, tally: Tally) -> None:
        """Leave out what is told twice: the same event id in a ticket, or the same in everything."""
        happened = self.kind >= CHANGE
        event_id = _codes(self.facts["event_id"])
        named = happened & (event_id >= 0)
        doubled = np.zeros(len(happened), dtype=bool)
        at = np.flatnonzero(named)
        doubled[at] = pd.DataFrame({"t": self.ticket[at], "e": event_id[at]}).duplicated().to_numpy()
        at = np.flatnonzero(happened & ~named)
        if len(at):
            columns = {
                "ticket": self.ticket, "kind": self.kind, "time": self.time, "visible": self.visible,
                "value": self.value, "raw": self.raw, "type": self.type, "target": self.target,
                **{n: _codes(self.facts[n]) for n in ("text", "by", "role", "public", "number")},
            }  # fmt: skip
            same = pd.DataFrame({name: column[at] for name, column in columns.items()})
            doubled[at] = same.duplicated().to_numpy()
        self.live &= ~doubled
        tally.note("facts that stand twice in the export, counted once", int(doubled.sum()))

    def births(self, tally: Tally) -> Ints:
        """Return when each ticket was created: as told, at the latest with its first fact."""
        told = np.full(len(self.ids), NEVER)
        rows = np.flatnonzero((self.kind == TICKET) & self.timed)[::-1]
        told[self.ticket[rows]] = self.time[rows]
        first = np.full(len(self.ids), NEVER)
        happened = self.live & (self.kind >= CHANGE)
        np.minimum.at(first, self.ticket[happened], self.visible[happened])
        seen = np.full(len(self.ids), NEVER)
        rows = np.flatnonzero((self.kind == TODAY) & self.timed)
        np.minimum.at(seen, self.ticket[rows], self.time[rows])
        unknown = told == NEVER
        tally.note(
            "tickets without a time of creation, begun with their first event",
            int((unknown & (first < NEVER)).sum()),
        )
        early = ~unknown & (first < told)
        tally.note("tickets with an event before their creation, taken as created then", int(early.sum()))
        born = np.minimum(told, first)
        born = np.where(born == NEVER, seen, born)
        lost = np.flatnonzero(born == NEVER)
        tally.drop(
            "ticket without any time", len(lost), self.ids[int(lost[0])].as_py() if len(lost) else None
        )
        return born

    def created(self, born: Ints) -> pd.DataFrame:
        """Return one row per ticket that brings it into being."""
        row = np.full(len(self.ids), -1)
        rows = np.flatnonzero(self.kind == TICKET)[::-1]
        row[self.ticket[rows]] = rows
        self.creator = row
        return self._block(np.arange(len(self.ids)), row, born, BORN, self.code("-none-"), -1, -1)

    def initial_states(self, tally: Tally) -> pd.DataFrame:
        """Return the state at creation: as told, or the first change's old value, or today's if nothing changed."""
        n_words = len(self.words) + 1
        key = self.ticket * n_words + self.target
        changes = np.flatnonzero(self.live & (self.kind == CHANGE))
        changes = changes[np.lexsort((changes, self.order[changes], self.visible[changes]))]
        first = changes[np.unique(key[changes], return_index=True)[1]]
        told = np.flatnonzero(self.kind == AT_CREATION)
        whole = np.full(len(self.ids), self.story.whole)
        whole[self.ticket[self.kind == HISTORY]] = True
        today = np.flatnonzero((self.kind == TODAY) & whole[self.ticket])
        old_told = self.facts["old_told"].to_numpy()[first]
        rows = np.concatenate([told, first, today])
        value = np.concatenate([self.value[told], np.where(old_told, self.old[first], -1), self.value[today]])
        raw = np.concatenate([self.raw[told], np.full(len(first), -1), self.raw[today]])
        chosen = np.unique(key[rows], return_index=True)[1]
        chosen = chosen[value[chosen] >= 0]
        rows, value, raw = rows[chosen], value[chosen], raw[chosen]
        self.whole = whole
        block = self._block(
            self.ticket[rows], rows, np.zeros(len(rows), np.int64), INITIAL, self.target[rows], value, raw
        )
        names = sorted(self.places, key=lambda w: (FIRST_TARGETS.index(w) if w in FIRST_TARGETS else 9, w))
        rank = np.full(n_words, 0)
        rank[[self.places[name] for name in names]] = np.arange(len(names))
        return block.assign(place=rank[self.target[rows]], order=0)

    def happened(self) -> pd.DataFrame:
        """Return changes, messages and events, and what is only known as of today where there is no history."""
        known = (self.kind == TODAY) & ~self.whole[self.ticket] & self.timed & (self.value >= 0)
        rows = np.flatnonzero((self.live & (self.kind >= CHANGE)) | known)
        block = self._block(
            self.ticket[rows],
            rows,
            self.time[rows],
            LATER,
            self.target[rows],
            self.value[rows],
            self.raw[rows],
        )
        block["visible"], block["order"] = self.visible[rows], self.order[rows]
        block["is_change"] = np.isin(self.kind[rows], (CHANGE, TODAY))
        return block

    def _block(
        self, ticket: Any, row: Any, time: Any, phase: int, target: Any, value: Any, raw: Any
    ) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "ticket": ticket, "row": row, "time": time, "visible": time, "phase": phase, "target": target,
                "value": value, "raw": raw, "place": row, "order": 0, "is_change": phase == INITIAL,
            }
        )  # fmt: skip

    def events(self, rows: pd.DataFrame, story: Story) -> pa.Table:
        """Return the rows as the contract's table."""
        phase, target = rows["phase"].to_numpy(), rows["target"].to_numpy()
        source = rows["row"].to_numpy()
        is_change = rows["is_change"].to_numpy()
        own = pa.array(source, mask=phase < LATER)
        creator = self.creator[rows["ticket"].to_numpy()]
        actor_row = np.where(phase < LATER, creator, source)
        actor = self.facts["by"].take(pa.array(actor_row, mask=actor_row < 0))
        role = self.facts["role"].take(pa.array(actor_row, mask=actor_row < 0))
        role = pc.coalesce(role, _roles(actor, story.people))
        named = np.full(len(self.words) + 1, self.places.get("field_changed", -1))
        types = pa.concat_arrays(
            [self.words, pa.array(["created", "field_changed", *TARGETS.values()], pa.string())]
        )
        base = len(self.words)
        by_target = np.full(base + 1, base + 1)
        for place, name in enumerate(TARGETS):
            if name in self.places:
                by_target[self.places[name]] = base + 2 + place
        type_code = np.where(is_change, by_target[target], np.where(phase == BORN, base, self.type[source]))
        del named
        is_field = type_code == base + 1
        is_field |= ~is_change & (phase == LATER)
        value, raw = rows["value"].to_numpy(), rows["raw"].to_numpy()
        late = np.where(phase < LATER, False, self.late[source])
        visible = rows["visible"].to_numpy()
        time = rows["time"].to_numpy()
        columns = {
            "ticket_id": self.ids.take(pa.array(rows["ticket"].to_numpy())),
            "occurred_at": pa.array(time).cast(TIMESTAMP),
            "event_type": types.take(pa.array(type_code)),
            "value": self.words.take(pa.array(value, mask=value < 0)),
            "raw_value": self.words.take(pa.array(raw, mask=(raw < 0) | (raw == value))),
            "field": self.words.take(pa.array(target, mask=~is_field | (target < 0))),
            "number": self.facts["number"].take(own),
            "actor_id": actor,
            "actor_role": role,
            "is_public": self.facts["public"].take(own),
            "text": self.facts["text"].take(own),
            "observed_at": pa.array(visible, mask=~late | (visible == time)).cast(TIMESTAMP),
            "event_id": self.facts["event_id"].take(own),
        }
        return pa.table({column.name: columns[column.name] for column in EVENTS})

    def tickets(self, rows: pd.DataFrame, born: Ints, story: Story) -> pa.Table:
        """Return one row per ticket with its attributes."""
        columns: dict[str, Any] = {"ticket_id": self.ids}
        initial = rows[rows["phase"] == INITIAL]
        for name in FROM_CREATION:
            if name in story.targets:
                of = initial[initial["target"] == self.code(name)]
                columns[name] = self._column(of["ticket"].to_numpy(), of["value"].to_numpy())
        for name, kind in sorted(story.attributes.items()):
            at = np.flatnonzero((self.kind == ATTRIBUTE) & (self.target == self.code(name)))[::-1]
            told = self._column(self.ticket[at], self.value[at])
            if kind == "number":
                told = told.cast(pa.float64())
            elif kind == "bool":
                told = pc.equal(told, "True")
            columns[name] = pc.coalesce(told, columns[name]) if name in columns and kind == "str" else told
        return pa.table(columns).filter(pa.array(born < NEVER))

    def _column(self, ticket: Ints, value: Ints) -> pa.Array:
        codes = np.full(len(self.ids), -1)
        codes[ticket] = value
        return self.words.take(pa.array(codes, mask=codes < 0))


def _until_merged(rows: pd.DataFrame, told: _Told, tally: Tally) -> pd.DataFrame:
    """Leave out what comes after a ticket was merged into another."""
    merged = told.code("merged")
    is_merge = (rows["phase"].to_numpy() == LATER) & ~rows["is_change"].to_numpy()
    is_merge &= told.type[rows["row"].to_numpy()] == merged
    end = np.full(len(told.ids), len(rows))
    at = np.flatnonzero(is_merge)[::-1]
    end[rows["ticket"].to_numpy()[at]] = at
    after = np.arange(len(rows)) > end[rows["ticket"].to_numpy()]
    tally.note("facts after a ticket was merged, left out", int(after.sum()))
    return rows[~after].reset_index(drop=True)


def _without_repeats(rows: pd.DataFrame, told: _Told, tally: Tally) -> pd.DataFrame:
    """Leave out changes to what is set already; what was never set counts as empty."""
    at = np.flatnonzero(rows["is_change"].to_numpy())
    target, value = rows["target"].to_numpy()[at], rows["value"].to_numpy()[at].copy()
    value[(target == told.code("status")) & (rows["raw"].to_numpy()[at] == told.code(DELETED))] = len(
        told.words
    )
    key = rows["ticket"].to_numpy()[at] * (len(told.words) + 1) + target
    order = np.argsort(key, kind="stable")
    before = np.full(len(at), -1)
    before[1:] = np.where(key[order][1:] == key[order][:-1], value[order][:-1], -1)
    again = np.zeros(len(rows), dtype=bool)
    again[at[order]] = value[order] == before
    tally.note(
        "events that set what was set already, left out",
        int((again & (rows["phase"].to_numpy() == LATER)).sum()),
    )
    return rows[~again].reset_index(drop=True)


def _roles(actor: pa.ChunkedArray, people: dict[str, str]) -> pa.Array:
    encoded = actor.combine_chunks().dictionary_encode()
    roles = pa.array([people.get(each) for each in encoded.dictionary.to_pylist()], type=pa.string())
    return roles.take(encoded.indices)


def _filled(column: pa.ChunkedArray) -> tuple[Ints, Mask]:
    data = column.combine_chunks()
    return data.fill_null(0).to_numpy(), data.is_valid().to_numpy(zero_copy_only=False)


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    indices = column.combine_chunks().dictionary_encode().indices
    codes: npt.NDArray[np.int32] = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes
