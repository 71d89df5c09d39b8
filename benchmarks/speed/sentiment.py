"""How fast messages are measured, on one core, beside vaderSentiment's own scorer; and whether the scores are its own.

python -m benchmarks.speed.sentiment --messages 5000

Messages are those of the generated export (`ingest.py`) and of the synthetic desk, each distinct text once, from a
seed. Prints one line of JSON for each: messages a CPU second for vaderSentiment's `polarity_scores`, for the
compiled scorer alone and for all measures, the seconds that the first call takes, and how many scores differ: 0.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

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

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name, texts in (
        ("export", exported(options.messages, options.seed)),
        ("synthetic desk", desk(options.messages, options.seed)),
    ):
        print(json.dumps({"messages of": name, **measure(texts)}))


def exported(n: int, seed: int) -> list[str]:
    """Return at most ``n`` distinct messages of the generated export."""
    rng = np.random.default_rng(seed)
    return list(dict.fromkeys(ingest._comment(rng, 1, public=True)["body"] for _ in range(n)))


def desk(n: int, seed: int) -> list[str]:
    """Return at most ``n`` distinct messages of the synthetic desk."""
    texts = synthetic_desk(n_tickets=max(20, n // 3), seed=seed).events["text"].to_pylist()
    return list(dict.fromkeys(text for text in texts if text))[:n]


def measure(texts: list[str]) -> dict[str, Any]:
    """Return rates in messages a CPU second, and the differences."""
    analyzer = SentimentIntensityAnalyzer()
    column = pa.array(texts)
    first, _ = timed(
        lambda: measure_texts(pa.array(["This is good, and das ist auch gut so"] * 2 + texts[:9]))
    )
    library, want = timed(lambda: [analyzer.polarity_scores(text)["compound"] for text in texts])
    scorer, got = timed(lambda: scores(texts), 3)
    whole, _ = timed(lambda: measure_texts(column), 3)
    return {
        "messages": len(texts),
        "characters": round(sum(map(len, texts)) / len(texts)),
        "vaderSentiment": round(len(texts) / library),
        "scorer": round(len(texts) / scorer),
        "measure_texts": round(len(texts) / whole),
        "first_call_seconds": round(first, 1),
        "differences": int(np.count_nonzero(got != np.array(want))),
    }


def scores(texts: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return np.concatenate([compounds(batch, as_points(batch)) for batch in batches])


def timed(work: Callable[[], T], times: int = 1) -> tuple[float, T]:
    """Return the least CPU seconds of so many runs, and what the work returns."""
    seconds = []
    for _ in range(times):
        began = time.process_time()
        result = work()
        seconds.append(time.process_time() - began)
    return min(seconds), result


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


def check(job: Job, told: Mapping[str, Figures]) -> list[str]:
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
)

if __name__ == "__main__":
    main()
