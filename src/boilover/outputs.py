"""Results as files and on standard output: CSV, JSON lines, Parquet, a table to read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from errno import ENOENT
from pathlib import Path
from typing import IO, Any, TextIO

import numpy as np
import pandas as pd

from boilover.csv_faults import not_utf8
from boilover.errors import InputError, MismatchError, UsageError, shorten
from boilover.files import check_file, replacing
from boilover.listing import is_listing, to_table
from boilover.log import OF_A_LOG, is_log
from boilover.model.saved import MANIFEST, OF_A_MODEL
from boilover.places import STANDARD, filesystem_of, title
from boilover.spreadsheet import RowError, read_csv, read_jsonl, standard_input, write_csv, write_jsonl
from boilover.tables import terminal_width
from boilover.times import read_iso

FORMATS = ("csv", "jsonl", "parquet", "table")
SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".txt": "table"}
LONGEST_LINE = 1_000
SAMPLED_ROWS = 1_000
"""So many rows tell whether the values of a column differ."""
BY_SCORE = "Write them with `boilover score`"
IN_FULL = "Write them with `boilover score --format csv`, or jsonl or parquet"
DECIDES: Mapping[str, Callable[[pd.Series], pd.Series]] = {
    "ticket_id": lambda values: values,
    "as_of": read_iso,
    "risk": lambda values: (risk := pd.to_numeric(values, errors="coerce")).where(risk.between(0, 1)),
    "rank": lambda values: pd.to_numeric(values, errors="coerce"),
}
"""Columns of scores by which flags are decided, and how each is read."""


def write_frame(frame: pd.DataFrame, target: Path, form: str | None = None) -> None:
    """Write a frame to a file, moved into place when whole, or to standard output where ``target`` is ``-``.

    ``form`` is one of ``FORMATS``; left out, the file's ending tells, and standard output takes a table on a terminal
    and CSV in a pipe. In CSV a text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    chosen = format_of(target, form)
    if target == STANDARD:
        if chosen == "parquet":
            _write_parquet(frame, sys.stdout.buffer)
        else:
            _write_text(frame, sys.stdout, chosen)
        # What the system does not take is told here: at the end of the process nobody would hear it.
        sys.stdout.flush()
        return
    with replacing(target) as made:
        if chosen == "parquet":
            _write_parquet(frame, made)
        else:
            with made.open("w", encoding="utf-8", newline="") as file:
                _write_text(frame, file, chosen)


def format_of(target: Path, form: str | None = None) -> str:
    """Return the format that `write_frame` writes; raise `UsageError` where there is none for a file's ending."""
    ending = target.suffix.lower()
    told = SUFFIXES.get(ending, ending.removeprefix("."))
    chosen = form or told or ("table" if target == STANDARD and sys.stdout.isatty() else "csv")
    if chosen not in FORMATS:
        raise UsageError(f"'{chosen}' is no format. Formats are {', '.join(FORMATS)}")
    return chosen


def check_target(target: Path, form: str | None = None, *, read: Iterable[Path | None] = ()) -> None:
    """Raise `UsageError` where `write_frame` would, or where the target is ``read``: to be told before the work."""
    format_of(target, form)
    if target == STANDARD:
        return
    check_file(target)
    check_unread(target, read)


def check_unread(target: Path, read: Iterable[Path | None]) -> None:
    """Raise `UsageError` where a target is ``read``: it is what was named, or a file of that log or export."""
    if any(_is_part(target, given) for given in read if given is not None):
        raise UsageError(f"{target} is read, and would be lost. Name another place to write to")


def _is_part(target: Path, given: Path) -> bool:
    if filesystem_of(target) is not None or filesystem_of(given) is not None:
        return str(target) == str(given)
    there, known = (Path(os.path.realpath(each)) for each in (target, given))
    if not there.is_relative_to(known) or there == known:
        return there == known
    # Beside the tables of a log, and the files of a model, others may lie; of an export all are read.
    first = there.relative_to(known).parts[0]
    if is_log(known):
        return first.partition(".")[0] in OF_A_LOG
    return bool(OF_A_MODEL.fullmatch(first)) if (known / MANIFEST).exists() else there.exists()


def write_json(values: Mapping[str, Any], target: Path) -> None:
    """Write plain values as JSON, to a file or to standard output."""
    write_text(f"{json.dumps(values, indent=1, allow_nan=False, ensure_ascii=False)}\n", target)


def write_text(text: str, target: Path) -> None:
    """Write text to a file or to standard output."""
    if target == STANDARD:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    with replacing(target) as made:
        made.write_text(text, encoding="utf-8")


