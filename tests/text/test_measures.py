from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from boilover.errors import UsageError
from boilover.log import EventLog
from boilover.schema import MEASURES
from boilover.synthetic import synthetic_desk
from boilover.text.characters import as_points
from boilover.text.language import detect_language, language_code
from boilover.text.measures import measure_texts, with_measures
from boilover.text.sentiment import compounds
from boilover.text.urgency import count_urgency

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ANALYZER = SentimentIntensityAnalyzer()
RULES = ["not", "very", "but", "kind", "of", "no", "least", "GREAT", "BAD!!", "the", "🔥"]
VADER_WORDS = [*sorted(ANALYZER.lexicon)[::37], *RULES]


def measure(*texts: str | None, languages: list[str | None] | None = None) -> pd.DataFrame:
    given_languages = None if languages is None else pa.array(languages, pa.string())
    return measure_texts(pa.array(texts, pa.string()), given_languages).to_pandas()


def test_columns_and_types_are_those_of_the_contract() -> None:
    table = measure_texts(pa.chunked_array([["Thanks!"], [None, ""]], pa.string()))
    assert [(field.name, field.type) for field in table.schema] == [(one.name, one.type) for one in MEASURES]
    assert table.num_rows == 3
    assert measure_texts(pa.array([], pa.string())).num_rows == 0


def test_measures_of_a_message() -> None:
    row = measure("Why is production down AGAIN?! We need this FIXED immediately!\n\n> quoted! why?").iloc[0]
    assert (row["words"], row["exclamations"], row["questions"], row["urgency"]) == (10, 2, 1, 2)
    assert row["shouting"] == pytest.approx(0.2)
    assert measure("I love it, thank you!").loc[0, "sentiment"] > 0.5
    assert measure("This is terrible and I hate the bad service.").loc[0, "sentiment"] < -0.5


def test_no_text_has_no_measures_and_an_empty_one_has_no_sentiment() -> None:
    table = measure(None, "", "> quoted")
    assert table.loc[0].isna().all()
    assert table.loc[1:, "sentiment"].isna().all()
    assert (table.loc[1:, "words"] == 0).all()


def test_an_unknown_language_has_no_sentiment() -> None:
    german = "Das ist eine schreckliche Katastrophe und ich bin sehr wütend auf den Service."
    japanese = "この製品は昨日からまったく動きません。至急対応してください。よろしくお願いします。"
    table = measure(
        german,
        japanese,
        "xyzzy 12",
        "This is great",
        "This is great",
        languages=[None, None, None, "German", "en-GB"],
    )
    assert table.loc[:3, "sentiment"].isna().all()
    assert table.loc[4, "sentiment"] > 0.5
    assert np.isnan(table.loc[1, "urgency"])
    assert table.loc[0, "words"] == 13


@pytest.mark.parametrize(
    "text", ["Thanks, works now", "ok thanks", "Still waiting.", "any update?", "Done, thank you"]
)
def test_short_english_is_scored(text: str) -> None:
    assert measure(text)["sentiment"].notna().all()


@pytest.mark.parametrize(
    "text", ["Danke, geht wieder", "Merci bien", "Gracias", "ok", "Grazie mille", "42", "Tak for hjælpen"]
)
def test_short_foreign_or_unclear_text_is_not_english(text: str) -> None:
    assert text == "ok" or detect_language(text) is None


def test_names_of_languages() -> None:
    names = {
        "en": "en",
        "en-US": "en",
        "EN_gb": "en",
        "English": "en",
        "English (US)": "en",
        "deu": "de",
        "Français": "fr",
    }
    assert {name: language_code(name) for name in names} == names
    assert [language_code(name) for name in (None, "", "?", "Klingonish")] == [None] * 4


def test_rows_do_not_depend_on_the_batch() -> None:
    texts = [
        None if text is None else str(text)
        for text in synthetic_desk(n_tickets=40).events["text"].to_pylist()
    ]
    whole = measure(*texts)
    mixed = measure(*reversed(texts), "Noch ein Satz auf Deutsch, der hier nichts ändert.")
    pd.testing.assert_frame_equal(whole, mixed[:-1][::-1].reset_index(drop=True))
    alone = pd.concat([measure(text) for text in texts[:30]], ignore_index=True)
    pd.testing.assert_frame_equal(whole[:30], alone)


def test_processes_give_the_same() -> None:
    texts = pa.array([f"message {number} is great" for number in range(4100)])
    assert measure_texts(texts, n_jobs=2).equals(measure_texts(texts))


