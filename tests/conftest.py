"""Fixtures for all tests: random logs, the points asked of them, and where the real logs lie."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from boilover.annotations import Annotations
from boilover.history import History
from boilover.log import EventLog
from boilover.points import Points
from random_logs import SHARED, log_of_seed, points_of_seed

ROOT = Path(__file__).parent
LONG = (
    "scale", "job/test_job_killed.py", "test_notebooks.py", "flagger/test_ledger_kill.py",
    "benchmarks/test_benchmark_nights.py", "test_store.py", "test_tracking.py", "test_readme.py",
)  # fmt: skip
"""Where most is done, in this order: first, so that no process is busy with one when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each file to one process, with its fixtures; all of ``scale``, with its clusters, to one as well."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item.path)))
    items.sort(key=lambda item: place_of(item.path))


def group_of(path: Path) -> str:
    """Return what one process does: a file by its path among the tests, or a folder of `LONG`."""
    name = path.relative_to(ROOT).as_posix()
    folder, _, _ = name.partition("/")
    return folder if folder in LONG else name


def place_of(path: Path) -> int:
    """Return where a file stands in the order of work."""
    group = group_of(path)
    return LONG.index(group) if group in LONG else len(LONG)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while all files are imported, and none of theirs later: scoring asks for collections."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def random_log() -> Callable[..., EventLog]:
    """Return the factory `log_of_seed`."""
    return log_of_seed


@pytest.fixture
def random_points() -> Callable[..., Points]:
    """Return the factory `points_of_seed`."""
    return points_of_seed


@pytest.fixture
def notes_of_seed() -> Callable[[int], Annotations]:
    """Return a function from a seed to the annotations of its random log."""
    return lambda seed: Annotations(History.from_log(log_of_seed(seed)))


@pytest.fixture
def shared_data() -> Path:
    """Return the folder of public logs that live beside the repository; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no folder of shared data beside the repository")
    return SHARED
