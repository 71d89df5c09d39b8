"""The tasks of a scoring in pieces: look at a partition, join what crosses tickets by one key, score a partition.

Each reads what others have written, and writes a file of its own. So any of them can be done anywhere, and again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from socket import gethostname
from typing import Protocol, cast

import numpy as np

from boilover.annotations import Annotations
from boilover.errors import BoiloverError, InputError
from boilover.escalation import EscalationRule, declare
from boilover.features.crossing import Crossing, with_tickets
from boilover.features.frame import Columns, Plan
from boilover.features.view import Sight
from boilover.files import sha256_of
from boilover.history import Codes
from boilover.log import SORTED, EventLog
from boilover.memory import give_back
from boilover.model.saved import MANIFEST as MODEL
from boilover.model.saved import SavedModel, load_model
from boilover.partitions import MANIFEST, UNREAD, Partition, all_there, read_part
from boilover.places import is_there, place
from boilover.points import Points, tonight
from boilover.reasons import keys_of
from boilover.scale.memory import to_join, to_look
from boilover.scale.piece import IDS, piece_of, read_extract, read_piece, write_piece
from boilover.scale.rows import frame_of, riskiest, write_scored
from boilover.scale.shelf import read_arrays, write_arrays
from boilover.schema import EVENTS, MEASURES
from boilover.scoring import features_of, notes_for

READ = [column.name for column in (*EVENTS, *MEASURES) if column.name not in UNREAD]
PIECE, JOINED, SCORED = ".piece", ".joined", ".scored"
"""Endings of what the tasks write."""
RANKS = "tickets.ranks"


@dataclass(frozen=True)
class Work:
    """What is scored, where, and by which rule and model: plain words and numbers, that can be sent to any worker.

    ``digest`` is of the model's manifest, which names all of its files. ``spill`` is the folder that all tasks write
    to, and ``kept`` tells of how many rows of each partition features are kept for reasons, None of all.
    """

    log: str
    model: str
    digest: str
    rule: EscalationRule
    as_of: int
    spill: str
    kept: int | None

    @classmethod
    def of(
        cls, log: Path, model: Path, rule: EscalationRule, as_of: int, spill: Path, kept: int | None
    ) -> Work:
        """Return the work on a log by a model."""
        digest = sha256_of(model / MODEL)
        return cls(str(log.absolute()), str(model.absolute()), digest, rule, as_of, str(spill), kept)

    @property
    def saved(self) -> SavedModel:
        """The model, loaded once by each process."""
        return _loaded(self.model, self.digest)[0]

    @property
    def plan(self) -> Plan:
        """The features that it reads."""
        return _loaded(self.model, self.digest)[1]

    def at(self, name: str, ending: str) -> Path:
        """Return where a task writes."""
        return place(self.spill) / f"{name}{ending}"


class Task(Protocol):
    """A part of the work: what it writes tells all that came of it."""

    @property
    def work(self) -> Work:
        """What it is a part of."""

    @property
    def path(self) -> Path:
        """The file that it writes."""

    @property
    def memory(self) -> int:
        """The bytes that it takes, about."""

    def do(self) -> None:
        """Do it."""


Outcome = BoiloverError | None
"""What became of a task: nothing to tell, or what is wrong with the input, on which another try would not help."""
Perform = Callable[[Task], Outcome]
Run = Callable[[Perform, Sequence[Task]], Iterable[Outcome]]
"""Maps a function over tasks, on threads, processes or a cluster; in any order."""


def perform(task: Task) -> Outcome:
    """Do a task, wherever this is."""
    try:
        task.do()
    except BoiloverError as error:
        return error
    if isinstance(task, Join):
        # It holds the most by far; what comes next should not come on top.
        give_back()
    return None


@dataclass(frozen=True)
class Look:
    """Compute what a partition can tell alone."""

    work: Work
    partition: Partition

    @property
    def path(self) -> Path:
        """The file that it writes."""
        return self.work.at(self.partition.name, PIECE)

    @property
    def memory(self) -> int:
        """The bytes that it takes, about."""
        return to_look(self.partition.events.rows)

    def do(self) -> None:
        """Write the partition's piece."""
        work, saved = self.work, self.work.saved
        notes = notes_for(declare(self._log(), work.rule), saved, is_part=True)
        points = tonight(notes.history, work.as_of)
        keyed = keys_of(work.plan.features, notes, points)
        write_piece(self.path, *piece_of(work.plan, notes, points, keyed))

    def _log(self) -> EventLog:
        folder = place(self.work.log)
        if not is_there(folder / MANIFEST):
            problem = f"is not there for the worker {gethostname()}"
            raise InputError(problem, file=folder, mend="Name a folder or a URL that all workers reach")
        with all_there():
            events = read_part(folder, "events", self.partition.events, READ, encoded=True)
            tickets = read_part(folder, "tickets", self.partition.tickets)
        return EventLog.from_arrow(events.replace_schema_metadata(SORTED), tickets, source=folder)


