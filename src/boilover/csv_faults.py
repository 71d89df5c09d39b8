"""Where a CSV that cannot be read goes wrong: its readers say little of it, or quote what a customer wrote."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from boilover.errors import InputError

DELIMITERS = (";", "\t", "|", ",")
LARGEST_CELL = 1 << 27
BLOCK = 1 << 20
BOM = "ï»¿"
"""A byte order mark, each byte taken for a letter."""
MEND = "Export it as UTF-8, or turn it to that, as `iconv -f latin1 -t utf-8` does"


def fault_in(
    stream: BinaryIO,
    file: object,
    encoding: str = "utf-8",
    delimiter: str = ",",
    *,
    mend: str = MEND,
    even: bool = True,
) -> InputError | None:
    """Return the error for the first cell that is not of the ``encoding``, or, where rows have to be ``even``, for the
    first row with more or fewer cells than the header; None where there is neither.

    ``mend`` is for cells. Encodings in which a delimiter may be part of a letter, as of UTF-16, are not looked through.
    """
    if any(mark.encode(encoding) != mark.encode("ascii") for mark in f'{delimiter}"\n'):
        return None
    csv.field_size_limit(LARGEST_CELL)
    # With a letter for each byte, cells are told apart before they are decoded.
    text = io.TextIOWrapper(stream, encoding="latin-1", newline="")
    names: list[str] = []
    try:
        for row, cells in enumerate(filter(None, csv.reader(text, delimiter=delimiter))):
            names = names or [_told(cell.removeprefix(BOM), encoding) for cell in cells]
            for place, cell in enumerate(cells):
                wrong = _undecoded(cell, encoding)
                if wrong:
                    column = names[place] if place < len(names) else str(place + 1)
                    problem = f"holds bytes that are not {encoding}: {wrong.hex(' ')}"
                    return InputError(problem, file=file, column=column, row=row or None, mend=mend)
            if even and len(cells) != len(names):
                problem = f"the number of its cells is {len(cells)}, in the header {len(names)}"
                mended = (
                    "Look for a quote that is not closed and for commas without quotes, or export it again"
                )
                return InputError(problem, file=file, row=row, mend=mended)
    except csv.Error:
        return None
    finally:
        text.detach()
    return None


def unclosed_in(stream: BinaryIO, file: object) -> InputError | None:
    """Return the error for a quote that is not closed, None where each one is: Arrow reads on to the next, over rows.

    Quotes are counted first, which takes a moment: their number is even where each is closed.
    """
    if sum(block.count(b'"') for block in iter(lambda: stream.read(BLOCK), b"")) % 2 == 0:
        return None
    stream.seek(0)
    text, row = io.TextIOWrapper(stream, encoding="latin-1", newline=""), 0
    try:
        for _ in filter(None, csv.reader(text, strict=True)):
            row += 1
    except csv.Error:
        mend = "Close it, write quotes within a text twice, or export it again"
        return InputError("holds a quote that is not closed", file=file, row=row or None, mend=mend)
    finally:
        text.detach()
    return None


def not_utf8(path: Path, mend: str) -> InputError:
    """Return the error of a CSV file that is read as UTF-8 and is not."""
    with path.open("rb") as raw:
        return fault_in(raw, path) or InputError("is not UTF-8", file=path, mend=mend)


def _undecoded(cell: str, encoding: str) -> bytes:
    """Return the first bytes of a cell that are not of an encoding, none where all are."""
    try:
        _ = cell.encode("latin-1").decode(encoding)
    except UnicodeDecodeError as error:
        return bytes(error.object[error.start : error.end])
    return b""


def _told(cell: str, encoding: str) -> str:
    return cell.encode("latin-1").decode(encoding, "replace")


def delimiter_in(columns: Sequence[str]) -> str | None:
    """Return what seems to be between the cells of a header that was read as one, None where nothing does."""
    if len(columns) != 1:
        return None
    return next((mark for mark in DELIMITERS if mark in columns[0]), None)
