"""Features of points: one column per feature, one row per point."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from os import cpu_count

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover import kernels
from boilover.annotations import Annotations
from boilover.errors import UsageError
from boilover.features.base import Feature
from boilover.features.columns import Attribute, Combined
from boilover.features.crossing import Crossing, Extract, Need, Others, Rows, extract, with_tickets
from boilover.features.shards import SHARD, WORTH, Shard, shards_of
from boilover.features.view import TICKET, Sight
from boilover.features.words import merged
from boilover.history import Coded
from boilover.memory import kept_memory
from boilover.points import Points

WORDS = ("actor_id", "event_type", "value", "actor_role")
"""Columns of events whose words annotations read, that with the most words first."""


@dataclass(frozen=True)
class Plan:
    """Features by how they are computed, as places in ``features``.

    ``own`` read their ticket alone: shard by shard. ``crossing`` tell what they need of other tickets: from what the
    shards give of it. ``whole`` do not tell: from the log at once.
    """

    features: tuple[Feature, ...]
    own: tuple[int, ...]
    crossing: tuple[int, ...]
    whole: tuple[int, ...]
    needs: tuple[Need, ...]

    @classmethod
    def of(cls, features: Sequence[Feature]) -> Plan:
        """Sort features by what they need; raise `UsageError` where two have one name."""
        names = [feature.name for feature in features]
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise UsageError(f"two features have the same name: {', '.join(twice)}")
        needs = [feature.needs for feature in features]
        own = [need is not None and all(each.key == TICKET for each in need) for need in needs]
        crosses = [need is not None and not alone for need, alone in zip(needs, own, strict=True)]
        return cls(
            tuple(features),
            tuple(np.flatnonzero(own).tolist()),
            tuple(np.flatnonzero(crosses).tolist()),
            tuple(place for place, need in enumerate(needs) if need is None),
            tuple(dict.fromkeys(each for place in np.flatnonzero(crosses) for each in needs[place] or ())),
        )

    @property
    def attributes(self) -> set[str]:
        """Names that may be attributes of tickets, as keys or as categories."""
        keys = {need.stream_key for need in self.needs}
        parts = (part for feature in self.features for part in _parts(feature))
        return keys | {each.column for each in parts if isinstance(each, Attribute)}

    def groups(self, places: Sequence[int]) -> list[list[int]]:
        """Return ``places`` in groups of features that read the same events, or across tickets by the same key."""
        found: dict[Hashable, list[int]] = {}
        for place in places:
            needs = self.features[place].needs or ()
            crosses = any(need.key != TICKET for need in needs)
            shared = needs[0].key if crosses else self.features[place].shares
            found.setdefault(shared, []).append(place)
        return list(found.values())


def _parts(feature: Feature) -> Iterator[Feature]:
    """Yield a feature, and those that it is made of."""
    yield feature
    if isinstance(feature, Combined):
        yield from (*_parts(feature.left), *_parts(feature.right))


class Columns:
    """The columns of all features, filled from any thread: numbers in one array, categories in pieces."""

    def __init__(self, plan: Plan, n_points: int, held: Sequence[int] | None = None) -> None:
        """Make room for ``n_points`` rows of the features at the places ``held``, by default of all."""
        self.features = plan.features
        self.row = {
            place: row for row, place in enumerate(range(len(plan.features)) if held is None else held)
        }
        self.numbers: npt.NDArray[np.float32] = np.empty((len(self.row), n_points), dtype=np.float32)
        self.categories: dict[int, list[tuple[Rows, Coded]]] = {}

    def fill(self, places: Iterable[int], sight: Sight, rows: Rows) -> None:
        """Compute the features at ``places`` of a sight, whose points are the ``rows``."""
        for place in places:
            column = self.features[place].compute(sight)
            if isinstance(column, Coded):
                self.categories.setdefault(place, []).append((rows, column))
            else:
                self.numbers[self.row[place], rows] = column

    def frame(self, pool: Executor | None = None) -> pd.DataFrame:
        """Return float32 columns with NaN, and categories, which are made in a ``pool`` where there is one."""
        names = [feature.name for feature in self.features]
        frame = pd.DataFrame(self.numbers.T, columns=names, copy=False)
        places = sorted(self.categories)
        found = map(self._category, places) if pool is None else pool.map(self._category, places)
        for place, category in zip(places, found, strict=True):
            frame.isetitem(place, category)
        return frame

    def _category(self, place: int) -> pd.Categorical:
        pieces = self.categories[place]
        coded = merged([each for _, each in pieces])
        codes = np.empty(self.numbers.shape[1], dtype=np.int32)
        start = 0
        for rows, piece in pieces:
            codes[rows] = coded.codes[start : start + len(piece.codes)]
            start += len(piece.codes)
        return _categorical(Coded(codes, coded.words))


def compute(
    features: Sequence[Feature],
    notes: Annotations,
    points: Points,
    *,
    n_jobs: int | None = None,
    n_shards: int | None = None,
    others: Others | None = None,
) -> pd.DataFrame:
    """Return the features of the points: float32 columns with NaN, and categories.

    Row ``i`` belongs to point ``i``; it does not depend on the other points, nor on anything after its moment, nor on
    the numbers of threads ``n_jobs`` and of shards into which the tickets are parted. ``others`` are tickets of which
    no more is known than what features read across tickets.
    """
    plan = Plan.of(features)
    needs = plan.needs if others is None else with_tickets(plan.needs)
    columns = Columns(plan, len(points))
    work = len(notes.history.time) + len(points)
    n_jobs = min(n_jobs or cpu_count() or 1, -(-work // WORTH))
    n_shards = n_shards or max(n_jobs, -(-work // SHARD))
    # Of little work, taking memory anew that was given back would be a fifth.
    with kept_memory() if work > SHARD else nullcontext(), ThreadPoolExecutor(n_jobs) as pool:
        for looked_up in look_up(plan, notes, pool):
            looked_up.result()
        own = plan.groups(plan.own)

        def of_shard(shard: Shard) -> Extract:
            for places in own:
                columns.fill(places, shard.sight.afresh(), shard.rows)
            return extract(needs, shard.sight, shard.rows, shard.first)

        extracts = list(pool.map(of_shard, shards_of(notes, points, n_shards)))
        everything, whole = slice(0, len(points)), Sight(notes, points)
        if plan.crossing:
            crossing = (
                Crossing.of(extracts, notes.history.n_tickets, len(points))
                if others is None
                else others.beside(extracts, len(points))
            )
            across = Sight(notes, points, crossing)
            list(
                pool.map(
                    lambda places: columns.fill(places, across.afresh(), everything),
                    plan.groups(plan.crossing),
                )
            )
        list(
            pool.map(lambda places: columns.fill(places, whole.afresh(), everything), plan.groups(plan.whole))
        )
        return columns.frame(pool)


def look_up(plan: Plan, notes: Annotations, pool: Executor) -> list[Future[object]]:
    """Begin to look up the words of all shards: it takes long, and who asks for them next would wait for it."""
    looked_up: list[Future[object]] = [pool.submit(notes.history.encoding, name) for name in WORDS]
    looked_up += [pool.submit(notes.history.attribute, name) for name in sorted(plan.attributes)]
    return looked_up


def _categorical(coded: Coded) -> pd.Categorical:
    """Return codes as a category of the words that occur: a log has one list of words for all of its fields."""
    occurs = np.zeros(len(coded.words) + 1, dtype=bool)
    # None is -1, the last place.
    occurs[coded.codes] = True
    places = np.flatnonzero(occurs[:-1])
    codes = kernels.take(np.append(np.cumsum(occurs[:-1], dtype=np.int32) - 1, np.int32(-1)), coded.codes)
    words = [coded.words[code] for code in places.tolist()]
    return pd.Categorical.from_codes(codes, categories=pd.Index(words, dtype="str"))
