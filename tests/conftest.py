"""Fixtures for all tests: random logs, the points asked of them, and where the real logs lie."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import cache
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

import pytest
import typer.main
from xdist.scheduler import LoadScopeScheduling

from boilover.annotations import Annotations
from boilover.history import History
from boilover.log import EventLog
from boilover.points import Points
from random_logs import SHARED, log_of_seed, points_of_seed

LONG = (
    "scale", "adapters", "flagger", "cli", "job", "model", "benchmarks", "test_notebooks.py", "monitoring",
    "test_store.py", "features", "report", "audit", "test_future_edit.py", "test_kernels_kept.py", "test_readme.py",
    "test_tracking.py", "test_plots.py",
)  # fmt: skip
"""Where most is done, in this order: first, so that no process is busy with one when the others are done."""


def folder_of(nodeid: str) -> str:
    """Return the folder of a test, or its file where that is in none."""
    return PurePath(nodeid.partition("::")[0]).parts[1]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Have every other process collect from the end: who comes first to a file rewrites its assertions for both."""
    report = yield
    process = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    if int(process.removeprefix("gw")) % 2 and isinstance(collector, (pytest.Session, pytest.Dir)):
        report.result.reverse()
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes long; the order of the rest is that of their files' names, however they were collected."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: (places.get(folder_of(item.nodeid), len(LONG)), item.path))


class ByFolder(LoadScopeScheduling):
    """Gives each folder to one process, with what its files share; above all the clusters of ``scale``."""

    def _split_scope(self, nodeid: str) -> str:
        return folder_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """Have tests dealt out by folders, whatever the option ``--dist``."""
    return ByFolder(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while all files are imported, and none of theirs later: scoring asks for collections."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _commands_made_once() -> Iterator[None]:
    """Read what the commands take once, not for each of hundreds of command lines that run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _stores_made_once() -> Iterator[None]:
    """Have MLflow create one SQLite store, of which all further ones are copies: its migrations take a second each."""
    ours = sys.modules.get("boilover.tracking.store")
    if ours is None:
        yield
        return
    with ours.quiet():
        stores = [
            import_module(f"mlflow.store.{name}") for name in ("db.utils", "model_registry.sqlalchemy_store")
        ]
    make, made = stores[0]._initialize_tables, []

    def copied(engine: Any) -> None:
        if engine.dialect.name != "sqlite":
            make(engine)
            return
        if not made:
            make(engine)
        with closing(engine.raw_connection()) as connection:
            if made:
                first.backup(connection.driver_connection)
            else:
                connection.driver_connection.backup(first)
                made.append(engine.url)

    with (
        closing(sqlite3.connect(":memory:", check_same_thread=False)) as first,
        pytest.MonkeyPatch.context() as patch,
    ):
        for store in stores:
            patch.setattr(store, "_initialize_tables", copied)
        yield


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