def test_languages_must_match_the_texts() -> None:
    with pytest.raises(UsageError, match="2 texts but 1 languages"):
        measure_texts(pa.array(["a", "b"]), pa.array(["en"]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(VADER_WORDS), max_size=12).map(" ".join) | st.text(max_size=60), max_size=8
    )
)
def test_sentiment_equals_vader(texts: list[str]) -> None:
    assert compounds(texts, as_points(texts)).tolist() == [
        ANALYZER.polarity_scores(text)["compound"] for text in texts
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("URGENT: please fix this ASAP", 2),
        ("I want to speak to a manager", 1),
        ("this is the third time, still waiting", 2),
        ("please escalate this now", 1),
        ("the ticket will be escalated to the escalation team", 0),
        ("the product manager changed the urgentness", 0),
        ("Bitte dringend!", 1),
        ("", 0),
    ],
)
def test_urgency(text: str, count: int) -> None:
    assert count_urgency([text], as_points([text])).tolist() == [count]


def test_a_re_run_measures_only_what_is_new() -> None:
    log = synthetic_desk(n_tickets=30)
    first = with_measures(log)
    measured = first.events["words"].is_valid().to_numpy()
    is_message = np.array(log.events["event_type"].to_pylist()) == "message"
    assert (measured == is_message).all()
    marked = first.events.set_column(
        first.events.column_names.index("words"),
        "words",
        pa.array(np.where(measured, 77, np.nan), pa.float32(), from_pandas=True),
    )
    holed = marked["words"].to_pandas()
    hole = int(np.flatnonzero(measured)[3])
    holed[hole] = np.nan
    again = with_measures(
        replace(
            first,
            events=marked.set_column(
                marked.column_names.index("words"), "words", pa.array(holed, pa.float32(), from_pandas=True)
            ),
        )
    )
    words = again.events["words"].to_pandas()
    assert words[hole] == first.events["words"][hole].as_py()
    assert (words[measured].drop(hole) == 77).all()
    assert with_measures(first) is first


def test_a_log_without_text_is_left_as_it_is() -> None:
    log = synthetic_desk(n_tickets=5)
    bare = replace(log, events=log.events.drop_columns(["text"]))
    assert with_measures(bare) is bare


def test_the_language_of_the_ticket_wins() -> None:
    log = synthetic_desk(n_tickets=300)
    events = with_measures(log).to_pandas()[0]
    language = events["ticket_id"].map(log.tickets.to_pandas().set_index("ticket_id")["language"])
    scored = events["sentiment"].notna()
    assert not scored[language != "en"].any()
    told = (events["event_type"] == "message") & (events["words"] > 0)
    assert scored[told & (language == "en")].all()
    unnamed = EventLog.from_arrow(log.events, log.tickets.drop_columns(["language"]))
    guessed = with_measures(unnamed).to_pandas()[0]["sentiment"].notna()
    by_customers = told & (events["actor_role"] == "customer")
    assert (guessed == scored)[by_customers].mean() > 0.98


@pytest.mark.skipif(not (SHARED / "sentiment_gold").is_dir(), reason="needs the labelled sentences")
def test_agreement_with_people() -> None:
    from sklearn.metrics import f1_score

    gold = pd.read_csv(SHARED / "sentiment_gold" / "gold.csv.gz").sample(
        5000, random_state=0, ignore_index=True
    )
    score = measure(*gold["text"])["sentiment"]
    assert score.notna().mean() > 0.85
    gold, score = gold[score.notna()], score[score.notna()]
    said = np.select([score >= 0.05, score <= -0.05], ["positive", "negative"], "neutral")
    assert f1_score(gold["label"], said, average="macro") > 0.55


@pytest.mark.skipif(not (SHARED / "helpdesk_messages").is_dir(), reason="needs the help-desk messages")
def test_an_automatic_policy_comment_is_not_urgent() -> None:
    said = (
        pd.read_csv(SHARED / "helpdesk_messages" / "utterances.csv.gz")["actionbody"].fillna("").astype(str)
    )
    table = measure_texts(pa.array(said, pa.string())).to_pandas()
    assert table["words"].notna().all()
    policy = said.str.contains("team will escalate the ticket", regex=False)
    assert policy.sum() > 300
    assert table.loc[policy, "urgency"].mean() < 0.05
    assert table.loc[said.str.contains("please escalate this", regex=False), "urgency"].min() >= 1
