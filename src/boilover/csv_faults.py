"""Where a CSV that cannot be read goes wrong: its readers say little of it, or quote what a customer wrote."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from boilover.errors import InputError

DELIMITERS = (";", "\t", "|", ",")
LARGEST_CELL = 1 << 27
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
    if not is_plain(encoding, delimiter):
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


def is_plain(encoding: str, delimiter: str = ",") -> bool:
    """Return whether a mark between cells is the byte that it is in ASCII."""
    return all(mark.encode(encoding) == mark.encode("ascii") for mark in f'{delimiter}"\n')


class Watched:
    """A CSV on its way to Arrow, which reads on over rows where a quote is not closed; `is_odd` tells of it afterwards.

    A quote opens a cell at its start and closes it at its end. Where one stands elsewhere, `unclosed_in` looks closer.
    """

    closed = False

    def __init__(self, stream: BinaryIO, delimiter: str = ",") -> None:
        self._stream = stream
        self._bounds = np.isin(np.arange(256), [ord(each) for each in f'{delimiter}\r\n"'])
        self._inside = self._pending = self._odd = False
        self._last = ord("\n")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        block = self._stream.read(size)
        if block:
            self._look(block)
        return block

    @property
    def is_odd(self) -> bool:
        """Whether what was read so far holds quotes elsewhere, or one that is not closed."""
        return self._odd or self._inside

    def _look(self, block: bytes) -> None:
        self._odd |= self._pending and not self._bounds[block[0]]
        self._pending = False
        if b'"' in block:
            letters = np.frombuffer(block, dtype=np.uint8)
            quotes = np.flatnonzero(letters == ord('"'))
            closes = (np.arange(len(quotes)) + self._inside) % 2 == 1
            begins, ends = quotes[~closes], quotes[closes]
            before = np.where(begins > 0, letters[begins - 1], self._last)
            after = letters[ends[ends < len(block) - 1] + 1]
            self._odd |= not (self._bounds[before].all() and self._bounds[after].all())
            self._pending = bool(len(ends)) and int(ends[-1]) == len(block) - 1
            self._inside ^= len(quotes) % 2 == 1
        self._last = block[-1]


def unclosed_in(stream: BinaryIO, file: object, delimiter: str = ",") -> InputError | None:
    """Return the error for a quote that is not closed, or only in a later row; None where each one is closed."""
    csv.field_size_limit(LARGEST_CELL)
    text = io.TextIOWrapper(stream, encoding="latin-1", newline="")
    rows, row, line = csv.reader(text, delimiter=delimiter, strict=True), 0, 0
    try:
        while True:
            try:
                row += bool(next(rows))
            except StopIteration:
                return None
            except csv.Error as error:
                # Letters after a quote take no other row along where they stand in one line with it.
                if rows.line_num > line + 1 or "end of data" in str(error):
                    mend = "Close it, write quotes within a text twice, or export it again"
                    problem = "holds a quote that is not closed"
                    return InputError(problem, file=file, row=row or None, mend=mend)
                row += 1
            line = rows.line_num
    finally:
        text.detach()


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
