"""Open the files of an export: what they are is told from their content, never from their names."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from boilover.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
UTF8_BOM = b"\xef\xbb\xbf"
FOREIGN_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "zstandard",
}
HEAD = 65_536


def list_sources(sources: Sequence[str | Path]) -> tuple[Path, ...]:
    """Return the files named by ``sources``; a folder stands for the files in it, ordered by name."""
    if not sources:
        raise InputError("no file was named", mend="Name at least one export file")
    found: list[Path] = []
    for source in map(Path, sources):
        if source.is_dir():
            held = sorted(
                path for path in source.iterdir() if path.is_file() and not path.name.startswith(".")
            )
            if not held:
                raise InputError(
                    "the folder holds no file", file=source, mend="Name the export files themselves"
                )
            found += held
        elif source.exists():
            found.append(source)
        else:
            raise InputError("does not exist", file=source, mend="Check the path")
    return tuple(found)


@contextmanager
def open_source(path: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of ``path`` as a stream, decompressed if they are gzip, past a UTF-8 byte order mark.

    Raises `InputError` for a file that is empty, cannot be read, is in another encoding or container by its
    first bytes, or, while it is being read, is truncated or damaged.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(
            f"cannot be opened: {error.strerror}", file=path, mend="Check path and rights"
        ) from error
    with raw:
        is_gzip = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if is_gzip else raw
        try:
            _check_mark(path, stream)
            yield stream
        except EOFError as error:
            mend = "Copy or export it again"
            raise InputError("the compressed file is truncated", file=path, mend=mend) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            problem = f"the compressed file is damaged: {error}"
            raise InputError(problem, file=path, mend="Copy or export it again") from error


def read_head(path: Path) -> bytes:
    """Return the first 64 KiB of the decompressed content."""
    with open_source(path) as stream:
        return stream.read(HEAD)


def _check_mark(path: Path, stream: BinaryIO) -> None:
    """Leave ``stream`` at the first byte of content, or say why its first bytes rule it out."""
    mark = stream.read(5)
    if not mark.strip():
        raise InputError("the file is empty", file=path, mend="Export it again")
    for magic, kind in FOREIGN_MARKS.items():
        if mark.startswith(magic):
            raise InputError(f"the file is {kind}", file=path, mend="Export it as UTF-8 text, plain or gzip")
    stream.seek(len(UTF8_BOM) if mark.startswith(UTF8_BOM) else 0)
