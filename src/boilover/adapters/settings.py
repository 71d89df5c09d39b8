"""What the settings of a recipe may be, whichever format it is for: wrong ones are told when the recipe is read."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from boilover.schema import STATUSES

TIME_FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us")
OF_NAMES = ("idna", "punycode")
"""Encodings of names in the Internet, and of no file."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown timezone '{name}'; write a name such as Europe/Berlin") from error
    return name


def _encoding(name: str) -> str:
    try:
        "".encode(name)
        codecs.getincrementaldecoder(name)
        is_known = codecs.lookup(name).name not in OF_NAMES
    except (LookupError, ValueError):
        is_known = False
    if not is_known:
        raise ValueError(f"unknown encoding '{name}'; write a name such as cp1252")
    return name


def _delimiter(mark: str) -> str:
    if len(mark) != 1 or not mark.isascii() or mark in '"\r\n':
        raise ValueError("a delimiter is one character, such as ; or \\t")
    return mark


def _time_format(form: str) -> str:
    if form in TIME_FORMATS:
        return form
    problem = f"write {', '.join(TIME_FORMATS)}, or a format such as %d.%m.%Y %H:%M"
    if "%" not in form:
        raise ValueError(f"unknown time format '{form}'; {problem}")
    try:
        datetime.strptime("", form)  # noqa: DTZ007
    except (ValueError, re.error) as error:
        # What stands twice, such as %d, is told as an error of a pattern.
        if "does not match" not in str(error):
            raise ValueError(f"{error}; {problem}") from error
    return form


def _status(word: str) -> str:
    if word not in STATUSES:
        raise ValueError(f"'{word}' is no status; there are: {', '.join(STATUSES)}")
    return word


Zone = Annotated[str, AfterValidator(_zone)]
"""The name of a time zone."""
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[str, AfterValidator(_delimiter)]
TimeFormat = Annotated[str, AfterValidator(_time_format)]
"""``iso``, an epoch unit, or a strptime format."""
TimeFormats = Annotated[
    tuple[TimeFormat, ...],
    BeforeValidator(lambda told: (told,) if isinstance(told, str) else told),
    Field(min_length=1),
]
"""One, or several that are tried in this order for each cell."""
Status = Annotated[str, AfterValidator(_status)]
MaybeStatus = Annotated[str, AfterValidator(lambda word: word and _status(word))]
"""One of STATUSES, or nothing, for a word that tells none."""
