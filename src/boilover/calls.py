"""The public functions as they are called from outside: what they are given is looked at before the work begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from boilover.errors import UsageError
from boilover.places import filesystem_of, place

PATHS = ("Path", "str | Path")
CLASSES = {
    "EventLog": (
        "log",
        "Open a log with `boilover.open_log(path).log`, or make one with `boilover.EventLog.from_pandas`",
    ),
    "SavedModel": ("model.saved", "`boilover.train` returns one, and `boilover.load_model(folder)`"),
    "Annotations": (
        "annotations",
        "Those of a log are `boilover.Annotations(boilover.History.from_log(log))`",
    ),
    "Points": ("points", "`boilover.nightly`, `boilover.tonight` and `boilover.fixed_ages` return them"),
    "EscalationRule": ("escalation", "That of a log is `boilover.open_log(path).rule`"),
    "Policy": ("policy", "`boilover.parse_policy` returns one"),
    "Threshold": ("flagging", "`boilover.choose_threshold` returns one"),
}
"""What parameters are annotated with: the module of the class, and how to come by one."""


def public(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that looks at its arguments by their annotations before it runs.

    A path may be text, and one text stands for a sequence of one. Raises `UsageError` for a value of another class
    than the parameter takes; it says how to come by the right one.
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
    elif kind == "Sequence[str]" and isinstance(value, str):
        return (value,)
    elif kind == "Mapping[str, Any]" and not isinstance(value, Mapping):
        mend = "Pass its `.to_dict()`" if hasattr(value, "to_dict") else "Pass a dictionary"
        raise _wrong(where, "a dictionary", value, mend)
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
    from boilover.inputs import Source

    match kind, value:
        case "EventLog", Source():
            return "Pass its `.log` and its `.rule`" if has_rule else "Pass its `.log`"
        case "EventLog", str() | Path():
            return "Pass `boilover.open_log(path).log`"
        case "SavedModel", str() | Path():
            return "Pass `boilover.load_model(folder)`"
    return ""


def _wrong(where: str, kind: str, value: Any, mend: str) -> UsageError:
    return UsageError(f"{where}: must be {kind}, not {type(value).__name__}. {mend}")
