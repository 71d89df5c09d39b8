"""Tonight's scores of a log in partitions, at the price of what is new and what is open.

Every ticket that can be at risk is among the open ones of some partition (`boilover.scale.keeping`). They are scored
together, as a log of their own; of all others the few events are joined that features read across tickets. So the
rows are those of a scoring of the whole log, to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.escalation import EscalationRule
from boilover.features import compute
from boilover.features.crossing import Others
from boilover.fitting import check_attributes
from boilover.history import Codes
from boilover.model.saved import SavedModel
from boilover.observation import observed
from boilover.partitions import Manifest, Partition, all_there, joined, read_part, together
from boilover.points import Points, tonight
from boilover.regrouped import by_ticket
from boilover.scale.keeping import Keeper, Part
from boilover.scale.packed import Over
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
    over: Sequence[Over]
    homes: Sequence[Partition]
    types: frozenset[str]
    read: int
    of: int

    @cached_property
    def points(self) -> Points:
        """One point for each ticket that is at risk."""
        return tonight(self.notes.history, self.as_of)

    def score(self, explain: Explained = EXPLAINED) -> pd.DataFrame:
        """Return a row for each point, as `boilover.score` tells, in the order of the tickets' ids."""
        ids = ids_of(self.notes, self.points)
        return score_points(
            self.notes, self.points, ids, self.keeper.saved, explain=explain, compute=self.features
        )

    def features(self, points: Points) -> pd.DataFrame:
        """Return the features that the model reads, of points on open tickets."""
        own, *ranks = _ranks([self.notes.history.ticket_ids, *(each.ids for each in self.over)])
        others = Others([each.extract for each in self.over], ranks, own)
        return compute(self.keeper.plan.features, self.notes, points, others=others)

    def notes_of(self, ids: Collection[str]) -> Annotations | None:
        """Return the annotations of those of some tickets that are over, read anew; None where there are none.

        Raises `InputError` where an import has replaced what they stand in.
        """
        wanted = pa.array(sorted(ids), pa.string())
        events, tickets = [], []
        for home, over in zip(self.homes, self.over, strict=True):
            chosen = wanted.filter(pc.is_in(wanted, over.ids))
            if len(chosen):
                with all_there():
                    told, listed = self.keeper.tables(home)
                events.append(told.filter(pc.is_in(told["ticket_id"].cast(pa.string()), chosen)))
                tickets.append(listed.filter(pc.is_in(listed["ticket_id"], chosen)))
        return self.keeper.notes(*_one_log(events, tickets)) if events else None


def open_tonight(
    folder: Path, manifest: Manifest, rule: EscalationRule, saved: SavedModel, as_of: int
) -> Tonight | None:
    """Return what tonight asks of a log in partitions, under a rule.

    None where it has to be asked of the whole log: the rule or a feature reads more of it than its tickets one by one,
    or no ticket is open. Raises `MismatchError` where the log lacks an attribute that the model reads.
    """
    keeper = Keeper.of(folder, rule, saved)
    if not keeper.is_able:
        return None
    check_attributes(folder, manifest.partitions, saved.manifest)
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
        [each for _, each in over],
        [home for home, _ in over],
        frozenset(each for _, part in parts for each in part.types),
        read,
        len(parts),
    )


def newest(folder: Path, manifest: Manifest, as_of: int) -> int | None:
    """Return when the last event up to ``as_of`` was observed, microseconds; None where there is none.

    Raises `InputError` where an import has replaced what the manifest tells of.
    """
    found: list[int] = []
    for each in manifest.partitions:
        if each.first is None or each.last is None or parse_moment(each.first) > as_of:
            continue
        last = parse_moment(each.last)
        if last > as_of:
            with all_there():
                times = observed(read_part(folder, "events", each.events, ["occurred_at", "observed_at"]))
            last = int(times[times <= as_of].max())
        found.append(last)
    return max(found, default=None)


def _one_log(events: Sequence[pa.Table], tickets: Sequence[pa.Table]) -> tuple[pa.Table, pa.Table]:
    return by_ticket(together(events), joined(tickets))


def _ranks(ids: Sequence[pa.Array]) -> list[Codes]:
    """Return where the tickets of each list stand among all, by their ids."""
    every = pa.concat_arrays([each.cast(pa.string()) for each in ids])
    ranks = np.empty(len(every), dtype=np.int32)
    ranks[pc.sort_indices(every).to_numpy()] = np.arange(len(every), dtype=np.int32)
    return np.split(ranks, np.cumsum([len(each) for each in ids])[:-1])
