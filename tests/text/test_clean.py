from __future__ import annotations

import pyarrow as pa
import pytest

from boilover.text.clean import MAX_CHARACTERS, clean
from boilover.text.measures import measure_texts
from hang_guard import assert_ends

QUOTED = {
    "marked": "It fails again.\n> Did you restart?\n>> no",
    "gmail": "It fails again.\n\nOn 3 Feb 2025 at 10:11, Support <help@example.com> wrote:\n> old\n> older",
    "not marked": "It fails again.\n\nOn Mon, 3 Feb 2025 at 10:11, Support wrote:\nold words",
    "wrapped": "It fails again.\n\nOn Mon, 3 Feb 2025 at 10:11, Support\n<help@example.com> wrote:\n\n> old",
    "german": "It fails again.\n\nAm 03.02.2025 um 10:11 schrieb Support <help@example.com>:\n> alt",
    "french": "It fails again.\n\nLe lun. 3 févr. 2025 à 10:11, Support a écrit :\n> vieux",
    "spanish": "It fails again.\n\nEl lun, 3 feb 2025 a las 10:11, Soporte escribió:\n> viejo",
    "outlook": "It fails again.\n\n-----Original Message-----\nFrom: Support\nold",
    "outlook german": "It fails again.\n\n-----Ursprüngliche Nachricht-----\nVon: Support\nalt",
    "headers": "It fails again.\n\n________________\nFrom: Support\nSent: Monday\nTo: Me\nSubject: x\n\nold",
    "headers french": "It fails again.\n\nDe : Support\nEnvoyé : lundi\nÀ : moi\nObjet : x\n\nvieux",
    "blockquote": "<p>It fails again.</p><blockquote>old <b>words</b></blockquote>",
    "jira": "It fails again.\n{quote}old words{quote}",
    "delimiter": "It fails again.\n-- \nMax Example\nExample Ltd",
    "phone": "It fails again.\n\nSent from my iPhone",
    "phone german": "It fails again.\nVon meinem iPhone gesendet",
    "closing": "It fails again.\n\nKind regards,\nMax Example\nExample Ltd\nPhone 1234",
    "closing german": "It fails again.\n\nMit freundlichen Grüßen\nMax",
    "closing above a quote": "It fails again.\n\nBest regards\nMax\n\nOn 3 Feb 2025, S wrote:\n> old",
    "fence": "It fails again.\n```\nx = terrible()\n```",
    "jira code": "It fails again. {code:java}throw new Terrible();{code}",
    "noformat": "{noformat}\nterrible failure\n{noformat}\nIt fails again.",
    "java trace": "It fails again.\njava.lang.StateException: bad\n\tat a.A.b(A.java:10)\n\t... 12 more",
    "python trace": 'It fails again.\nTraceback (most recent call last):\n  File "a.py", line 3\nKeyError: x',
    "log": "2025-02-03 10:11:12,123 ERROR horrible failure\n[ERROR] org.example.Main: dead\nIt fails again.",
    "indented code": "It fails again.\n    if (dead) { kill(); }",
    "html": "<html><head><style>p {color: red}</style></head><div>It&nbsp;fails<br/>again.</div></html>",
    "script": "<script>alert('terrible')</script>It fails again.",
    "comment": "<!-- hate -->It fails again.",
    "address": "It fails again. https://example.com/hate?x=1 me@example.com",
    "inline code": "It fails again. `kill -9 terrible`",
}


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED.keys())
def test_only_the_authors_words_stay(text: str) -> None:
    assert clean(text).replace("\xa0", " ").split() == ["It", "fails", "again."]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I told you that it fails: nothing happened.",
        "From: the start it was slow.",
        "My best regards to the team, it works.",
        "a < b and b > c",
        "I love it\nThanks",
        "at the office (third floor) nothing works",
        "Error: I cannot log in",
        "- one\n- two",
        "The tag <code> is not closed and I am angry",
        "{code} stands alone and I am angry",
        "Kind regards,\nwhy does nobody answer my question?",
    ],
)
def test_doubtful_words_stay(text: str) -> None:
    words = clean(text).split()
    assert len(words) >= len(text.split()) - 1


def test_answers_between_quotes_stay() -> None:
    text = "On 3 Feb 2025, Support wrote:\n> Which version?\nThe newest.\n> Since when?\nMonday."
    assert clean(text).split() == ["The", "newest.", "Monday."]


def test_a_text_of_quotes_only_is_empty() -> None:
    assert clean("> all\n> of it") == clean("") == clean("-- \nMax") == ""


@pytest.mark.parametrize(
    "unit",
    ["<", "<a ", "<pre>", "<!--", "&", "&amp", "{code}", "{quote", "`", "```\n", "> ", "On ", "On 1 wrote",
     "\\", "www.", "@", "-", "_", "\n", " ", "\t", "at a.b(", "From: x\n", "é", "a", "A!", "but ",
     "not ", "İ", "(",
     "1-", "don't-", "a" * 99 + "@", "File \"", "please urgent "],
)  # fmt: skip
def test_hostile_texts_take_time_in_proportion_to_their_length(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At twenty times the length at which texts are cut, so that what is worse takes far too long."""
    length = 20 * MAX_CHARACTERS
    monkeypatch.setattr("boilover.text.clean.MAX_CHARACTERS", length)
    text = pa.array([(unit * (length // len(unit) + 1))[:length]])
    measure_texts(pa.array(["Compile, <b>please</b>."]), pa.array(["en"]))
    assert_ends(lambda: measure_texts(text, pa.array(["en"])))


def test_long_texts_are_cut() -> None:
    assert len(clean("word " * MAX_CHARACTERS)) <= MAX_CHARACTERS
