"""Bring one column of any origin to a type of the contract, and say which of its cells cannot be brought there."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import shorten
from boilover.schema import TIMESTAMP, Column, Violation
from boilover.times import REACH, read_iso

ENCODED = pa.dictionary(pa.int32(), pa.string())
OFFSET = r"(?:[Zz]|[+-]\d{2}:?\d{2}|:\d{2}(?:[.,]\d+)?[+-]\d{2})\s*$"
"""An offset of hours alone, as in ``06:00:00+02``, is told from the day of a date by the time before it."""
LARGEST_ID = 2.0**53
"""Beyond it, not every whole number is a float."""
BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
TICKS = {"s": 1_000_000, "ms": 1_000}
"""Units of time to their microseconds, where they are longer."""
IS_BYTES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_binary_view,
)

Cast = tuple[pa.ChunkedArray, list[Violation]]


def plain_column(data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ``data`` with one string type: no codes, no large or view strings, no bytes but for what is not UTF-8."""
    if isinstance(data.type, pa.UuidType):
        return _uuids(data)
    if isinstance(data.type, pa.BaseExtensionType):
        data = data.cast(data.type.storage_type)
    if pa.types.is_run_end_encoded(data.type):
        data = pc.run_end_decode(data)
    if pa.types.is_dictionary(data.type):
        data = data.cast(data.type.value_type)
    if pa.types.is_large_string(data.type) or pa.types.is_string_view(data.type):
        return data.cast(pa.string())
    return _decoded(data) if any(of(data.type) for of in IS_BYTES) else data


def attribute(data: pa.ChunkedArray, table: str, name: str) -> Cast:
    """Return an attribute of tickets: ids as strings, whatever they are made of, and decimals as floats.

    Whole numbers that floats cannot tell apart are ids, too, whatever the column is called.
    """
    told = _told_wrong(data, table, name)
    of_numbers = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    is_id = name.endswith("_id") and any(of(data.type) for of in of_numbers)
    if is_id or is_beyond(data, LARGEST_ID):
        return as_strings(data), told
    return (data.cast(pa.float64()) if pa.types.is_decimal(data.type) else data), told


def cast(data: pa.ChunkedArray, table: str, column: Column) -> Cast:
    """Return a plain column as the contract's type, null where a cell is not of it, and a violation that tells so."""
    if data.type == column.type and not pa.types.is_timestamp(data.type):
        return data, []
    wrong = _told_wrong(data, table, column.name)
    if wrong or data.null_count == len(data):
        return _emptied(data, column), wrong
    if pa.types.is_timestamp(column.type):
        return _timestamps(data, table, column)
    if pa.types.is_string(column.type):
        return as_strings(data), []
    is_flag = pa.types.is_boolean(column.type)
    if pa.types.is_temporal(data.type):
        kind, mend = ("true or false", "") if is_flag else ("a number", " without a unit, hours of a span")
        return _emptied(data, column), [_other(data, table, column, kind, f"write {kind}{mend}")]
    if pa.types.is_floating(data.type) and not is_flag:
        # What is not a number stays one: a gap, as a null is.
        return data.cast(column.type, safe=False), []
    values = data.to_pandas()
    if is_flag:
        codes, cells = pd.factorize(values)
        told = [BOOLEANS.get(str(cell).strip().lower().removesuffix(".0")) for cell in cells]
        result = pa.array(told, column.type).take(pa.array(codes, mask=codes < 0))
        mend = "write true or false"
    else:
        numbers = pd.to_numeric(values, errors="coerce").astype("float64")
        result = pa.array(numbers, type=column.type, from_pandas=True)
        mend = "write a plain number, with a point for decimals"
    return pa.chunked_array([result]), _unread(data, result, table, column, mend)


