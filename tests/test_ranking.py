"""The order of scores: by falling risk, equal ones by the ids of their tickets, those without a risk last."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from boilover.ranking import by_risk


def risks(n: int, seed: int) -> np.ndarray:
    """Risks of which many are equal, or equal but for their last digits."""
    rng = np.random.default_rng(seed)
    plain = rng.random(n) ** rng.integers(1, 30)
    near = plain[rng.integers(0, max(n // 3, 1), n)] if n else plain
    chosen = rng.integers(0, 5, n)
    return np.select(
        [chosen == 0, chosen == 1, chosen == 2, chosen == 3],
        [plain, near, np.nextafter(near, 0.0), np.nan],
        rng.choice([0.0, 1.0, 5e-324, 0.5], n),
    )


@pytest.mark.parametrize("n", [0, 1, 2, 3, 100, 5000])
def test_it_is_that_of_a_stable_sort(n: int) -> None:
    ids = pa.array([f"{each:05}" for each in range(n)])
    for seed in range(8):
        risk = risks(n, seed)
        assert by_risk(risk, ids).tolist() == np.argsort(-risk, kind="stable").tolist()


def test_equal_risks_go_by_id_in_whatever_order_the_rows_come() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"t{each}" for each in range(300)])
    codes = rng.permutation(300).astype(np.int32)
    risk = rng.integers(0, 4, 300) / 4
    risk[::9] = np.nan
    expected = np.lexsort((words[codes], -risk)).tolist()
    assert by_risk(risk, pa.array(words[codes])).tolist() == expected
    assert (
        by_risk(risk, pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words))).tolist() == expected
    )
