"""Fixtures for the tests of systems whose exports come as pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from exports import Read, read_pages


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Return a function from pages to the log, its events and tickets, and the report of their export."""
    return lambda *pages, **options: read_pages(tmp_path / "export", pages, **options)
