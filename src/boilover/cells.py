"""Columns as the text of their cells, all at once: of numbers as Python writes them, and of any values as JSON."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
NULL = "null"
_ESCAPED = np.isin(np.arange(256), [*range(32), *map(ord, '"\\'), *range(128, 256)])
"""By byte, whether JSON escapes a text that holds it."""


def iso_cell(time: pd.Timestamp) -> str:
    """Return a time of UTC with all of its microseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def number_cells(numbers: Floats) -> pa.Array:
    """Return floats as ``repr`` writes them, string (n); null for NaN."""
    cells = pa.array(numbers, from_pandas=True).cast(pa.string())
    # Python writes whole numbers with a point, and the very small and large with an exponent, in its own form.
    own = ~np.isnan(numbers) & ((np.abs(numbers) < 1e-4) | (np.abs(numbers) >= 1e10) | (numbers % 1 == 0))
    return replaced(cells, own, [repr(each) for each in numbers[own].tolist()])


def replaced(cells: pa.Array, rows: npt.NDArray[np.bool_], told: list[str]) -> pa.Array:
    """Return cells with those of ``rows``, a mask, replaced by others in their order."""
    return pc.replace_with_mask(cells, pa.array(rows), pa.array(told, pa.string())) if told else cells


def letters_of(cells: pa.StringArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return where each cell begins, and the last one ends, among the bytes of all, and those bytes."""
    ends = np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return ends, np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)[: ends[-1]]


def json_cells(values: pd.Series) -> pa.Array:
    """Return a column as JSON, string (n): times of UTC in microseconds; ``null`` for no value and what is infinite."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        times = pd.to_datetime(values, utc=True).astype("category")
        words = [f'"{iso_cell(time)}"' for time in times.cat.categories]
        codes = times.cat.codes.to_numpy().astype(np.int64)
        return pc.fill_null(pa.array(words, pa.string()).take(pa.array(codes, mask=codes < 0)), NULL)
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return pc.fill_null(number_cells(np.where(np.isfinite(numbers), numbers, np.nan)), NULL)
    if pd.api.types.is_integer_dtype(values.dtype):
        return pc.fill_null(pa.array(values, from_pandas=True).cast(pa.string()), NULL)
    if isinstance(values.dtype, pd.StringDtype):
        return pc.fill_null(_json_texts(pa.array(values, pa.string(), from_pandas=True)), NULL)
    told = zip(values.tolist(), values.isna().tolist(), strict=True)
    return pa.array(
        [NULL if missing else json.dumps(each, default=_plain) for each, missing in told], pa.string()
    )


def _json_texts(texts: pa.Array) -> pa.Array:
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    ends, letters = letters_of(texts)
    escaped = np.zeros(len(texts), dtype=bool)
    escaped[np.searchsorted(ends, np.flatnonzero(_ESCAPED[letters]), side="right") - 1] = True
    told = [json.dumps(each) for each in texts.filter(pa.array(escaped)).to_pylist()]
    return replaced(pc.binary_join_element_wise('"', texts, '"', ""), escaped, told)


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)
