"""Read CSV and Parquet into frames: only the columns that a recipe names, every word as it is written."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from boilover.adapters.base import Tally
from boilover.adapters.sources import HEAD, PARQUET_MAGIC, open_source, read_head
from boilover.conform import conform
from boilover.errors import InputError
from boilover.schema import Column


def is_parquet(head: bytes) -> bool:
    """Say whether the content is Parquet."""
    return head.startswith(PARQUET_MAGIC)


def header(path: Path, head: bytes, *, delimiter: str = ",", encoding: str = "utf-8") -> list[str]:
    """Return the names of the columns of a CSV or Parquet file."""
    if is_parquet(head):
        return list(_parquet_schema(path).names)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError as error:
        raise _encoding_error(path, encoding) from error
    return next(csv.reader(io.StringIO(text), delimiter=delimiter), [])


def require(path: Path, present: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise `InputError` naming the first column of ``wanted`` that is absent, and the nearest present."""
    missing = sorted(set(wanted) - set(present))
    if not missing:
        return
    folded = {name.casefold(): name for name in present}
    near = difflib.get_close_matches(missing[0].casefold(), folded, 1, 0.5)
    mend = f"The nearest is '{folded[near[0]]}'" if near else f"There are: {', '.join(present[:20])}"
    more = f" ({len(missing)} are: {', '.join(missing)})" if len(missing) > 1 else ""
    raise InputError(
        f"the column is missing{more}", file=path, column=missing[0], mend=f"{mend}; mend the [mapping]"
    )


def read_table(
    path: Path, columns: Iterable[str], tally: Tally, *, missing: Sequence[str], delimiter: str, encoding: str
) -> pd.DataFrame:
    """Return ``columns`` of a CSV or Parquet file, strings as ``str``, stored times as times.

    The words of ``missing`` and empty cells become missing values. A CSV row with a wrong number of cells is
    dropped and counted. Raises `InputError` where the file cannot be read or a column is absent.
    """
    head = read_head(path)
    present = header(path, head, delimiter=delimiter, encoding=encoding)
    wanted = sorted(set(columns))
    require(path, present, wanted)
    if is_parquet(head):
        return _read_parquet(path, wanted, missing)
    return _read_csv(path, wanted, tally, missing, delimiter, encoding)


def _read_csv(
    path: Path, columns: list[str], tally: Tally, missing: Sequence[str], delimiter: str, encoding: str
) -> pd.DataFrame:
    def skip(row: pa_csv.InvalidRow) -> str:
        tally.rows += 1
        tally.drop(f"not {row.expected_columns} cells", 1, f"{row.actual_columns} cells")
        return "skip"

    options = pa_csv.ConvertOptions(
        include_columns=columns,
        column_types=dict.fromkeys(columns, pa.string()),
        null_values=["", *missing],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    parse = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip)
    read = pa_csv.ReadOptions(encoding=encoding, block_size=16 << 20, use_threads=False)
    try:
        with open_source(path) as stream:
            table = pa_csv.read_csv(stream, read, parse, options)
    except UnicodeDecodeError as error:
        raise _encoding_error(path, encoding) from error
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            raise _encoding_error(path, encoding) from error
        reason = str(error).splitlines()[0].split(":")[0]
        raise InputError(f"cannot be read as CSV: {reason}", file=path, mend="Export it again") from error
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_parquet(path: Path, columns: list[str], missing: Sequence[str]) -> pd.DataFrame:
    table = pq.read_table(path, columns=columns)
    as_strings = [
        Column(field.name, pa.string(), False, "")
        for field in table.schema
        if not pa.types.is_timestamp(field.type) and not pa.types.is_date(field.type)
    ]
    frame: pd.DataFrame = conform(table, str(path), as_strings, keep_extra=True)[0].to_pandas()
    texts = frame.select_dtypes(include=["str"]).columns
    frame[texts] = frame[texts].mask(frame[texts].isin(["", *missing]))
    return frame


def _parquet_schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        problem = "cannot be read as Parquet; it is truncated or damaged"
        raise InputError(problem, file=path, mend="Copy or export it again") from error


def _encoding_error(path: Path, encoding: str) -> InputError:
    mend = "Export it as UTF-8, or set encoding in the [mapping], for instance 'latin-1' or 'cp1252'"
    return InputError(f"the text is not {encoding}", file=path, mend=mend)
