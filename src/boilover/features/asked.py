"""`boilover.compute`: features that a person asks for; what reads an attribute that the log lacks is refused.

A model that scores a later log takes `boilover.features.frame.compute`: a key that no ticket has there is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import UsageError, shorten
from boilover.features import frame
from boilover.features.base import Feature
from boilover.features.defaults import OTHER_KEYS
from boilover.history import History
from boilover.mistakes import listed
from boilover.points import Points


def compute(
    features: Sequence[Feature],
    notes: Annotations,
    points: Points,
    *,
    n_jobs: int | None = None,
    n_shards: int | None = None,
) -> pd.DataFrame:
    """Return the features of the points: float32 columns with NaN, and categories.

    Row ``i`` belongs to point ``i``; it does not depend on the other points, nor on anything after its moment, nor on
    the numbers of threads ``n_jobs`` and of shards into which the tickets are parted. Raises `UsageError` for features
    of an attribute, or by one, that is no column of the log's tickets: they would be missing everywhere.
    """
    check_attributes(features, notes.history)
    return frame.compute(features, notes, points, n_jobs=n_jobs, n_shards=n_shards)


def check_attributes(features: Sequence[Feature], history: History) -> None:
    """Raise `UsageError` for features of an attribute, or by one, that is no column of the log's tickets."""
    read = frame.Plan.of(features).attributes.difference(OTHER_KEYS)
    check_known(read, history.attributes.column_names, "attribute of the log")


def check_known(names: Collection[str], known: Sequence[str], what: str) -> None:
    """Raise `UsageError` where features read ``names`` of ``what`` that are not ``known``: the same of every ticket."""
    for name in sorted(set(names).difference(known)):
        there = listed(name, known, shorten) or f"no {what.split()[0]}s"
        raise UsageError(f"features read {shorten(name)}, which is no {what}. It has {there}")
