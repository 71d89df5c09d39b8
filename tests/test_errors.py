"""Foreign text in messages: one line, legible, of bounded length; an error survives the way between processes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from boilover.errors import InputError, legible, one_line, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\u202eb\x1b[2J\0", "a\ufffdb\ufffd[2J\ufffd"),
        (
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
        ),
        ("\ud800", "\ufffd"),
    ],
)
def test_nothing_hides_in_a_line(text, shown):
    assert legible(text) == shown


def test_a_message_becomes_one_line_of_bounded_length():
    assert one_line(" two\r\n\tlines ", 20) == "two lines"
    assert one_line("x" * 10, 10) == "x" * 10
    assert one_line("help " * 10**6, 10) == "help help…"
    assert one_line(17, 10) == "17"
    assert len(shorten("x" * 10**6)) == 60
    assert [shorten(value) for value in (np.float64(0.5), np.array(["a"]))] == [
        "0.5",
        "array(['a'], dtype='<U1')",
    ]


def test_an_error_travels_between_processes_as_it_was_said():
    error = InputError(
        "is wrong", file="https://kim:word@host/x?sig=1", column="a", row=3, value="v", mend="Mend it"
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert str(again) == str(error) == "https://host/x, column 'a', row 3, value 'v': is wrong. Mend it"
    assert (type(again), again.exit_code) == (InputError, 3)
