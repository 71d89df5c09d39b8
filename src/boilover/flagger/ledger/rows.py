"""Rows of a database as arrays, and arrays in parts that a query can name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

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


def rows_of(
    connection: Connection, asked: Select[Any], column: ColumnElement[Any], values: Sequence[Any]
) -> Iterator[Row[Any]]:
    """Yield the rows of a query whose ``column`` holds one of some values, however many these are."""
    for some in chunks(values):
        yield from connection.execute(asked.where(column.in_(some)))


def put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, if there are any."""
    if rows:
        connection.execute(insert(table), rows)


def rewrite(connection: Connection, table: Table, rows: Mapping[int, dict[str, Any]]) -> None:
    """Set columns, the same ones of each row, of the rows with these ids, if there are any."""
    if rows:
        names = next(iter(rows.values()))
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        told = [{"key": key, **row} for key, row in rows.items()]
        connection.execute(update(table).where(table.c.id == bindparam("key")).values(values), told)


def next_id(connection: Connection, column: Any) -> int:
    """Return the first id that is free; only for who holds the ledger."""
    return int(connection.execute(select(func.max(column))).scalar() or 0) + 1


def number(value: float) -> float | None:
    """Return a number as a database keeps it: None where it is NaN."""
    return None if np.isnan(value) else float(value)
