"""Features of points: one column per feature, one row per point."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import UsageError
from boilover.features.base import Feature
from boilover.features.view import Sight
from boilover.history import Coded
from boilover.memory import kept_memory
from boilover.points import Points


def compute(
    features: Sequence[Feature], notes: Annotations, points: Points, *, n_jobs: int | None = None
) -> pd.DataFrame:
    """Return the features of the points: float32 columns with NaN, and categories.

    Row ``i`` belongs to point ``i``; it does not depend on the other points, nor on anything after its moment.
    """
    names = [feature.name for feature in features]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise UsageError(f"two features have the same name: {', '.join(twice)}")
    sight = Sight(notes, points)
    groups: dict[Hashable, list[int]] = {}
    for place, feature in enumerate(features):
        groups.setdefault(feature.shares, []).append(place)
    numbers: npt.NDArray[np.float32] = np.empty((len(features), len(points)), dtype=np.float32)
    categories: dict[str, Coded] = {}

    def fill(places: Sequence[int]) -> None:
        own = sight.afresh()
        for place in places:
            column = features[place].compute(own)
            if isinstance(column, Coded):
                categories[names[place]] = column
            else:
                numbers[place] = column

    with kept_memory(), ThreadPoolExecutor(n_jobs or cpu_count()) as pool:
        list(pool.map(fill, groups.values()))
    frame = pd.DataFrame(numbers.T, columns=names, copy=False)
    columns = {name: _categorical(categories[name]) if name in categories else frame[name] for name in names}
    return pd.DataFrame(columns, copy=False)


def _categorical(coded: Coded) -> pd.Categorical:
    """Return codes as a category of the words that occur: a log has one list of words for all of its fields."""
    occurs = np.bincount(coded.codes + 1, minlength=len(coded.words) + 1)[1:] > 0
    codes = np.append(np.cumsum(occurs, dtype=np.int32) - 1, np.int32(-1))[coded.codes]
    words = [coded.words[code] for code in np.flatnonzero(occurs)]
    return pd.Categorical.from_codes(codes, categories=pd.Index(words, dtype="str"))
