"""Ids, words and HTML in the one form that the log has."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from boilover.adapters.base import Tally
from boilover.adapters.jira_text import plain_text
from boilover.adapters.servicenow_sla import duration
from boilover.adapters.words import PRIORITIES, Words, html_to_text, ident
from boilover.annotations.priority import priority_level
from hang_guard import assert_ends


@pytest.mark.parametrize("value", [12, "12", 12.0, " 12 ", "12.0"])
def test_an_id_is_one_however_it_is_written(value):
    assert ident(value) == "12"


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), True, [1], {"a": 1}])
def test_what_is_no_id_is_none(value):
    assert ident(value) is None


@pytest.mark.parametrize("value", ["PROJ-7", "007", "1.5", "v2.0", str(2**70)])
def test_what_is_no_number_stays_as_it_is(value):
    assert ident(value) == value


def test_words_are_known_whatever_their_case_and_counted_where_they_are_not():
    tally = Tally()
    words = Words({"Hold ": "on_hold", "7": "closed", "spam": ""}, kind="status", tally=tally)
    assert words.read(" HOLD") == ("on_hold", "HOLD")
    assert words.read(7) == ("closed", "7")
    assert words.read("Solved") == ("solved", "Solved")
    assert words.read("spam") == (None, "spam")
    assert [words.read(nothing) for nothing in (None, "", "  ")] == [(None, None)] * 3
    assert not tally.unknown
    assert [words.read("Waiting for Godot") for _ in range(3)] == [("open", "Waiting for Godot")] * 3
    assert tally.unknown == {"status": {"'Waiting for Godot'": 3}}


def test_an_unknown_word_of_another_kind_stays_itself():
    tally = Tally()
    words = Words({"4": "urgent"}, kind="priority", tally=tally)
    assert [words.read(word) for word in (4, "Low", "P1")] == [("urgent", "4"), ("low", "Low"), ("P1", "P1")]
    assert tally.unknown == {"priority": {"'P1'": 1}}


def test_priorities_rise_in_their_order():
    levels = [priority_level(word) for word in PRIORITIES]
    assert levels == sorted(set(levels))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (" just text ", "just text"),
        ("a &lt; b &amp; c &eacute;&nbsp;d", "a < b & c é d"),
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("hi<blockquote>old<blockquote>older</blockquote></blockquote>bye", "hi\n> old\n> > older\nbye"),
        ("</blockquote>a</p></script>b", "a\nb"),
        ("<style>p {}</style><script>x()</script>a<title>t</title>", "a"),
        ("<pre>x\n  y</pre>z\nw", "x\ny\nz w"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("", ""),
    ],
)
def test_html_becomes_lines(html, text):
    assert html_to_text(html) == text


def test_unknown_words_that_are_shortened_to_one_are_all_counted():
    tally = Tally()
    tally.meet("row", pd.Series(["x" * 80 + "a", "x" * 80 + "b"]))
    assert list(tally.unknown["row"].values()) == [2]


def test_a_head_that_is_not_closed_ends_with_the_body():
    assert html_to_text("<html><head><meta charset=utf-8><style>p{}</style><body><p>Hello</p>") == "Hello"


def test_cells_of_a_table_are_apart():
    assert html_to_text("<tr><th>Part<th>Price</tr><tr><td>Disk<td>5</tr>") == "Part Price\nDisk 5"


def test_deep_and_hostile_html_is_read_in_good_time():
    assert html_to_text("<div>" * 50_000 + "a").endswith("a")
    assert html_to_text("<" * 50_000 + "a") is not None


@pytest.mark.parametrize(
    "unit", ["<", "<a ", "<a b='", '<x y="', "<div\n", "<!--", "<!-- --!>", "</a", "<![x", "&#"]
)
@pytest.mark.parametrize("end", ["", ">", "-->"])
def test_html_without_ends_takes_time_in_proportion_to_its_length(unit, end):
    assert_ends(lambda: html_to_text(unit * (200_000 // len(unit)) + end))


def test_markup_of_unknown_words_is_no_text_and_no_error():
    assert html_to_text("Sent <![foo[x]> from<![endif]> home <![ 1> today") == "Sent from home today"
    assert html_to_text("open <![x") == "open <![x"


def test_a_comment_without_an_end_hides_nothing():
    assert html_to_text("<style><!-- p {margin: 0} </style>Please <b>call</b>") == "Please call"
    assert html_to_text("1 <!-- 2 <b>3</b>") == "1 <!-- 2 3"
    assert html_to_text("seen <!-- <b>unseen</b> -- > seen <a") == "seen seen <a"


def test_quotes_within_quotes_without_end_stay_of_a_size():
    assert len(html_to_text("<blockquote>a" * 10_000)) < 3_000_000


@pytest.mark.parametrize("unit", ["{code:x}", "{code:", "{noformat:x}{code:x}", "{quote}"])
@pytest.mark.parametrize("end", ["", "}", "{code}"])
def test_wiki_markup_without_ends_takes_time_in_proportion_to_its_length(unit, end):
    assert_ends(lambda: plain_text(unit * (200_000 // len(unit)) + end))


def test_code_that_does_not_end_leaves_the_rest_as_it_is():
    assert plain_text("{code:py}a{noformat}b{noformat}{quote}c{quote}") == "{code:py}a\n```\nb\n```\n\n> c"
    assert plain_text("{code:py|x={y}z{code}{code}") == "```\nz\n```\n{code}"


def test_a_long_duration_takes_time_in_proportion_to_its_length():
    assert_ends(lambda: duration("1" * 100_000 + " parts"))
    assert duration("1" * 100_000 + " parts") is None
    assert duration("2 Days 3 hours") == timedelta(days=2, hours=3)
