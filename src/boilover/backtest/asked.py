"""What is asked in a replay: every ticket at risk on every night; and features, computed once for all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.features import Feature, compute
from boilover.history import Codes, History, Ints
from boilover.points import READY, Points, ends_of, state_of


@dataclass(frozen=True)
class Nights:
    """Points in order of (night, ticket id): those of night ``i`` are ``starts[i]:starts[i + 1]``."""

    moments: Ints
    points: Points
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many nights there are."""
        return len(self.moments)

    def each(self) -> Iterator[tuple[int, int, slice, Codes]]:
        """Yield of every night its place, its moment, where its points are, and their tickets."""
        bounds = zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)
        for place, (as_of, (begin, end)) in enumerate(zip(self.moments.tolist(), bounds, strict=True)):
            yield place, as_of, slice(begin, end), self.points.ticket[begin:end]

    @property
    def night(self) -> npt.NDArray[np.int64]:
        """The night of each point, its place in ``moments``."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def ask(history: History, moments: Ints) -> Nights:
    """Ask at each of ascending ``moments`` about every ticket that a log cut there would show to be at risk.

    That is one with a visible event that has not escalated and, as the rule says, is not solved.
    """
    begin = np.searchsorted(moments, history.begun)
    nights = np.maximum(np.searchsorted(moments, ends_of(history)) - begin, 0)
    within = np.arange(nights.sum()) - np.repeat(np.cumsum(nights) - nights, nights)
    as_of = moments[np.repeat(begin, nights) + within]
    points = Points(np.repeat(np.arange(history.n_tickets, dtype=np.int32), nights), as_of)
    points = points.take(state_of(history, points) == READY)
    points = points.take(np.argsort(points.as_of, kind="stable"))
    starts = np.append(np.searchsorted(points.as_of, moments), len(points))
    return Nights(moments, points, starts)


@dataclass
class Rows:
    """Features of ``points`` of the whole log, each computed once and kept.

    A row tells what its point may see alone, so it is the row of a log cut at any later moment too.
    """

    notes: Annotations
    points: Points
    _keys: npt.NDArray[np.int64] = field(init=False, repr=False)
    _times: Ints = field(init=False, repr=False)
    _columns: dict[Feature, pd.Series] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the points, and leave out those that ask the same."""
        self._times = np.unique(self.points.as_of)
        self._keys, first = np.unique(self._keys_of(self.points), return_index=True)
        self.points = self.points.take(first)

    def prepare(self, features: Sequence[Feature]) -> None:
        """Compute the features that are not kept yet, in one pass."""
        fresh = [feature for feature in features if feature not in self._columns]
        if fresh:
            frame = compute(fresh, self.notes, self.points)
            self._columns |= {feature: frame[feature.name] for feature in fresh}

    def frame(self, features: Sequence[Feature], notes: Annotations, points: Points) -> pd.DataFrame:
        """Return the features of ``points``, which tell tickets by the codes of ``notes``, as `compute` does.

        Points that are not kept are rare: those of a ticket whose created event the log of ``notes`` does not hold
        yet. They cost a pass of their own.
        """
        if notes is not self.notes:
            code = self.notes.history.find(notes.history.ticket_ids)
            points = Points(code[points.ticket], points.as_of)
        places = np.searchsorted(self._keys, keys := self._keys_of(points))
        places = np.minimum(places, len(self._keys) - 1)
        if not ((self._keys[places] == keys) & np.isin(points.as_of, self._times)).all():
            return compute(features, self.notes, points)
        self.prepare(features)
        return pd.DataFrame(
            {feature.name: self._columns[feature].take(places).array for feature in features}, copy=False
        )

    def _keys_of(self, points: Points) -> npt.NDArray[np.int64]:
        rank = np.searchsorted(self._times, points.as_of)
        return points.ticket.astype(np.int64) * (len(self._times) + 1) + rank
