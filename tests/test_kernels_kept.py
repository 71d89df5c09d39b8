"""Where compiled kernels are kept: beside the source, in the user's folder, in a read-only installation, or nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import boilover

PACKAGE = Path(boilover.__file__).parent
FILES = ("__init__.py", "kernels/__init__.py", "kernels/base.py", "kernels/kept.py")
SOURCE = '''"""A kernel."""
from boilover.kernels.base import compiled


@compiled
def twice(number):
    """Return twice the number."""
    return 2 * number
'''
RUN = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from boilover.tried import twice
assert twice(21) == 42
"""


@pytest.fixture
def installation(tmp_path):
    """A package with one kernel, and how to run it: returns what was compiled."""
    folder = tmp_path / "installed" / "boilover"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / name, folder / name)
    (folder / "kernels" / "__init__.py").write_text('"""Kernels."""\n')
    (folder / "tried.py").write_text(SOURCE)

    def run(**variables):
        # Root may write anywhere, so that what is read-only has to be said to Numba.
        deny = (
            "import tempfile\nwritten = tempfile.TemporaryFile\n"
            "def refuse(*args, dir=None, **more):\n"
            f"    if str(dir).startswith({variables.pop('denied', '/no/folder')!r}):\n"
            "        raise PermissionError(dir)\n"
            "    return written(*args, dir=dir, **more)\ntempfile.TemporaryFile = refuse\n"
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
    assert installation(NUMBA_CACHE_DIR=None) == ["boilover.tried.twice"]
    assert list((installation.folder / "__pycache__").glob("tried.twice-*.nbi"))
    read_only = {"denied": str(installation.folder), "XDG_CACHE_HOME": str(user), "NUMBA_CACHE_DIR": None}
    assert installation(**read_only) == []
    assert not list(user.rglob("*.nbc"))


def test_a_read_only_installation_without_code_keeps_it_for_the_user(installation, tmp_path):
    user = tmp_path / "user"
    read_only = {"denied": str(installation.folder), "XDG_CACHE_HOME": str(user), "NUMBA_CACHE_DIR": None}
    assert installation(**read_only) == ["boilover.tried.twice"]
    assert list(user.rglob("tried.twice-*.nbc"))


def test_where_nothing_can_be_written_kernels_are_compiled_all_the_same(installation, tmp_path):
    nowhere = {"denied": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "user"), "NUMBA_CACHE_DIR": None}
    assert installation(**nowhere) == ["boilover.tried.twice"]
    assert not list(tmp_path.rglob("*.nbc"))


def test_the_command_line_says_each_module_once(capsys):
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
    assert told == [
        "compiling kernels, once: boilover.text.tokens",
        "compiling kernels, once: boilover.kernels.sorting",
    ]
