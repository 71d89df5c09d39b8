"""Where compiled kernels are kept: beside the source, in the user's folder, in a read-only installation, or nowhere."""

from __future__ import annotations

import importlib
import io
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import boilover
from boilover import kernels
from boilover.kernels import machine
from boilover.kernels.naming import fingerprint, type_name

# The package has a kernel of this name.
kept = importlib.import_module("boilover.kernels.kept")
PACKAGE = Path(boilover.__file__).parent
KERNELS = ("base", "kept", "machine", "naming")
FILES = (
    "__init__.py",
    "errors.py",
    "files.py",
    "places.py",
    "scratch.py",
    *(f"kernels/{name}.py" for name in KERNELS),
)
SOURCE = '''"""Kernels."""
from typing import NamedTuple
import numpy as np
from boilover.kernels.base import compiled

FACTOR = 2


class Pair(NamedTuple):
    whole: np.ndarray
    part: float


@compiled
def times(number):
    """Return a multiple."""
    return FACTOR * number


@compiled
def both(pair, rows=None):
    """Return an array and a number."""
    out = np.empty(len(pair.whole), np.int64)
    for i in range(len(out)):
        out[i] = times(pair.whole[i] if rows is None else pair.whole[rows[i]])
    return out, times(pair.part)
'''
RUN = """
import logging, sys
import numpy as np
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from boilover.tried import FACTOR, Pair, both
for rows, told in ((None, [5, 7]), (np.array([1, 0]), [7, 5])):
    array, number = both(Pair(np.array([5, 7]), 0.25), rows)
    assert array.dtype == np.int64 and array.tolist() == [FACTOR * each for each in told], array
    assert number == FACTOR * 0.25
print("with" if "numba" in sys.modules else "without", "numba", sep="-")
"""
NONE, ALL = ["without-numba"], ["boilover.tried.both", "boilover.tried.both", "with-numba"]


@pytest.fixture
def installation(tmp_path):
    """A package with two kernels, and how to run it: returns what was compiled, and whether Numba was loaded."""
    folder = tmp_path / "installed" / "boilover"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / name, folder / name)
    (folder / "kernels" / "__init__.py").write_text('"""Kernels."""\n')
    (folder / "tried.py").write_text(SOURCE)

    def run(**variables):
        # Root may write anywhere, so that what is read-only has to be played.
        deny = (
            "import tempfile\nmade = tempfile.mkdtemp\n"
            "def refuse(*args, dir=None, **more):\n"
            f"    if str(dir).startswith({variables.pop('denied', '/no/folder')!r}):\n"
            "        raise PermissionError(dir)\n"
            "    return made(*args, dir=dir, **more)\ntempfile.mkdtemp = refuse\n"
        )
        environment = {
            **os.environ,
            "PYTHONPATH": str(folder.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        }
        environment = {key: value for key, value in environment.items() if value is not None}
        done = subprocess.run(
            [sys.executable, "-c", deny + RUN], capture_output=True, text=True, env=environment, check=True
        )
        return done.stdout.split()

    run.folder = folder
    return run


def test_code_beside_the_source_is_used_where_the_installation_is_read_only(installation, tmp_path):
    user = tmp_path / "user"
    assert installation(NUMBA_CACHE_DIR=None) == ALL
    assert list((installation.folder / "__pycache__").glob("tried.both-*.kernel"))
    read_only = {"denied": str(installation.folder), "XDG_CACHE_HOME": str(user), "NUMBA_CACHE_DIR": None}
    assert installation(**read_only) == NONE
    assert not list(user.rglob("*.kernel"))


def test_a_read_only_installation_without_code_keeps_it_for_the_user(installation, tmp_path):
    user = tmp_path / "user"
    read_only = {"denied": str(installation.folder), "XDG_CACHE_HOME": str(user), "NUMBA_CACHE_DIR": None}
    assert installation(**read_only) == ALL
    assert list(user.rglob("tried.both-*.kernel"))


def test_where_nothing_can_be_written_kernels_are_compiled_all_the_same(installation, tmp_path):
    nowhere = {"denied": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "user"), "NUMBA_CACHE_DIR": None}
    assert installation(**nowhere) == ALL
    assert not list(tmp_path.rglob("*.kernel"))


