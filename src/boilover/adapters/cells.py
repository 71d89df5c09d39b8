"""Read CSV row by row, by the names of its header."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import cast

from boilover.adapters.members import Member
from boilover.adapters.sources import AGAIN
from boilover.csv_faults import LARGEST_CELL, fault_in, unclosed_in
from boilover.errors import InputError

DELIMITERS = ",;\t|"


def csv_rows(member: Member, *, encoding: str | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file by the names of its header; a repeated name becomes ``name.1``, ``name.2``, ….

    Between cells is the most frequent of comma, semicolon, tab and bar in the header. A row with a wrong number of
    cells is dropped and counted. ``encoding`` is that of the options, None where a system has no such option. Raises
    `InputError` for text in another encoding.
    """
    mend = "Export it as UTF-8" + (", or set encoding in the [options] of a recipe" if encoding else "")
    encoding = encoding or "utf-8"
    csv.field_size_limit(LARGEST_CELL)
    with member.open() as stream:
        text = io.TextIOWrapper(cast(io.BufferedReader, stream), encoding=encoding, newline="")
        delimiter = DELIMITERS[0]
        try:
            delimiter = _delimiter(member.head, encoding)
            rows = csv.reader(text, delimiter=delimiter, strict=True)
            names = _distinct(next(rows, []))
            for row in rows:
                if len(row) == len(names):
                    yield dict(zip(names, row, strict=True))
                elif row:
                    member.tally.rows += 1
                    found = f"{len(row)} in line {rows.line_num} of {member.label}"
                    member.tally.drop(f"not {len(names)} cells", 1, found)
        except UnicodeError as error:
            with member.open() as again:
                fault = fault_in(again, member.name, encoding, delimiter, mend=mend, even=False)
            raise fault or InputError(f"the text is not {encoding}", file=member.name, mend=mend) from error
        except csv.Error as error:
            with member.open() as again:
                unclosed = unclosed_in(again, member.name, delimiter)
            problem = f"cannot be read as CSV: {error} in line {rows.line_num}"
            raise unclosed or InputError(problem, file=member.name, mend=AGAIN) from error
        finally:
            text.detach()


def header_of(head: bytes) -> list[str]:
    """Return the header of a CSV by its start, parted where that gives most cells; nothing of what is no text."""
    if b"\0" in head:
        return []
    text = head.decode("utf-8", errors="replace")
    rows = [next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), []) for mark in DELIMITERS]
    return max(rows, key=len)


def _delimiter(head: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)(errors="ignore").decode(head)
    first = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _distinct(names: Iterable[str]) -> list[str]:
    seen: Counter[str] = Counter()
    distinct = []
    for name in (each.strip() for each in names):
        distinct.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return distinct
