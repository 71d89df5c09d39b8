"""What tells machine code apart: the function that it was made of, and the types that it takes."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isfunction
from numbers import Number
from types import CodeType
from typing import Any

import numpy as np

from boilover.kernels.kept import digest

_LONG = range(-(2**63), 2**63)


def type_name(value: Any) -> str:
    """Return the name of an argument's type, two types never of one; raise `TypeError` for what no kernel takes."""
    if isinstance(value, np.ndarray):
        flags = value.flags
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        what = f"{'' if flags.writeable else 'readonly '}{'' if flags.aligned else 'unaligned '}array"
        return f"{what}({value.dtype}, {value.ndim}d, {layout})"
    if value is None:
        return "none"
    if isinstance(value, np.generic):
        return str(value.dtype)
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, int) and value in _LONG:
        return "int64"
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", range(len(value)))
        parts = (f"{field}: {type_name(each)}" for field, each in zip(fields, value, strict=True))
        return f"{type(value).__name__}({', '.join(parts)})"
    raise TypeError(f"kernels take arrays, numbers, tuples of them and None, not {type(value).__name__}")


def fingerprint(function: Callable[..., Any]) -> str:
    """Return what tells a function, and all functions of ours and values that it names, from any others."""
    return digest(repr(sorted(_parts(function, {}).items())))


def _parts(function: Callable[..., Any], found: dict[str, object]) -> dict[str, object]:
    """Add to ``found`` the functions and values that are reached from a function, by name."""
    name = f"{function.__module__}.{function.__qualname__}"
    if name in found:
        return found
    found[name] = (*_told(function.__code__), *(function.__defaults__ or ()))
    for each in function.__code__.co_names:
        value: Any = function.__globals__.get(each)
        value = getattr(value, "py_func", value)
        if isfunction(value) and value.__module__.partition(".")[0] == __name__.partition(".")[0]:
            _parts(value, found)
        elif isinstance(value, (Number, str, tuple, dict)):
            found[f"{name}: {each}"] = value
    return found


def _told(code: CodeType) -> tuple[object, ...]:
    """Return what a function does, whatever its place in a file."""
    constants = tuple(_told(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames
