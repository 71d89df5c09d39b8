"""A compiled kernel that shares a score among the columns of its row along the paths that it took.

Path attribution (Saabas) gives each split's feature what the mean of the training rows changes at that split: a
hundred times as fast as exact contributions (`walk_shares`), and less fair, as the splits close to the root get too
little.
"""

from __future__ import annotations

import numpy as np

from boilover.kernels import compiled
from boilover.kernels.base import Array
from boilover.model.walk_kernels import BLOCK, choose, encode, most_leaves
from boilover.model.walk_plan import Plan


@compiled
def along_paths(
    columns: Array, start: int, end: int, plan: Plan, feature: Array, steps: Array, shares: Array
) -> None:
    """Add path attributions of the rows ``start`` to ``end`` to ``shares``, float64[n, n_features].

    steps : float64[splits, 2], by how much the mean of the training rows changes at a split to the left and right.
    """
    codes = np.empty((plan.n_columns, BLOCK), np.uint8)
    leaves = np.zeros((most_leaves(plan.first), BLOCK), np.uint8)
    # Of each leaf and split, the edge that leads to it.
    to_leaf = np.empty(len(leaves), np.int64)
    to_split = np.full(len(leaves), -1, np.int64)
    for low in range(start, end, BLOCK):
        n = min(BLOCK, end - low)
        encode(columns, low, n, plan, codes)
        for tree in range(len(plan.first) - 1):
            first, last = plan.first[tree], plan.first[tree + 1]
            choose(plan.splits, first, last, codes, n, leaves)
            for edge in range(2 * (last - first)):
                child = (
                    plan.splits.right[first + edge // 2] if edge % 2 else plan.splits.left[first + edge // 2]
                )
                if child < 0:
                    to_leaf[~child] = edge
                else:
                    to_split[child] = edge
            for i in range(n if last > first else 0):
                edge = to_leaf[leaves[0, i]]
                while edge >= 0:
                    split = first + edge // 2
                    shares[low + i, feature[split]] += steps[split, edge % 2]
                    edge = to_split[edge // 2]
