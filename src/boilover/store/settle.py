"""One partition's turn: what is new in its pile is united with what stands, and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from boilover.conform import plain
from boilover.files import sha256_of
from boilover.identity import Keys, event_keys, repeats, ticket_keys
from boilover.log import EventLog
from boilover.observation import observed
from boilover.partitions import EVENT_SCHEMA, Part, Partition, all_there, read_part, write_events
from boilover.store.again import (
    begun_anew,
    created_again,
    named_once,
    said_again,
    stated_otherwise,
    told_otherwise,
)
from boilover.store.attributes import united, with_roles
from boilover.store.leaves import can_split, halves
from boilover.store.openings import opened_again, opened_by_record, opened_in, without_openings
from boilover.store.pile import Pile
from boilover.text import with_measures

OTHERWISE = "states at creation of tickets whose history is known, which tell others: those known stand"
EXPLAINED = "states of a last update that a history tells now, taken out"
RETOLD = "opening messages of a record of today that a history tells now, taken out"
NAME_LENGTH = 12


@dataclass
class Desk:
    """Where partitions are settled: ``folder`` is the log, ``staging`` takes new files until they count."""

    folder: Path
    staging: Path
    most: int
    new: int = 0
    known: int = 0
    new_tickets: int = 0
    anew: list[str] = field(default_factory=list)
    """Known tickets that begin again, later than they began."""
    otherwise: list[str] = field(default_factory=list)
    """Known tickets of which new events stand where known ones do; looked for where ``is_changed``."""
    notes: Counter[str] = field(default_factory=Counter)
    is_changed: bool = False
    """Whether a source is read in another way than before."""

    def settle(self, name: str, held: Partition | None, pile: Pile) -> Iterator[Partition]:
        """Yield the partition as it is after the import, or those that it was split into."""
        events, tickets = self._read(held)
        news = Pile(self.staging / f"{name}.new")
        seen = event_keys(events)
        bare, better = seen[_lack_role(events)], []
        for told, listed in pile:
            keys = event_keys(told)
            fresh = ~(repeats(keys) | np.isin(keys, seen))
            self.known += int((~fresh).sum())
            better.append(told.filter(pa.array(~fresh & ~_lack_role(told) & np.isin(keys, bare))))
            seen, bare = (
                np.concatenate([seen, keys[fresh]]),
                np.concatenate([bare, keys[fresh & _lack_role(told)]]),
            )
            news.put(told.filter(pa.array(fresh)), listed)
        pile.drop()
        if any(map(len, better)):
            roles, held = pa.concat_tables(better), None
            events, news = with_roles(events, roles, self.notes), self._told_better(news, roles)
        yield from self._grown(name, held, events, tickets, news)

    def _told_better(self, news: Pile, roles: pa.Table) -> Pile:
        better = Pile(news.path.with_suffix(".roles"))
        for told, listed in news:
            better.put(with_roles(told, roles, self.notes), listed)
        news.drop()
        return better

    def _read(self, held: Partition | None) -> tuple[pa.Table, pa.Table]:
        if held is None:
            return EVENT_SCHEMA.empty_table(), pa.table({"ticket_id": pa.array([], pa.string())})
        with all_there():
            events = read_part(self.folder, "events", held.events)
            return events, read_part(self.folder, "tickets", held.tickets)

    def _grown(
        self, name: str, held: Partition | None, events: pa.Table, tickets: pa.Table, news: Pile
    ) -> Iterator[Partition]:
        """Write a partition with what is new, split by a bit of the hash while it is too large."""
        if len(events) + news.events > self.most and can_split(name) and _are_many(tickets, news):
            yield from self._split(name, events, tickets, news)
            return
        n_retold, n_new, before = self.notes[RETOLD], self.new, tickets
        for told, listed in news:
            events, tickets = self._united(events, tickets, told, listed)
        news.drop()
        self.new_tickets += len(tickets) - len(before)
        if held is not None and (self.notes[RETOLD], self.new) == (n_retold, n_new):
            is_same = tickets.equals(before)
            yield held if is_same else replace(held, tickets=self._file("tickets", name, tickets))
            return
        again = said_again(events, by_history=True)
        self.notes[EXPLAINED] += int(again.sum())
        added = EventLog(events.filter(pa.array(~again)), tickets)
        yield self._write(name, with_measures(added).ordered().events, tickets)

    def _split(self, name: str, events: pa.Table, tickets: pa.Table, news: Pile) -> Iterator[Partition]:
        branches = [branch for branch, _ in halves(name, _NOBODY)]
        piles = [Pile(self.staging / f"{branch}.new") for branch in branches]
        for told, listed in news:
            for pile, own, of_own in zip(piles, _parted(name, told), _parted(name, listed), strict=True):
                if len(own) or len(of_own):
                    pile.put(own, of_own)
        news.drop()
        of_events, of_tickets = _parted(name, events), _parted(name, tickets)
        for place, branch in enumerate(branches):
            if len(of_tickets[place]) or piles[place].path.exists():
                yield from self._grown(branch, None, of_events[place], of_tickets[place], piles[place])

    def _united(
        self, events: pa.Table, tickets: pa.Table, told: pa.Table, listed: pa.Table
    ) -> tuple[pa.Table, pa.Table]:
        """Return a partition's events and tickets with those of a piece that are new."""
        known = listed["ticket_id"].filter(
            pc.is_in(listed["ticket_id"], tickets["ticket_id"].combine_chunks())
        )
        held = (
            events.filter(pc.is_in(events["ticket_id"], known.combine_chunks())) if len(known) else events[:0]
        )
        tickets = united(tickets, listed, held, self.notes)
        retold = opened_by_record(held, opened_in(listed))
        if len(retold):
            self.notes[RETOLD] += len(retold)
            events, held = (without_openings(each, retold) for each in (events, held))
        again = said_again(pa.concat_tables([held, told]))[len(held) :] | named_once(held, told)
        again |= created_again(held, told) | opened_again(held, told, retold)
        self.anew += begun_anew(held, told).to_pylist()
        if self.is_changed:
            twice = pa.array(told_otherwise(held, told, again))
            self.otherwise += told["ticket_id"].filter(twice).to_pylist()
        otherwise = stated_otherwise(held, told) & ~again
        self.notes[OTHERWISE] += int(otherwise.sum())
        again |= otherwise
        new = told.filter(pa.array(~again))
        self.new, self.known = self.new + len(new), self.known + int(again.sum())
        return pa.concat_tables([events, new]), tickets

    def _write(self, name: str, events: pa.Table, tickets: pa.Table) -> Partition:
        listed = self._file("tickets", name, tickets)
        times = observed(events)
        first, last = (_moment(times.min()), _moment(times.max())) if len(times) else (None, None)
        return Partition(name, self._file("events", name, events), listed, first, last)

    def _file(self, kind: str, name: str, table: pa.Table) -> Part:
        path = self.staging / kind / name
        if kind == "events":
            write_events(table.combine_chunks(), path)
        else:
            pq.write_table(table.combine_chunks(), path, compression="zstd")
        digest = sha256_of(path)
        final = path.with_name(f"{name}.{digest[:NAME_LENGTH]}.parquet")
        path.replace(final)
        return Part(final.name, len(table), digest)


