"""How kernels are compiled: to machine code on first use, kept on disk, and free of the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy.typing as npt
from numba import njit

from boilover.kernels.kept import KernelCache

Array = npt.NDArray[Any]
"""Times and offsets are int64, rows and codes int32, values float64, flags bool; one kernel takes what it is given."""
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a kernel; see the module, and `boilover.kernels.kept` for where its code is kept."""
    kernel: Any = njit(nogil=True)(function)
    # As `cache=True` does, with a cache of our own.
    kernel._cache = KernelCache(function)
    made: F = kernel
    return made
