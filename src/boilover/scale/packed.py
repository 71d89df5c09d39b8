"""What tickets that are over give to features across tickets, packed: arrays in one file, words and names in a line.

Most keys follow from the ticket: its customer, its category. Of those one code is kept for each ticket, not for each
event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover import kernels
from boilover.features import from_json, to_json
from boilover.features.crossing import Extract
from boilover.features.view import TICKET
from boilover.history import Coded, Codes

Array = npt.NDArray[Any]
CODEC = "zstd"


@dataclass(frozen=True)
class Over:
    """Some tickets, by their ``ids`` in order, and what others need of them."""

    ids: pa.StringArray
    extract: Extract


@dataclass
class _Pack:
    """Arrays and lists of words by number, each once."""

    arrays: list[Array] = field(default_factory=list)
    words: list[Sequence[str]] = field(default_factory=list)
    _seen: dict[tuple[str, bytes], int] = field(default_factory=dict)
    _lists: dict[int, int] = field(default_factory=dict)

    def put(self, array: Array) -> int:
        key = (array.dtype.str, array.tobytes())
        if key not in self._seen:
            self._seen[key] = len(self.arrays)
            self.arrays.append(array)
        return self._seen[key]

    def put_words(self, words: Sequence[str]) -> int:
        if id(words) not in self._lists:
            self._lists[id(words)] = len(self.words)
            self.words.append(words)
        return self._lists[id(words)]

    def put_coded(self, told: Any) -> tuple[int, int | None]:
        if isinstance(told, Coded):
            return self.put(told.codes), self.put_words(told.words)
        return self.put(told), None


def pack(over: Over, path: Path) -> dict[str, Any]:
    """Write the arrays to a file; return all else as plain JSON, which `unpack` takes."""
    made, found = _Pack(), over.extract
    wheres = list(found.times)
    place = {where: number for number, where in enumerate(wheres)}
    by_ticket = _of_tickets(found, len(over.ids))
    offsets, letters = (np.frombuffer(each, kind) for each, kind in _strings(over.ids))
    told = {
        "wheres": [to_json(where) for where in wheres],
        "times": [made.put(found.times[where]) for where in wheres],
        "tickets": [made.put(found.keys[where, TICKET].codes) for where in wheres],
        "of_ticket": {key: made.put_coded(each) for key, each in by_ticket.items()},
        "keys": [
            [place[where], key, None if key in by_ticket else made.put_coded(each)]
            for (where, key), each in found.keys.items()
            if key != TICKET
        ],
        "told": [
            [place[where], form, to_json(what), made.put_coded(each)]
            for (where, (form, what)), each in found.told.items()
        ],
        "asked": [[key, made.put_coded(each)] for key, each in found.asked.items()],
        "ids": [made.put(offsets), made.put(letters)],
        "words": made.words,
    }
    small = [squeezed(each) for each in made.arrays]
    told["arrays"] = [
        [each.dtype.str, len(each), len(size)] for each, size in zip(made.arrays, small, strict=True)
    ]
    path.write_bytes(b"".join(small))
    return told


def unpack(told: dict[str, Any], content: bytes) -> Over:
    """Return what `pack` was given, of what it returned and wrote."""
    arrays, start = [], 0
    for kind, length, size in told["arrays"]:
        arrays.append(restored(content[start : start + size], np.dtype(kind), length))
        start += size
    words = [tuple(each) for each in told["words"]]
    wheres = [from_json(each) for each in told["wheres"]]
    tickets = [arrays[each] for each in told["tickets"]]

    def coded(put: tuple[int, int | None]) -> Any:
        array, listed = put
        return arrays[array] if listed is None else Coded(arrays[array], words[listed])

    of_ticket = {key: coded(put) for key, put in told["of_ticket"].items()}
    keys = {(where, TICKET): Coded(codes, ()) for where, codes in zip(wheres, tickets, strict=True)}
    for place, key, put in told["keys"]:
        given = of_ticket[key] if put is None else coded(put)
        codes = kernels.take(given.codes, tickets[place]) if put is None else given.codes
        keys[wheres[place], key] = Coded(codes, given.words)
    found = Extract(
        slice(0, 0),
        {where: arrays[each] for where, each in zip(wheres, told["times"], strict=True)},
        keys,
        {(wheres[place], (form, from_json(what))): coded(put) for place, form, what, put in told["told"]},
        {key: coded(put) for key, put in told["asked"]},
    )
    offsets, letters = (arrays[each] for each in told["ids"])
    ids = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(letters))
    return Over(ids, found)


def _of_tickets(found: Extract, n_tickets: int) -> dict[str, Coded]:
    """Return the keys that are one for each ticket, whatever the event, in codes of one list of words."""
    same: dict[str, Coded] = {}
    for key in dict.fromkeys(key for _, key in found.keys if key != TICKET):
        parts = [
            (found.keys[where, TICKET].codes, each)
            for (where, other), each in found.keys.items()
            if other == key
        ]
        words = parts[0][1].words
        codes: Codes = np.full(n_tickets, -1, np.int32)
        for tickets, each in parts:
            codes[tickets] = each.codes
        one_list = all(each.words is words for _, each in parts)
        if one_list and all(np.array_equal(codes[tickets], each.codes) for tickets, each in parts):
            same[key] = Coded(codes, words)
    return same


def _strings(ids: pa.StringArray) -> list[tuple[bytes, str]]:
    listed = pa.array(ids.to_pylist(), pa.string())
    _, offsets, letters = listed.buffers()
    return [(offsets.to_pybytes()[: 4 * (len(listed) + 1)], "<i4"), (letters.to_pybytes(), "u1")]


def squeezed(array: Array) -> bytes:
    """Return an array compressed: whole numbers by their steps, and of all numbers the first bytes, then the second…"""
    steps = np.diff(array, prepend=array.dtype.type(0)) if array.dtype.kind in "iu" else array
    planes = np.ascontiguousarray(steps).view(np.uint8).reshape(len(array), array.dtype.itemsize).T
    small: bytes = pa.compress(planes.tobytes(), CODEC, asbytes=True)
    return small


def restored(small: bytes, kind: np.dtype[Any], length: int) -> Array:
    """Return what `squeezed` was given; sums of steps wrap around as the steps did."""
    planes = np.frombuffer(pa.decompress(small, length * kind.itemsize, CODEC), np.uint8)
    steps: Array = np.ascontiguousarray(planes.reshape(kind.itemsize, length).T).view(kind).reshape(length)
    return np.cumsum(steps, dtype=kind) if kind.kind in "iu" else steps
