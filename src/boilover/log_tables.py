"""A table of a log on disk: where it is, which columns it has, and what it holds; Parquet or CSV."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from boilover.csv_faults import LARGEST_CELL, Watched, fault_in, unclosed_in
from boilover.errors import InputError
from boilover.partitions import joined
from boilover.places import filesystem_of, named, unreadable
from boilover.schema import EVENTS, TEXTS, TICKETS

SUFFIXES = (".parquet", ".csv", ".csv.gz")
CUT_SHORT = (EOFError, zlib.error)
"""What a compressed file raises that is not whole."""
BLOCK = 1 << 20


def table_in(folder: Path, name: str) -> Path | None:
    """Return where a table of a log is, None where there is none; raise `InputError` for a CSV that is not opened."""
    paths = [folder / f"{name}{suffix}" for suffix in SUFFIXES] + [folder / name]
    path = next((path for path in paths if path.exists()), None)
    if path is not None and ".csv" in path.name:
        try:
            path.open("rb").close()
        except OSError as error:
            raise unreadable(path, error) from error
    return path


def read_table(path: Path, coded: Sequence[str] | None, leave_out: Sequence[str]) -> pa.Table:
    """Return a table; of Parquet the ``coded`` columns, of None those of words, are dictionary-encoded."""
    try:
        if ".csv" in path.name:
            return _read_csv(path, leave_out)
        return _read_parquet(path, _attributes(path) if coded is None else coded, leave_out)
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (pa.ArrowException, UnicodeDecodeError, OSError, *CUT_SHORT) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else "nothing in it"
        if ".csv" in path.name:
            raise _fault(path) or InputError(
                # What follows a colon may be a row as it stands.
                f"cannot be read as CSV: {reason.partition(':')[0]}",
                file=path,
                mend="Export it again",
            ) from error
        raise InputError(f"cannot be read as Parquet: {reason}", file=path, mend="Export it again") from error


def _read_parquet(path: Path, coded: Sequence[str], leave_out: Sequence[str]) -> pa.Table:
    """Return a file with its marks, or a folder of files as one table."""
    store = filesystem_of(path)
    if not path.is_file():
        dataset = pq.ParquetDataset(named(path), read_dictionary=coded, filesystem=store)
        with ThreadPoolExecutor() as pool:
            held = list(pool.map(lambda piece: piece.physical_schema, dataset.fragments))
        if any(each != held[0] for each in held):
            return _joined(dataset, held, leave_out)
        columns = [column for column in dataset.schema.names if column not in leave_out]
        return dataset.read(columns=columns).replace_schema_metadata(None)
    about = pq.read_metadata(named(path), filesystem=store)
    names = about.schema.to_arrow_schema().names
    # As a dataset of one, a file would come in pieces that have to be joined again.
    with pq.ParquetFile(
        named(path),
        metadata=about,
        read_dictionary=[column for column in coded if column in names],
        filesystem=store,
        pre_buffer=store is not None,
    ) as file:
        return file.read(columns=[column for column in names if column not in leave_out])


def _joined(dataset: pq.ParquetDataset, held: Sequence[pa.Schema], leave_out: Sequence[str]) -> pa.Table:
    """Return files that differ in columns or types as one table. As a dataset they would be read by the first one:
    what it lacks, or holds nothing of, would be lost."""
    names = {name for each in held for name in each.names}
    keys = [field for field in dataset.schema if field.name not in names]
    pieces = []
    for piece, schema in zip(dataset.fragments, held, strict=True):
        columns = [name for name in schema.names if name not in leave_out]
        whole = pa.schema([*schema, *keys])
        pieces.append(piece.to_table(whole, columns=[*columns, *(key.name for key in keys)]))
    return joined(pieces)


def columns_of(path: Path) -> list[str]:
    """Return the names of a table's columns, none where that cannot be read."""
    with suppress(OSError, pa.ArrowInvalid, UnicodeDecodeError, *CUT_SHORT):
        if ".csv" in path.name:
            with _bytes_of(path) as stream:
                return _names_in(stream)
        return list(pq.ParquetDataset(named(path), filesystem=filesystem_of(path)).schema.names)
    return []


