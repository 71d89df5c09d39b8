"""Texts and arrays on their way into the ledger: checked, cut, and hashed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import InputError
from boilover.flagger.night import Decision, Night, Objects, Verdict

LONGEST_ID = 1000
LONGEST_TEXT = 2000


def checked_id(value: object, *, column: str = "ticket_id", row: int | None = None) -> str:
    """Return an id as it is; raise `InputError` for one that not every database can hold."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID:
        problem = f"is no text of 1 to {LONGEST_ID} characters"
        mend = "An id is the source's own, as text"
    elif not _storable(value):
        problem = "holds a NUL character or half a character, which no database keeps"
        mend = "Mend the id where it is exported"
    else:
        return value
    raise InputError(problem, column=column, row=row, value=value, mend=mend)


def checked_text(value: str, *, column: str) -> str:
    """Return what a person wrote without blanks around it; raise `InputError` where it is too long.

    A NUL character and half a character become the replacement character, since no database keeps them.
    """
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"has {len(text)} characters, more than {LONGEST_TEXT}", column=column, mend="Write less"
        )
    return clean(text)


def clean(text: str) -> str:
    """Return a text that every database keeps, cut to a length that is read."""
    if not _storable(text):
        text = "".join("�" if each == "\0" or "\ud800" <= each <= "\udfff" else each for each in text)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def check_night(night: Night, decision: Decision) -> None:
    """Raise `InputError` unless each ticket has a good id of its own and a decision that can be recorded."""
    if len(decision) != len(night):
        raise InputError(f"{len(night)} tickets and {len(decision)} decisions differ in number")
    if night.as_of <= 0:
        raise InputError("a night is a time after 1970, in microseconds", value=night.as_of)
    for row, name in enumerate(night.ticket_id):
        if type(name) is not str or not name.strip() or len(name) > LONGEST_ID or not name.isprintable():
            checked_id(name, row=row + 1)
    if len(set(night.ticket_id)) != len(night):
        twice = Counter(night.ticket_id).most_common(1)[0][0]
        raise InputError("a night asks once about each ticket", column="ticket_id", value=twice)
    if not np.isin(decision.verdict, [int(each) for each in Verdict]).all():
        raise InputError("is no verdict", column="verdict", value=int(decision.verdict.max()))


def input_hash(night: Night) -> str:
    """Return a hash of all that a decision is made from, the same in whatever order the tickets come."""
    order = pc.sort_indices(pa.array(night.ticket_id, pa.large_string())).to_numpy()
    told = hashlib.sha256()
    _feed(told, [str(night.as_of), *night.trigger_names])
    _feed(told, night.ticket_id[order])
    told.update((night.risk.astype("<f8") + 0.0)[order].tobytes())
    told.update((night.weight.astype("<f8") + 0.0)[order].tobytes())
    told.update(np.packbits(night.fired[order]).tobytes())
    for name in sorted(night.segments):
        _feed(told, [name])
        _feed(told, _words(night.segments[name][order]))
    return told.hexdigest()


def _words(values: Objects) -> list[str]:
    """Return words told apart from what is missing, which is None or NaN."""
    return ["-" if each is None or each != each else f"+{each}" for each in values]


def _feed(told: hashlib._Hash, texts: Iterable[str]) -> None:
    """Add texts, with their lengths so that no two lists of texts read the same."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    told.update(np.array([len(encoded), *map(len, encoded)], dtype="<i8").tobytes())
    told.update(b"".join(encoded))


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
