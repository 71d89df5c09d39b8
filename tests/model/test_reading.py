import numpy as np
import pandas as pd
import pytest

from boilover.errors import MismatchError
from boilover.model.reading import Reading, Words, words_of

KNOWN = {"b": 1.0, "2": 2.0, "a": 3.0}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series(["a", None, "z", "b"], dtype="str"), [3, -1, 0, 1]),
        (pd.Series(["a", None, "z", "b"], dtype="object"), [3, -1, 0, 1]),
        (pd.Series(["a", None, "z", "b"], dtype="category"), [3, -1, 0, 1]),
        (pd.Series(["a", np.nan, "\ud800", 2], dtype="object"), [3, -1, 0, 2]),
        (pd.Series(pd.Categorical([2, None, 5, 2])), [2, -1, 0, 2]),
        (pd.Series([None, None], dtype="str"), [-1, -1]),
        (pd.Series([], dtype="str"), []),
    ],
)
def test_words_mean_what_their_table_says_however_they_are_held(values, expected):
    words = words_of(values)
    assert words.table(KNOWN, 0.0, -1.0, np.float32)[words.codes].tolist() == expected
    assert words.table({}, 0.0, -1.0, np.float64)[words.codes].tolist() == [min(each, 0) for each in expected]


def test_a_matrix_of_some_rows_is_that_of_all():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.normal(size=50), "b": rng.choice(["x", "y"], 50), "c": rng.random(50) < 0.5}
    )
    reading = Reading.of(frame, {"b"})
    assert isinstance(reading.columns[1], Words)
    tables = {1: reading.columns[1].table({"x": 0.0}, np.nan, np.nan, np.float32)}
    whole = reading.matrix(tables, slice(None))
    assert whole.flags.f_contiguous
    assert whole.dtype == np.float32
    expected = np.column_stack([frame["a"], np.where(frame["b"] == "x", 0.0, np.nan), frame["c"]])
    np.testing.assert_array_equal(whole, expected.astype(np.float32))
    np.testing.assert_array_equal(reading.matrix(tables, slice(40, 60)), whole[40:])
    assert np.isnan(reading.matrix({}, slice(None))[:, 1]).all()


def test_words_where_numbers_were_are_named():
    with pytest.raises(MismatchError, match="'b'"):
        Reading.of(pd.DataFrame({"b": ["x"]}), ())


def test_a_hostile_name_of_a_column_cannot_write_to_the_terminal():
    name = "\x1b[2J" + "x" * 200
    with pytest.raises(MismatchError) as refused:
        Reading.of(pd.DataFrame({name: ["a"]}), ())
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 200
