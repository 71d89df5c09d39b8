"""The facts of some tickets as codes: what is told twice, when each ticket began, and in which state."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.base import Tally
from boilover.adapters.codes import Ints, codes_of, filled, first_of, ranked, repeated
from boilover.adapters.spill import AT_CREATION, CHANGE, FIRST, HISTORY, TICKET, TODAY
from boilover.adapters.story import Story
from boilover.adapters.words import TARGETS

NEVER = np.iinfo(np.int64).max
BORN, INITIAL, LATER = 0, 1, 2
"""The phases of a ticket, in their order at one time: its creation, its state then, all that comes later."""
FIRST_TARGETS = tuple(TARGETS)
"""The order of the state at creation; fields follow by name."""
CODED = ("value", "raw", "old", "old_raw", "event_type", "target")
OF_TODAY = "today/"
"""What the ids of events begin with that tell what held when a ticket was last updated; nobody knows since when."""
OPENING, OPENING_TODAY = "opening", f"{OF_TODAY}opening"
"""The ids of the message that a ticket began with: as its history tells it, and as its record shows it today."""


def of_today(events: pa.Table) -> pa.ChunkedArray:
    """Return which events tell what held when a ticket was last updated, bool (n events)."""
    return pc.fill_null(pc.starts_with(events["event_id"], OF_TODAY), False)


class Told:
    """The facts of a shard: ``ticket`` (codes in the order of ids) and ``CODED`` columns (codes of one vocabulary).

    Codes are int64 (n_facts), −1 where nothing is told; ``time`` and ``visible`` are UTC microseconds.
    """

    def __init__(self, facts: pa.Table, story: Story) -> None:
        self.facts, self.story = facts, story
        self.kind = facts["kind"].to_numpy()
        self.ids, self.ticket = ranked(facts["ticket_id"])
        self.time, self.timed = filled(facts["at"])
        seen, self.late = filled(facts["seen"])
        self.visible = np.where(self.late, seen, self.time)
        self.order = filled(facts["order"])[0]
        told = pa.chunked_array([chunk for name in CODED for chunk in facts[name].chunks], type=pa.string())
        encoded = told.combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        self.words: pa.Array = encoded.dictionary
        self.value, self.raw, self.old, self.old_raw, self.type, self.target = np.split(codes, len(CODED))
        self.live = self.kind >= CHANGE
        """Which facts are things that happened, each once."""
        self.whole = np.full(len(self.ids), story.whole)
        self.whole[self.ticket[self.kind == HISTORY]] = True
        self.creator = first_of(self.ticket, np.flatnonzero(self.kind == TICKET), len(self.ids))
        """The fact that tells of the ticket and who created it, −1 where there is none."""

    def code(self, word: str) -> int:
        """Return the code of a word, −2 where no fact holds it."""
        found = pc.index(self.words, word).as_py()
        return found if found >= 0 else -2

    def key(self) -> Ints:
        """Return a number for each pair of ticket and target."""
        return self.ticket * (len(self.words) + 1) + self.target

    def leave_out_doubles(self, tally: Tally) -> None:
        """Leave out what is told twice: the same event id in a ticket, or the same in everything.

        So is what a record shows as the words that a ticket began with where its history tells them.
        """
        event_id = codes_of(self.facts["event_id"])
        opened = np.isin(
            self.ticket, self.ticket[(self.kind == FIRST) & (self.target == self.code(OPENING_TODAY))]
        )
        self.live &= ~(opened & pc.equal(self.facts["event_id"], OPENING_TODAY).fill_null(False).to_numpy())
        named = np.flatnonzero(self.live & (event_id >= 0))
        unnamed = np.flatnonzero(self.live & (event_id < 0))
        same = {"ticket": self.ticket, "kind": self.kind, "time": self.time, "visible": self.visible}
        same |= {"value": self.value, "raw": self.raw, "type": self.type, "target": self.target}
        same |= {name: codes_of(self.facts[name]) for name in ("text", "by", "role", "public", "number")}
        doubled = np.concatenate(
            [
                named[repeated({"ticket": self.ticket, "event": event_id}, named)],
                unnamed[repeated(same, unnamed)],
            ]
        )
        self.live[doubled] = False
        tally.note("facts that stand twice in the export, counted once", len(doubled))

    def births(self, tally: Tally) -> Ints:
        """Return when each ticket was created: as told, at the latest with its first fact; `NEVER` without any time."""
        told = np.full(len(self.ids), NEVER)
        row = first_of(self.ticket, np.flatnonzero((self.kind == TICKET) & self.timed), len(self.ids))
        told[row >= 0] = self.time[row[row >= 0]]
        first, seen = told.copy(), told.copy()
        first[:] = seen[:] = NEVER
        np.minimum.at(first, self.ticket[self.live], self.visible[self.live])
        today = (self.kind == TODAY) & self.timed
        np.minimum.at(seen, self.ticket[today], self.time[today])
        late = told > first
        unknown = late & (told == NEVER)
        tally.note("tickets without a time of creation, begun with their first event", int(unknown.sum()))
        moved = int((late & ~unknown).sum())
        tally.note("tickets with an event before their creation, taken as created then", moved)
        born = np.minimum(told, first)
        born = np.where(born == NEVER, seen, born)
        lost = np.flatnonzero(born == NEVER)
        example = f"ticket {self.ids[int(lost[0])].as_py()}" if len(lost) else None
        tally.drop("ticket without any time", len(lost), example)
        return born

    def creations(self, born: Ints) -> pd.DataFrame:
        """Return a row per ticket that brings it into being."""
        nothing = np.full(len(self.ids), -1)
        block = self._block(np.arange(len(self.ids)), nothing, BORN, nothing, nothing, nothing)
        return block.assign(time=born, visible=born)[born < NEVER]

    def initial_states(self, born: Ints) -> pd.DataFrame:
        """Return the state at creation: as told, else the first change's old value, else today's if none changed.

        The last two only of tickets whose whole history is there: of others, earlier changes may be cut off. The old
        value of a target that is not stated is known from its first change on: at creation it would tell which tickets
        are going to change.
        """
        key = self.key()
        changes = np.flatnonzero(self.live & (self.kind == CHANGE))
        changes = changes[np.lexsort((changes, self.order[changes], self.visible[changes]))]
        first = changes[np.unique(key[changes], return_index=True)[1]]
        first = first[self.whole[self.ticket[first]]]
        at_creation = np.flatnonzero(self.kind == AT_CREATION)
        today = np.flatnonzero((self.kind == TODAY) & self.whole[self.ticket])
        rows = np.concatenate([at_creation, first, today])
        value = np.concatenate([self.value[at_creation], self.old[first], self.value[today]])
        raw = np.concatenate([self.raw[at_creation], self.old_raw[first], self.raw[today]])
        chosen = np.unique(key[rows], return_index=True)[1]
        chosen = chosen[(value[chosen] >= 0) & (born[self.ticket[rows[chosen]]] < NEVER)]
        rows = rows[chosen]
        ticket, target = self.ticket[rows], self.target[rows]
        stated = [self.code(name) for name in self.story.stated]
        late = (self.kind[rows] == CHANGE) & ~np.isin(target, stated)
        visible = np.where(late, self.visible[rows], born[ticket])
        block = self._block(ticket, rows, INITIAL, target, value[chosen], raw[chosen])
        return block.assign(time=born[ticket], visible=visible, order=0, place=self._ranks()[target])

    def happened(self, tally: Tally) -> pd.DataFrame:
        """Return what happened later, and what is known as of today of tickets without their history."""
        today = (self.kind == TODAY) & ~self.whole[self.ticket] & (self.value >= 0)
        timeless = int((today & ~self.timed).sum())
        tally.note("states of today without a readable time of the last update, left out", timeless)
        rows = np.flatnonzero(self.live | (today & self.timed))
        block = self._block(
            self.ticket[rows], rows, LATER, self.target[rows], self.value[rows], self.raw[rows]
        )
        # What holds at the last update holds after all that the update did.
        return block.assign(order=block["order"].mask(today[rows], NEVER))

    def _block(
        self, ticket: Ints, row: Ints, phase: int, target: Ints, value: Ints, raw: Ints
    ) -> pd.DataFrame:
        of_state = np.isin(self.kind[row], (CHANGE, TODAY)) if phase == LATER else phase == INITIAL
        columns = {"ticket": ticket, "row": row, "phase": phase, "place": row, "of_state": of_state}
        columns |= {"time": self.time[row], "visible": self.visible[row], "order": self.order[row]}
        return pd.DataFrame(columns | {"target": target, "value": value, "raw": raw})

    def _ranks(self) -> Ints:
        """Return the place of each target in the state at creation."""
        present = np.unique(self.target[self.target >= 0])
        names = {int(code): self.words[int(code)].as_py() for code in present}
        ranks = np.zeros(len(self.words) + 1, dtype=np.int64)
        ordered = sorted(names, key=lambda code: (_place(names[code]), names[code]))
        ranks[ordered] = np.arange(len(ordered))
        return ranks


def _place(target: str) -> int:
    return FIRST_TARGETS.index(target) if target in FIRST_TARGETS else len(FIRST_TARGETS)
