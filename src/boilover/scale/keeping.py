"""What a scoring needs of a partition on every night that it does not change: kept beside the log.

The tickets of a partition fall in two. Those that are *over* can never be asked again, as long as nothing new is told
of them: of them the few events are kept that features of customers, queues and the desk read. Of the *open* ones all
events are kept, for tonight's features, triggers and packets. Both are computed of the partition alone, under one rule
and for the features of one model, and count for these only.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import boilover
from boilover.annotations import Annotations
from boilover.errors import UsageError
from boilover.escalation import EscalationRule, declare
from boilover.features import Attribute, to_json
from boilover.features.crossing import Need, extract, with_tickets
from boilover.features.frame import Plan
from boilover.features.view import Sight
from boilover.files import replacing, sha256_of
from boilover.fitting import fit_attributes
from boilover.history import History
from boilover.log import SORTED, EventLog
from boilover.model.saved import SavedModel
from boilover.partitions import CODED, Partition, read_part, write_events
from boilover.points import Points, ends_of
from boilover.scale.packed import Over, pack, unpack
from boilover.schema import SCHEMA_VERSION
from boilover.scoring import features_of
from boilover.standing import NEVER

FOLDER = ".kept"
"""In the log's folder. It may be deleted at any time."""
ABOUT, OPEN, LISTED, OVER = "about.json", "open.parquet", "tickets.parquet", "over.arrays"
NOBODY = Points(np.empty(0, np.int32), np.empty(0, np.int64))


@dataclass(frozen=True)
class Part:
    """A partition in its two parts: what is needed of those that are over, and the events of the open ones.

    ``tickets`` are the open ones too, with the columns of all. ``over_since``: none of the former is at risk from
    then on, microseconds. ``types`` are those of all events.
    """

    over: Over | None
    events: pa.Table
    tickets: pa.Table
    over_since: int
    types: tuple[str, ...]


