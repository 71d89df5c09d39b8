"""What the training rows that came by each split tell: shares, means, and the depth of the trees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.model.walk_text import Forest

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def covers(forest: Forest) -> Floats | None:
    """Return the share of each split's training rows that went left and right, float64[splits, 2].

    None where the counts do not add up or are 0.
    """
    counts = _below(forest, forest.split_count, forest.leaf_count)
    if (counts <= 0).any() or not np.array_equal(counts.sum(axis=1), forest.split_count):
        return None
    return counts / forest.split_count[:, None]


def expected_value(forest: Forest) -> float:
    """Return the mean of the raw score over the training rows."""
    counts = np.where(np.repeat(forest.n_leaves, forest.n_leaves) == 1, 1, forest.leaf_count)
    first = forest.first_leaf[:-1]
    return float((np.add.reduceat(counts * forest.value, first) / np.add.reduceat(counts, first)).sum())


def steps(forest: Forest, shares: Floats) -> Floats:
    """Return by how much the mean changes from each split to the left and right, float64[splits, 2].

    shares : of `covers`.
    """
    means = np.zeros(len(forest.feature))
    for splits in reversed(levels(forest)):
        # Splits below have their mean by now.
        means[splits] = (shares[splits] * _below(forest, means, forest.value)[splits]).sum(axis=1)
    return _below(forest, means, forest.value) - means[:, None]


def levels(forest: Forest) -> list[Ints]:
    """Return the splits by their distance from the root, the roots first."""
    children = _children(forest)
    found = []
    here = forest.first_split[:-1][forest.n_leaves > 1]
    while len(here):
        found.append(here)
        below = children[here].ravel()
        here = below[below < len(forest.feature)]
    return found


def quadratures(most: int) -> Floats:
    """Return places and weights on 0 to 1 of Gauss's quadratures with 1 to ``most`` nodes: float64[most, 2, most]."""
    found = np.zeros((most, 2, most))
    for n in range(1, most + 1):
        places, weights = np.polynomial.legendre.leggauss(n)
        found[n - 1, :, :n] = (places + 1) / 2, weights / 2
    return found


def _below(forest: Forest, of_splits: npt.NDArray[np.generic], of_leaves: npt.NDArray[np.generic]) -> Floats:
    """Return for each split what its two children have."""
    return np.concatenate([of_splits, of_leaves]).astype(np.float64)[_children(forest)]


def _children(forest: Forest) -> Ints:
    """Return the places of each split's children among all splits, followed by all leaves."""
    tree = np.repeat(np.arange(len(forest.n_leaves)), forest.n_leaves - 1)
    both = np.column_stack([forest.left, forest.right])
    leaf = len(forest.feature) + forest.first_leaf[tree][:, None] + ~both
    return np.where(both >= 0, forest.first_split[tree][:, None] + both, leaf)
