"""Bring a table of any origin to the contract's column types, and say what cannot be brought there."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.casting import ENCODED, attribute, cast, first, plain_column
from boilover.csv_faults import delimiter_in
from boilover.errors import ContractError, one_line, shorten
from boilover.schema import LONGEST_ID, Column, Violation

MOST_NAMES = 1_000
"""Characters of the names of a table's columns that an error lists."""
ROW_NUMBER = re.compile(r"__index_level_\d+__|Unnamed: \d+|")
"""Names under which the index of a frame is written to Parquet and CSV: it tells where a row stood, nothing else."""


def from_frame(frame: pd.DataFrame, name: str = "table") -> pa.Table:
    """Return ``frame`` as an Arrow table; UUIDs, periods, and what mixes kinds, as ids may, become text.

    Raises `ContractError` for text that is no Unicode; ``name`` is what the table is.
    """
    columns = [str(column) for column in frame.columns]
    violations, arrays = [], []
    for column, (_, values) in zip(columns, frame.items(), strict=True):
        try:
            arrays.append(_array(values))
        except UnicodeEncodeError:
            violations.append(_half(values, name, column))
    if violations:
        raise ContractError(violations)
    return pa.table(arrays, names=columns)


def _half(values: pd.Series[Any], table: str, column: str) -> Violation:
    """Return where text holds half of a surrogate pair, as JSON that is cut within an emoji does."""
    told = [str(value) for value in values]
    rows = [row for row, value in enumerate(told) if value != value.encode("utf-8", "replace").decode()]
    value = shorten(told[rows[0]].encode("utf-8", "backslashreplace").decode())
    problem, mend = "holds half of a surrogate pair, which no text can", "replace or leave out that character"
    return Violation(table, problem, mend, column, rows[0] + 1, value, len(rows))


def _array(values: pd.Series[Any]) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        # pyarrow reads times with a zone through `Series.values`, which pandas 3.1 deprecates.
        naive = pa.array(values.dt.tz_convert(None), from_pandas=True)
        return naive.cast(pa.timestamp(naive.type.unit, tz="UTC"))
    if not isinstance(values.dtype, pd.PeriodDtype):
        with suppress(pa.ArrowInvalid, pa.ArrowTypeError):
            told = pa.array(values, from_pandas=True)
            if not isinstance(told.type, pa.UuidType):
                return told
    return pa.array(values.map(str, na_action="ignore"), from_pandas=True)


def conform(
    table: pa.Table, name: str, columns: Sequence[Column], *, keep_extra: bool, keep_encoded: bool = False
) -> tuple[pa.Table, list[Violation]]:
    """Cast ``table`` to the types of ``columns``; return it with every violation found on the way.

    Absent optional columns stay absent. Columns outside the contract are kept where ``keep_extra``, else dropped;
    so is the index of a frame.
    ``keep_encoded`` leaves text columns of type ``ENCODED`` as they are: codes are read faster than strings.
    A cell that cannot be cast becomes null and a violation names the first such row.
    """
    table, violations = _once(table, name)
    found: list[Violation]
    fields: dict[str, pa.ChunkedArray] = {}
    for column in columns:
        if column.name not in table.column_names:
            if column.required:
                violations.append(_missing(name, column, table.column_names, columns))
            continue
        given = table[column.name]
        if keep_encoded and given.type == ENCODED and pa.types.is_string(column.type):
            data, found = given, []
        else:
            given = plain_column(given)
            if pa.types.is_boolean(column.type) and pa.types.is_floating(given.type):
                # As in numbers, what is not a number is a gap.
                given = pc.if_else(pc.is_nan(given.cast(pa.float64())), None, given)
            data, found = cast(given, name, column)
        violations += found
        # Of floats that are to be text, what is not a number is a gap as well.
        told = data if pa.types.is_floating(given.type) and pa.types.is_string(column.type) else given
        if column.required and told.null_count:
            violations.append(_null(name, column, told))
        # Of an export, whose columns may all be empty, such rows are dropped and counted.
        if column.required and column.name == "ticket_id" and data.type != ENCODED:
            violations += _unfit(data, name, column)
        fields[column.name] = data
    if keep_extra:
        for extra in table.column_names:
            if extra not in fields and not ROW_NUMBER.fullmatch(extra):
                given = table[extra]
                if keep_encoded and given.type == ENCODED:
                    fields[extra] = given
                    continue
                fields[extra], found = attribute(plain_column(given), name, extra)
                violations += found
    return pa.table(fields), violations


def unread_rows(given: pa.Table, conformed: pa.Table) -> npt.NDArray[np.bool_]:
    """Return in which rows of a table `conform` emptied a cell, bool (n_rows)."""
    unread = np.zeros(len(given), dtype=bool)
    for name in conformed.column_names:
        before = given.column(given.column_names.index(name)).is_null().to_numpy()
        unread |= conformed[name].is_null().to_numpy() & ~before
    return unread


def _once(table: pa.Table, name: str) -> tuple[pa.Table, list[Violation]]:
    """Return the table with the first of columns that have one name, and a violation for each such name."""
    names = table.column_names
    firsts = [names.index(each) for each in dict.fromkeys(names)]
    if len(firsts) == len(names):
        return table, []
    problem, mend = "column stands more than once", "rename all but one, or leave them out"
    doubled = (each for each, number in Counter(names).items() if number > 1)
    return table.select(firsts), [Violation(name, problem, mend, each) for each in doubled]


def plain(table: pa.Table) -> pa.Table:
    """Return ``table`` with its ``ENCODED`` columns as strings."""
    return table.cast(pa.schema([f.with_type(pa.string()) if f.type == ENCODED else f for f in table.schema]))


def _missing(table: str, column: Column, present: Sequence[str], columns: Sequence[Column]) -> Violation:
    known = {each.name for each in columns}
    near = difflib.get_close_matches(column.name, [each for each in present if each not in known], 1, 0.5)
    mend = (
        f"rename {shorten(near[0])} to it"
        if near
        else f"add it ({column.meaning}), or map your table with a [mapping]"
    )
    if delimiter_in(present) is not None:
        mend = "all of the header is one cell: save the file with commas between cells"
    there = one_line(", ".join(present), MOST_NAMES) or "none"
    return Violation(table, f"required column is missing; there are: {there}", mend, column.name)


def _null(table: str, column: Column, data: pa.ChunkedArray) -> Violation:
    row = first(pc.is_null(data))
    mend = f"fill it in ({column.meaning}) or leave the row out"
    return Violation(table, "required value is empty", mend, column.name, row + 1, count=data.null_count)


def unfit_ids(ids: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return which ids no ledger can hold: those that are blank, of more than `LONGEST_ID` characters, or with NUL."""
    blank = pc.or_(pc.equal(pc.binary_length(ids), 0), pc.utf8_is_space(ids))
    odd = pc.or_(pc.greater(pc.utf8_length(ids), LONGEST_ID), pc.match_substring(ids, "\0"))
    return pc.fill_null(pc.or_(blank, odd), False)


def _unfit(ids: pa.ChunkedArray, table: str, column: Column) -> list[Violation]:
    odd = unfit_ids(ids)
    if not pc.any(odd).as_py():
        return []
    row, problem = first(odd), f"is blank, of more than {LONGEST_ID:,} characters, or holds a NUL character"
    mend, count = "mend the id where it is exported, or leave the row out", pc.sum(odd).as_py()
    return [Violation(table, problem, mend, column.name, row + 1, shorten(ids[row].as_py()), count)]
