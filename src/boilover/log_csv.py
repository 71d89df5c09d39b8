"""A table of a log as CSV, plain or gzip: Arrow reads it, and what Arrow would pass over in silence is told."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as pa_csv

from boilover.csv_faults import LARGEST_CELL, Watched, unclosed_in
from boilover.places import filesystem_of
from boilover.schema import EVENTS, TICKETS

CUT_SHORT = (EOFError, zlib.error)
"""What a compressed file raises that is not whole."""
BLOCK = 1 << 20


@contextmanager
def bytes_of(path: Path) -> Iterator[BinaryIO]:
    """Yield what a CSV holds, decompressed."""
    with path.open("rb") as raw:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw


@contextmanager
def _native(path: Path, end: int | None = None) -> Iterator[Any]:
    """Yield a CSV that Arrow reads by itself, up to the byte ``end`` of the file where one is told.

    Its thread reads ahead: it would go on asking a file of Python's after an error, and abort where the process ends.
    """
    if filesystem_of(path) is not None:
        with bytes_of(path) as stream:
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


def read_csv(path: Path, leave_out: Sequence[str]) -> pa.Table:
    """Return a table; the contract's columns and ids are text. Raises `InputError` for a quote that is not closed.

    Raises what pyarrow, Python's codecs and `CUT_SHORT` tell of any other fault.
    """
    try:
        return _parsed_csv(path, leave_out, pa_csv.ReadOptions())
    except pa.ArrowInvalid as error:
        # A row that is longer than a block: so many bytes are read at a time.
        if "straddling" not in str(error):
            raise
        return _parsed_csv(path, leave_out, pa_csv.ReadOptions(block_size=LARGEST_CELL))


def names_in(stream: BinaryIO) -> list[str]:
    """Return the cells of the first row that holds any. pyarrow's reader of blocks would read on in a thread then."""
    text = TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    # Whatever is wrong with the file is told where all of it is read.
    with text, suppress(csv.Error, *CUT_SHORT):
        return next(filter(None, csv.reader(text)), [])
    return []


def _parsed_csv(path: Path, leave_out: Sequence[str], blocks: pa_csv.ReadOptions) -> pa.Table:
    lines = pa_csv.ParseOptions(newlines_in_values=True)
    with bytes_of(path) as stream:
        names = names_in(stream)
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
    with bytes_of(path) as stream:
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
        with bytes_of(path) as stream:
            unclosed = unclosed_in(stream, path)
        if unclosed is not None:
            raise unclosed
    # Asks for every name: one that is not UTF-8 is told here, with the file.
    return table.drop_columns([name for name in table.column_names if name in leave_out])
