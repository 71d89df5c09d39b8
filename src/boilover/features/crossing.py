"""Streams by other keys than the ticket: each shard gives its events and points, and all of them are sorted once.

A customer's tickets lie in many shards. What features read of such events is little, so that it is gathered while the
shards are at hand, and is the same whatever the shards: joined in the order of tickets, it is what one pass over the
whole log finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.errors import UsageError
from boilover.features.filters import Filter
from boilover.features.stream import Grouped, Stream, Told
from boilover.features.view import DESK, TICKET, Sight, tell_of
from boilover.features.words import joined, merged, numbered
from boilover.history import Coded, Codes, Ints
from boilover.once import Once

Rows = slice | npt.NDArray[np.intp]


@dataclass(frozen=True)
class Need:
    """What a feature reads: which events, by whose key, and what is told of them.

    ``event_key`` tells whose an event is, where that is not ``key``, which tells whose events a point sees.
    """

    where: Filter
    key: str
    event_key: str | None = None
    told: tuple[Told, ...] = ()

    @property
    def stream_key(self) -> str:
        """Whose the events are."""
        return self.event_key or self.key


@dataclass(frozen=True)
class Extract:
    """What one shard gives to the streams by other keys.

    ``times``, ``keys`` and ``told`` are of the events that pass a filter, in the order of the shard; ``asked`` are keys
    of its points, which stand at ``rows`` among all points. Codes of tickets count from the log's first one.
    """

    rows: Rows
    times: Mapping[Filter, Ints]
    keys: Mapping[tuple[Filter, str], Coded]
    told: Mapping[tuple[Filter, Told], Any]
    asked: Mapping[str, Coded]


def with_tickets(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Return ``needs``, and of which ticket each of their events is, which settles their order in another log."""
    told = tuple(needs)
    tickets = (replace(need, key=TICKET, event_key=None, told=()) for need in told)
    return tuple(dict.fromkeys((*told, *tickets)))


@dataclass(frozen=True)
class Others:
    """What tickets give that are not in the history at hand: their extracts, `with_tickets`.

    ``ranks`` tell where the tickets of each extract stand among all by their ids, int32; ``own`` those at hand.
    """

    extracts: Sequence[Extract]
    ranks: Sequence[Codes]
    own: Codes

    def beside(self, extracts: Sequence[Extract], n_points: int) -> Crossing:
        """Join them with the ``extracts`` of the history at hand."""
        ranks = [*([self.own] * len(extracts)), *self.ranks]
        n_tickets = len(self.own) + sum(map(len, self.ranks))
        return Crossing.of([*extracts, *self.extracts], n_tickets, n_points, ranks)


def extract(needs: Iterable[Need], sight: Sight, rows: Rows, first: int) -> Extract:
    """Gather from a shard, whose first ticket is the log's ``first``, what streams by other keys need of it."""
    times: dict[Filter, Ints] = {}
    keys: dict[tuple[Filter, str], Coded] = {}
    told: dict[tuple[Filter, Told], Any] = {}
    asked: dict[str, Coded] = {}
    for need in needs:
        stream = sight.stream(need.where, TICKET)
        times[need.where] = stream.times
        if (need.where, need.stream_key) not in keys:
            found = sight.event_keys(need.stream_key, stream)
            keys[need.where, need.stream_key] = _counted(found, need.stream_key, first)
        for each in need.told:
            if (need.where, each) not in told:
                what = tell_of(sight.notes, each)
                gathered = stream.gather(what.codes if isinstance(what, Coded) else what)
                told[need.where, each] = Coded(gathered, what.words) if isinstance(what, Coded) else gathered
        if need.key not in asked:
            asked[need.key] = _counted(sight.point_keys(need.key), need.key, first)
    return Extract(rows, times, keys, told, asked)


def _counted(found: Coded, key: str, first: int) -> Coded:
    if key != TICKET or not first:
        return found
    return Coded(np.where(found.codes >= 0, found.codes + np.int32(first), np.int32(-1)), found.words)


