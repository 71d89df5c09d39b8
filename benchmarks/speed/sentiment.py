"""Sentiment of messages beside vaderSentiment's own scorer, on one core: whether the scores are its own, and how fast.

Messages are those of a generated export (`ingest.py`) and of the synthetic desk, each distinct text once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from benchmarks.speed import ingest
from benchmarks.speed.stage import Engine, Figures, Goal, Job, Stage, clocked
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from boilover.synthetic import synthetic_desk
from boilover.text import measure_texts
from boilover.text.characters import as_points
from boilover.text.measures import BATCH
from boilover.text.sentiment import compounds


def exported(n: int, seed: int) -> list[str]:
    """Return at most ``n`` distinct messages of the generated export."""
    rng = np.random.default_rng(seed)
    return list(dict.fromkeys(ingest._comment(rng, 1, public=True)["body"] for _ in range(n)))


def desk(n: int, seed: int) -> list[str]:
    """Return at most ``n`` distinct messages of the synthetic desk."""
    texts = synthetic_desk(n_tickets=max(20, n // 3), seed=seed).events["text"].to_pylist()
    return list(dict.fromkeys(text for text in texts if text))[:n]


def scores(texts: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return np.concatenate([compounds(batch, as_points(batch)) for batch in batches])


def _texts(job: Job) -> list[str]:
    return exported(MESSAGES // 2, 0) + desk(MESSAGES // 2, 0)


def _vader(job: Job) -> Figures:
    analyzer, texts = SentimentIntensityAnalyzer(), _texts(job)
    figures, found = clocked(lambda: [analyzer.polarity_scores(text)["compound"] for text in texts])
    np.save(job.out / "vader.npy", found)
    return figures | {"rows": len(texts)}


def _scorer(job: Job) -> Figures:
    texts = _texts(job)
    scores(texts[:9])
    figures, found = clocked(lambda: scores(texts), job.repeats)
    np.save(job.out / "scorer.npy", found)
    return figures | {"rows": len(texts)}


def _all_measures(job: Job) -> Figures:
    texts = _texts(job)
    measure_texts(pa.array(["This is good, and das ist auch gut so"] * 2 + texts[:9]))
    return clocked(lambda: measure_texts(pa.array(texts)), job.repeats)[0] | {"rows": len(texts)}


def check(job: Job, told: Mapping[str, Figures]) -> list[str] | None:
    if not {"scorer", "vader"} <= told.keys():
        return None
    ours, theirs = np.load(job.out / "scorer.npy"), np.load(job.out / "vader.npy")
    unequal = int(np.count_nonzero(ours != theirs))
    return [f"{unequal} scores differ"] if unequal else []


MESSAGES = 10_000
STAGE = Stage(
    "Sentiment of distinct messages",
    {
        "scorer": Engine("Boilover, the same scores compiled", _scorer),
        "vader": Engine("vaderSentiment", _vader),
        "measures": Engine("Boilover, all measures of a message", _all_measures),
    },
    "scorer",
    check=check,
    goals=(Goal("30 times as fast as the reference implementation", "vader", "scorer", 30),),
    is_sized=False,
)
