"""How the sentiment of messages agrees with the labels that people gave, and how fast it is.

Sentences come from Jira, GitHub and Stack Overflow (Ortu et al.; Novielli et al.). The lexicon's usual borders hold:
from 0.05 positive, from -0.05 downwards negative, neutral between (Hutto & Gilbert, ICWSM 2014).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import f1_score

from boilover.text import measure_texts

GOLD = Path("sentiment_gold") / "gold.csv.gz"
BORDER = 0.05


def sentiment(data: Path) -> dict[str, Any]:
    """Return per set the macro-F1 over the labels that it knows and how many sentences were scored, and the speed.

    A sentence that is not scored, for it is taken for another language than English, counts as neutral.
    """
    gold = pd.read_csv(data / GOLD, dtype="str", keep_default_na=False)
    texts = pa.array(gold["text"])
    # What is loaded once is loaded before: a few texts would not need all of it.
    measure_texts(texts)
    started = time.process_time()
    score = measure_texts(texts)["sentiment"].to_numpy()
    spent = time.process_time() - started
    told = gold.assign(found=labels_of(score), scored=~np.isnan(score))
    sets = {str(name): agreement(rows) for name, rows in told.groupby("source")}
    return {"sets": sets, "per_second": len(gold) / spent, "characters": float(gold["text"].str.len().mean())}


def labels_of(score: np.ndarray) -> np.ndarray:
    """Return the label of each score; one that is missing is neutral."""
    return np.select([score >= BORDER, score <= -BORDER], ["positive", "negative"], "neutral")


def agreement(rows: pd.DataFrame) -> dict[str, Any]:
    """Return macro-F1 over the labels that people used in a set, and of guessing the most frequent."""
    labels = sorted(rows["label"].unique())
    guess = np.full(len(rows), rows["label"].mode()[0])
    return {
        "sentences": len(rows),
        "labels": labels,
        "scored": float(rows["scored"].mean()),
        "macro_f1": float(f1_score(rows["label"], rows["found"], labels=labels, average="macro")),
        "guess": float(f1_score(rows["label"], guess, labels=labels, average="macro", zero_division=0.0)),
    }
