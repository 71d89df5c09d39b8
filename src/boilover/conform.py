"""Bring a table of any origin to the contract's column types, and say what cannot be brought there."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.csv_faults import delimiter_in
from boilover.errors import one_line, shorten
from boilover.schema import LONGEST_ID, TIMESTAMP, Column, Violation
from boilover.times import REACH, read_iso

ENCODED = pa.dictionary(pa.int32(), pa.string())
OFFSET = r"(?:[Zz]|[+-]\d{2}:?\d{2}|:\d{2}(?:[.,]\d+)?[+-]\d{2})\s*$"
"""An offset of hours alone, as in ``06:00:00+02``, is told from the day of a date by the time before it."""
MOST_NAMES = 1_000
"""Characters of the names of a table's columns that an error lists."""
LARGEST_ID = 2.0**53
"""Beyond it, not every whole number is a float."""
ROW_NUMBER = re.compile(r"__index_level_\d+__|Unnamed: \d+|")
"""Names under which the index of a frame is written to Parquet and CSV: it tells where a row stood, nothing else."""
BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def from_frame(frame: pd.DataFrame) -> pa.Table:
    """Return ``frame`` as an Arrow table; a column that mixes kinds, as ids may, becomes text."""
    return pa.table(
        [_array(values) for _, values in frame.items()], names=[str(name) for name in frame.columns]
    )


def _array(values: pd.Series[Any]) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        # pyarrow reads times with a zone through `Series.values`, which pandas 3.1 deprecates.
        naive = pa.array(values.dt.tz_convert(None), from_pandas=True)
        return naive.cast(pa.timestamp(naive.type.unit, tz="UTC"))
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
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
            given = _plain(given)
            data, found = _cast(given, name, column)
        violations += found
        if column.required and given.null_count:
            violations.append(_null(name, column, given))
        # Of an export, whose columns may all be empty, such rows are dropped and counted.
        if column.required and column.name == "ticket_id" and data.type != ENCODED:
            violations += _unfit(data, name, column)
        fields[column.name] = data
    if keep_extra:
        for extra in table.column_names:
            if extra not in fields and not ROW_NUMBER.fullmatch(extra):
                given = table[extra]
                held = keep_encoded and given.type == ENCODED
                fields[extra] = given if held else _attribute(extra, _plain(given))
                violations += _nested(fields[extra], name, extra)
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


