"""What a small score costs before it begins: which modules it loads, once kernels are compiled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from boilover.kernels import tables

ROOT = Path(__file__).parents[1]
HEAVY = {
    *("dask", "jinja2", "joblib", "lightgbm", "matplotlib", "mlflow", "numba", "py3langid", "rich"),
    *("scipy", "sklearn", "sqlalchemy", "threadpoolctl"),
}
"""Each takes a tenth of a second or more to import."""
SCORE = """
import sys
from boilover.cli import main
try:
    main()
finally:
    print("loaded", *sys.modules, file=sys.stderr)
"""


def test_a_score_of_an_export_loads_nothing_heavy(tmp_path):
    given = [
        ROOT / "data" / "samples" / "zendesk",
        "--model",
        ROOT / "models" / "demo",
        "-o",
        tmp_path / "s.csv",
    ]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", SCORE, "score", *map(str, given)],
            capture_output=True,
            text=True,
            check=True,
        )
        if "compiling kernels" not in done.stderr:
            break
    loaded = set(done.stderr.splitlines()[-1].split()[1:])
    assert {"boilover", "pandas", "llvmlite"} <= loaded
    assert not loaded & HEAVY


MADE = []


def _numbers():
    MADE.append("again")
    return np.arange(5, dtype=np.int16), np.array([["a", "bcd"]]), np.empty((0, 3)), np.float32([2.5])


def test_a_table_is_made_once_and_the_same_from_then_on(tmp_path, monkeypatch):
    monkeypatch.setattr(tables.read.__globals__["os"], "environ", {"NUMBA_CACHE_DIR": str(tmp_path)})
    tables.read.__globals__["folders"].cache_clear()
    try:
        made = [tables.table(of, _numbers) for of in ("this", "this", "that")]
    finally:
        tables.read.__globals__["folders"].cache_clear()
    assert MADE == ["again", "again"]
    for told in made:
        for array, again in zip(told, _numbers(), strict=True):
            assert array.dtype == again.dtype
            assert array.shape == again.shape
            assert np.array_equal(array, again)
            with pytest.raises(ValueError, match="read-only"):
                array[...] = again
