"""Tables that take long to make or to unpack: made once for an installation, then mapped into memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

import numpy as np

from boilover.kernels.base import Array
from boilover.kernels.kept import read, write
from boilover.kernels.naming import fingerprint

_ALIGNED = 64


def table(made_of: str, make: Callable[[], Sequence[Array]]) -> tuple[Array, ...]:
    """Return the arrays that ``make`` returns, read-only; they are kept while neither it nor ``made_of`` changes."""
    source, name = make.__code__.co_filename, f"{make.__module__.rpartition('.')[2]}.{make.__name__}.table"
    key = f"{made_of} {fingerprint(make)} {sys.version} {np.__version__}"
    data = read(source, name, key)
    if data is not None:
        return _arrays(data)
    made = tuple(np.ascontiguousarray(each) for each in make())
    write(source, name, key, _laid_out(made))
    for each in made:
        # As what is mapped: for writable arrays kernels would be compiled twice.
        each.flags.writeable = False
    return made


def _laid_out(arrays: Sequence[Array]) -> bytes:
    """Return what is told of the arrays, a line, then each of them, aligned."""
    told = json.dumps([(each.dtype.str, each.shape) for each in arrays]).encode()
    parts = [told + b"\n", *(each.tobytes() for each in arrays)]
    return b"".join(part.ljust(_up(len(part)), b"\n") for part in parts)


def _arrays(data: memoryview) -> tuple[Array, ...]:
    """Return what `_laid_out` was given, over the same memory."""
    line = bytes(data[: 1 << 12]).partition(b"\n")[0]
    place, arrays = _up(len(line) + 1), []
    for kind, shape in json.loads(line):
        count = int(np.prod(shape))
        array = np.frombuffer(data, np.dtype(kind), count, place).reshape(shape)
        arrays.append(array)
        place += _up(array.nbytes)
    return tuple(arrays)


def _up(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
