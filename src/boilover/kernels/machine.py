"""Machine code: what Numba compiled, as bytes; and bytes, loaded again without Numba.

An object file of Numba's holds a kernel whole, with the function by which Python calls it. What it calls in turn are
functions of Python's, and of three small modules of C that come with Numba; those are loaded by themselves, because
to import Numba takes longer than most small jobs. LLVM's linker, which Numba uses too, puts it in place.
"""

from __future__ import annotations

import builtins
import ctypes
import json
import pickle
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np


@dataclass(frozen=True)
class Code:
    """An object file, the function in it that Python calls, and what that function finds in its environment."""

    binary: bytes
    entry: str
    environment: str
    dtypes: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Return all of it as bytes."""
        told = asdict(self)
        binary: bytes = told.pop("binary")
        return json.dumps(told).encode() + b"\n" + binary

    @classmethod
    def from_bytes(cls, data: bytes) -> Code:
        """Return what `to_bytes` gave."""
        told, _, binary = data.partition(b"\n")
        return cls(binary=binary, **json.loads(told))


def code_of(result: Any) -> Code | None:
    """Return the code of a result of Numba's compiler; None where it holds more than types of arrays to return."""
    constants = result.environment.consts
    if not all(isinstance(each, np.dtype) for each in constants):
        return None
    told = result.fndesc
    return Code(
        result.library._get_compiled_object(),
        told.llvm_cpython_wrapper_name,
        told.env_name,
        tuple(each.str for each in constants),
    )


def load(function: Callable[..., Any], code: Code) -> Callable[..., Any]:
    """Return the code as a function that Python can call."""
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code.binary))
    # The name is of the whole process: what others compile with Numba is to find Numba's own behind it.
    llvm.add_symbol("numba_unpickle", ctypes.cast(_UNPICKLE, ctypes.c_void_p).value)
    engine.finalize_object()
    llvm.add_symbol("numba_unpickle", _part("numba._helperlib").c_helpers["unpickle"])
    environment = _part("numba._dynfunc").Environment(function.__globals__)
    environment.consts.extend(map(np.dtype, code.dtypes))
    place = engine.get_global_value_address(code.environment)
    ctypes.c_void_p.from_address(place).value = id(environment)
    made: Callable[..., Any] = _part("numba._dynfunc").make_function(
        sys.modules[function.__module__],
        function.__name__,
        function.__doc__ or "",
        engine.get_function_address(code.entry),
        environment,
        (engine, environment),
    )
    return made


@cache
def target() -> str:
    """Return for what machine, and by which versions, code is made and can be used."""
    from importlib.metadata import version

    cpu = f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    return f"{sys.implementation.cache_tag} numba {version('numba')} llvmlite {llvmlite.__version__} {cpu}"


@cache
def _engine() -> Any:
    """Return LLVM's linker, which knows what kernels call."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    runtime, helpers = _part("numba.core.runtime._nrt_python"), _part("numba._helperlib")
    runtime.memsys_use_cpython_allocator()
    for name, address in runtime.c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    for name, address in helpers.c_helpers.items():
        llvm.add_symbol(f"numba_{name}", address)
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


_RESTORED: dict[int, object] = {}


def _restored(address: int, length: int, digest: int) -> object:
    """Return what code keeps as bytes within itself: the class of the arrays that it returns, and what it raises."""
    del digest
    if address not in _RESTORED:
        _RESTORED[address] = _Constants(BytesIO(ctypes.string_at(address, length))).load()
    return _RESTORED[address]


class _Constants(pickle.Unpickler):
    """Reads arrays' class and built-in exceptions, which is all that kernels hold, and nothing else."""

    def find_class(self, module_name: str, name: str, /) -> Any:
        """Return the class, or refuse it."""
        found = {("numpy", "ndarray"): np.ndarray}.get((module_name, name), vars(builtins).get(name))
        if found is np.ndarray or (
            module_name == "builtins" and isinstance(found, type) and issubclass(found, Exception)
        ):
            return found
        raise pickle.UnpicklingError(f"{module_name}.{name} is nothing that a kernel holds")


_UNPICKLE = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(_restored)


@cache
def _part(name: str) -> ModuleType:
    """Return a module of C that comes with Numba, without the package around it."""
    if name in sys.modules:
        return sys.modules[name]
    package = PathFinder.find_spec("numba")
    assert package is not None
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0], *name.split(".")[1:])
    spec = spec_from_file_location(name, f"{path}{sysconfig.get_config_var('EXT_SUFFIX')}")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    # Whoever imports Numba later gets its own, as an attribute of the package; both share what is beneath.
    sys.modules.pop(name, None)
    return made
