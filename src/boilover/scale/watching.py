"""How far a scoring in pieces is: whoever does its tasks, here or far away, their files come to lie in one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

Tell = Callable[[str, int, int], None]
"""Takes a stage's name, and how many events of how many are through it."""
READING, JOINING, SCORING = "reading", "joining", "scoring"
EVERY = 0.5
"""Seconds between two looks."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@contextmanager
def watched(events: Mapping[Path, int], stage: str, tell: Tell) -> Iterator[None]:
    """Tell from the beginning of the block to its end how many ``events`` the files stand for that are there."""
    total = sum(events.values())

    def look() -> None:
        # A store knows no folder before the first file is there.
        folders = [folder for folder in {path.parent for path in events} if folder.exists()]
        there = {path.name for folder in folders for path in folder.iterdir()}
        tell(stage, sum(size for path, size in events.items() if path.name in there), total)

    def go_on() -> None:
        while not ended.wait(EVERY):
            look()

    if tell is silent or not events:
        yield
        return
    ended = Event()
    look()
    watcher = Thread(target=go_on, daemon=True)
    watcher.start()
    try:
        yield
        tell(stage, total, total)
    finally:
        ended.set()
        watcher.join()