@dataclass(frozen=True)
class Layout:
    """The pieces by their names, in the order of their tickets where there is one, with points and tickets of each.

    Where there is none, as of partitions whose ids overlap, `RANKS` tells where each ticket stands among all.
    """

    names: tuple[str, ...]
    points: tuple[int, ...]
    tickets: tuple[int, ...]
    in_order: bool


@dataclass(frozen=True)
class Join:
    """Compute the features of all points that read across tickets by one key, a group of them."""

    work: Work
    group: int
    layout: Layout

    @property
    def path(self) -> Path:
        """The file that it writes."""
        return self.work.at(str(self.group), JOINED)

    @property
    def memory(self) -> int:
        """The bytes that it takes, about."""
        return to_join(sum(self.layout.tickets))

    def do(self) -> None:
        """Write the features, piece by piece."""
        plan, layout = self.work.plan, self.layout
        places = plan.groups(plan.crossing)[self.group]
        needs = [need for place in places for need in plan.features[place].needs or ()]
        starts, firsts = ([0, *itertools.accumulate(sizes)] for sizes in (layout.points, layout.tickets))
        extracts = [
            read_extract(
                self.work.at(name, PIECE),
                needs if layout.in_order else with_tickets(needs),
                slice(start, start + size),
                first if layout.in_order else 0,
            )
            for name, start, size, first in zip(layout.names, starts, layout.points, firsts, strict=False)
        ]
        points = Points(np.arange(starts[-1], dtype=np.int32), np.full(starts[-1], self.work.as_of, np.int64))
        crossing = Crossing.of(extracts, firsts[-1], starts[-1], self._ranks(firsts))
        columns = Columns(plan, starts[-1], places)
        # What crosses tickets reads the streams of the crossing alone.
        columns.fill(places, Sight(cast(Annotations, None), points, crossing), slice(0, starts[-1]))
        blocks = (columns.numbers[:, slice(*part)].reshape(-1) for part in itertools.pairwise(starts))
        write_arrays(self.path, dict(zip(layout.names, blocks, strict=True)))

    def _ranks(self, firsts: Sequence[int]) -> list[Codes] | None:
        if self.layout.in_order:
            return None
        ranks = read_arrays(self.work.at("", RANKS), IDS.__eq__)[IDS]
        return np.split(ranks, firsts[1:-1])


@dataclass(frozen=True)
class Score:
    """Complete the features of a partition's points, and predict."""

    work: Work
    name: str
    events: int

    @property
    def path(self) -> Path:
        """The file that it writes."""
        return self.work.at(self.name, SCORED)

    @property
    def memory(self) -> int:
        """The bytes that it takes, about: no more than the partition did."""
        return to_look(self.events)

    def do(self) -> None:
        """Write risks, and the features of the rows that may be given reasons."""
        work, plan = self.work, self.work.plan
        piece = read_piece(work.at(self.name, PIECE), plan)
        n_points = len(piece.ticket)
        numbers = np.empty((len(plan.features), n_points), np.float32)
        numbers[list(plan.own)] = piece.numbers
        for group, places in enumerate(plan.groups(plan.crossing)):
            joined = read_arrays(work.at(str(group), JOINED), self.name.__eq__)[self.name]
            numbers[places] = joined.reshape(len(places), n_points)
        risks = work.saved.model.risks(frame_of(plan, numbers, piece.categories))
        kept = riskiest(risks[:, 0], work.kept)
        write_scored(self.path, piece, risks, numbers, kept)


def loaded(model: Path) -> tuple[SavedModel, Plan]:
    """Return a model and the features that it reads, as the tasks of this process ask them; raises as `load_model`."""
    manifest = model / MODEL
    return _loaded(str(model.absolute()), sha256_of(manifest) if is_there(manifest) else "")


@lru_cache(maxsize=1)
def _loaded(model: str, digest: str) -> tuple[SavedModel, Plan]:
    saved = load_model(place(model))
    return saved, Plan.of(features_of(saved))
