"""How much one column tells of another: learned on the earlier tickets, measured on the later ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.history import Codes, Floats, Ints

SHRINK = 20.0
"""A value's mean counts as if this many more tickets had had the overall mean."""


def halves(since: Ints) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the places of the earlier and of the later half."""
    order = np.argsort(since, kind="stable")
    return order[: len(order) // 2], order[len(order) // 2 :]


def rank_correlation(left: Floats, right: Floats) -> float:
    """Return Spearman's coefficient; 0 where one side is constant."""
    first, second = (pd.Series(side).rank().to_numpy() for side in (left, right))
    if len(left) < 2 or first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def told_rank(codes: Codes, values: Floats, since: Ints) -> float:
    """Return how well a category ranks a value: Spearman on the later half, by means learned on the earlier one."""
    early, late = halves(since)
    ranks = np.asarray(pd.Series(values).rank(), dtype=np.float64)
    return rank_correlation(
        means(codes[early], ranks[early], int(codes.max(initial=0)) + 1)[codes[late]], values[late]
    )


def means(codes: Codes, values: Floats, n_codes: int) -> Floats:
    """Return the mean value of each code, drawn toward the overall mean, float64 (n_codes)."""
    total = np.bincount(codes, values, minlength=n_codes) + SHRINK * values.mean()
    return total / (np.bincount(codes, minlength=n_codes) + SHRINK)


def above_chance(codes: Codes, values: Floats, since: Ints, *, rounds: int, seed: int) -> tuple[float, float]:
    """Return `told_rank` and the greatest that shuffling the category among the tickets gives, as absolute values."""
    rng = np.random.default_rng(seed)
    shuffled = (abs(told_rank(rng.permutation(codes), values, since)) for _ in range(rounds))
    return abs(told_rank(codes, values, since)), max(shuffled, default=0.0)


def skill(share: float, chance: float) -> float:
    """Return the share of hits beyond chance: 0 as by chance, 1 always."""
    return (share - chance) / (1 - chance) if chance < 1 else 0.0


def chance_of_hit(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> float:
    """Return how often two columns would hold the same if one were shuffled, from their frequencies alone."""
    words, counts = np.unique(left, return_counts=True)
    others, times = np.unique(right, return_counts=True)
    _, mine, theirs = np.intersect1d(words, others, assume_unique=True, return_indices=True)
    return float(counts[mine] @ times[theirs]) / max(len(left) * len(right), 1)


def mapped(codes: Codes, finals: Codes, since: Ints) -> tuple[float, float, int]:
    """Return how often the commonest final word of a value, learned on the earlier half, is right on the later one.

    Also: how often the commonest of all is, and how many tickets were tried (Goodman & Kruskal 1954).
    """
    early, late = halves(since)
    pairs = pd.DataFrame({"code": codes[early], "final": finals[early]})
    counts = pairs.value_counts(["code", "final"], sort=True).reset_index()
    commonest = counts.drop_duplicates("code").set_index("code")["final"]
    overall = int(np.bincount(finals[early]).argmax()) if len(early) else -1
    guess = pd.Series(codes[late]).map(commonest).fillna(overall).to_numpy()
    n_late = max(len(late), 1)
    return (
        float((guess == finals[late]).sum() / n_late),
        float((finals[late] == overall).sum() / n_late),
        len(late),
    )


def distinct(codes: Codes) -> float:
    """Return the number of different values per ticket."""
    return len(np.unique(codes)) / max(len(codes), 1)
