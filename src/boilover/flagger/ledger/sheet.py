"""A sheet of answers as people save it: a spreadsheet in Windows writes another CSV than the one that it was given."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from boilover.csv_faults import delimiter_in
from boilover.errors import InputError
from boilover.inputs import read_rows
from boilover.spreadsheet import read_csv

AS_SHEET = (
    "Fill in what `boilover ledger export LEDGER sheet` writes, and save it as CSV in UTF-8, with commas"
)
FLAG = ("flag_id", "ticket_id")
"""The columns of which either tells whose flag an answer is to."""


def read_feedback(path: Path) -> pd.DataFrame:
    """Read a sheet of answers, every cell as text: CSV as it was written, or as a spreadsheet in Windows saves it."""
    turned = _turned(path)
    if turned is None:
        return read_rows(path, "a sheet of answers", FLAG, mend=AS_SHEET)
    try:
        return read_csv(turned, "str").fillna("")
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"cannot be read as a sheet of answers: {reason}", file=path, mend=AS_SHEET
        ) from error


def _turned(path: Path) -> io.StringIO | None:
    """Return a CSV with semicolons or in cp1252 as one with commas, None for any other file."""
    content = path.read_bytes() if path.suffix.lower() != ".parquet" and path.is_file() else b""
    is_utf8 = _decoded(content, "utf-8-sig") is not None
    text = _decoded(content, "utf-8-sig" if is_utf8 else "cp1252")
    if not text or "\0" in text:
        return None
    header = text.splitlines()[0]
    mark = "," if "," in header else delimiter_in([header])
    if mark is None or (is_utf8 and mark == ","):
        return None
    made = io.StringIO()
    csv.writer(made).writerows(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    made.seek(0)
    return made


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
