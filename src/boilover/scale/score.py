"""Score every open ticket of a log in partitions: each partition alone, what crosses tickets at once, and each again.

The rows are the same, to the last bit, as those of a scoring in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from socket import gethostname
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.errors import BoiloverError, InputError, UsageError
from boilover.escalation import declare
from boilover.features.crossing import Crossing
from boilover.features.frame import Columns, Plan
from boilover.features.view import Sight
from boilover.fitting import check_attributes
from boilover.inputs import rule_of, serving
from boilover.log import SORTED_MARK, EventLog
from boilover.model.saved import SavedModel, load_model
from boilover.partitions import Partition, read_manifest, read_part
from boilover.places import is_there, place, workshop
from boilover.points import Points, tonight
from boilover.reasons import Keyed, keys_of
from boilover.scale.piece import Piece, piece_of, read_piece, write_piece
from boilover.scale.watching import SCORING, Tell, silent, watched
from boilover.schema import EVENTS, MEASURES, SCHEMA_VERSION
from boilover.scoring import EXPLAINED, Explained, features_of, notes_for, rows_of
from boilover.times import parse_moment

READ = [column.name for column in (*EVENTS, *MEASURES) if column.name not in ("text", "event_id")]


@dataclass(frozen=True)
class Task:
    """One partition to look at: plain words and numbers, so that it can be sent to any worker."""

    log: str
    partition: str
    model: str
    as_of: int
    spill: str

    @property
    def path(self) -> Path:
        """Where the piece is written, without its ending."""
        return place(self.spill) / self.partition


Outcome = BoiloverError | None
"""What became of a task: nothing to tell, or what is wrong with the input, on which another try would not help."""
Look = Callable[[Task], Outcome]
Run = Callable[[Look, Sequence[Task]], Iterable[Outcome]]
"""Maps a function over tasks, on threads, processes or a cluster; in any order."""


def look(task: Task) -> Outcome:
    """Compute what a partition can tell alone, and write it down."""
    try:
        _look(task)
    except BoiloverError as error:
        return error
    return None


def _look(task: Task) -> None:
    folder = place(task.log)
    manifest = read_manifest(folder)
    if manifest is None:
        problem = f"is not there for the worker {gethostname()}"
        raise InputError(problem, file=folder, mend="Name a folder or a URL that all workers reach")
    saved = load_model(place(task.model))
    (partition,) = (each for each in manifest.partitions if each.name == task.partition)
    log = _read(folder, partition)
    notes = notes_for(declare(log, serving(saved.rule, rule_of(manifest))), saved, is_part=True)
    points = tonight(notes, task.as_of)
    features = features_of(saved)
    write_piece(piece_of(Plan.of(features), notes, points, keys_of(features, notes, points)), task.path)


def score_in_pieces(
    folder: Path,
    model: Path,
    *,
    as_of: str | int | None = None,
    explain: Explained = EXPLAINED,
    run: Run = map,
    spill: Path | None = None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """Return what `boilover.score` returns of a log in partitions, without ever holding all of it.

    Memory holds one partition, or what crosses tickets: some 100 bytes of each ticket. ``spill`` is a folder that all
    workers reach, of a URL too; a temporary one where left out. ``tell`` hears how far it is. Raises `UsageError` where
    the log is not in partitions, where the model reads a feature that does not tell what it needs, and where workers
    do not reach ``spill``.
    """
    if not is_there(folder):
        raise InputError("does not exist", file=folder, mend="Name a log that `boilover ingest` wrote")
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder}: is not in partitions. `boilover ingest {folder} -o LOG` puts it there")
    saved = load_model(model)
    plan = Plan.of(features_of(saved))
    if plan.whole:
        names = ", ".join(plan.features[place].name for place in plan.whole)
        raise UsageError(
            f"the model reads {names}, which is computed of the whole log at once: score it in memory"
        )
    if not serving(saved.rule, rule_of(manifest)).is_of_each_ticket:
        raise UsageError(
            "what escalated is declared by sla_missed or only_tickets, which ask the whole log: score it in memory"
        )
    check_attributes(folder, manifest.partitions, saved.manifest)
    last = max(each.last for each in manifest.partitions if each.last)
    moment = parse_moment(last if as_of is None else as_of)
    sizes = {each.name: each.events.rows for each in manifest.partitions}
    with workshop(spill) as aside:
        tasks = [
            Task(str(folder.absolute()), each.name, str(model.absolute()), moment, str(aside))
            for each in manifest.partitions
            if each.events.rows and each.first is not None and parse_moment(each.first) <= moment
        ]
        events = {task.partition: sizes[task.partition] for task in tasks}
        with watched(aside, events, tell):
            for error in run(look, tasks):
                if error is not None:
                    raise error
        found = _finish(tasks, list(events.values()), plan, saved, moment, explain, tell)
    return found.sort_values("rank", ignore_index=True)


def _read(folder: Path, partition: Partition) -> EventLog:
    try:
        events = read_part(folder, "events", partition.events, READ, encoded=True)
        tickets = read_part(folder, "tickets", partition.tickets)
    except FileNotFoundError as error:
        mend = "Score again: an import may have ended meanwhile"
        raise InputError("is missing", file=error.filename, mend=mend) from error
    mark = {SORTED_MARK: str(SCHEMA_VERSION).encode()}
    return EventLog.from_arrow(events.replace_schema_metadata(mark), tickets, source=folder)


def _finish(
    tasks: Sequence[Task],
    events: Sequence[int],
    plan: Plan,
    saved: SavedModel,
    as_of: int,
    explain: Explained,
    tell: Tell,
) -> pd.DataFrame:
    lost = [task.path for task in tasks if not task.path.with_name(f"{task.path.name}.json").exists()]
    if lost:
        raise UsageError(
            f"{lost[0].parent}: workers wrote {len(lost)} pieces that are not there. Name by --spill a folder or a URL"
            " that all of them reach"
        )
    pieces = Pieces.of(tasks, plan, as_of)
    ids: list[npt.NDArray[Any]] = [np.empty(0, dtype=object)]
    risks = [np.empty((0, len(saved.manifest.horizons)))]
    for home in np.flatnonzero(np.diff(pieces.starts)).tolist():
        piece, frame = pieces.frame(home)
        ids.append(np.array(piece.ids, dtype=object)[piece.ticket])
        risks.append(saved.model.risks(frame))
        tell(SCORING, sum(events[: home + 1]), sum(events))
    n_points = int(pieces.starts[-1])
    moments = np.full(n_points, as_of, dtype=np.int64)
    return rows_of(np.concatenate(ids), moments, np.concatenate(risks), "", saved, explain, pieces.pick)


@dataclass(frozen=True)
class Pieces:
    """All pieces of a log, on disk, and the features that read across them.

    ``starts`` int64 (n_pieces + 1): where the points of each piece begin among all. ``across`` float32 (n_features,
    n_points) holds what crosses tickets, and of other features nothing.
    """

    tasks: Sequence[Task]
    plan: Plan
    starts: npt.NDArray[np.int64]
    across: npt.NDArray[np.float32]

    @classmethod
    def of(cls, tasks: Sequence[Task], plan: Plan, as_of: int) -> Pieces:
        """Join what the pieces tell of each other's tickets, and compute what crosses them."""
        told = [read_piece(task.path, numbers=False) for task in tasks]
        starts = np.cumsum([0, *(len(each.ticket) for each in told)], dtype=np.int64)
        n_points = int(starts[-1])
        columns = Columns(plan, n_points, plan.crossing)
        if plan.crossing and told:
            extracts = [
                replace(each.extract, rows=slice(int(start), int(stop)))
                for each, start, stop in zip(told, starts[:-1], starts[1:], strict=True)
            ]
            crossing = Crossing.of(extracts, sum(len(each.ids) for each in told), n_points, _ranks(told))
            points = Points(np.arange(n_points, dtype=np.int32), np.full(n_points, as_of, dtype=np.int64))
            # What crosses tickets reads the streams of the crossing alone.
            sight = Sight(cast(Annotations, None), points, crossing)
            for places in plan.groups(plan.crossing):
                columns.fill(places, sight.afresh(), slice(0, n_points))
        return cls(tasks, plan, starts, columns.numbers)

    def frame(self, place: int) -> tuple[Piece, pd.DataFrame]:
        """Return one piece and all features of its points."""
        piece = read_piece(self.tasks[place].path, numbers=True)
        columns = Columns(self.plan, len(piece.ticket), ())
        columns.numbers = piece.numbers
        crossing = list(self.plan.crossing)
        columns.numbers[crossing] = self.across[:, self.starts[place] : self.starts[place + 1]]
        columns.categories = {
            place: [(slice(0, len(piece.ticket)), coded)] for place, coded in piece.categories.items()
        }
        return piece, columns.frame()

    def pick(self, rows: npt.NDArray[np.intp]) -> tuple[pd.DataFrame, Keyed]:
        """Return the features and the keys of some points, given in ascending order."""
        frames, keyed = [], []
        homes = np.searchsorted(self.starts, rows, side="right") - 1
        for home in np.unique(homes).tolist():
            piece, frame = self.frame(home)
            own = rows[homes == home] - self.starts[home]
            frames.append(frame.iloc[own])
            keyed.append({key: told[own] for key, told in piece.keyed.items()})
        return _stacked(frames), {key: np.concatenate([each[key] for each in keyed]) for key in keyed[0]}


def _ranks(pieces: Sequence[Piece]) -> list[npt.NDArray[np.int32]]:
    """Return where the tickets of each piece stand among all, by their ids."""
    ids = pa.concat_arrays([pa.array(piece.ids, pa.large_string()) for piece in pieces])
    ranks = np.empty(len(ids), dtype=np.int32)
    ranks[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return np.split(ranks, np.cumsum([len(piece.ids) for piece in pieces])[:-1])


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one below the other; their categories may know different words."""
    words = frames[0].select_dtypes("category").columns
    stacked = pd.concat([frame.astype(dict.fromkeys(words, object)) for frame in frames], ignore_index=True)
    return stacked.astype(dict.fromkeys(words, "category"))
