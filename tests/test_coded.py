"""Columns read as they lie in memory: any chunks, slices and empty cells give what pyarrow tells of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from boilover.coded import Encoding, code, denied, floats, runs

WORDS = ("a", "b", "", "é", "long enough to lie elsewhere")


def chunked(rng, draw, kind, encode=False):
    """Return a column of several chunks, some of them slices that begin within a byte of validity."""
    chunks = []
    for _ in range(rng.integers(1, 5)):
        n = int(rng.integers(0, 40))
        cells = [None if rng.random() < 0.3 else draw(rng) for _ in range(n)]
        whole = pa.array(cells, type=kind)
        whole = whole.dictionary_encode() if encode else whole
        first = int(rng.integers(0, n + 1))
        chunks.append(whole.slice(first, int(rng.integers(0, n - first + 1))))
    return pa.chunked_array(chunks)


@pytest.mark.parametrize("seed", range(30))
def test_numbers_and_booleans(seed):
    rng = np.random.default_rng(seed)
    for kind in (pa.float32(), pa.float64()):
        data = chunked(rng, lambda rng: float(np.float32(rng.random())), kind)
        told = [np.nan if cell is None else cell for cell in data.to_pylist()]
        found = floats(data)
        assert found.dtype == kind.to_pandas_dtype()
        np.testing.assert_array_equal(found, np.array(told, found.dtype))
    data = chunked(rng, lambda rng: bool(rng.random() < 0.5), pa.bool_())
    assert denied(data).tolist() == [cell is False for cell in data.to_pylist()]


@pytest.mark.parametrize("seed", range(30))
def test_words(seed):
    rng = np.random.default_rng(seed)
    data = chunked(rng, lambda rng: str(rng.choice(WORDS)), pa.string(), encode=True)
    told = data.to_pylist()
    encoding = Encoding.of(data)
    lo = int(rng.integers(0, len(told) + 1))
    hi = int(rng.integers(lo, len(told) + 1))
    coded = encoding.coded(lo, hi)
    assert [None if at < 0 else coded.words[at] for at in coded.codes] == told[lo:hi]
    table = coded.translated(len, -5, np.int8)
    assert encoding.meant(lo, hi, table).tolist() == [
        -5 if word is None else len(word) for word in told[lo:hi]
    ]
    alone = code(data.cast(pa.string()))
    assert [None if at < 0 else alone.words[at] for at in alone.codes] == told


def test_a_table_of_one_meaning_is_not_looked_up():
    encoding = Encoding.of(pa.chunked_array([pa.array(["a", None, "b"]).dictionary_encode()]))
    assert encoding.meant(1, 3, np.array([7, 7, 7], np.int8)).tolist() == [7, 7]


@pytest.mark.parametrize("seed", range(20))
def test_runs_go_on_over_chunks(seed):
    rng = np.random.default_rng(seed)
    words = np.repeat([f"t{place}" for place in range(12)], rng.integers(1, 6, 12))
    cuts = np.sort(rng.integers(0, len(words) + 1, 3))
    data = pa.chunked_array([pa.array(part).dictionary_encode() for part in np.split(words, cuts)])
    told, ends = runs(data)
    assert told.to_pylist() == list(dict.fromkeys(words))
    assert ends.tolist() == [*(np.flatnonzero(words[1:] != words[:-1]) + 1), len(words)]
