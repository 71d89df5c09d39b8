"""Columns of facts as codes and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def ranked(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """Return the distinct ids in their order, and the code of each row."""
    encoded = column.combine_chunks().dictionary_encode()
    by_id = pc.sort_indices(encoded.dictionary).to_numpy().astype(np.int64)
    rank = np.empty(len(by_id), dtype=np.int64)
    rank[by_id] = np.arange(len(by_id))
    return encoded.dictionary.take(pa.array(by_id)), rank[encoded.indices.to_numpy()]


def first_of(ticket: Ints, rows: npt.NDArray[np.intp], n_tickets: int) -> Ints:
    """Return the first of ``rows`` of each ticket, −1 where it has none."""
    first = np.full(n_tickets, -1)
    first[ticket[rows[::-1]]] = rows[::-1]
    return first


def repeated(columns: Mapping[str, npt.NDArray[Any]], rows: npt.NDArray[np.intp]) -> Mask:
    """Return which of ``rows`` hold in all columns what an earlier one holds."""
    frame = pd.DataFrame({name: column[rows] for name, column in columns.items()})
    repeats: Mask = frame.duplicated().to_numpy()
    return repeats


def filled(column: pa.ChunkedArray) -> tuple[Ints, Mask]:
    """Return numbers, 0 where there is none, and where there is one."""
    data = column.combine_chunks()
    return data.fill_null(0).to_numpy(), data.is_valid().to_numpy(zero_copy_only=False)


def codes_of(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Return the code of each word, −1 where there is none."""
    indices = column.combine_chunks().dictionary_encode().indices
    codes: npt.NDArray[np.int32] = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes
