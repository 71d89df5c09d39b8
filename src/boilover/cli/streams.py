"""Standard streams that somebody closed: a reader who leaves, as `head` does, is no error, and stops no command."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Heard(io.FileIO):
    """What is written after its reader closed the pipe is dropped, so that a command ends as it would have.

    Another error is raised once, and not again when the process ends, which would give an exit code of its own.
    """

    _is_told = False

    def write(self, told: ReadableBuffer) -> int:
        try:
            return super().write(told)
        except OSError as error:
            if not isinstance(error, BrokenPipeError) and not self._is_told:
                self._is_told = True
                raise
            return memoryview(told).nbytes


def open_streams() -> None:
    """Let no standard stream be closed, and none fail because its reader left; those put in their place stay."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # It takes the lowest number that is free: left so, a file that is written would get that of a stream.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it is open until the process ends
    if sys.stdout is sys.__stdout__:
        sys.stdout = _heard(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _heard(2, sys.stderr)


def _heard(number: int, stream: TextIO | None) -> TextIO:
    raw = io.BufferedWriter(_Heard(number, "w", closefd=False))
    if stream is None:
        return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace")
    line_by_line = number == 2 or stream.isatty()
    return io.TextIOWrapper(raw, encoding=stream.encoding, errors=stream.errors, line_buffering=line_by_line)
