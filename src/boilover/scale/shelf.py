"""Named arrays in one Arrow file, of which any process can read some without the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from boilover.files import replacing
from boilover.history import Coded
from boilover.places import filesystem_of

Told = Any
"""An array of one dimension as NumPy's, codes with their words as `Coded`, or texts as Arrow's."""
WORDS = b"words"
"""Of a column of codes: the column that holds its words."""


def write_arrays(path: Path, arrays: Mapping[str, Told]) -> None:
    """Write arrays of any lengths, in one step: a worker that dies, or two that do the same, leave all or nothing."""
    columns: dict[str, pa.Array] = {}
    fields: list[pa.Field] = []
    lists: dict[int, str] = {}

    def put(name: str, array: pa.Array, words: str | None = None) -> None:
        # All of an array is one row, so that each may have a length of its own.
        columns[name] = pa.LargeListArray.from_arrays(pa.array([0, len(array)], pa.int64()), array)
        fields.append(pa.field(name, columns[name].type, metadata={WORDS: words} if words else None))

    for name, told in arrays.items():
        if not isinstance(told, Coded):
            put(name, told if isinstance(told, pa.Array) else pa.array(told))
            continue
        if id(told.words) not in lists:
            lists[id(told.words)] = f"words {len(lists)}"
            put(lists[id(told.words)], pa.array(told.words, pa.large_string()))
        put(name, pa.array(told.codes), lists[id(told.words)])
    batch = pa.RecordBatch.from_arrays(list(columns.values()), schema=pa.schema(fields))
    with (
        replacing(path) as made,
        pa.OSFile(str(made), "wb") as file,
        pa.ipc.new_file(file, batch.schema) as out,
    ):
        out.write_batch(batch)


def read_arrays(path: Path, wanted: Callable[[str], bool]) -> dict[str, Any]:
    """Return the arrays whose names are ``wanted``: texts as Arrow's, all else as NumPy's own.

    What else is in the file is not read.
    """
    remote = filesystem_of(path) is not None
    with path.open("rb") if remote else pa.OSFile(str(path)) as file:
        schema = pa.ipc.open_file(file).schema
        words = {
            name: ((schema.field(name).metadata or {}).get(WORDS) or b"").decode()
            for name in filter(wanted, schema.names)
        }
        lists = {name for name in words.values() if name}
        places = sorted(schema.get_field_index(name) for name in {*words, *lists})
        options = pa.ipc.IpcReadOptions(included_fields=places)
        batch = pa.ipc.open_file(file, options=options).get_batch(0)
        read = {name: tuple(batch[name].values.to_pylist()) for name in lists}
        return {name: _told(batch[name].values, read.get(listed)) for name, listed in words.items()}


def _told(values: pa.Array, words: tuple[str, ...] | None) -> Any:
    # What Arrow read holds room for all of the file.
    if pa.types.is_large_string(values.type):
        return pa.concat_arrays([values, values.slice(0, 0)])
    # Arrow's memory cannot be written to: to a kernel that is another type, and compiled anew.
    array = np.array(values.to_numpy(zero_copy_only=False))
    return array if words is None else Coded(array, words)