@dataclass(frozen=True)
class Crossing:
    """The extracts of all shards as streams of the whole log.

    ``asked`` are the keys of all points, int32 (n_points) by the name of the key. ``ranks`` tell, for each shard, where
    its tickets stand among all by their ids, int32 (its tickets); none where the shards' tickets count through the log
    in that order.
    """

    extracts: Sequence[Extract]
    n_tickets: int
    asked: Mapping[str, Codes]
    ranks: Sequence[Codes] | None = None
    _shared: Once = field(default_factory=Once, repr=False)

    @classmethod
    def of(
        cls,
        extracts: Sequence[Extract],
        n_tickets: int,
        n_points: int,
        ranks: Sequence[Codes] | None = None,
    ) -> Crossing:
        """Join the extracts of all shards."""
        asked = {key: np.empty(n_points, np.int32) for key in extracts[0].asked}
        crossing = cls(extracts, n_tickets, asked, ranks)
        for key, codes in asked.items():
            found = crossing._keys([each.asked[key] for each in extracts], key)
            for each, told in zip(extracts, found, strict=True):
                codes[each.rows] = told
        return crossing

    def stream(self, where: Filter, key: str) -> Stream:
        """Return the events that pass ``where``, sorted by (key, time, ticket, arrival); the desk's are kept."""
        if key != DESK:
            return self._stream(where, key)
        stream: Stream = self._shared.get(("desk", where), lambda: self._stream(where, key))
        return stream

    def _stream(self, where: Filter, key: str) -> Stream:
        times, keys = self._times(where), self._event_keys(where, key)
        place, offsets = self._in_key_order(
            where, keys, self.n_tickets if key == TICKET else len(self._numbered(key)[0])
        )
        latest = kernels.newest(offsets, times, place)
        return Stream(times, latest, lambda told: self._told(where, told), Grouped(place, offsets))

    def _times(self, where: Filter) -> Ints:
        times: Ints = self._shared.get(where, lambda: joined([each.times[where] for each in self.extracts]))
        return times

    def _in_key_order(self, where: Filter, keys: Codes, n_keys: int) -> tuple[Codes, Codes]:
        """Return the places of events by key and time, and by ticket and arrival where they share both."""
        times = self._times(where)
        if self.ranks is None:
            return kernels.in_key_order(keys, n_keys, times)
        by_ticket: Codes = self._shared.get(("by ticket", where), lambda: self._by_ticket(where))
        order, offsets = kernels.in_key_order(
            kernels.take(keys, by_ticket), n_keys, kernels.take(times, by_ticket)
        )
        return kernels.take(by_ticket, order), offsets

    def _by_ticket(self, where: Filter) -> Codes:
        """Return the places of events in the order of their tickets."""
        return np.argsort(self._event_keys(where, TICKET), kind="stable").astype(np.int32)

    def _event_keys(self, where: Filter, key: str) -> Codes:
        return joined(self._keys([each.keys[where, key] for each in self.extracts], key))

    def _keys(self, parts: Sequence[Coded], key: str) -> list[Codes]:
        """Return keys of each shard in one numbering: keys of points and of events are the same words."""
        if key == TICKET:
            ranks = self.ranks
            if ranks is None:
                return [each.codes for each in parts]
            return [kernels.taken_or(rank, each.codes, -1) for rank, each in zip(ranks, parts, strict=True)]
        words, places = self._numbered(key)
        return [
            each.codes if each.words is words else kernels.take(places[id(each.words)], each.codes)
            for each in parts
        ]

    def _told(self, where: Filter, told: Told) -> Any:
        return self._shared.get((where, told), lambda: self._gathered(where, told))

    def _gathered(self, where: Filter, told: Told) -> Any:
        if (where, told) not in self.extracts[0].told:
            raise UsageError(
                f"'{told[1]}' is read of events by another key than the ticket: name {told} in the feature's `told`"
            )
        parts = [each.told[where, told] for each in self.extracts]
        return merged(parts) if isinstance(parts[0], Coded) else joined(parts)

    def _numbered(self, key: str) -> tuple[tuple[str, ...], dict[int, Codes]]:
        """Return `numbered` of the words that number a key: one numbering for a holder and for who held before."""
        holder = key.removesuffix("_before")
        # The extracts hold the lists for as long as they are asked.
        told: tuple[tuple[str, ...], dict[int, Codes]] = self._shared.get(
            ("words", holder), lambda: numbered(self._told_of(holder))
        )
        return told

    def _told_of(self, holder: str) -> Iterable[tuple[str, ...]]:
        for each in self.extracts:
            yield from (coded.words for key, coded in each.asked.items() if key == holder)
            yield from (
                coded.words for (_, key), coded in each.keys.items() if key.removesuffix("_before") == holder
            )
