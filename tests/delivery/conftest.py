"""A ledger and a receiver for the tests of delivery; no proxy stands between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from boilover.flagger.ledger import Ledger
from receiver import Receiver, receiver


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.db")


@pytest.fixture
def hearing() -> Iterator[Receiver]:
    with receiver() as told:
        yield told
