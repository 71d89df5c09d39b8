"""What each language's lists hear, and what they must not: other matters, denials, quotes and automatic replies."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyarrow as pa
import pytest
from phrase_samples import AUTOMATIC, HEARD, UNHEARD

from boilover import flagger
from boilover.flagger.listening import LANGUAGES, TOPICS, Listener, is_automatic, lists_of
from boilover.flagger.phrase import Phrase

LISTENER = Listener(dict.fromkeys(TOPICS, ()))

SPEAKING = [
    (language, topic, text)
    for language, topics in HEARD.items()
    for topic, texts in topics.items()
    for text in texts
]


def hear(text: str, language: str | None = None) -> set[str]:
    """Return the topics heard, as a log would hear them: of texts alone that are worth it."""
    worth = LISTENER.worth(pa.array([text])).to_pylist() == [True]
    heard = LISTENER.hear(text, language)
    assert worth or not heard, "a phrase was passed over before it was heard"
    return set(heard)


@pytest.mark.parametrize(("language", "topic", "text"), SPEAKING)
def test_a_topic_is_heard_in_its_language(language: str, topic: str, text: str) -> None:
    assert topic in hear(text, language)
    assert topic in hear(f"<p>Hello,</p><p>{text}</p>", language)
    assert topic in hear(text.upper(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_topics_are_heard_in_a_ticket_of_unknown_or_another_language(language: str) -> None:
    """The text itself shows its language, or all lists are tried."""
    long = " ".join(text for texts in HEARD[language].values() for text in texts)
    assert hear(long) == hear(long, "pl") == set(TOPICS)


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in UNHEARD.items() for text in texts]
)
def test_other_matters_and_denials_are_not_heard(language: str, text: str) -> None:
    assert hear(text, language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_signatures_and_code_are_not_heard(language: str) -> None:
    text = " ".join(text for texts in HEARD[language].values() for text in texts)
    for hidden in (f"> {text}", f"-- \n{text}", f"```\n{text}\n```", f"On 3 Feb 2026, Ann wrote:\n> {text}"):
        assert hear(f"Ok.\n\n{hidden}", language) == set()
    assert hear(f"<p>Ok.</p><blockquote>{text}</blockquote>", language) == set()


@pytest.mark.parametrize("text", AUTOMATIC)
def test_automatic_replies_are_not_heard(text: str) -> None:
    assert is_automatic(text)
    assert hear(text) == set()


def test_a_person_who_speaks_of_an_office_is_no_machine() -> None:
    text = "The printer in our office is on the third floor. I want to speak to a manager."
    assert not is_automatic(text)
    assert hear(text) == {"manager"}


def test_a_denial_ends_with_its_clause() -> None:
    assert hear("I do not want to wait, cancel my subscription.", "en") == {"churn"}
    assert hear("No, I want to speak to a manager", "en") == {"manager"}
    assert hear("I do not want to cancel my plan. Cancel my plan now, I said!", "en") == {"churn"}


def test_the_first_phrase_is_told_with_its_spaces_mended() -> None:
    assert LISTENER.hear("Hi.\nGet me   a\nsupervisor. Speak to a manager.", "en") == {
        "manager": "Get me a supervisor"
    }


def test_every_list_is_there_and_every_phrase_is_heard_alone() -> None:
    folder = Path(flagger.__file__).parent / "phrases"
    assert {path.stem for path in folder.glob("*.toml")} == set(LANGUAGES)
    for name in LANGUAGES:
        told = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
        assert set(told) == {*TOPICS, "automatic", "denied_before", "denied_after"}
        lists = lists_of(name)
        for phrase in [*lists.automatic, *(each for topic in TOPICS for each in lists.topics[topic])]:
            assert min(map(len, phrase.keys)) >= 3, f"{phrase.written} is looked for in too many texts"
            assert phrase.pattern.search("") is None


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("gas leak", {"leak"}),
        ("cancel(?:l?ing)? (?:my|our) plan", {"cancel"}),
        ("(?:see|meet) you in court", {"court"}),
        ("su(?:e|ing) (?:you|them)", {"you", "them"}),
        ("(?:tell|call) your lawyer", {"lawyer"}),
        ("(?:did|has) not work", {"work"}),
        ("(?:a|b )?lawyers?", {"lawyer"}),
        ("ab+cd", {"ab"}),
        ("terminat(?:e|ing) [aeiou]x", {"terminat"}),
        (r"tried \d+ times", {"tried"}),
        ("(?:speak|talk(?:ing)?) ~human", {"human"}),
    ],
)
def test_keys_are_what_a_text_cannot_do_without(written: str, keys: set[str]) -> None:
    assert Phrase(written).keys == keys


def test_a_phrase_without_a_word_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no word"):
        _ = Phrase(r"\S+ (?:a)?").keys