@dataclass(frozen=True)
class Keeper:
    """The parts of a log in ``folder``, for a ``rule`` and a model."""

    folder: Path
    rule: EscalationRule
    saved: SavedModel
    plan: Plan

    @classmethod
    def of(cls, folder: Path, rule: EscalationRule, saved: SavedModel) -> Keeper:
        """Return the keeper of a log for a model."""
        return cls(folder, rule, saved, Plan.of(features_of(saved)))

    @property
    def is_able(self) -> bool:
        """Return whether the parts of a partition follow from it alone, whatever the moment that is asked."""
        return self.rule.is_of_each_ticket and not self.plan.whole

    @property
    def needs(self) -> tuple[Need, ...]:
        """What features read across tickets; and of which ticket each of these events is, which settles their order."""
        return with_tickets(self.plan.needs)

    def part(self, partition: Partition) -> tuple[Part, bool]:
        """Return the parts of a partition, and whether they were kept; if not, they are computed, and kept now."""
        place = self._place(partition)
        kept = self._read(place)
        if kept is not None:
            return kept, True
        made = self._parted(partition)
        self._write(place, made)
        return made, False

    def whole(self, partition: Partition) -> Part:
        """Return a partition as if all of its tickets were open."""
        events, tickets = self.tables(partition)
        return Part(None, events, tickets, 0, _types(events))

    def tables(self, partition: Partition) -> tuple[pa.Table, pa.Table]:
        """Return the events and the tickets of a partition as they stand in the log."""
        events = read_part(self.folder, "events", partition.events, encoded=True)
        return events, read_part(self.folder, "tickets", partition.tickets)

    def sweep(self, partitions: Collection[Partition]) -> None:
        """Remove what is kept of partitions as they are no more, and by other code; other models may need the rest."""
        current = {_content(each) for each in partitions}
        for path in (self.folder / FOLDER).glob("*"):
            if path.name.rpartition(".")[0] not in current:
                shutil.rmtree(path, ignore_errors=True)

    def notes(self, events: pa.Table, tickets: pa.Table) -> Annotations:
        """Return the annotations of some tickets with all of their events, sorted, under the rule.

        The log is one that `check_attributes` let pass.
        """
        told = EventLog.from_arrow(events.replace_schema_metadata(SORTED), tickets, source=self.folder)
        log = declare(told, self.rule)
        return Annotations(History.from_log(fit_attributes(log, self.saved.manifest, is_part=True)))

    def _place(self, partition: Partition) -> Path:
        return self.folder / FOLDER / f"{_content(partition)}.{self._asked}"

    @cached_property
    def _asked(self) -> str:
        """What is kept of a partition of one content, as far as model and rule say."""
        attributes = {
            each.column: each.name in self.saved.manifest.categories
            for each in self.plan.features
            if isinstance(each, Attribute)
        }
        return _short([[to_json(each) for each in self.plan.needs], attributes, repr(self.rule)])

    def _parted(self, partition: Partition) -> Part:
        events, tickets = self.tables(partition)
        notes = self.notes(events, tickets)
        ends = ends_of(notes.history)
        over = ends < NEVER
        ids = notes.history.ticket_ids
        of_over = pc.is_in(events["ticket_id"].cast(pa.string()), ids.filter(pa.array(over)))
        listed = pc.is_in(tickets["ticket_id"], ids.filter(pa.array(over)))
        gone = None
        if over.any():
            gone = self._over(self.notes(events.filter(of_over), tickets.filter(listed)))
        return Part(
            gone,
            events.filter(pc.invert(of_over)),
            tickets.filter(pc.invert(listed)),
            int(ends[over].max(initial=0)),
            _types(events),
        )

    def _over(self, notes: Annotations) -> Over:
        return Over(notes.history.ticket_ids, extract(self.needs, Sight(notes, NOBODY), slice(0, 0), 0))

    def _write(self, place: Path, part: Part) -> None:
        """Keep a part, in one step; where the log's folder cannot be written, nothing is kept."""
        try:
            with replacing(place) as made:
                made.mkdir()
                packed = None if part.over is None else pack(part.over, made / OVER)
                write_events(part.events, made / OPEN)
                pq.write_table(part.tickets, made / LISTED)
                sums = {path.name: sha256_of(path) for path in sorted(made.iterdir())}
                about = {"over_since": part.over_since, "types": part.types, "over": packed, "sha256": sums}
                told = json.dumps(about)
                (made / ABOUT).write_text(f"{sha256(told.encode()).hexdigest()}\n{told}", encoding="utf-8")
        except (OSError, UsageError):
            return

    def _read(self, place: Path) -> Part | None:
        """Return what is kept, None where it is not there, or not as it was written."""
        try:
            digest, _, told = (place / ABOUT).read_text("utf-8").partition("\n")
            if sha256(told.encode()).hexdigest() != digest:
                return None
            about = json.loads(told)
            content = {name: (place / name).read_bytes() for name in about["sha256"]}
        except (OSError, ValueError):
            return None
        if any(sha256(content[name]).hexdigest() != told for name, told in about["sha256"].items()):
            return None
        over = None if about["over"] is None else unpack(about["over"], content[OVER])
        events, tickets = (
            pq.read_table(pa.BufferReader(content[name]), read_dictionary=coded)
            for name, coded in ((OPEN, CODED), (LISTED, None))
        )
        return Part(over, events, tickets, about["over_since"], tuple(about["types"]))


def _content(partition: Partition) -> str:
    """Return a name for the content of a partition, as this code reads it."""
    told = [_code(), SCHEMA_VERSION, partition.events.sha256, partition.tickets.sha256]
    return f"{partition.name}.{_short(told)}"


def _short(told: object) -> str:
    return sha256(json.dumps(told).encode()).hexdigest()[:16]


@cache
def _code() -> str:
    """Return what tells this code from any other: between two releases all of it goes by one version."""
    found = sha256(boilover.__version__.encode())
    for path in sorted(Path(boilover.__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _types(events: pa.Table) -> tuple[str, ...]:
    return tuple(sorted(pc.unique(events["event_type"]).cast(pa.string()).to_pylist()))
