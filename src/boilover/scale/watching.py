"""How far a scoring in pieces is. Whoever makes them, here or far away, they come to lie in one folder, which tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

Tell = Callable[[str, int, int], None]
"""Takes a stage's name, and how many events of how many are through it."""
READING, SCORING = "reading", "scoring"
EVERY = 0.5
"""Seconds between two looks."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@contextmanager
def watched(folder: Path, events: Mapping[str, int], tell: Tell) -> Iterator[None]:
    """Tell while the block runs, and at its end, how many events lie in ``folder`` as pieces, of ``events`` by name."""
    total = sum(events.values())

    def look() -> None:
        there = {path.name for path in folder.iterdir()}
        tell(READING, sum(size for name, size in events.items() if f"{name}.json" in there), total)

    def go_on() -> None:
        while not ended.wait(EVERY):
            look()

    if tell is silent:
        yield
        return
    ended = Event()
    watcher = Thread(target=go_on, daemon=True)
    watcher.start()
    try:
        yield
        tell(READING, total, total)
    finally:
        ended.set()
        watcher.join()
