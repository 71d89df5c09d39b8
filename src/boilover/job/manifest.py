"""The account of a run, kept while it works: what went in, what came out, how long it took, how it ended."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from boilover import __version__
from boilover.errors import BoiloverError
from boilover.files import expected, is_stream, sha256_of
from boilover.times import iso

PACKAGES = ("lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "sqlalchemy")
PRIVATE = ("examples", "unknown", "truncated_examples")
"""What an import tells that may quote tickets."""


@dataclass
class Account:
    """What is known of a run; ``facts`` are told as they come and written in this order."""

    desk: str
    as_of: int
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the seconds of a step."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - start, 3)

    def close(self, error: BaseException | None = None) -> dict[str, Any]:
        """Return the manifest of a run that is done, or that failed."""
        self.seconds["all"] = round(time.monotonic() - self.began, 3)
        return {
            "desk": self.desk,
            "as_of": iso(self.as_of),
            "exit_code": exit_code(error),
            "error": None if error is None else told_of(error),
            **self.facts,
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "versions": {
                "boilover": __version__,
                "python": platform.python_version(),
                **{name: version(name) for name in PACKAGES},
            },
        }


def failed_file(file: Path) -> Path | None:
    """Return where a run that failed is told beside the manifest of the night that was recorded; None for a stream."""
    return None if is_stream(file) else file.with_name(f"{file.stem}.failed{file.suffix}")


def tells_night(file: Path, as_of: int) -> bool:
    """Whether there is a manifest of a run that recorded the night of that moment; a stream keeps none."""
    # Who opens a pipe to read waits for a writer, and who reads a terminal for its user.
    if is_stream(file):
        return False
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("as_of") == iso(as_of) and "counts" in told


def exit_code(error: BaseException | None) -> int:
    """Return the exit code of a run that ended so."""
    if error is None:
        return 0
    known = expected(error)
    return known.exit_code if isinstance(known, BoiloverError) else 1


def files_told(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Return name, size and SHA-256 of files."""
    return [{"file": str(path), "bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in paths]


def export_told(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an import tells of its export, without what may quote a ticket."""
    return {name: value for name, value in report.items() if name not in PRIVATE}


def told_of(error: BaseException) -> str:
    """Return the message of an error of ours; that of a foreign one may quote a ticket."""
    known = expected(error)
    return str(known) if isinstance(known, BoiloverError) else f"unexpected {type(error).__name__}"
