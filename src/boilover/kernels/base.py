"""How kernels are compiled: to machine code on first use, kept on disk, and free of the interpreter's lock.

Numba compiles them and is imported for that alone: code that is kept is called without it.
"""

from __future__ import annotations

import functools
import inspect
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from boilover.kernels.kept import digest, read, write
from boilover.kernels.machine import Code, code_of, load, target
from boilover.kernels.naming import fingerprint, type_name

Array = npt.NDArray[Any]
"""Times and offsets are int64, rows and codes int32, values float64, flags bool; one kernel takes what it is given."""
F = TypeVar("F", bound=Callable[..., Any])
LOGGER = logging.getLogger(__name__)
"""Says at level INFO which kernel is compiled: its full name, before the work begins."""
_MAKING = threading.RLock()


def compiled(function: F) -> F:
    """Compile a kernel; see the module, and `boilover.kernels.kept` for where its code is kept."""
    kernel: Any = Kernel(function)
    made: F = kernel
    return made


class Kernel:
    """A function over arrays, numbers, tuples of them and None as machine code, one for each combination of types.

    ``py_func`` is the function itself. Within another kernel it is Numba's dispatcher.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        functools.update_wrapper(self, function)
        self._code: dict[Any, Callable[..., Any]] = {}
        self._signature = inspect.signature(function)
        self._n_parameters = len(self._signature.parameters)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Return what the function returns."""
        if named or len(args) < self._n_parameters:
            told = self._signature.bind(*args, **named)
            told.apply_defaults()
            args = told.args
        kinds = tuple([_kind(value) for value in args])
        code = self._code.get(kinds)
        if code is None:
            with _MAKING:
                code = self._code[kinds] = self._code.get(kinds) or self._made(args)
        return code(*args)

    def _made(self, args: tuple[Any, ...]) -> Callable[..., Any]:
        """Return the machine code for such arguments: what is kept, or what is compiled and kept now."""
        function = self.py_func
        types = ", ".join(map(type_name, args))
        name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}-{digest(types)[:12]}.kernel"
        made_of = f"{fingerprint(function)} {types} {target()}"
        kept = read(function.__code__.co_filename, name, made_of)
        if kept is not None:
            return load(function, Code.from_bytes(bytes(kept)))
        LOGGER.info("%s.%s", function.__module__, function.__qualname__)
        from numba import typeof

        signature = tuple(typeof(value) for value in args)
        self.dispatcher.compile(signature)
        result = self.dispatcher.overloads[signature]
        code = code_of(result)
        if code is None:
            made: Callable[..., Any] = result.entry_point
            return made
        write(function.__code__.co_filename, name, made_of, code.to_bytes())
        # As it will be from now on: what cannot be loaded shows where it was made.
        return load(function, code)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's own, which compiles."""
        from numba import njit

        return njit(nogil=True)(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        # The protocol by which Numba asks objects what they are.
        from numba.core.types import Dispatcher

        return Dispatcher(self.dispatcher)


def _kind(value: Any) -> Any:
    """Return what is the same for arguments of one type only, sooner than `type_name` does."""
    if type(value) is np.ndarray:
        return value.dtype, value.ndim, value.flags.num
    if isinstance(value, tuple):
        return type(value), *map(_kind, value)
    return type(value)
