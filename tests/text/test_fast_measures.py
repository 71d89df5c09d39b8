"""What is compiled says what the slow oracle says, to the last bit."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from slow_measures import CUES, identifier, measure_text

from boilover.synthetic import synthetic_desk
from boilover.text.characters import (
    DOTTED,
    FILLED,
    JOINER,
    LETTER,
    LOWER,
    POINT,
    PUNCTUATION,
    UPPER,
    WORD,
    characters,
)
from boilover.text.identify import identify
from boilover.text.lines import OPENERS, kind_of
from boilover.text.measures import measure_texts
from boilover.text.urgency import phrases

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
LINES = """On Tuesday, support@example.com wrote:
> quoted
|> quoted
On Mon, 3 Feb 2025 at 10:11, Support
<help@example.com> wrote:
Am 03.02.2025 um 10:11 schrieb Support:
-----Original Message-----
From: Support
*From:* x
Sent: Monday
To: Me
Subject: x
De : moi
À : toi
--
—
Sent from my iPhone
ſent from my iPhone
Envoyé de mon iPhone
Kind regards,
kınd regards
 best wishes
Mit freundlichen Grüßen
Max Example
```
~~~
    if (x) { y(); }
\tat a.A.b(A.java:10)
Traceback (most recent call last)
File "a.py", line 3
foo.BarException: dead
éa.Exception: dead
ValueError: bad
2025-02-03 10:11 dead
[ERROR] org.foo: x
WARN: foo.bar: x
... 12 more
Caused by: foo
see https://example.com/hate or www.example.com
mail me@example.com now
`code` here
{code}x{code}
<b>bold</b> <br/> &amp; <pre>x</pre>
This is urgent!! The production is down
İt is URGENTİ and délaİ. please ESCALATE this. is  down
how much longer? how long. still no answer, no one replies
my second reminder; the third time of this
I don’t know why it isn't working
GREAT, but NOT good, never so bad :) :D 🔥🔥
Σας ΟΔΟΣ ǅ ªº ① ½ ٣
今日は動きません
Das ist leider sehr schlecht für uns
ok
Danke
merci
 nbsp\u2028line\u0085x\x1cy\x0bz"""
ALL = [*LINES.split("\n"), "-- "]
POINTS = [range(128), range(128), range(0x3000), range(0x1F000, 0x1FA00), range(0x20000, 0x20100)]


def same(texts: list[str], languages: list[str | None] | None = None) -> None:
    """Assert that all measures are those of the oracle; tell the first text where one is not."""
    languages = languages or [None] * len(texts)
    got = measure_texts(pa.array(texts, pa.string()), pa.array(languages, pa.string())).to_pandas()
    told = [measure_text(*each) for each in zip(texts, languages, strict=True)]
    want = pd.DataFrame(told, columns=got.columns, dtype=np.float32)
    differs = ~((got == want) | (got.isna() & want.isna())).all(axis=1)
    assert not differs.any(), (texts[differs.argmax()], got[differs].iloc[0], want[differs].iloc[0])


@pytest.mark.parametrize("seed", range(2))
def test_hostile_texts(seed: int) -> None:
    rng = random.Random(seed)
    ends = ["\n", "\n", "\n\n", " ", "\r\n"]
    mails = [
        rng.choice(ends).join(
            rng.choice(["", "", " ", "\t"]) + rng.choice(ALL) for _ in range(rng.randrange(8))
        )
        for _ in range(800)
    ]
    noise = [
        "".join(
            rng.choice([chr(rng.choice(rng.choice(POINTS))), " ", "\n", rng.choice(ALL)[:9]])
            for _ in range(rng.randrange(30))
        )
        for _ in range(500)
    ]
    same(mails + noise)
    same(noise, [rng.choice(["en", "de", "ja", None]) for _ in noise])


def test_the_messages_of_the_synthetic_desk() -> None:
    texts = synthetic_desk(n_tickets=250).events["text"].to_pylist()
    same(sorted({text for text in texts if text}))


@pytest.mark.skipif(not (SHARED / "sentiment_gold").is_dir(), reason="needs the labelled sentences")
def test_sentences_of_developers() -> None:
    gold = pd.read_csv(SHARED / "sentiment_gold" / "gold.csv.gz")["text"]
    same(gold.sample(2000, random_state=0).tolist())


def test_identified_languages_are_those_of_the_library() -> None:
    rng = random.Random(0)
    words = "das ist eine sehr schlechte Nachricht merci pour votre gracias ayuda Привет како си salom HALLO is ok"
    texts = [" ".join(rng.choices(words.split(), k=rng.randrange(10))) for _ in range(1500)]
    want = [(code, share >= 0.5) for code, share in map(identifier().classify, texts)]
    assert identify(texts, 0.5) == want
    assert len({code for code, _ in want}) > 20


def test_what_is_said_of_each_code_point() -> None:
    said = characters()
    rng = random.Random(0)
    asked = [*range(0x600), *rng.sample(range(sys.maxunicode + 1), 20_000)]
    for point in asked:
        one, kinds = chr(point), int(said[point])
        assert bool(kinds & FILLED) == (not one.isspace())
        assert bool(kinds & WORD) == (re.match(r"\w", one) is not None)
        assert bool(kinds & LETTER) == (re.match(r"[^\W\d_]", one) is not None)
        assert bool(kinds & UPPER) == one.isupper()
        assert bool(kinds & LOWER) == (not one.isupper() and (one + "A").isupper() is False)
        assert bool(kinds & JOINER) == (one in "'’-")
        assert bool(kinds & PUNCTUATION) == (one in r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")
        assert kinds & POINT == ord(one if one == DOTTED else one.lower())


def test_cues_are_wordings_of_the_patterns_and_none_begins_another() -> None:
    told = phrases()
    pattern = re.compile("|".join(CUES))
    assert all(pattern.fullmatch(" ".join(phrase)) for phrase in told)
    assert all(any(re.fullmatch(cue, " ".join(phrase)) for phrase in told) for cue in CUES)
    assert not any(other[: len(phrase)] == phrase for phrase in told for other in told if other != phrase)


def test_openers_are_ascii_words_in_lower_case() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in OPENERS.split())
    assert kind_of("We still wait, and nothing happens.") == 0
