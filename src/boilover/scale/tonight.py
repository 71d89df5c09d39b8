"""Tonight's scores of a log in partitions, at the price of what is new and what is open.

Every ticket that can be at risk is among the open ones of some partition (`boilover.scale.keeping`). They are scored
together, as a log of their own; of all others the few events are joined that features read across tickets. So the
rows are those of a scoring of the whole log, to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from os import cpu_count
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.escalation import EscalationRule
from boilover.features.crossing import Crossing, Extract, extract
from boilover.features.frame import Columns
from boilover.features.shards import Shard, shards_of
from boilover.features.view import Sight
from boilover.history import Codes
from boilover.log import observed
from boilover.memory import kept_memory
from boilover.model.saved import SavedModel
from boilover.partitions import Manifest, Partition, by_ticket, joined, read_part
from boilover.points import Points, tonight
from boilover.scale.keeping import Keeper, Part
from boilover.scale.piece import Piece
from boilover.scoring import EXPLAINED, Explained, ids_of, score_points
from boilover.times import parse_moment


@dataclass(frozen=True)
class Tonight:
    """The open tickets of a log as of a moment, and what is kept of all others.

    ``homes`` are the partitions of what is ``over``. ``read`` tells how many partitions were read, ``of`` how many
    there are up to the moment. ``types`` are those of all events.
    """

    keeper: Keeper
    as_of: int
    notes: Annotations
    over: Sequence[Piece]
    homes: Sequence[Partition]
    types: frozenset[str]
    read: int
    of: int

    @cached_property
    def points(self) -> Points:
        """One point for each ticket that is at risk."""
        return tonight(self.notes, self.as_of)

    def score(self, explain: Explained = EXPLAINED) -> pd.DataFrame:
        """Return a row for each point, as `boilover.score` tells, in the order of the tickets' ids."""
        ids = ids_of(self.notes, self.points)
        return score_points(
            self.notes, self.points, ids, self.keeper.saved, explain=explain, compute=self.features
        )

    def features(self, points: Points) -> pd.DataFrame:
        """Return the features that the model reads, of points on open tickets."""
        plan, needs, history = self.keeper.plan, self.keeper.needs, self.notes.history
        columns = Columns(plan, len(points))
        n_jobs = cpu_count() or 1
        with kept_memory(), ThreadPoolExecutor(n_jobs) as pool:

            def of_shard(shard: Shard) -> Extract:
                for places in plan.groups(plan.own):
                    columns.fill(places, shard.sight.afresh(), shard.rows)
                return extract(needs, shard.sight, shard.rows, shard.first)

            extracts = list(pool.map(of_shard, shards_of(self.notes, points, n_jobs=n_jobs)))
            if plan.crossing:
                ranks = _ranks([history.ticket_ids, *(pa.array(each.ids, pa.string()) for each in self.over)])
                crossing = Crossing.of(
                    [*extracts, *(each.extract for each in self.over)],
                    sum(map(len, ranks)),
                    len(points),
                    [ranks[0]] * len(extracts) + ranks[1:],
                )
                across = Sight(self.notes, points, crossing)
                list(
                    pool.map(
                        lambda places: columns.fill(places, across.afresh(), slice(0, len(points))),
                        plan.groups(plan.crossing),
                    )
                )
        return columns.frame()

    def notes_of(self, ids: Collection[str]) -> Annotations | None:
        """Return the annotations of those of some tickets that are over, read anew; None where there are none."""
        wanted, tables = pa.array(sorted(ids), pa.string()), []
        for home, piece in zip(self.homes, self.over, strict=True):
            if not set(ids).isdisjoint(piece.ids):
                folder = self.keeper.folder
                events = read_part(folder, "events", home.events, encoded=True)
                listed = read_part(folder, "tickets", home.tickets)
                own = pc.is_in(wanted, pa.array(piece.ids, pa.string()))
                chosen = wanted.filter(own)
                tables.append(
                    (
                        events.filter(pc.is_in(events["ticket_id"].cast(pa.string()), chosen)),
                        listed.filter(pc.is_in(listed["ticket_id"], chosen)),
                    )
                )
        if not tables:
            return None
        return self.keeper.notes(*_one_log([part for part, _ in tables], [part for _, part in tables]))


def open_tonight(
    folder: Path, manifest: Manifest, rule: EscalationRule, saved: SavedModel, as_of: int
) -> Tonight | None:
    """Return what tonight asks of a log in partitions, under a rule.

    None where it has to be asked of the whole log: the rule or a feature reads more of it than its tickets one by one,
    or no ticket is open.
    """
    keeper = Keeper.of(folder, rule, saved)
    if not keeper.is_able:
        return None
    parts: list[tuple[Partition, Part]] = []
    read = 0
    for partition in manifest.partitions:
        if partition.first is None or parse_moment(partition.first) > as_of:
            continue
        part, was_kept = keeper.part(partition)
        if part.over_since > as_of:
            part, was_kept = keeper.whole(partition), False
        read += not was_kept
        parts.append((partition, part))
    keeper.sweep(manifest.partitions)
    if not any(len(part.events) for _, part in parts):
        return None
    events, tickets = _one_log([part.events for _, part in parts], [part.tickets for _, part in parts])
    over = [(home, part.over) for home, part in parts if part.over is not None]
    return Tonight(
        keeper,
        as_of,
        keeper.notes(events, tickets),
        [_renewed(piece) for _, piece in over],
        [home for home, _ in over],
        frozenset(each for _, part in parts for each in part.types),
        read,
        len(parts),
    )


def newest(folder: Path, manifest: Manifest, as_of: int) -> int | None:
    """Return when the last event up to ``as_of`` was observed, microseconds; None where there is none."""
    found: list[int] = []
    for each in manifest.partitions:
        if each.first is None or each.last is None or parse_moment(each.first) > as_of:
            continue
        last = parse_moment(each.last)
        if last > as_of:
            times = observed(read_part(folder, "events", each.events, ["occurred_at", "observed_at"]))
            last = int(times[times <= as_of].max())
        found.append(last)
    return max(found, default=None)


def _one_log(events: Sequence[pa.Table], tickets: Sequence[pa.Table]) -> tuple[pa.Table, pa.Table]:
    listed = joined(tickets)
    return by_ticket(pa.concat_tables(events)), listed.take(pc.sort_indices(listed["ticket_id"]))


def _renewed(piece: Piece) -> Piece:
    """Return a piece whose points, which it has none of, stand nowhere among all."""
    return replace(piece, extract=replace(piece.extract, rows=slice(0, 0)))


def _ranks(ids: Sequence[pa.Array]) -> list[Codes]:
    """Return where the tickets of each list stand among all, by their ids."""
    every = pa.concat_arrays([each.cast(pa.string()) for each in ids])
    ranks = np.empty(len(every), dtype=np.int32)
    ranks[pc.sort_indices(every).to_numpy()] = np.arange(len(every), dtype=np.int32)
    return np.split(ranks, np.cumsum([len(each) for each in ids])[:-1])
