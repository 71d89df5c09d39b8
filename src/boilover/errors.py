"""Every error that Boilover raises on purpose, and the exit code that each one means.

::

    BoiloverError            1   something unexpected
    ├── UsageError           2   the call itself is wrong
    ├── InputError           3   the input cannot be used as it is
    │   └── ContractError    3   the log breaks the contract; carries every violation
    ├── StaleInputError      4   the input is older than the job allows
    ├── MismatchError        5   the model and the data do not fit
    ├── LockedError          6   another run holds the lock
    └── GateError            7   a quality or drift gate failed
        └── LeakError        7   a feature reads the future

An error says where (file, column, row), what it found there, and how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from boilover.schema import Violation

INSTALL = "Install it by `pip install '.[{}]'` in a copy of the repository"
MAX_VALUE_LENGTH = 60
JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
"""Not printable by themselves, but part of emoji and of Persian words."""
_USER = re.compile(r"(?<=://)(?![^/\s@]*:\*\*\*@)[^/\s@]*@")
"""But for one whose password is masked already."""
_QUERY = re.compile(r"(\w://[^\s?]*)\?\S*?(?=[:.,;'\")]*(?:\s|$))")


class BoiloverError(Exception):
    """Base of all errors that Boilover raises on purpose; what it says repeats no password or signature of a URL."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as it was said: most are made of more than the message that they hold."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[BoiloverError], args: tuple[object, ...], held: dict[str, object]) -> BoiloverError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(held)
    return error


class UsageError(BoiloverError):
    """The call itself is wrong: an option, a combination of options, a configuration key."""

    exit_code = 2


class InputError(BoiloverError):
    """The input cannot be used as it is.

    Parameters
    ----------
    problem : what is wrong, one clause.
    file, column, row, value : where it was found; each may be left out. Rows count from 1, the header none.
    mend : what the reader can do about it, one clause.
    """

    exit_code = 3

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        column: str | None = None,
        row: int | None = None,
        value: object = None,
        mend: str | None = None,
    ) -> None:
        where = [str(file)] if file is not None else []
        if column is not None:
            where.append(f"column {shorten(column)}")
        if row is not None:
            where.append(f"row {row}")
        if value is not None:
            where.append(f"value {shorten(value)}")
        message = f"{', '.join(where)}: {problem}" if where else problem
        super().__init__(f"{message}. {mend}" if mend else message)


class ContractError(InputError):
    """The log breaks the contract; ``violations`` holds every breach, not just the first."""

    def __init__(self, violations: Sequence[Violation], *, file: object = None) -> None:
        self.violations = tuple(violations)
        lines = "\n".join(f"  {violation}" for violation in self.violations)
        super().__init__(
            f"{len(self.violations)} violation(s) of the event-log contract:\n{lines}", file=file
        )


class StaleInputError(BoiloverError):
    """The newest event is older than the job allows."""

    exit_code = 4


class MismatchError(BoiloverError):
    """The model and the data do not fit: a column, a schema version or a feature is missing."""

    exit_code = 5


class LockedError(BoiloverError):
    """Another run holds the lock."""

    exit_code = 6


class GateError(BoiloverError):
    """A quality or drift gate failed."""

    exit_code = 7


class LeakError(GateError):
    """A feature's value changed when events after its moment changed."""


def without_secrets(text: str) -> str:
    """Return a text without users, passwords and queries, which may be signatures, of the URLs in it."""
    return _QUERY.sub(r"\1", _USER.sub("", text)) if "://" in text else text


def legible(text: str) -> str:
    """Return a line in which nothing hides: controls, of direction too, and whatever else does not print is U+FFFD."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in JOINERS else "\N{REPLACEMENT CHARACTER}" for each in text
    )


def one_line(text: object, most: int) -> str:
    """Return foreign text as one legible line of at most so many characters, the last an ellipsis where it is cut."""
    # Cut first: a whole message may stand here.
    line = legible(" ".join(str(text)[: 4 * most].split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def shorten(value: object) -> str:
    """Return ``repr(value)``, of NumPy's numbers as plain ones, cut to a line: it may be a whole message."""
    text = repr(cast(Any, value).item() if getattr(value, "ndim", None) == 0 else value)
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[: MAX_VALUE_LENGTH - 1]}…"
