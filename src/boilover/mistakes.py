"""Names that are not known, beside the nearest that are, and what pydantic finds wrong in a table, in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from boilover.errors import shorten

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

KEYS_TOLD = 30
"""So many known keys are listed beside one that is not known."""
SHORT = 30
"""So many letters of a value are repeated in its mend."""
NEAREST = 5
"""So many known names are told beside one that is not known."""


def worded(problem: ErrorDetails, known: object, secret: Collection[str] = ()) -> tuple[str, str]:
    """Return a problem that pydantic finds in a table as the key, and what is wrong there and its mend in plain words.

    ``known`` is the model of the whole table, of which a key that is not known tells the nearest, and those there are.
    What was given for a key that is ``secret`` is not told.
    """
    place, told, given = problem["loc"], problem.get("ctx", {}), problem["input"]
    where, tables = _at(place, known)
    if problem["type"].startswith("union_tag"):
        where.append(told["discriminator"].strip("'"))
    is_secret = bool(place) and place[-1] in secret
    key, but = ".".join(where), "" if is_secret else f", not {shorten(given)}"
    match problem["type"]:
        case "missing":
            what = "is required"
        case "union_tag_not_found":
            what = f"is required: one of {', '.join(repr(each.model_fields[where[-1]].default) for each in tables)}"
        case "union_tag_invalid":
            what = f"must be one of {told['expected_tags']}, not {shorten(told['tag'])}"
        case "extra_forbidden":
            what = _unknown(place, known)
        case "too_short" | "string_too_short":
            what = "must not be empty"
        case "string_pattern_mismatch" if told["pattern"] == r"\S":
            what = "must not be blank"
        case "model_type" | "model_attributes_type" | "dict_type":
            what = f"must be a table{but}"
        case "tuple_type" | "list_type" if isinstance(given, dict):
            what = f"must be a list. Write [[{key}]], in two brackets"
        case "tuple_type" | "list_type":
            shown = f', such as ["{given}"]' if isinstance(given, str) and len(given) <= SHORT else ""
            what = f"must be a list{but}. Write it in brackets{shown}"
        case "string_type":
            what = f"must be text{but}. Write it in quotes"
        case "bool_type" | "bool_parsing":
            what = f"must be true or false{but}"
        case "float_type" | "float_parsing":
            what = f"must be a number{but}{_bare(given)}"
        case "int_type" | "int_parsing" | "int_from_float":
            what = f"must be a whole number{but}{_bare(given)}"
        case "less_than" | "less_than_equal" if 1 in told.values() and 1 < given <= 100:
            what = f"{problem['msg'].replace('Input should', 'must')}{but}. Write {given / 100:g} for {given:g} %"
        case _:
            what = problem["msg"].removeprefix("Value error, ").replace("Input should", "must")
            is_told = isinstance(given, dict) or (problem["type"] == "value_error" and repr(given) in what)
            if what.startswith("is no ") and not is_secret:
                what = f"{shorten(given)} {what}"
            elif not is_told:
                what += but
    return key, what


def _unknown(place: tuple[int | str, ...], known: object) -> str:
    """Return what is wrong with a key that is not known: which keys are, which table has it, which is nearest."""
    (*above, key), names = place, keys_at(place[:-1], known)
    if not names:
        return "is not known"
    inside = [f"[{each}]" for each in names if key in keys_at((*above, each), known)]
    return "".join(
        [
            f"is not known; keys are {', '.join(names[:KEYS_TOLD])}",
            *(f"; {each} has it" for each in inside[:1]),
            *(f"; the nearest is {each}" for each in nearest(str(key), names, 1, least=0.6)),
        ]
    )


def _bare(given: object) -> str:
    """Return how a number that was given as text is written, where it can be told."""
    if not isinstance(given, str):
        return ""
    digits = given.strip().removesuffix("%")
    try:
        number = float(digits)
    except ValueError:
        return ". Write it in digits, without quotes"
    told = f"{number / 100:g}" if "%" in given else digits.strip()
    return f". Write {told}, without quotes"


def keys_at(place: Sequence[int | str], known: object) -> list[str]:
    """Return which keys the table at a place has, within one that a model tells; none where that cannot be told."""
    _, tables = _at(place, known)
    return [field.alias or name for table in tables[:1] for name, field in table.model_fields.items()]


def _at(place: Sequence[int | str], known: object) -> tuple[list[str], list[type[BaseModel]]]:
    """Return a place as it is written, and the tables that may stand there; none where that cannot be told."""
    tables = _models(known)
    written = []
    for part in place:
        fields = [(name, field) for table in tables for name, field in table.model_fields.items()]
        inner = [field.annotation for name, field in fields if part in (name, field.alias)]
        # Else it is the place in a list, the name of an entry, or the tag that tells which of several tables it is.
        tagged = [each for each in tables if part in [field.default for field in each.model_fields.values()]]
        if inner or not (isinstance(part, str) and tagged and len(tables) > 1):
            written.append(str(part))
        tables = _models(*inner) if inner else tagged or tables
    return written, tables


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
