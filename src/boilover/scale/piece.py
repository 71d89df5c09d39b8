"""A piece: what one partition of a log gives to a scoring, in a file of which any process can read a part."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.features import Filter, to_json
from boilover.features.crossing import Extract, Need, extract, with_tickets
from boilover.features.frame import Columns, Plan
from boilover.features.stream import Told
from boilover.features.view import TICKET, Sight
from boilover.history import Coded, Codes
from boilover.points import Points
from boilover.scale.shelf import read_arrays, write_arrays

Flags = npt.NDArray[np.bool_]
SIZE, ENDS, IDS, POINTS, NUMBERS = "size", "ends", "ids", "ticket", "numbers"
CATEGORY, KEYED = "category ", "keyed "


@dataclass(frozen=True)
class Piece:
    """Some tickets and what is known of n points that ask of them, without other tickets.

    ``ids`` are of the tickets, in order but for those without events, which come last; ``ticket`` int32 (n) counts
    from the first of them. ``numbers`` float32 (n_own, n) and ``categories`` hold the features that read their ticket
    alone, the latter by their place among all; ``keyed`` tells which points have each key.
    """

    ids: pa.LargeStringArray
    ticket: Codes
    numbers: npt.NDArray[np.float32]
    categories: Mapping[int, Coded]
    keyed: Mapping[str, Flags]


def piece_of(
    plan: Plan, notes: Annotations, points: Points, keyed: Mapping[str, Flags]
) -> tuple[Piece, Extract]:
    """Compute what a partition can tell alone, and gather what others need of it."""
    everything = slice(0, len(points))
    columns = Columns(plan, len(points), plan.own)
    sight = Sight(notes, points)
    for places in plan.groups(plan.own):
        columns.fill(places, sight.afresh(), everything)
    # The order of tickets settles which of two events at one instant comes first.
    found = extract(with_tickets(plan.needs), sight, everything, 0)
    categories = {place: parts[0][1] for place, parts in columns.categories.items()}
    ids = notes.history.ticket_ids.cast(pa.large_string())
    return Piece(ids, points.ticket, columns.numbers, categories, keyed), found


def write_piece(path: Path, piece: Piece, given: Extract) -> None:
    """Write a piece, and what others need of it, in one step."""
    ends = pc.min_max(piece.ids)
    write_arrays(
        path,
        {
            SIZE: np.array([len(piece.ids), len(piece.ticket)]),
            ENDS: pa.array([ends["min"].as_py(), ends["max"].as_py()], pa.large_string()),
            IDS: piece.ids,
            POINTS: piece.ticket,
            NUMBERS: piece.numbers.reshape(-1),
            **{f"{CATEGORY}{place}": each for place, each in piece.categories.items()},
            **{f"{KEYED}{key}": each for key, each in piece.keyed.items()},
            **{_times(where): each for where, each in given.times.items()},
            **{_keys(where, key): each for (where, key), each in given.keys.items()},
            **{_told(where, each): told for (where, each), told in given.told.items()},
            **{_asked(key): each for key, each in given.asked.items()},
        },
    )


def read_piece(path: Path, plan: Plan) -> Piece:
    """Read a piece without what others need of it."""
    told = read_arrays(
        path, lambda name: name in (IDS, POINTS, NUMBERS) or name.startswith((CATEGORY, KEYED))
    )
    return Piece(
        told[IDS],
        told[POINTS],
        told[NUMBERS].reshape(len(plan.own), len(told[POINTS])),
        {int(name.removeprefix(CATEGORY)): each for name, each in told.items() if name.startswith(CATEGORY)},
        {name.removeprefix(KEYED): each for name, each in told.items() if name.startswith(KEYED)},
    )


def read_extract(path: Path, needs: Iterable[Need], rows: slice, first: int) -> Extract:
    """Read what ``needs`` tell of; the points stand at ``rows`` among all, and the tickets count from ``first``."""
    asked = tuple(needs)
    times = {need.where: _times(need.where) for need in asked}
    keys = {(need.where, need.stream_key): _keys(need.where, need.stream_key) for need in asked}
    told = {(need.where, each): _told(need.where, each) for need in asked for each in need.told}
    points = {need.key: _asked(need.key) for need in asked}
    names = {*times.values(), *keys.values(), *told.values(), *points.values()}
    read = read_arrays(path, names.__contains__)
    return Extract(
        rows,
        {where: read[name] for where, name in times.items()},
        {(where, key): _counted(read[name], key, first) for (where, key), name in keys.items()},
        {each: read[name] for each, name in told.items()},
        {key: _counted(read[name], key, first) for key, name in points.items()},
    )


def _counted(told: Coded, key: str, first: int) -> Coded:
    return (
        Coded(np.where(told.codes >= 0, told.codes + np.int32(first), np.int32(-1)), ())
        if key == TICKET
        else told
    )


def _times(where: Filter) -> str:
    return f"times {json.dumps(to_json(where))}"


def _keys(where: Filter, key: str) -> str:
    return f"keys {key} {json.dumps(to_json(where))}"


def _told(where: Filter, told: Told) -> str:
    form, what = told
    return f"told {form} {json.dumps(to_json(what))} {json.dumps(to_json(where))}"


def _asked(key: str) -> str:
    return f"asked {key}"
