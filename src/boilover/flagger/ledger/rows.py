"""Rows of a database as arrays, and arrays in parts that a query can name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, func, select

CHUNK = 5000
DTYPES: dict[type, type] = {int: np.int64, float: np.float64, bool: np.bool_}


def read(connection: Connection, asked: Select[Any]) -> pd.DataFrame:
    """Return rows as a frame whose columns hold plain numbers and texts."""
    result = connection.execute(asked)
    names = list(result.keys())
    rows = result.fetchall()
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    types = [column.type.python_type for column in asked.selected_columns]
    return pd.DataFrame(
        {
            name: np.array(values, dtype=DTYPES.get(kind, object))
            for name, values, kind in zip(names, columns, types, strict=True)
        }
    )


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield values in parts that a query can name."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def next_id(connection: Connection, column: Any) -> int:
    """Return the first id that is free; only for who holds the ledger."""
    return int(connection.execute(select(func.max(column))).scalar() or 0) + 1


def number(value: float) -> float | None:
    """Return a number as a database keeps it: None where it is NaN."""
    return None if np.isnan(value) else float(value)
