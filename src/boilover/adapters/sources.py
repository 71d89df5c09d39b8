"""Open the files of an export: what they are is told from their content, never from their names."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from boilover.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
PARQUET_MAGIC = b"PAR1"
UTF8_BOM = b"\xef\xbb\xbf"
FOREIGN_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    ZIP_MAGIC: "an archive or an office document in another archive",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "zstandard",
    b"7z\xbc\xaf": "7-Zip",
    b"\xd0\xcf\x11\xe0": "a spreadsheet or document of an old office program",
}
TAR_MARK = slice(257, 262), b"ustar"
HEAD = 65_536
AGAIN = "Copy or export it again"
AS_UTF8 = "Export it as UTF-8 text, plain or gzip"


def list_sources(sources: Sequence[str | Path]) -> tuple[Path, ...]:
    """Return the files named by ``sources``; a folder stands for the files in it, at any depth, ordered by name."""
    if not sources:
        raise InputError("no file was named", mend="Name at least one export file")
    found: list[Path] = []
    for source in map(Path, sources):
        if source.is_dir():
            held = sorted(path for path in _files_in(source) if path.is_file())
            if not held:
                mend = "Name the export files themselves"
                raise InputError("the folder holds no file", file=source, mend=mend)
            found += held
        elif source.exists():
            found.append(source)
        else:
            raise InputError("does not exist", file=source, mend="Check the path")
    return tuple(found)


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield what a folder holds at any depth but for what is hidden; one that cannot be looked into is no empty one."""

    def fail(error: OSError) -> None:
        problem, mend = f"cannot be opened: {error.strerror}", "Check path and rights"
        raise InputError(problem, file=error.filename, mend=mend) from error

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [each for each in folders if not each.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


@contextmanager
def open_source(path: Path, told: Callable[[int], None] | None = None) -> Iterator[BinaryIO]:
    """Yield the bytes of ``path`` as a stream, decompressed if they are gzip, past a UTF-8 byte order mark.

    ``told`` is called with the number of bytes of the file that were read since it was called last. Raises `InputError`
    for a file that is empty, cannot be read, is in another encoding or container by its first bytes, or, while it is
    being read, is truncated or damaged.
    """
    try:
        raw = path.open("rb", buffering=0)
    except OSError as error:
        problem = f"cannot be opened: {error.strerror}"
        raise InputError(problem, file=path, mend="Check path and rights") from error
    with raw, unpacked(cast(BinaryIO, raw), str(path), told) as stream:
        yield stream


@contextmanager
def unpacked(raw: BinaryIO, name: str, told: Callable[[int], None] | None = None) -> Iterator[BinaryIO]:
    """Yield the content of ``raw``, decompressed if it is gzip, past a UTF-8 byte order mark; see `open_source`."""
    counted = io.BufferedReader(_Counted(raw, told), HEAD)
    try:
        is_gzip = counted.peek(2)[:2] == GZIP_MAGIC
        stream: Any = (
            io.BufferedReader(cast(Any, gzip.GzipFile(fileobj=counted)), HEAD) if is_gzip else counted
        )
        _check_mark(stream, name)
        yield stream
    except EOFError as error:
        raise InputError("the compressed file is truncated", file=name, mend=AGAIN) from error
    except (gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"the compressed file is damaged: {error}", file=name, mend=AGAIN) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name, mend=AGAIN) from error


class _Counted(io.RawIOBase):
    """A stream that tells how far it was read."""

    def __init__(self, raw: BinaryIO, told: Callable[[int], None] | None) -> None:
        self._raw, self._told = raw, told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        if self._told is not None:
            self._told(len(data))
        return len(data)


def _check_mark(stream: Any, name: str) -> None:
    """Leave ``stream`` at the first byte of content, or say why its first bytes rule it out."""
    mark = stream.peek(16)[:16]
    if not mark.strip() and not stream.peek(HEAD).strip():
        raise InputError("the file is empty", file=name, mend="Export it again")
    place, magic = TAR_MARK
    if stream.peek(place.stop)[place] == magic:
        raise InputError("the file is a tar archive", file=name, mend="Unpack it, and name the folder")
    for magic, kind in FOREIGN_MARKS.items():
        if mark.startswith(magic):
            mend = "Unpack it, or leave it out" if magic == ZIP_MAGIC else AS_UTF8
            raise InputError(f"the file is {kind}", file=name, mend=mend)
    if mark.startswith(UTF8_BOM):
        stream.read(len(UTF8_BOM))
        if not stream.peek(1):
            raise InputError("the file is empty", file=name, mend="Export it again")
