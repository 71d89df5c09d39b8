"""A desk that has not run yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from job_desk import export_until, make_desk


@pytest.fixture
def desk(tmp_path) -> Path:
    """Return the configuration of a desk with an export of ten days and no run yet."""
    config = make_desk(tmp_path)
    export_until(tmp_path / "export.csv", "2025-01-16T06:00Z")
    return config