def read_frame(path: Path, *, model: str | None = None) -> pd.DataFrame:
    """Read scores that `write_frame` wrote: CSV, JSON lines or Parquet; ``-`` is any of them on standard input.

    ``as_of`` is a time, whatever the format. Raises `InputError` where a column is missing that flags are decided by, a
    cell of it is neither empty nor fits, or a risk is of no ticket or no moment, and `MismatchError` where they say
    that they are of another ``model`` than the one of that name.
    """
    text = {"ticket_id": "str", "note": "str", "model": "str"}
    source: Path | IO[bytes] = path
    form = SUFFIXES.get(path.suffix.lower())
    try:
        if path == STANDARD:
            form, source = standard_input()
        if form == "parquet":
            frame = pd.read_parquet(source)
        elif form == "jsonl":
            frame = read_jsonl(source, text)
        else:
            frame = read_csv(source, text)
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError) and path != STANDARD and form not in ("parquet", "jsonl"):
            raise not_utf8(path, BY_SCORE) from error
        if form != "parquet" and is_listing(_first_line(source)):
            raise _listing(path) from error
        # The path is told already.
        number = ENOENT if isinstance(error, FileNotFoundError) else getattr(error, "errno", None)
        told = str(error).splitlines()[0] if number is None else os.strerror(number)
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else told
        row = error.row if isinstance(error, RowError) else None
        problem = f"cannot be read as scores: {reason}"
        raise InputError(problem, file=title(path), row=row, mend=BY_SCORE) from error
    if is_listing(" ".join(map(str, frame.columns))):
        raise _listing(path)
    for name, read in DECIDES.items():
        if name not in frame.columns:
            # What is no header of scores may be a row of something.
            is_header = any(each in frame.columns for each in DECIDES)
            there = f"; there are: {', '.join(map(str, frame.columns))}" if is_header else ""
            problem = f"required column is missing{there}"
            raise InputError(problem, file=title(path), column=name, mend=BY_SCORE)
        values = read(frame[name])
        wrong = np.flatnonzero(values.isna() & frame[name].notna())
        if len(wrong):
            row = int(wrong[0])
            value = frame[name].iloc[row]
            raise InputError(
                "cannot be read", file=title(path), column=name, row=row + 1, value=value, mend=BY_SCORE
            )
        frame[name] = values
    for name in ("ticket_id", "as_of"):
        empty = np.flatnonzero(frame[name].isna() & frame["risk"].notna())
        if len(empty):
            problem = "is empty, and the row has a risk"
            raise InputError(problem, file=title(path), column=name, row=int(empty[0]) + 1, mend=BY_SCORE)
    by = model_told(frame, path)
    if model is not None and by not in ("", model):
        raise MismatchError(
            f"{title(path)}: the scores are of the model {shorten(by)}, and {model!r} is named. Name the model that"
            " scored them, or score again"
        )
    return frame


def _first_line(source: Path | IO[bytes]) -> str:
    """Return how a text begins; nothing of a pipe, which is read once."""
    if not isinstance(source, Path):
        source.seek(0)
        return source.readline().decode("utf-8", "replace")
    if not source.is_file():
        return ""
    with source.open(encoding="utf-8", errors="replace") as file:
        return file.readline(LONGEST_LINE)


def _listing(path: Path) -> InputError:
    return InputError(
        "is a table for people to read, which holds a part of the scores", file=title(path), mend=IN_FULL
    )


def model_told(scores: pd.DataFrame, path: Path | None = None) -> str:
    """Return the name of the model that scored, nothing where no row tells it.

    Raises `MismatchError`, which names the ``path`` that the scores were read from, for several.
    """
    told = sorted(map(str, scores["model"].dropna().unique())) if "model" in scores.columns else []
    if len(told) > 1:
        listed = ", ".join(map(shorten, told))
        where = "" if path is None else f"{title(path)}: "
        raise MismatchError(
            f"{where}the scores are of several models: {listed}. Score again with one, or flag those of each by"
            " themselves"
        )
    return told[0] if told else ""


def _write_text(frame: pd.DataFrame, file: TextIO, form: str) -> None:
    if form == "table":
        file.write(f"{to_table(frame, width=terminal_width() if file.isatty() else None)}\n")
    elif form == "jsonl":
        write_jsonl(frame, file)
    else:
        write_csv(frame, file)


def _write_parquet(frame: pd.DataFrame, target: Path | IO[bytes]) -> None:
    """Write Parquet in less time than pandas' own way: no list is made of values that all differ."""
    alike = [str(name) for name in frame.columns if _is_alike(frame[name])]
    # The least and the greatest text of a file help nobody to find a row.
    told = [str(name) for name in frame.columns if not isinstance(frame[name].dtype, pd.StringDtype)]
    frame.to_parquet(target, use_dictionary=alike, write_statistics=told)


def _is_alike(values: pd.Series) -> bool:
    """Return whether the values of a column are mostly the same, as far as some of them tell."""
    if not (isinstance(values.dtype, pd.StringDtype) or pd.api.types.is_numeric_dtype(values.dtype)):
        return True
    some = values.iloc[:: max(1, len(values) // SAMPLED_ROWS)]
    return 2 * some.nunique() <= max(len(some), SAMPLED_ROWS)
