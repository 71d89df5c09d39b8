"""A log in many partitions and a model of it."""

from __future__ import annotations

import pytest

from boilover.model.saved import save_model
from boilover.partitions import read_manifest
from boilover.store import upsert
from boilover.synthetic import synthetic_desk
from boilover.text import with_measures
from boilover.training import train


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Return a log in many partitions and the folder of a model trained on it."""
    folder = tmp_path_factory.mktemp("scale")
    log = with_measures(synthetic_desk(n_tickets=700, seed=5))
    save_model(folder / "model", train(log, horizons=["7d", "3d"], n_jobs=1))
    upsert(folder / "log", [log], most=700)
    assert len(read_manifest(folder / "log").partitions) > 8
    return folder / "log", folder / "model"
