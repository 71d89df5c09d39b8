"""How the memory of large arrays is taken and given back, where the C library lets a program say so."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt."""
USUAL = {TRIM_THRESHOLD: 128 * 1024, MMAP_MAX: 65536, ARENA_MAX: 0}
KEEPING = {TRIM_THRESHOLD: 2**31 - 1, MMAP_MAX: 0, ARENA_MAX: 1}

_lock = Lock()
_inside = 0


@contextmanager
def kept_memory() -> Iterator[None]:
    """Let arrays that are made in the block use the memory of those that were dropped in it.

    glibc gives the memory of a large array back to the system at once, and the system clears it anew for the next one:
    a fifth of the time of many short passes over large arrays. What is unused at the end of the block is given back.
    Elsewhere than on glibc this does nothing.
    """
    global _inside
    library = _glibc()
    if library is None:
        yield
        return
    with _lock:
        _inside += 1
        _set(library, KEEPING)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _set(library, USUAL)
                library.malloc_trim(0)


def give_back() -> None:
    """Give back to the system what is unused, also what refers to itself; of many small arrays it is kept otherwise."""
    gc.collect()
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "mallopt") else None


def _set(library: ctypes.CDLL, options: dict[int, int]) -> None:
    for option, value in options.items():
        library.mallopt(option, value)
