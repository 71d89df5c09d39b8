"""Columns to be audited: what each tells of each ticket, and when it tells it first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.audit.numerals import numbers_of
from boilover.history import KINDS, Coded, Codes, Floats, History, Ints
from boilover.standing import NEVER

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """The rows of one column, sorted by ticket and time; a row without a value is not among them.

    ``ticket`` are codes of the history, ``time`` (int64 microseconds) when the row was seen, ``codes`` int32 into
    ``words``. ``place`` and ``read`` as in `Finding`.
    """

    name: str
    place: str
    ticket: Codes
    time: Ints
    codes: Codes
    words: tuple[str, ...]
    n_tickets: int
    read: bool = True

    @classmethod
    def of_rows(cls, name: str, place: str, ticket: Codes, time: Ints, told: Coded, n: int) -> Column:
        """Return a column of rows that are sorted already; empty ones are left out."""
        some = (told.codes >= 0) & (ticket >= 0)
        return cls(name, place, ticket[some], time[some], told.codes[some], told.words, n)

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        return np.flatnonzero(np.diff(self.ticket, prepend=-1) != 0)

    @cached_property
    def first(self) -> Codes:
        """The first value of each ticket, int32 (n_tickets); −1 where it has none."""
        codes = np.full(self.n_tickets, -1, dtype=np.int32)
        codes[self.ticket[self._starts]] = self.codes[self._starts]
        return codes

    @cached_property
    def since(self) -> Ints:
        """When that value was told, int64 microseconds (n_tickets); `NEVER` where there is none."""
        since = np.full(self.n_tickets, NEVER)
        since[self.ticket[self._starts]] = self.time[self._starts]
        return since

    @cached_property
    def changed(self) -> float:
        """The share of tickets with a value in which it changes later."""
        if not len(self.ticket):
            return 0.0
        differs = self.codes != self.first[self.ticket]
        return len(np.unique(self.ticket[differs])) / len(self._starts)

    @cached_property
    def alike(self) -> float:
        """The share of tickets with a value that has the commonest first one; 1 where there is none."""
        told = self.codes[self._starts]
        return np.bincount(told).max() / len(told) if len(told) else 1.0

    @cached_property
    def numbers(self) -> Floats:
        """Each word as a number, float64 (n_words); NaN where it is none."""
        return numbers_of(self.words)

    def example(self, ticket: int) -> str:
        """Return the first value of a ticket."""
        return self.words[self.first[ticket]]


def log_columns(notes: Annotations) -> Iterator[Column]:
    """Yield the attributes of tickets, the fields that events change, and the numbers that events carry."""
    history = notes.history
    everyone = np.arange(history.n_tickets, dtype=np.int32)
    for field in history.attributes.schema:
        told = _coded(history.attributes[field.name])
        column = Column.of_rows(field.name, "attribute", everyone, history.created, told, history.n_tickets)
        # What is a time by its type becomes no feature; one written as text may.
        yield replace(column, read=not pa.types.is_temporal(field.type))
    yield from _fields(history)
    yield from _numbers(history)


def _fields(history: History) -> Iterator[Column]:
    fields, values = history.coded("field"), history.coded("value")
    changes = history.kind == KINDS["field_changed"]
    for code, field in enumerate(fields.words):
        rows = np.flatnonzero(changes & (fields.codes == code))
        if len(rows):
            yield _of_events(history, field, "field", rows, Coded(values.codes[rows], values.words))


def _numbers(history: History) -> Iterator[Column]:
    numbers, types = history.numbers("number"), history.coded("event_type")
    for code, kind in enumerate(types.words):
        rows = np.flatnonzero((types.codes == code) & ~np.isnan(numbers))
        if len(rows):
            words, codes = np.unique(numbers[rows], return_inverse=True)
            # Every digit: what is told in seconds since 1970 has ten of them.
            told = Coded(
                codes.astype(np.int32), tuple(np.format_float_positional(word, trim="-") for word in words)
            )
            yield _of_events(history, f"number of {kind}", "number", rows, told)


def _of_events(history: History, name: str, place: str, rows: Ints, told: Coded) -> Column:
    return Column.of_rows(name, place, history.ticket[rows], history.time[rows], told, history.n_tickets)


def _coded(data: pa.ChunkedArray) -> Coded:
    """Return an attribute as codes and its words as text; times in ISO 8601."""
    if pa.types.is_timestamp(data.type):
        data = pc.strftime(data, format="%Y-%m-%dT%H:%M:%SZ")
    encoded = data.cast(pa.string()).combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Coded(codes, tuple(encoded.dictionary.to_pylist()))