def as_strings(data: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return ids and words as strings, codes of strings as they are.

    A float or decimal that holds whole numbers (an id with gaps) loses its ``.0``; what is not a number is null.
    """
    if data.type == ENCODED:
        return data
    if pa.types.is_floating(data.type):
        # Arrow rounds no floats of 16 bits.
        data = data.cast(pa.float32()) if pa.types.is_float16(data.type) else data
        data = pc.if_else(pc.is_nan(data), None, data)
        whole = pc.and_(pc.equal(pc.round(data), data), pc.less(pc.abs(data), LARGEST_ID))
        if pc.all(whole).as_py() is not False:
            data = data.cast(pa.int64())
    words = data.cast(pa.string())
    if pa.types.is_decimal(data.type) and pc.all(pc.match_substring_regex(words, r"\.0+$")).as_py():
        words = pc.replace_substring_regex(words, r"\.0+$", "")
    return words


def is_beyond(data: pa.ChunkedArray, most: float) -> bool:
    """Say whether a column of whole numbers, decimals without places too, holds one beyond ``most``, to either side."""
    kind = data.type
    if not (pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0)):
        return False
    return any(bound is not None and abs(bound) > most for bound in pc.min_max(data).as_py().values())


def brought(data: pa.ChunkedArray, kind: pa.DataType, table: str, name: str) -> Cast:
    """Return a plain column as ``kind``, one of those that hold all values of several columns.

    A time that no calendar has becomes null and a violation. Raises `pyarrow.ArrowException` for what ``kind`` does
    not hold.
    """
    if pa.types.is_null(data.type):
        return pa.chunked_array([pa.nulls(len(data), kind)]), []
    if kind == TIMESTAMP and data.type != kind:
        return _timestamps(data, table, Column(name, kind, False, ""))
    if pa.types.is_string(kind):
        return as_strings(data), _told_wrong(data, table, name)
    return data.cast(kind), []


def first(mask: pa.ChunkedArray) -> int:
    """Return the first row that a mask holds."""
    flags: npt.NDArray[np.bool_] = pc.fill_null(mask, False).to_numpy()
    return int(np.argmax(flags))


def _timestamps(data: pa.ChunkedArray, table: str, column: Column) -> Cast:
    if pa.types.is_timestamp(data.type) or pa.types.is_date(data.type):
        # A day is one of seconds: as microseconds, the days of a broken file would come round to other ones.
        given = data.cast(pa.timestamp("s"), safe=False) if pa.types.is_date(data.type) else data
        zone = getattr(data.type, "tz", None)
        result = _in_reach(given).cast(pa.timestamp("us", tz=zone), safe=False).cast(TIMESTAMP)
        return result, _unread(given, result, table, column, "look which unit of epoch time was mistaken")
    if not pa.types.is_string(data.type):
        mend = "write ISO 8601, or map the column with its unit through a [mapping]"
        return _emptied(data, column), [_other(data, table, column, "a time", mend)]
    parsed = read_iso(data.to_pandas())
    instants = pa.array(parsed.dt.tz_convert(None).dt.as_unit("us"), from_pandas=True)
    result = _in_reach(instants.cast(TIMESTAMP))
    mend = "write ISO 8601 as in 2026-03-03T13:40:01+00:00, or map the column with its date format"
    found = _unread(data, result, table, column, mend)
    read = pc.is_valid(result)
    aware = pc.and_(pc.match_substring_regex(data, OFFSET), read)
    known, count = pc.sum(read).as_py(), pc.sum(aware).as_py() or 0
    if 0 < count < known:
        odd = count * 2 < known
        row = first(pc.and_(pc.equal(aware, odd), read))
        problem = f"{count} of {known} times carry a UTC offset and the others do not"
        mend = "write every time with its offset"
        found.append(Violation(table, problem, mend, column.name, row + 1, shorten(data[row].as_py())))
    return pa.chunked_array([result]), found


def _in_reach(times: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return times of any unit without those before the year 1 or after 9999."""
    if times.type.unit == "ns":
        return times
    ticks, told = times.cast(pa.int64()), TICKS.get(times.type.unit, 1)
    least, most = (bound // told for bound in REACH)
    found = pc.min_max(ticks)
    if found["min"].as_py() is None or least <= found["min"].as_py() <= found["max"].as_py() < most:
        return times
    return pc.if_else(pc.and_(pc.greater_equal(ticks, least), pc.less(ticks, most)), times, None)


def _uuids(data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return UUIDs as they are written."""
    codes = data.cast(data.type.storage_type).combine_chunks().dictionary_encode()
    words = pa.array([str(UUID(bytes=each)) for each in codes.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([words.take(codes.indices)])


def _decoded(data: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return data.cast(pa.string())
    except pa.ArrowInvalid:
        return data


def _told_wrong(data: pa.ChunkedArray, table: str, column: str) -> list[Violation]:
    """Return the violation of a column that holds no plain values."""
    if pa.types.is_nested(data.type) or pa.types.is_interval(data.type):
        problem = f"holds {shorten(str(data.type))}, not one value a row"
        return [Violation(table, problem, "make it one column per value, or leave it out", column)]
    if any(of(data.type) for of in IS_BYTES):
        texts = data.to_pandas()
        odd = (texts.str.decode("utf-8", errors="ignore").str.encode("utf-8") != texts) & texts.notna()
        row, count = int(np.argmax(odd)), int(odd.sum())
        mend = "export it as UTF-8, or leave it out"
        value = shorten(texts[row])
        return [Violation(table, "holds bytes that are not UTF-8", mend, column, row + 1, value, count)]
    return []


def _emptied(data: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(len(data), column.type)])


def _other(data: pa.ChunkedArray, table: str, column: Column, kind: str, mend: str) -> Violation:
    """Return the violation of a column all of which is of another type."""
    row, problem = first(pc.is_valid(data)), f"holds {data.type}, not {kind}"
    count = len(data) - data.null_count
    # Python has no word for every time that Arrow holds.
    value = data[row].cast(pa.string()) if pa.types.is_temporal(data.type) else data[row]
    return Violation(table, problem, mend, column.name, row + 1, shorten(value.as_py()), count)


def _unread(
    data: pa.ChunkedArray, result: pa.Array | pa.ChunkedArray, table: str, column: Column, mend: str
) -> list[Violation]:
    failed = pc.and_(pc.is_valid(data), pc.is_null(result))
    count = pc.sum(failed).as_py() or 0
    if not count:
        return []
    row = first(failed)
    of = column.type
    kind = "time" if pa.types.is_timestamp(of) else "true or false" if pa.types.is_boolean(of) else "number"
    value = shorten(data[row].cast(pa.int64() if pa.types.is_timestamp(data.type) else data.type).as_py())
    return [Violation(table, f"cannot be read as {kind}", mend, column.name, row + 1, value, count)]