def _plain(data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ``data`` with one string type: no dictionaries, no large or view strings."""
    if pa.types.is_dictionary(data.type):
        data = data.cast(data.type.value_type)
    if pa.types.is_large_string(data.type) or pa.types.is_string_view(data.type):
        return data.cast(pa.string())
    return data


def _attribute(name: str, data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ids as strings, whatever they are made of, and decimals as floats."""
    if pa.types.is_decimal(data.type):
        data = data.cast(pa.float64())
    is_id = name.endswith("_id") and (pa.types.is_integer(data.type) or pa.types.is_floating(data.type))
    return as_strings(data) if is_id else data


def _cast(data: pa.ChunkedArray, table: str, column: Column) -> tuple[pa.ChunkedArray, list[Violation]]:
    if data.type == column.type and not pa.types.is_timestamp(data.type):
        return data, []
    nested = _nested(data, table, column.name)
    if nested or not len(data) or pa.types.is_null(data.type):
        return pa.chunked_array([pa.nulls(len(data), column.type)]), nested
    if pa.types.is_timestamp(column.type):
        return _timestamps(data, table, column)
    if pa.types.is_string(column.type):
        return as_strings(data), []
    values = data.to_pandas()
    if pa.types.is_boolean(column.type):
        codes, cells = pd.factorize(values)
        told = [BOOLEANS.get(str(cell).strip().lower().removesuffix(".0")) for cell in cells]
        result = pa.array(told, column.type).take(pa.array(codes, mask=codes < 0))
        mend = "write true or false"
    else:
        cast = pd.to_numeric(values, errors="coerce")
        result = pa.array(cast, type=column.type, from_pandas=True)
        mend = "write a plain number, with a point for decimals"
    return pa.chunked_array([result]), _unread(data, result, table, column, mend)


def as_strings(data: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return ids and words as strings, codes of strings as they are.

    A float that holds whole numbers (an id with gaps) loses its ``.0``.
    """
    if data.type == ENCODED:
        return data
    if pa.types.is_floating(data.type):
        whole = pc.and_(pc.equal(pc.round(data), data), pc.less(pc.abs(data), LARGEST_ID))
        if pc.all(whole).as_py() is not False:
            data = data.cast(pa.int64())
    return data.cast(pa.string())


def _timestamps(data: pa.ChunkedArray, table: str, column: Column) -> tuple[pa.ChunkedArray, list[Violation]]:
    if pa.types.is_timestamp(data.type) or pa.types.is_date(data.type):
        given = data.cast(pa.timestamp("us", tz=getattr(data.type, "tz", None)), safe=False).cast(TIMESTAMP)
        result = _in_reach(given)
        return result, _unread(given, result, table, column, "look which unit of epoch time was mistaken")
    if not pa.types.is_string(data.type):
        problem = f"holds {data.type}, not a time"
        mend = "write ISO 8601, or map the column with its unit through a [mapping]"
        wrong = Violation(table, problem, mend, column.name, 1, shorten(data[0].as_py()), len(data))
        return pa.chunked_array([pa.nulls(len(data), TIMESTAMP)]), [wrong]
    parsed = read_iso(data.to_pandas())
    result = _in_reach(_array(parsed.dt.as_unit("us")))
    mend = "write ISO 8601 as in 2026-03-03T13:40:01+00:00, or map the column with its date format"
    found = _unread(data, result, table, column, mend)
    read = pc.is_valid(result)
    aware = pc.and_(pc.match_substring_regex(data, OFFSET), read)
    known, count = pc.sum(read).as_py(), pc.sum(aware).as_py() or 0
    if 0 < count < known:
        odd = count * 2 < known
        row = _first(pc.and_(pc.equal(aware, odd), read))
        problem = f"{count} of {known} times carry a UTC offset and the others do not"
        mend = "write every time with its offset"
        found.append(Violation(table, problem, mend, column.name, row + 1, shorten(data[row].as_py())))
    return pa.chunked_array([result]), found


def _in_reach(times: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return times without those before the year 1 or after 9999."""
    ticks, (least, most) = times.cast(pa.int64()), REACH
    told = pc.min_max(ticks)
    if told["min"].as_py() is None or least <= told["min"].as_py() <= told["max"].as_py() < most:
        return times
    return pc.if_else(pc.and_(pc.greater_equal(ticks, least), pc.less(ticks, most)), times, None)


def _nested(data: pa.ChunkedArray, table: str, column: str) -> list[Violation]:
    if not pa.types.is_nested(data.type):
        return []
    problem = f"holds {shorten(str(data.type))}, not one value a row"
    return [Violation(table, problem, "make it one column per value, or leave it out", column)]


def _unread(
    data: pa.ChunkedArray, result: pa.Array, table: str, column: Column, mend: str
) -> list[Violation]:
    failed = pc.and_(pc.is_valid(data), pc.is_null(result))
    count = pc.sum(failed).as_py() or 0
    if not count:
        return []
    row = _first(failed)
    kind = "time" if pa.types.is_timestamp(column.type) else str(column.type)
    value = shorten(data[row].cast(pa.int64() if pa.types.is_timestamp(data.type) else data.type).as_py())
    return [Violation(table, f"cannot be read as {kind}", mend, column.name, row + 1, value, count)]


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
    row = _first(pc.is_null(data))
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
    row, problem = _first(odd), f"is blank, of more than {LONGEST_ID:,} characters, or holds a NUL character"
    mend, count = "mend the id where it is exported, or leave the row out", pc.sum(odd).as_py()
    return [Violation(table, problem, mend, column.name, row + 1, shorten(ids[row].as_py()), count)]


def _first(mask: pa.ChunkedArray) -> int:
    flags: npt.NDArray[np.bool_] = pc.fill_null(mask, False).to_numpy()
    return int(np.argmax(flags))
