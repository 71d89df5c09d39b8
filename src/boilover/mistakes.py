"""Names that are not known, beside the nearest that are, and what pydantic finds wrong in a table, in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from boilover.errors import shorten

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

KEYS_TOLD = 30
"""So many known keys are listed beside one that is not known."""
NEAREST = 5
"""So many known names are told beside one that is not known."""


def worded(problem: ErrorDetails, known: object) -> tuple[str, str]:
    """Return a problem that pydantic finds in a table as the key, and what is wrong there in plain words.

    ``known`` is the model of the whole table, of which a key that is not known tells the nearest, and those there are.
    """
    where, told = [str(part) for part in problem["loc"]], problem.get("ctx", {})
    if problem["type"].startswith("union_tag"):
        where.append(told["discriminator"].strip("'"))
    match problem["type"]:
        case "missing" | "union_tag_not_found":
            what = "is required"
        case "union_tag_invalid":
            what = f"must be one of {told['expected_tags']}, not {shorten(told['tag'])}"
        case "extra_forbidden":
            names = keys_at(problem["loc"][:-1], known)
            what = f"is not known; keys are {', '.join(names[:KEYS_TOLD])}" if names else "is not known"
            what += "".join(f"; the nearest is {each}" for each in nearest(where[-1], names, 1, least=0.5))
        case "too_short" | "string_too_short":
            what = "must not be empty"
        case "string_pattern_mismatch" if told["pattern"] == r"\S":
            what = "must not be blank"
        case "model_type" | "dict_type":
            what = f"must be a table, not {shorten(problem['input'])}"
        case _:
            what = problem["msg"].removeprefix("Value error, ")
            what = what.replace("Input should", "must").replace("a valid tuple", "a list")
            what += "" if isinstance(problem["input"], dict) else f", not {shorten(problem['input'])}"
    return ".".join(where), what


def keys_at(place: Sequence[int | str], known: object) -> list[str]:
    """Return which keys the table at a place has, within one that a model tells; none where that cannot be told."""
    tables = _models(known)
    for part in place:
        fields = [(name, field) for table in tables for name, field in table.model_fields.items()]
        inner = [field.annotation for name, field in fields if part in (name, field.alias)]
        # Else it is the place in a list, the name of an entry, or the tag that tells which of several tables it is.
        tagged = [each for each in tables if part in [field.default for field in each.model_fields.values()]]
        tables = _models(*inner) if inner else tagged or tables
    return [field.alias or name for table in tables[:1] for name, field in table.model_fields.items()]


def _models(*annotations: Any) -> list[type[BaseModel]]:
    """Return the models that annotations are made of."""
    found: list[type[BaseModel]] = []
    for each in annotations:
        found += [each] if hasattr(each, "model_fields") else _models(*getattr(each, "__args__", ()))
    return found


def nearest(word: str, known: Iterable[str], most: int = NEAREST, *, least: float = 0.0) -> list[str]:
    """Return the known names that are most like a word, the nearest first, whatever their case.

    ``least`` is how alike they are, 0 to 1.
    """
    folded = {name.casefold(): name for name in known}
    return [folded[name] for name in difflib.get_close_matches(word.casefold(), folded, most, least)]


def listed(word: str, known: Iterable[str], told: Callable[[str], str] = str) -> str:
    """Return the known names that are most like a word, as they are ``told``, and how many more there are."""
    names = list(known)
    near = nearest(word, names)
    more = f", and {len(names) - len(near)} more" if len(names) > len(near) else ""
    return f"{', '.join(map(told, near))}{more}"
