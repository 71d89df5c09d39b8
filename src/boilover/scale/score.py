"""Score every open ticket of a log in partitions, in tasks: partition by partition, key by key, and each again.

The rows are the same, to the last bit, as those of a scoring in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import InputError, UsageError
from boilover.features.frame import Plan
from boilover.fitting import check_attributes
from boilover.inputs import rule_of, serving
from boilover.partitions import Manifest, all_there, read_manifest
from boilover.places import is_there, missing, workshop
from boilover.scale.piece import ENDS, IDS, SIZE
from boilover.scale.rows import Scored
from boilover.scale.shelf import read_arrays, write_arrays
from boilover.scale.tasks import (
    PIECE,
    RANKS,
    Join,
    Layout,
    Look,
    Run,
    Score,
    Task,
    Work,
    loaded,
    perform,
)
from boilover.scale.watching import JOINING, READING, SCORING, Tell, silent, watched
from boilover.scoring import ALL, EXPLAINED, Explained, rows_of
from boilover.times import parse_moment


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

    Memory holds the partitions at work, or what crosses tickets: some 100 bytes of each ticket. ``spill`` is a folder
    that all workers reach, of a URL too; a temporary one where left out. ``tell`` hears how far it is. Raises
    `UsageError` where the log is not in partitions, where the model reads a feature that does not tell what it needs,
    and where workers do not reach ``spill``; `InputError` where the log holds no event.
    """
    if not is_there(folder):
        raise missing(folder, "Name a log that `boilover ingest` wrote")
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder}: is not in partitions. `boilover ingest {folder} -o LOG` puts it there")
    saved, plan = loaded(model)
    if plan.whole:
        names = ", ".join(plan.features[place].name for place in plan.whole)
        raise UsageError(
            f"the model reads {names}, which is computed of the whole log at once: score it in memory"
        )
    rule = serving(saved.rule, rule_of(manifest))
    if not rule.is_of_each_ticket:
        raise UsageError(
            "what escalated is declared by sla_missed or only_tickets, which ask the whole log: score it in memory"
        )
    last = max((each.last for each in manifest.partitions if each.last), default=None)
    if last is None:
        raise InputError("the log holds no event", file=folder, mend="Ingest an export into it")
    with all_there():
        check_attributes(folder, manifest.partitions, saved.manifest)
    moment = parse_moment(last if as_of is None else as_of)
    with workshop(spill) as aside:
        work = Work.of(folder, model, rule, moment, aside, None if explain == ALL else int(explain))
        return _score(work, manifest, plan, explain, run, tell)


def _score(
    work: Work, manifest: Manifest, plan: Plan, explain: Explained, run: Run, tell: Tell
) -> pd.DataFrame:
    looks = [
        Look(work, each)
        for each in manifest.partitions
        if each.events.rows and each.first is not None and parse_moment(each.first) <= work.as_of
    ]
    events = {each.partition.name: each.partition.events.rows for each in looks}
    _do(looks, run, READING, list(events.values()), tell)
    layout = _layout(work, list(events))
    groups = range(len(plan.groups(plan.crossing)) if sum(layout.points) else 0)
    # Each of them joins what is needed of all events.
    joins = [Join(work, each, layout) for each in groups]
    _do(joins, run, JOINING, [sum(events.values())] * len(joins), tell)
    names = [name for name, points in zip(layout.names, layout.points, strict=True) if points]
    scores = [Score(work, name, events[name]) for name in names]
    _do(scores, run, SCORING, [events[name] for name in names], tell)
    scored = Scored.of([each.path for each in scores], plan, len(work.saved.manifest.horizons))
    moments = np.full(len(scored.ids), work.as_of, dtype=np.int64)
    return rows_of(scored.ids, moments, scored.risks, work.saved, explain, scored.pick, ranked=True)


def _do(tasks: Sequence[Task], run: Run, stage: str, events: Sequence[int], tell: Tell) -> None:
    """Have all tasks done, and tell how many events those are of which something has been written."""
    with watched({task.path: size for task, size in zip(tasks, events, strict=True)}, stage, tell):
        for error in run(perform, tasks):
            if error is not None:
                raise error
    lost = [task.path for task in tasks if not task.path.exists()]
    if lost:
        raise UsageError(
            f"{lost[0].parent}: workers wrote {len(lost)} pieces that are not there. Name by --spill a folder or a URL"
            " that all of them reach"
        )


def _layout(work: Work, names: Sequence[str]) -> Layout:
    """Return how the tickets of the pieces follow each other; where they do not, write down which stands where."""
    told = {name: read_arrays(work.at(name, PIECE), {SIZE, ENDS}.__contains__) for name in names}
    ends = {name: each[ENDS].to_pylist() for name, each in told.items()}
    ordered = sorted(names, key=lambda name: ends[name][0])
    in_order = all(ends[one][1] < ends[next_][0] for one, next_ in itertools.pairwise(ordered))
    tickets, points = (
        zip(*(told[name][SIZE].tolist() for name in ordered), strict=True) if names else ((), ())
    )
    if not in_order:
        ids = [read_arrays(work.at(name, PIECE), IDS.__eq__)[IDS] for name in ordered]
        order = pc.sort_indices(pa.chunked_array(ids)).to_numpy()
        ranks = np.empty(len(order), dtype=np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        write_arrays(work.at("", RANKS), {IDS: ranks})
    return Layout(tuple(ordered), points, tickets, in_order)
