import json

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError, MismatchError
from boilover.model.encoding import Encoding


def frame():
    return pd.DataFrame(
        {
            "age": [1.5, np.nan, 3.0, 4.0],
            "known": [True, False, True, True],
            "queue": pd.Categorical(["b", "a", "b", None], categories=["unused", "b", "a"]),
            "channel": pd.Series(["mail", "mail", None, "fax"], dtype="str"),
            "mixed": pd.Series([1, "1", None, 2.5], dtype="object"),
            "visits": pd.array([1, None, 3, 4], dtype="Int64"),
        }
    )


def test_numbers_stay_and_categories_become_their_position():
    encoding = Encoding.learn(frame(), 1)
    assert encoding.categories == {"queue": ("a", "b"), "channel": ("fax", "mail"), "mixed": ("1", "2.5")}
    assert encoding.categorical == [2, 3, 4]
    matrix = encoding.encode(frame())
    nan = np.nan
    expected = [[1.5, 1, 1, 1, 0, 1], [nan, 0, 0, 1, 0, nan], [3, 1, 1, nan, nan, 3], [4, 1, nan, 0, 1, 4]]
    np.testing.assert_array_equal(matrix, expected)
    assert matrix.dtype == np.float32
    assert matrix.flags.f_contiguous


def test_rare_and_unseen_categories_are_missing():
    encoding = Encoding.learn(frame(), 2)
    assert encoding.categories == {"queue": ("b",), "channel": ("mail",), "mixed": ("1",)}
    asked = frame().assign(channel=["mail", "pigeon", "fax", None])
    np.testing.assert_array_equal(encoding.encode(asked)[:, 3], [0, np.nan, np.nan, np.nan])


def test_the_code_does_not_depend_on_how_the_frame_holds_a_category():
    encoding = Encoding.learn(frame(), 1)
    for kind in ("object", "category", "str"):
        asked = frame().astype({"queue": kind, "channel": kind})
        np.testing.assert_array_equal(encoding.encode(asked), encoding.encode(frame()))


def test_many_rows_of_numbers():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9001, 3))
    big = pd.DataFrame(values, columns=list("abc"))
    np.testing.assert_array_equal(Encoding.learn(big, 1).encode(big), values.astype(np.float32))


def test_json_keeps_it():
    encoding = Encoding.learn(frame(), 1)
    assert Encoding.from_dict(json.loads(json.dumps(encoding.to_dict()))) == encoding


def test_a_number_that_became_a_text_is_named():
    with pytest.raises(MismatchError, match="'age'"):
        Encoding.learn(frame(), 1).encode(frame().assign(age=list("abcd")))


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_an_infinite_value_is_named_with_its_row(value):
    with pytest.raises(InputError, match="column 'age', row 3"):
        Encoding.learn(frame(), 1).encode(frame().assign(age=[1, np.nan, value, 2]))


def test_a_column_of_too_many_categories_is_missing_throughout():
    encoding = Encoding.learn(frame(), 1, most=1)
    assert encoding.categories == {"queue": (), "channel": (), "mixed": ()}
    assert encoding.categorical == [2, 3, 4]
    assert np.isnan(encoding.encode(frame())[:, [2, 3, 4]]).all()
    assert Encoding.learn(frame(), 1, most=2) == Encoding.learn(frame(), 1)
