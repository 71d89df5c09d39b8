"""Fixtures of reports: a desk and its replay, made once, and one browser for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Browser, started
from report_desks import Trial, replay_of, trial_of_a_desk

from boilover.backtest import Replay


@pytest.fixture(scope="session")
def trial() -> Trial:
    """Return `trial_of_a_desk`."""
    return trial_of_a_desk()


@pytest.fixture(scope="session")
def replay(trial: Trial) -> Replay:
    """Return `replay_of` the same desk."""
    return replay_of(trial.log)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a headless Chromium; skip where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with started(tmp_path_factory.mktemp("profile")) as made:
        yield made
