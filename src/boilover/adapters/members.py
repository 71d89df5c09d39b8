"""The files of an export: plain ones, gzip, zip archives and folders, all as members that an adapter opens."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from boilover.adapters.base import Tally
from boilover.adapters.sources import AGAIN, HEAD, ZIP_MAGIC, list_sources, open_source, unpacked
from boilover.errors import InputError
from boilover.scratch import scratch

OFFICE = "[Content_Types].xml"
PACKED = 8
"""How much larger than gzip its content is taken to be."""


@dataclass(frozen=True)
class Member:
    """One file of an export, or one member of a zip archive.

    ``size`` counts bytes as they lie on disk (of a zip member: unpacked), ``content`` those of the content, a guess for
    gzip; ``tally`` is the export's.
    """

    path: Path
    inside: str | None
    size: int
    tally: Tally
    told: Callable[[int], None] | None = None

    @property
    def name(self) -> str:
        """The name for messages."""
        return str(self.path) if self.inside is None else f"{self.path}/{self.inside}"

    @property
    def label(self) -> str:
        """The name without the folders that lead to it, for reports."""
        return self.path.name if self.inside is None else f"{self.path.name}/{self.inside}"

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB, decompressed, past a byte order mark."""
        with self._open(None) as stream:
            return stream.read(HEAD)

    @cached_property
    def content(self) -> int:
        """About how many bytes the content has."""
        if self.inside is not None:
            return self.size
        with self.path.open("rb") as raw:
            return self.size * PACKED if raw.read(2) == b"\x1f\x8b" else self.size

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Yield the content as a stream, decompressed, past a byte order mark.

        Raises `InputError` where the file is empty, truncated or damaged.
        """
        with self._open(self.told) as stream:
            yield stream

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Yield a plain file of the content, for libraries that need one; a copy is removed afterwards."""
        with self.path.open("rb") as raw:
            is_plain = self.inside is None and raw.read(HEAD) == self.head
        if is_plain:
            yield self.path
            return
        with scratch() as folder:
            copy = folder / (self.inside or self.path.name).rpartition("/")[2]
            with self.open() as stream, copy.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
            yield copy

    @contextmanager
    def _open(self, told: Callable[[int], None] | None) -> Iterator[BinaryIO]:
        if self.inside is None:
            with open_source(self.path, told) as stream:
                yield stream
            return
        with _archive(self.path) as archive:
            try:
                raw = archive.open(self.inside)
            except (RuntimeError, NotImplementedError) as error:
                problem = "is encrypted, or packed in a way that cannot be read"
                raise InputError(
                    problem, file=self.name, mend="Unpack the archive and name the folder"
                ) from error
            with raw, unpacked(cast(BinaryIO, raw), self.name, told) as stream:
                yield stream


def members_of(
    sources: Sequence[str | Path], tally: Tally, progress: Callable[[int], None] | None = None
) -> tuple[Member, ...]:
    """Return the members of the files, folders and zip archives named by ``sources``."""
    members: list[Member] = []
    for path in list_sources(sources):
        members += _members(path, tally, progress)
    for member in members:
        _ = member.head
    return tuple(members)


def _members(path: Path, tally: Tally, progress: Callable[[int], None] | None) -> list[Member]:
    if not _is_zip(path):
        return [Member(path, None, path.stat().st_size, tally, progress)]
    with _archive(path) as archive:
        held = archive.infolist()
    if any(info.filename == OFFICE for info in held):
        problem = "the file is a spreadsheet or another office document"
        raise InputError(problem, file=path, mend="Save it as CSV in UTF-8")
    files = [info for info in held if not info.is_dir() and not _is_litter(info.filename)]
    if not files:
        raise InputError("the zip archive holds no file", file=path, mend="Export it again")
    files.sort(key=lambda info: info.filename)
    return [Member(path, info.filename, info.file_size, tally, progress) for info in files]


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as raw:
            return raw.read(4) in (ZIP_MAGIC, b"PK\x05\x06")
    except OSError as error:
        problem = f"cannot be opened: {error.strerror}"
        raise InputError(problem, file=path, mend="Check path and rights") from error


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError("the zip archive is truncated or damaged", file=path, mend=AGAIN) from error
    with archive:
        yield archive


def _is_litter(name: str) -> bool:
    """Say whether a member is what file managers leave behind."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
