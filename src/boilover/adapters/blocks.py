"""Read CSV and Parquet block by block: only the columns that a recipe names, every word as it is written."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from boilover.adapters.members import Member
from boilover.adapters.sources import AGAIN, HEAD, PARQUET_MAGIC
from boilover.adapters.table_mapping import TableMapping
from boilover.conform import conform
from boilover.csv_faults import Watched, delimiter_in, fault_in, is_plain, unclosed_in
from boilover.errors import ContractError, InputError
from boilover.schema import Column

CSV_BLOCK = 4 << 20
PARQUET_ROWS = 65_536


def is_parquet(head: bytes) -> bool:
    """Say whether the content is Parquet."""
    return head.startswith(PARQUET_MAGIC)


def header(member: Member, *, delimiter: str = ",", encoding: str = "utf-8") -> list[str]:
    """Return the names of the columns of a CSV or Parquet file."""
    if is_parquet(member.head):
        with member.on_disk() as path, _whole_parquet(member):
            return list(pq.read_schema(path).names)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(member.head, final=len(member.head) < HEAD)
    except UnicodeError as error:
        raise _encoding_error(member, encoding, delimiter) from error
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def require(file: str, present: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise `InputError` naming the first column of ``wanted`` that is absent, and the nearest present."""
    missing = sorted(set(wanted) - set(present))
    if not missing:
        return
    folded = {name.casefold(): name for name in present}
    near = difflib.get_close_matches(missing[0].casefold(), folded, 1, 0.5)
    mend = f"The nearest is '{folded[near[0]]}'" if near else f"There are: {', '.join(present[:20])}"
    mend += "; mend the [mapping]"
    if (mark := delimiter_in(present)) is not None:
        mend = f"All of the header is one cell; set delimiter = {json.dumps(mark)} in the [mapping]"
    more = f" ({len(missing)} are: {', '.join(missing)})" if len(missing) > 1 else ""
    raise InputError(f"the column is missing{more}", file=file, column=missing[0], mend=mend)


def read_blocks(member: Member, columns: Iterable[str], mapping: TableMapping) -> Iterator[pa.Table]:
    """Yield ``columns`` of a CSV or Parquet file in blocks of rows: strings, and stored times as times.

    Empty cells and the mapping's words for it become missing values. A CSV row with a wrong number of cells is dropped
    and counted. Raises `InputError` where the file cannot be read, or a column that the mapping names is absent, stands
    more than once, or holds lists.
    """
    present = header(member, delimiter=mapping.delimiter, encoding=mapping.encoding)
    absent = set(mapping.optional) - set(present)
    wanted = sorted(set(columns) - absent)
    require(member.name, present, wanted)
    used = mapping.columns() | mapping.ticket_columns()
    if doubled := [name for name in wanted if name in used and present.count(name) > 1]:
        problem, mend = "the column stands more than once", "Rename all but one, or leave them out"
        raise InputError(problem, file=member.name, column=doubled[0], mend=mend)
    if is_parquet(member.head):
        blocks = _parquet_blocks(member, wanted, used, mapping.missing)
    else:
        blocks = _csv_blocks(member, wanted, mapping)
    for block in blocks:
        for name in sorted(absent & set(columns)):
            block = block.append_column(name, pa.nulls(len(block), pa.string()))
        yield block


def _csv_blocks(member: Member, columns: list[str], mapping: TableMapping) -> Iterator[pa.Table]:
    def skip(row: pa_csv.InvalidRow) -> str:
        member.tally.rows += 1
        member.tally.drop(f"not {row.expected_columns} cells", 1, f"{row.actual_columns} cells")
        return "skip"

    options = pa_csv.ConvertOptions(
        include_columns=columns,
        column_types=dict.fromkeys(columns, pa.string()),
        null_values=["", *mapping.missing],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    parse = pa_csv.ParseOptions(
        delimiter=mapping.delimiter, newlines_in_values=True, invalid_row_handler=skip
    )
    read = pa_csv.ReadOptions(encoding=mapping.encoding, block_size=CSV_BLOCK, use_threads=False)
    try:
        with member.open() as stream:
            watched = Watched(stream, mapping.delimiter)
            with pa_csv.open_csv(watched, read, parse, options) as batches:
                for batch in batches:
                    yield pa.Table.from_batches([batch])
    except UnicodeDecodeError as error:
        raise _encoding_error(member, mapping.encoding, mapping.delimiter) from error
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            raise _encoding_error(member, mapping.encoding, mapping.delimiter) from error
        if "straddling" in str(error):
            _check_quotes(member, mapping)
            problem, mend = (
                f"holds a row of more than {CSV_BLOCK:,} bytes",
                "Shorten its texts, or leave it out",
            )
            raise InputError(problem, file=member.name, mend=mend) from error
        reason = str(error).splitlines()[0].split(":")[0]
        raise InputError(f"cannot be read as CSV: {reason}", file=member.name, mend=AGAIN) from error
    if watched.is_odd:
        _check_quotes(member, mapping)


def _check_quotes(member: Member, mapping: TableMapping) -> None:
    if is_plain(mapping.encoding, mapping.delimiter):
        with member.open() as stream:
            unclosed = unclosed_in(stream, member.name, mapping.delimiter)
        if unclosed is not None:
            raise unclosed


def _parquet_blocks(
    member: Member, columns: list[str], used: set[str], missing: Sequence[str]
) -> Iterator[pa.Table]:
    nothing = pa.array(["", *missing], pa.string())
    with member.on_disk() as path, _whole_parquet(member), pq.ParquetFile(path) as file:
        for batch in file.iter_batches(PARQUET_ROWS, columns=columns):
            table = pa.Table.from_batches([batch])
            as_strings = [
                Column(field.name, pa.string(), False, "")
                for field in table.schema
                if not pa.types.is_timestamp(field.type) and not pa.types.is_date(field.type)
            ]
            table, violations = conform(table, "table", as_strings, keep_extra=True)
            if wrong := [each for each in violations if each.column in used]:
                raise ContractError(wrong, file=member.name)
            for place, field in enumerate(table.schema):
                if pa.types.is_string(field.type):
                    empty = pc.is_in(table[place], nothing)
                    table = table.set_column(place, field.name, pc.if_else(empty, None, table[place]))
            yield table


@contextmanager
def _whole_parquet(member: Member) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        problem = "cannot be read as Parquet; it is truncated or damaged"
        raise InputError(problem, file=member.name, mend=AGAIN) from error


def _encoding_error(member: Member, encoding: str, delimiter: str) -> InputError:
    mend = "Export it as UTF-8, or set encoding in the [mapping], for instance 'latin-1' or 'cp1252'"
    with member.open() as stream:
        found = fault_in(stream, member.name, encoding, delimiter, mend=mend, even=False)
    return found or InputError(f"the text is not {encoding}", file=member.name, mend=mend)