def _attributes(path: Path) -> list[str]:
    """Return the columns of tickets that hold words."""
    schema = pq.ParquetDataset(named(path), filesystem=filesystem_of(path)).schema
    return [
        each.name
        for each in schema
        if pa.types.is_string(each.type) and each.name not in ("ticket_id", *TEXTS)
    ]


def _fault(path: Path) -> InputError | None:
    """Return what is wrong with a CSV, None where that is not seen."""
    try:
        with _bytes_of(path) as stream:
            return fault_in(stream, path)
    except (OSError, *CUT_SHORT):
        return None


@contextmanager
def _bytes_of(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw


@contextmanager
def _native(path: Path, end: int | None = None) -> Iterator[Any]:
    """Yield a CSV that Arrow reads by itself, up to the byte ``end`` of the file where one is told.

    Its thread reads ahead: it would go on asking a file of Python's after an error, and abort where the process ends.
    """
    if filesystem_of(path) is not None:
        with _bytes_of(path) as stream:
            yield stream
        return
    with pa.OSFile(str(path)) as raw:
        part = raw if end is None else raw.get_stream(0, end)
        yield pa.CompressedInputStream(part, "gzip") if path.suffix == ".gz" else part


def _end_of_gzip(path: Path) -> int:
    """Return where the last member of a gzip file ends that Python can read; zeros may follow."""
    end, inflate = 0, None
    with path.open("rb") as raw:
        while block := raw.read(BLOCK >> 4):
            while block := block if inflate else block.lstrip(b"\0"):
                inflate = inflate or zlib.decompressobj(zlib.MAX_WBITS | 16)
                inflate.decompress(block)
                block = inflate.unused_data
                if inflate.eof:
                    end, inflate = raw.tell() - len(block), None
    return end


def _read_csv(path: Path, leave_out: Sequence[str]) -> pa.Table:
    try:
        return _parsed_csv(path, leave_out, pa_csv.ReadOptions())
    except pa.ArrowInvalid as error:
        # A row that is longer than a block: so many bytes are read at a time.
        if "straddling" not in str(error):
            raise
        return _parsed_csv(path, leave_out, pa_csv.ReadOptions(block_size=LARGEST_CELL))


def _names_in(stream: BinaryIO) -> list[str]:
    """Return the cells of the first row that holds any. pyarrow's reader of blocks would read on in a thread then."""
    text = TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    # Whatever is wrong with the file is told where all of it is read.
    with text, suppress(csv.Error, *CUT_SHORT):
        return next(filter(None, csv.reader(text)), [])
    return []


def _parsed_csv(path: Path, leave_out: Sequence[str], blocks: pa_csv.ReadOptions) -> pa.Table:
    lines = pa_csv.ParseOptions(newlines_in_values=True)
    with _bytes_of(path) as stream:
        names = _names_in(stream)
    # An id keeps its leading zeros.
    texts = [
        *(column.name for column in (*EVENTS, *TICKETS)),
        *(name for name in names if name.endswith("_id")),
    ]
    options = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(texts, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    with _bytes_of(path) as stream:
        watched = Watched(stream)
        while watched.read(BLOCK):
            pass

    def parsed(end: int | None = None) -> pa.Table:
        with _native(path, end) as stream:
            return pa_csv.read_csv(stream, convert_options=options, parse_options=lines, read_options=blocks)

    try:
        table = parsed()
    except (pa.ArrowInvalid, OSError):
        # Tapes and some object stores pad a file with zeros, which Arrow takes for a member that is broken.
        if path.suffix != ".gz" or filesystem_of(path) is not None:
            raise
        if (end := _end_of_gzip(path)) == path.stat().st_size:
            raise
        table = parsed(end)
    if any(pa.types.is_binary(field.type) for field in table.schema):
        # What is not UTF-8 is read as bytes, where the contract does not ask for text.
        raise pa.ArrowInvalid("not UTF-8")
    if watched.is_odd:
        with _bytes_of(path) as stream:
            unclosed = unclosed_in(stream, path)
        if unclosed is not None:
            raise unclosed
    # Asks for every name: one that is not UTF-8 is told here, with the file.
    return table.drop_columns([name for name in table.column_names if name in leave_out])