def test_code_counts_for_what_it_was_made_of():
    def fingerprints(source):
        names = {"__name__": "boilover.tried"}
        exec(source, names)
        return fingerprint(names["both"].py_func), fingerprint(names["times"].py_func)

    told = fingerprints(SOURCE)
    assert fingerprints(SOURCE.replace("FACTOR = 2", "\n\nFACTOR = 2")) == told
    changes = ("FACTOR = 2", "FACTOR = 3"), ("FACTOR * number", "number * FACTOR"), ("(number)", "(number=1)")
    for change in changes:
        assert not set(fingerprints(SOURCE.replace(*change))) & set(told)
    outer = fingerprints(SOURCE.replace("range(len(out))", "range(0, len(out))"))
    assert (outer[0] == told[0], outer[1] == told[1]) == (False, True)


def test_what_is_kept_is_whole_and_made_of_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "folders", lambda source: (tmp_path / "denied" / "file", tmp_path / "user"))
    (tmp_path / "denied").write_text("a file where a folder would have to be")
    assert kept.read("source.py", "name", "this") is None
    kept.write("source.py", "name", "this", b"what was made")
    assert bytes(kept.read("source.py", "name", "this")) == b"what was made"
    assert kept.read("source.py", "name", "that") is None
    file = tmp_path / "user" / "name"
    for damaged in (file.read_bytes()[:-1], file.read_bytes()[: kept.HEAD - 1], b""):
        file.write_bytes(damaged)
        assert kept.read("source.py", "name", "this") is None


def test_types_are_told_apart_as_by_numba():
    numbers = np.arange(12.0)
    frozen = np.arange(3)
    frozen.flags.writeable = False
    values = [
        *(
            numbers,
            numbers[::2],
            numbers.reshape(3, 4),
            numbers.reshape(3, 4).T,
            frozen,
            numbers.astype("f4"),
        ),
        *(np.zeros(2, bool), np.zeros(2, np.int8), np.zeros(2, np.uint32), np.empty(0, np.int32)),
        *(None, True, 1, 1.5, np.int32(1), np.float32(1), np.bool_(True), np.uint64(1)),
    ]
    assert [type_name(each) for each in values] == [str(numba.typeof(each)) for each in values]


def test_no_kernel_takes_a_string():
    with pytest.raises(TypeError, match="kernels take arrays, numbers, tuples of them and None, not str"):
        kernels.ascends("a", np.zeros(1, np.int64))


def test_the_command_line_says_once_that_kernels_are_compiled(capsys):
    import logging

    from boilover.cli.compiling import KERNELS, tell_of_compiling

    tell_of_compiling()
    for name in (
        "boilover.text.tokens._split",
        "boilover.text.tokens._count",
        "boilover.kernels.sorting.take",
    ):
        logging.getLogger(KERNELS).info("%s", name)
    told = capsys.readouterr().err.splitlines()
    assert told == ["compiling kernels, once: this takes seconds, in a first run a minute or more"]


def test_constants_are_the_class_of_arrays_and_exceptions_and_nothing_else():
    def read(value):
        return machine._Constants(io.BytesIO(pickle.dumps(value))).load()

    assert read(np.ndarray) is np.ndarray
    assert read((ZeroDivisionError, ("division by zero",))) == (ZeroDivisionError, ("division by zero",))
    for hostile in (os.system, eval, np.load, Path):
        with pytest.raises(pickle.UnpicklingError, match="nothing that a kernel holds"):
            read(hostile)


def test_what_others_compile_restores_what_is_theirs():
    class OwnError(Exception):
        pass

    def refuse(number):
        if number > 0:
            raise OwnError("theirs")
        return np.zeros(number)

    numba.njit(refuse)(0)
    machine.load(refuse, machine.code_of(_compiled(lambda number: np.zeros(number), 2)))
    with pytest.raises(OwnError, match="theirs"):
        numba.njit(refuse)(1)


def test_numba_is_whole_for_who_imports_it_later():
    code = "machine._part('numba._helperlib')\nimport numba\nassert numba._helperlib.c_helpers"
    subprocess.run([sys.executable, "-c", f"from boilover.kernels import machine\n{code}"], check=True)


def _compiled(function, *args):
    """Return Numba's result for a function of such arguments."""
    dispatcher = numba.njit(function)
    signature = tuple(map(numba.typeof, args))
    dispatcher.compile(signature)
    return dispatcher.overloads[signature]
