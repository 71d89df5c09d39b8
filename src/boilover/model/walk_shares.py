"""Compiled kernels that share a score among the columns of its row exactly.

Exact contributions are the Shapley values of the trees' path-dependent expectations (TreeSHAP: Lundberg et al., From
local explanations to global understanding with explainable AI for trees, 2020). For one leaf the value of a set of
known features is a product with one factor per feature on the leaf's path, and the Shapley value of a game is an
integral over its multilinear extension (Owen, Multilinear extensions of games, 1972). The integrand is a polynomial,
so Gauss's quadrature gives it exactly with half as many nodes as there are features on the path; products run down a
tree once and sums run up once, for a block of rows (compare Yu et al., Linear TreeShap, 2022).
"""

from __future__ import annotations

import numpy as np

from boilover.kernels import compiled
from boilover.kernels.base import Array
from boilover.model.walk_kernels import BLOCK, encode, most_leaves
from boilover.model.walk_plan import Plan

ROWS = 32
"""Rows that are shared together: the factors of a tree for all of them stay in the second-level cache."""


@compiled
def exact(
    columns: Array,
    start: int,
    end: int,
    plan: Plan,
    feature: Array,
    covers: Array,
    nodes: Array,
    shares: Array,
) -> None:
    """Add exact contributions of the rows ``start`` to ``end`` to ``shares``, float64[n, n_features].

    feature : int64, of each split. covers : float64[splits, 2], the share of a split's training rows that went left
    and right. nodes : float64[most, 2, most], places and weights of the quadratures with 1, 2, … nodes on 0 to 1.
    """
    codes = np.empty((plan.n_columns, BLOCK), np.uint8)
    most = most_leaves(plan.first)
    within = np.empty((2 * most, ROWS), np.uint8)
    flow = np.ones((2 * most + 1, len(nodes), ROWS))
    room = np.empty((most, 2), np.int64), np.empty((2 * most, 2), np.int64), np.empty(2 * most)
    for low in range(start, end, ROWS):
        n = min(ROWS, end - low)
        encode(columns, low, n, plan, codes)
        for tree in range(len(plan.first) - 1):
            first, last = plan.first[tree], plan.first[tree + 1]
            depth = _outline(plan, first, last, feature, covers, *room)
            _answer(plan, first, last, codes, room[1], n, within)
            points = nodes[(depth + 1) // 2 - 1, :, : (depth + 1) // 2]
            _flow_down(last - first, room, points, n, within, flow)
            here = plan.value[first + tree : last + tree + 1]
            _flow_up(plan, first, last, feature, room, points, n, within, flow, here, shares[low : low + n])


@compiled
def _outline(
    plan: Plan, first: int, last: int, feature: Array, covers: Array, above: Array, same: Array, cover: Array
) -> int:
    """Return the most different features on a path of the tree, and describe its edges.

    Edge ``2 * split`` leads left, the next one right. above : the edge into each split. same : the nearest edge above
    of the same feature, -1 for none, and how many different features the path has. cover : the share of training rows
    that pass all edges of that feature down to here.
    """
    depth = 1
    above[0, 0] = -1
    for split in range(last - first):
        into = above[split, 0]
        edge = into
        while edge >= 0 and feature[first + edge // 2] != feature[first + split]:
            edge = above[edge // 2, 0]
        so_far = same[into, 1] if into >= 0 else 0
        for side in range(2):
            own = 2 * split + side
            same[own, 0] = edge
            same[own, 1] = so_far + (edge < 0)
            cover[own] = covers[first + split, side] * (cover[edge] if edge >= 0 else 1.0)
            child = plan.splits.right[first + split] if side else plan.splits.left[first + split]
            if child >= 0:
                above[child, 0] = own
        depth = max(depth, same[2 * split, 1])
    return depth


@compiled
def _answer(plan: Plan, first: int, last: int, codes: Array, same: Array, n: int, within: Array) -> None:
    """Write for each edge which rows pass it and all edges above of its feature."""
    for split in range(last - first):
        column, code = codes[plan.splits.column[first + split], :n], plan.splits.code[first + split]
        left, right = within[2 * split, :n], within[2 * split + 1, :n]
        edge = same[2 * split, 0]
        for i in range(n):
            left[i] = column[i] <= code
            right[i] = column[i] > code
        if edge >= 0:
            so_far = within[edge, :n]
            for i in range(n):
                left[i] &= so_far[i]
                right[i] &= so_far[i]


@compiled
def _flow_down(
    n_splits: int, room: tuple[Array, ...], points: Array, n: int, within: Array, flow: Array
) -> None:
    """Write for each edge the product of the factors of the features on the path, at each node of the quadrature."""
    above, same, cover = room
    for split in range(n_splits):
        # Into the root leads the last edge, on which nothing is known.
        so_far = flow[above[split, 0] if split else len(flow) - 1]
        for edge in (2 * split, 2 * split + 1):
            before = same[edge, 0]
            if before < 0:
                _multiply(so_far, within[edge], cover[edge], points[0], n, flow[edge])
            else:
                _multiply_again(
                    so_far, within[edge], within[before], cover[edge], cover[before], points[0], n, flow[edge]
                )


@compiled
def _multiply(so_far: Array, inside: Array, cover: float, places: Array, n: int, product: Array) -> None:
    """Multiply by the factor of a feature that comes first on the path."""
    for q in range(len(places)):
        without = (1.0 - places[q]) * cover
        passed = places[q] + without
        for i in range(n):
            # A sum of two of which one is 0: exact, and without a branch.
            is_in = float(inside[i])
            product[q, i] = so_far[q, i] * (is_in * passed + (1.0 - is_in) * without)


@compiled
def _multiply_again(
    so_far: Array,
    inside: Array,
    outside: Array,
    cover: float,
    cover_before: float,
    places: Array,
    n: int,
    product: Array,
) -> None:
    """Replace the factor of a feature, of the nearest edge above that asks for it, by that of both edges."""
    for q in range(len(places)):
        without, old = (1.0 - places[q]) * cover, (1.0 - places[q]) * cover_before
        passed, turned, neither = (
            (places[q] + without) / (places[q] + old),
            without / (places[q] + old),
            without / old,
        )
        for i in range(n):
            is_in, was_in = float(inside[i]), float(outside[i])
            product[q, i] = so_far[q, i] * (
                is_in * passed + (1.0 - is_in) * (was_in * turned + (1.0 - was_in) * neither)
            )


@compiled
def _flow_up(
    plan: Plan,
    first: int,
    last: int,
    feature: Array,
    room: tuple[Array, ...],
    points: Array,
    n: int,
    within: Array,
    flow: Array,
    value: Array,
    shares: Array,
) -> None:
    """Sum the leaves below each edge, and give the edge's feature its share of them."""
    _, same, cover = room
    share = np.empty(ROWS)
    for split in range(last - first - 1, -1, -1):
        share[:] = 0.0
        for side in range(2):
            edge = 2 * split + side
            before = same[edge, 0]
            child = plan.splits.right[first + split] if side else plan.splits.left[first + split]
            below = flow[edge]
            if child < 0:
                for q in range(points.shape[1]):
                    for i in range(n):
                        below[q, i] *= value[~child]
            else:
                _add(flow[2 * child], flow[2 * child + 1], points.shape[1], n, below)
            _give(points[0], points[1], 1.0, cover[edge], within[edge], below, n, share)
            if before >= 0:
                # What lies below this edge was given to the edge above of the same feature, without it.
                _give(points[0], points[1], -1.0, cover[before], within[before], below, n, share)
        column = feature[first + split]
        for i in range(n):
            shares[i, column] += share[i]


@compiled
def _add(left: Array, right: Array, n_places: int, n: int, total: Array) -> None:
    for q in range(n_places):
        for i in range(n):
            total[q, i] = left[q, i] + right[q, i]


@compiled
def _give(
    places: Array,
    weights: Array,
    sign: float,
    cover: float,
    inside: Array,
    below: Array,
    n: int,
    share: Array,
) -> None:
    for q in range(len(places)):
        without = (1.0 - places[q]) * cover
        passed, turned = (
            sign * weights[q] * (1.0 - cover) / (places[q] + without),
            -sign * weights[q] * cover / without,
        )
        for i in range(n):
            is_in = float(inside[i])
            share[i] += below[q, i] * (is_in * passed + (1.0 - is_in) * turned)
