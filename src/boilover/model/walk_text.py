"""LightGBM's text model as arrays, as far as its trees are understood.

What is not understood is no error: the walk is then not taken, and LightGBM predicts itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

VERSIONS = ("v3", "v4")
MOST_LEAVES = 256
"""The place of a leaf in its tree is walked with as a byte."""
CATEGORICAL, DEFAULT_LEFT, MISSING = 1, 2, 12
"""Bits of a split's ``decision_type``; those of `MISSING` hold one of `NO_MISSING`, `ZERO` and `NAN`."""
NO_MISSING, ZERO, NAN = 0, 1, 2
"""What counts as missing. Under `NO_MISSING` and `ZERO` a NaN is read as 0."""
_PER_LEAF = ("leaf_value", "leaf_count")
_PER_SPLIT = ("split_feature", "threshold", "decision_type", "left_child", "right_child", "internal_count")
_TOLD_BESIDE = {"split_gain", "leaf_weight", "internal_value", "internal_weight", "shrinkage"}
_READ = {*_PER_LEAF, *_PER_SPLIT, "num_leaves", "num_cat", "cat_boundaries", "cat_threshold", "is_linear"}


class UnknownTreesError(ValueError):
    """The text holds something that this reader does not know; caught by `boilover.model.walk.read_walk`."""


@dataclass(frozen=True, eq=False)
class Forest:
    """All trees one after another; a tree of n leaves has n - 1 splits, a split comes before those below it.

    Children are counted within their tree: a split by its number, a leaf by the complement of its number.
    """

    n_features: int
    n_leaves: Ints
    """One per tree; from here on one per split."""
    feature: Ints
    threshold: Floats
    """Of a categorical split: the number of its set of categories within its tree."""
    decision: Ints
    left: Ints
    right: Ints
    split_count: Ints
    """Training rows that came by."""
    value: Floats
    """One per leaf, as ``leaf_count``."""
    leaf_count: Ints
    categories: tuple[tuple[bytes, ...], ...]
    """The sets of each tree, as bitsets of little-endian 32-bit words."""

    @property
    def first_split(self) -> Ints:
        """The place of each tree's first split, and their number; int64[trees + 1]."""
        return np.concatenate([[0], np.cumsum(self.n_leaves - 1)])

    @property
    def first_leaf(self) -> Ints:
        """The place of each tree's first leaf, and their number; int64[trees + 1]."""
        return np.concatenate([[0], np.cumsum(self.n_leaves)])


def read_forest(text: str) -> Forest:
    """Return the trees of LightGBM's text model; raise `UnknownTreesError` for anything that is not known."""
    head, *parts = text.partition("\nend of trees")[0].split("\nTree=")
    header = _keys(head.splitlines()[1:])
    _check_header(head, header)
    trees = [_keys(part.splitlines()[1:]) for part in parts]
    for tree in trees:
        _check_keys(tree)
    try:
        return _checked(_forest(int(header["max_feature_idx"]) + 1, trees))
    except (KeyError, ValueError, IndexError) as error:
        raise UnknownTreesError(f"the trees are not those of LightGBM: {error!r}") from error


def _keys(lines: Iterable[str]) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in lines if line)}


def _check_header(head: str, header: Mapping[str, str]) -> None:
    if not head.startswith("tree\n") or header.get("version") not in VERSIONS:
        raise UnknownTreesError(f"version {header.get('version')!r}")
    if header.get("num_class") != "1" or header.get("num_tree_per_iteration") != "1":
        raise UnknownTreesError("several classes")
    if "average_output" in header:
        raise UnknownTreesError("averaged trees")


def _check_keys(tree: Mapping[str, str]) -> None:
    unknown = tree.keys() - _READ - _TOLD_BESIDE
    if unknown or tree.get("is_linear", "0") != "0":
        raise UnknownTreesError(f"trees with {', '.join(sorted(unknown)) or 'linear leaves'}")
    if int(tree.get("num_leaves", "0")) not in range(1, MOST_LEAVES + 1):
        raise UnknownTreesError(f"a tree of {tree.get('num_leaves')} leaves")


def _forest(n_features: int, trees: list[dict[str, str]]) -> Forest:
    n_leaves = np.array([int(tree["num_leaves"]) for tree in trees], dtype=np.int64)
    # LightGBM writes no count of a single leaf.
    counts = [tree["leaf_count"] or "0" for tree in trees]
    whole = {
        name: _numbers(" ".join(tree[name] for tree in trees), int)
        for name in _PER_SPLIT
        if name != "threshold"
    }
    return Forest(
        n_features,
        n_leaves,
        whole["split_feature"],
        _numbers(" ".join(tree["threshold"] for tree in trees), float),
        whole["decision_type"],
        whole["left_child"],
        whole["right_child"],
        whole["internal_count"],
        _numbers(" ".join(tree["leaf_value"] for tree in trees), float),
        _numbers(" ".join(counts), int),
        tuple(_sets(tree) for tree in trees),
    )


def _numbers(text: str, kind: type[int] | type[float]) -> npt.NDArray[Any]:
    return np.array(list(map(kind, text.split())), dtype=np.int64 if kind is int else np.float64)


def _sets(tree: Mapping[str, str]) -> tuple[bytes, ...]:
    if int(tree["num_cat"]) == 0:
        return ()
    bounds = list(map(int, tree["cat_boundaries"].split()))
    words = np.array(list(map(int, tree["cat_threshold"].split())), dtype=np.uint32)
    if len(bounds) != int(tree["num_cat"]) + 1 or bounds[-1] != len(words) or bounds != sorted(bounds):
        raise ValueError("sets of categories")
    return tuple(words[low:high].tobytes() for low, high in pairwise(bounds))


def _checked(forest: Forest) -> Forest:
    """Return the forest, once its parts agree and every split and leaf is reached once, from above."""
    n_splits, n_leaves = int(forest.first_split[-1]), int(forest.first_leaf[-1])
    splits = (
        forest.feature,
        forest.threshold,
        forest.decision,
        forest.left,
        forest.right,
        forest.split_count,
    )
    if any(len(each) != n_splits for each in splits) or {len(forest.value), len(forest.leaf_count)} != {
        n_leaves
    }:
        raise ValueError("numbers of splits and leaves")
    tree = np.repeat(np.arange(len(forest.n_leaves)), forest.n_leaves - 1)
    local = np.arange(n_splits) - forest.first_split[tree]
    reached = []
    for child in (forest.left, forest.right):
        if ((child >= 0) & (child <= local)).any() or (
            np.maximum(child, ~child) >= forest.n_leaves[tree]
        ).any():
            raise ValueError("order of splits")
        reached.append(
            np.where(
                child >= 0, forest.first_split[tree] + child, n_splits + forest.first_leaf[tree] + ~child
            )
        )
    roots = forest.first_split[:-1][forest.n_leaves > 1]
    lone = n_splits + forest.first_leaf[:-1][forest.n_leaves == 1]
    if not np.array_equal(np.sort(np.concatenate([*reached, roots, lone])), np.arange(n_splits + n_leaves)):
        raise ValueError("splits that are not a tree")
    known = (forest.decision & ~(CATEGORICAL | DEFAULT_LEFT | MISSING)) == 0
    if not (known & ((forest.decision & MISSING) >> 2 <= NAN)).all() or np.isnan(forest.threshold).any():
        raise ValueError("kinds of splits")
    if n_splits and not 0 <= forest.feature.min() <= forest.feature.max() < forest.n_features:
        raise ValueError("features")
    return forest
