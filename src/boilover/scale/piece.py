"""A piece: what one partition of a log gives to a scoring, as plain arrays that any process can write and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.features import from_json, to_json
from boilover.features.crossing import Extract, extract, with_tickets
from boilover.features.frame import Columns, Plan
from boilover.features.view import Sight, Told
from boilover.files import replacing
from boilover.history import Coded, Codes
from boilover.points import Points

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Piece:
    """Some tickets and what is known of n points that ask of them, without other tickets.

    ``ids`` are of the tickets, in order; ``ticket`` int32 (n) counts from the first of them. ``numbers`` float32
    (n_features, n) and ``categories`` hold the features that read their ticket alone; ``keyed`` tells which points
    have each key, ``extract`` what other pieces need of this one.
    """

    ids: list[str]
    ticket: Codes
    numbers: npt.NDArray[np.float32]
    categories: Mapping[int, Coded]
    keyed: Mapping[str, Flags]
    extract: Extract


def piece_of(plan: Plan, notes: Annotations, points: Points, keyed: Mapping[str, Flags]) -> Piece:
    """Compute what a partition can tell alone."""
    everything = slice(0, len(points))
    columns = Columns(plan, len(points))
    sight = Sight(notes, points)
    for places in plan.groups(plan.own):
        columns.fill(places, sight.afresh(), everything)
    # The order of tickets settles which of two events at one instant comes first.
    found = extract(with_tickets(plan.needs), sight, everything, 0)
    categories = {place: parts[0][1] for place, parts in columns.categories.items()}
    ids: list[str] = notes.history.ticket_ids.to_pylist()
    return Piece(ids, points.ticket, columns.numbers, categories, keyed, found)


def write_piece(piece: Piece, path: Path) -> None:
    """Write a piece as arrays (``.npz``) and, beside them, the words and names (``.json``)."""
    arrays: dict[str, npt.NDArray[Any]] = {"ticket": piece.ticket, "numbers": piece.numbers}
    words: dict[int, int] = {}
    lists: list[list[str]] = []

    def put(name: str, told: Any) -> Any:
        coded = isinstance(told, Coded)
        arrays[name] = told.codes if coded else told
        if not coded:
            return None
        if id(told.words) not in words:
            words[id(told.words)] = len(lists)
            lists.append(list(told.words))
        return words[id(told.words)]

    given = piece.extract
    told = {
        "categories": [[place, put(f"category{place}", each)] for place, each in piece.categories.items()],
        "keyed": [[key, put(f"keyed{place}", each)] for place, (key, each) in enumerate(piece.keyed.items())],
        "times": [
            [to_json(where), put(f"times{place}", each)]
            for place, (where, each) in enumerate(given.times.items())
        ],
        "keys": [
            [to_json(where), key, put(f"keys{place}", each)]
            for place, ((where, key), each) in enumerate(given.keys.items())
        ],
        "told": [
            [to_json(where), [form, to_json(what)], put(f"told{place}", each)]
            for place, ((where, (form, what)), each) in enumerate(given.told.items())
        ],
        "asked": [[key, put(f"asked{place}", each)] for place, (key, each) in enumerate(given.asked.items())],
        "words": lists,
        "ids": piece.ids,
    }
    # Aside and then in place: a worker that dies, or two that do the same, leave a whole piece or none.
    with replacing(path.with_name(f"{path.name}.npz")) as made, made.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    with replacing(path.with_name(f"{path.name}.json")) as made:
        made.write_text(json.dumps(told), encoding="utf-8")


def read_piece(path: Path, *, numbers: bool) -> Piece:
    """Read what `write_piece` wrote, with or without its numbers, which are most of it."""
    told = json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))
    lists = [tuple(each) for each in told["words"]]
    with (
        path.with_name(f"{path.name}.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):

        def got(name: str, words: int | None) -> Any:
            return arrays[name] if words is None else Coded(arrays[name], lists[words])

        filters = [from_json(each) for each, _ in told["times"]]
        same = {json.dumps(to_json(where)): where for where in filters}

        def filter_of(spec: Any) -> Any:
            return same[json.dumps(spec)]

        found = Extract(
            slice(0, len(arrays["ticket"])),
            {where: arrays[f"times{place}"] for place, where in enumerate(filters)},
            {
                (filter_of(where), key): got(f"keys{place}", words)
                for place, (where, key, words) in enumerate(told["keys"])
            },
            {
                (filter_of(where), _told(what)): got(f"told{place}", words)
                for place, (where, what, words) in enumerate(told["told"])
            },
            {key: got(f"asked{place}", words) for place, (key, words) in enumerate(told["asked"])},
        )
        return Piece(
            told["ids"],
            arrays["ticket"],
            arrays["numbers"] if numbers else np.empty((0, len(arrays["ticket"])), np.float32),
            {place: got(f"category{place}", words) for place, words in told["categories"]},
            {key: arrays[f"keyed{place}"] for place, (key, _) in enumerate(told["keyed"])},
            found,
        )


def _told(spec: list[Any]) -> Told:
    form, what = spec
    return form, from_json(what)