_NOBODY: Keys = np.empty(0, dtype=np.uint64)


def _are_many(tickets: pa.Table, news: Pile) -> bool:
    """Say whether there is more than one ticket."""
    ids = [tickets["ticket_id"], *(listed["ticket_id"] for _, listed in news)]
    return len(set[str]().union(*(pc.unique(each).slice(0, 2).to_pylist() for each in ids))) > 1


def _parted(name: str, table: pa.Table) -> list[pa.Table]:
    """Return the rows of each branch of a partition."""
    return [table.filter(pa.array(chosen)) for _, chosen in halves(name, ticket_keys(table["ticket_id"]))]


def _lack_role(events: pa.Table) -> npt.NDArray[np.bool_]:
    lacking: npt.NDArray[np.bool_] = events["actor_role"].is_null().to_numpy()
    return lacking


def whole(events: pa.Table) -> pa.Table:
    """Return events with all columns of the contract, text as plain strings."""
    events = plain(events)
    columns = {
        column.name: events[column.name]
        if column.name in events.column_names
        else pa.nulls(len(events), column.type)
        for column in EVENT_SCHEMA
    }
    return pa.table(columns, schema=EVENT_SCHEMA)


def _moment(time: np.int64) -> str:
    return pd.Timestamp(int(time), unit="us", tz="UTC").isoformat()
