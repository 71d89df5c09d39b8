"""Which columns a model reads: the fewest that carry nearly all of what moves its scores.

What a column carries is measured on the stopping slice, by the trees and the linear models that were fitted there in
any case: it costs nothing to know. Trees and partner have equal say, whatever their weights are: a column that one of
them leans on may be of use to the other where the log drifts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import lightgbm
import numpy as np

from boilover.history import Floats
from boilover.model.linear import LinearPartner
from boilover.model.rows import Rows
from boilover.model.trees import Trees

FEW_COLUMNS = 20
"""So many columns are all kept: there is little work to save."""
MAX_ROWS = 3000
"""Of more rows, evenly spaced ones tell what columns carry."""


def carried(
    trees: lightgbm.Booster, partners: Sequence[LinearPartner], shares: Mapping[float, float], rows: Rows
) -> Floats:
    """Return each column's part in what moves the scores of ``rows``, ``float64[columns]``, adding up to 1.

    A part is the mean of two: of the mean absolute path attributions of the trees, up to their best round, and of the
    mean absolute contributions of the ``partners``, each weighted by the share of its shrinkage.
    """
    few = rows.thinned(MAX_ROWS)
    grown = Trees(trees.model_to_string(num_iteration=trees.best_iteration))
    heard = [each for each in partners if each.C in shares]
    added = np.sum([shares[each.C] * each.contributions(few.frame) for each in heard], axis=0)
    # On one thread: sums of several would be added in another order.
    return (_parts(grown.path_attributions(few.matrix, 1)[:, :-1]) + _parts(added)) / 2.0


def kept(parts: Floats, share: float, always: Sequence[int] = ()) -> list[int]:
    """Return the places of the fewest columns whose ``parts`` make up the ``share``, and those ``always`` kept, in
    order; all where there are few columns or where nothing moves a score."""
    total = float(parts.sum())
    if share >= 1.0 or len(parts) <= FEW_COLUMNS or not total:
        return list(range(len(parts)))
    order = np.argsort(-parts, kind="stable")
    fewest = int(np.searchsorted(np.cumsum(parts[order]), share * total)) + 1
    return sorted({*order[:fewest].tolist(), *always})


def _parts(added: Floats) -> Floats:
    sizes = np.abs(added).mean(axis=0)
    total = float(sizes.sum())
    return sizes / total if total else sizes
