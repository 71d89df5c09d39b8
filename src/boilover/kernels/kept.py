"""What is computed once for an installation is kept: machine code, and tables that take long to unpack.

It is looked for in ``NUMBA_CACHE_DIR`` if that is set; else beside the source, in ``__pycache__``, then in the user's
cache folder; and written to the first of these that can be written. So an image or a shared installation does the
work once, when it is made, and is read-only from then on; without any place to write, each process does it.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from functools import cache
from pathlib import Path

from boilover.errors import UsageError
from boilover.files import replacing

FOLDER = "NUMBA_CACHE_DIR"
HEAD = 128
"""Bytes at the start of a file that tell what it was made of and how much follows; the rest is aligned by them."""


def read(source: str, name: str, made_of: str) -> memoryview | None:
    """Return what a source file keeps under a name, if it was made of ``made_of`` and is whole; None otherwise.

    It is mapped into memory: what is not looked at is not read.
    """
    for folder in folders(source):
        try:
            with (folder / name).open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError):
            continue
        if data[:HEAD] == _head(made_of, len(data) - HEAD):
            return data[HEAD:]
    return None


def write(source: str, name: str, made_of: str, data: bytes | memoryview) -> None:
    """Keep ``data`` for a source file under a name, where it can be kept."""
    for folder in folders(source):
        try:
            with replacing(folder / name) as path, path.open("wb") as file:
                file.write(_head(made_of, len(data)))
                file.write(data)
        except (OSError, UsageError):
            continue
        return


@cache
def folders(source: str) -> tuple[Path, ...]:
    """Return where things of a source file are kept, the first place first."""
    told = os.environ.get(FOLDER)
    within = digest(os.path.dirname(source))[:12]
    if told:
        return (Path(told) / "boilover" / within,)
    user = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        home = Path(user) if user else Path.home() / ".cache"
    except RuntimeError:
        return (Path(source).parent / "__pycache__",)
    return (Path(source).parent / "__pycache__", home / "boilover" / within)


def digest(told: str | bytes) -> str:
    """Return a fingerprint of 64 hexadecimal digits."""
    return hashlib.sha256(told.encode() if isinstance(told, str) else told).hexdigest()


def _head(made_of: str, size: int) -> bytes:
    return f"{digest(made_of)} {size}".ljust(HEAD - 1).encode() + b"\n"
