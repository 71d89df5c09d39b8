"""The public functions as they are called from outside: what they are given is looked at before the work begins."""

from __future__ import annotations

import os
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from importlib import import_module
from inspect import Parameter, signature
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from boilover.errors import UsageError, shorten
from boilover.places import filesystem_of, place

PATHS = ("Path", "str | Path")
SEVERAL = {
    "Sequence[str]": "str",
    "Sequence[float]": "float",
    "tuple[float, ...]": "float",
    "Sequence[Feature]": "Feature",
}
"""Sequences to what they hold."""
PLAIN = {
    "str": (str, "text", "Write it in quotes"),
    "int": (Real, "a whole number", "Moments and spans are microseconds"),
    "float": (Real, "a number", "Write it without quotes"),
    "datetime": (datetime, "a datetime", "Pass one of the standard library, with its time zone"),
    "Mapping[str, Any]": (Mapping, "a dictionary", "That of a result is its `.to_dict()`"),
}
"""Annotations to the class, what it is called, and the mend."""
CLASSES = {
    "EventLog": (
        "log",
        "Open a log with `boilover.open_log(path).log`, or make one with `boilover.EventLog.from_pandas`",
    ),
    "SavedModel": ("model.saved", "`boilover.train` returns one, and `boilover.load_model(folder)`"),
    "Fitted": ("model.fitted", "That of a saved model is `saved.model.primary`"),
    "History": ("history", "That of a log is `boilover.History.from_log(log)`"),
    "Annotations": (
        "annotations",
        "Those of a log are `boilover.Annotations(boilover.History.from_log(log))`",
    ),
    "Points": ("points", "`boilover.nightly`, `boilover.tonight` and `boilover.fixed_ages` return them"),
    "Feature": ("features", "`boilover.default_features(notes)` returns some, docs/features.md has all"),
    "EscalationRule": ("escalation", "That of a log is `boilover.open_log(path).rule`"),
    "Policy": ("policy", "`boilover.parse_policy` returns one"),
    "Threshold": ("flagging", "`boilover.choose_threshold` returns one"),
}
"""Annotations to the module of the class, and how to come by one."""


def public(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that looks at its arguments by their annotations before it runs.

    A path may be text; one text, number or feature stands for a sequence of one. Raises `UsageError` for a value of
    another class than the parameter takes; it says how to come by the right one.
    """
    asked = signature(function)
    kinds = {name: str(each.annotation) for name, each in asked.parameters.items()}

    @wraps(function)
    def called(*args: Any, **options: Any) -> Any:
        try:
            given = asked.bind(*args, **options)
        except TypeError:
            # Python's own words for what is lacking or too much.
            return function(*args, **options)
        for name, value in given.arguments.items():
            kind = kinds[name].removesuffix(" | None")
            if asked.parameters[name].kind is Parameter.VAR_POSITIONAL:
                kind = f"Sequence[{kind}]"
            if value is not None or kind == kinds[name]:
                where = f"boilover.{function.__name__}, {name}"
                given.arguments[name] = _taken(kind, value, where, has_rule="rule" in kinds)
        return function(*given.args, **given.kwargs)

    # Where it is found again by who is sent it: another process.
    called.__module__ = "boilover"
    return called


def _taken(kind: str, value: Any, where: str, *, has_rule: bool) -> Any:
    """Return a value as a parameter of the kind takes it."""
    if kind in PATHS:
        if isinstance(value, str):
            return place(value)
        if not isinstance(value, os.PathLike) and filesystem_of(value) is None:
            raise _wrong(where, "a path", value, "Pass text or a `pathlib.Path`")
    elif kind in SEVERAL:
        each = SEVERAL[kind]
        several = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
        return tuple(_taken(each, one, where, has_rule=has_rule) for one in several)
    elif kind.startswith("Literal["):
        if value not in (known := literal_eval(kind.removeprefix("Literal"))):
            raise UsageError(f"{where}: must be one of {', '.join(map(repr, known))}, not {shorten(value)}")
    elif kind in PLAIN:
        of, name, mend = PLAIN[kind]
        if not isinstance(value, of):
            raise _wrong(where, name, value, mend)
    elif kind == "Explained":
        if value != "all" and not (isinstance(value, Integral) and int(value) >= 0):
            raise UsageError(f"{where}: must be a number of rows, or 'all', not {shorten(value)}")
    elif kind == "pd.DataFrame":
        import pandas as pd

        if not isinstance(value, pd.DataFrame):
            raise _wrong(where, "a DataFrame", value, "Pass a table of pandas")
    elif kind in CLASSES:
        module, mend = CLASSES[kind]
        home = getattr(import_module(f"boilover.{module}"), kind)
        # Of a union that carries more than its classes, the classes.
        if not isinstance(value, getattr(home, "__origin__", home)):
            raise _wrong(where, kind, value, _at_hand(kind, value, has_rule=has_rule) or mend)
    return value


def _at_hand(kind: str, value: Any, *, has_rule: bool) -> str:
    """Return the mend of a mistake that lies near; empty for any other."""
    from boilover.annotations import Annotations
    from boilover.inputs import Source

    match kind, value:
        case "EventLog", Source():
            return "Pass its `.log` and its `.rule`" if has_rule else "Pass its `.log`"
        case "EventLog", str() | Path():
            return "Pass `boilover.open_log(path).log`"
        case "SavedModel", str() | Path():
            return "Pass `boilover.load_model(folder)`"
        case "History", Annotations():
            return "Pass its `.history`"
    return ""


def _wrong(where: str, kind: str, value: Any, mend: str) -> UsageError:
    return UsageError(f"{where}: must be {kind}, not {type(value).__name__}. {mend}")
