"""Fixtures for all tests: random logs, the points asked of them, and where the real logs lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from boilover.annotations import Annotations
from boilover.history import History
from boilover.log import EventLog
from boilover.points import Points
from random_logs import SHARED, log_of_seed, points_of_seed

LONG = {"test_job_killed.py", "test_notebooks.py", "test_readme.py", "test_store.py", "test_tracking.py"}
"""Files with a test or a fixture of many seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, so that no process is busy with one when the others are done."""
    items.sort(key=lambda item: item.path.name not in LONG)


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
