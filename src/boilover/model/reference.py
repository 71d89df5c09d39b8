"""What a model was trained on, as counts: what it is asked later is compared with them.

The points of the training stand in blocks of equal time, so that a comparison can know how much each column moves from
week to week on a desk on which nothing has changed. No ticket is named; categories are told by their words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from boilover.errors import MismatchError, shorten
from boilover.history import Floats, Ints
from boilover.model.damage import read_as
from boilover.model.reading import is_numeric, words_of

BLOCKS = 20
"""Into so many blocks of equal time the points of the training are cut."""
BINS = 10
"""Numbers are cut at the deciles of the training, fewer where deciles are equal."""
MAX_WORDS = 30
"""Of a category so many words are counted, the most frequent; all others are one bin."""
CALM_OR_NOT = np.array([0.0])
"""The cut between the outcomes 0 and 1."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """One column: counts int64[blocks, bins]; the last bin holds missing values.

    Of numbers, ``cuts`` part the bins: a value equal to a cut lies below it. Of categories, there is a bin for each of
    ``words``, and before the missing ones a bin for all others.
    """

    counts: Ints
    cuts: Floats | None = None
    words: tuple[str, ...] = ()
    mean: float | None = None

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.cuts is not None

    def bins_of(self, values: pd.Series) -> Ints:
        """Return the bin of each value, int64[n]; raise `MismatchError` where a number was expected and is none."""
        missing = self.counts.shape[1] - 1
        if self.cuts is None:
            told, bins = words_of(values), {word: place for place, word in enumerate(self.words)}
            return told.table(bins, len(self.words), missing, np.int64)[told.codes]
        if not is_numeric(values):
            raise MismatchError(
                f"column {shorten(values.name)} is {values.dtype}, but was a number in training"
            )
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isnan(numbers), missing, np.searchsorted(self.cuts, numbers))

    def count(self, values: pd.Series) -> Ints:
        """Return how many values lie in each bin, int64[bins]."""
        return np.bincount(self.bins_of(values), minlength=self.counts.shape[1])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        told: dict[str, Any] = {"counts": self.counts.tolist()}
        if self.cuts is None:
            return told | {"words": list(self.words)}
        return told | {"cuts": self.cuts.tolist(), "mean": self.mean}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Distribution:
        """Return the distribution that `to_dict` wrote."""
        counts = np.array(told["counts"], dtype=np.int64)
        if "words" in told:
            return cls(counts, words=tuple(told["words"]))
        return cls(counts, cuts=np.array(told["cuts"], dtype=np.float64), mean=told["mean"])


@dataclass(frozen=True, eq=False)
class Reference:
    """What a model was trained on.

    ``ages`` are those at which the training asked, in hours; None: every night. ``columns`` are of the feature frame,
    ``outcome`` counts the labels of the first horizon, ``risk`` the risks of the calibration slice, by a model that had
    not seen it. ``days`` are the lengths of the blocks of each: of columns and outcomes, and of risks.
    """

    ages: tuple[float, ...] | None
    days: tuple[float, float]
    columns: Mapping[str, Distribution]
    outcome: Distribution
    risk: Distribution

    def to_text(self) -> str:
        """Return JSON, a line per column."""
        head = {"ages": self.ages, "days": self.days}
        lines = [f' "{name}": {json.dumps(value)}' for name, value in head.items()]
        lines += [f' "{name}": {json.dumps(getattr(self, name).to_dict())}' for name in ("outcome", "risk")]
        columns = [
            f"  {json.dumps(name)}: {json.dumps(told.to_dict())}" for name, told in self.columns.items()
        ]
        return "{\n" + ",\n".join([*lines, ' "columns": {\n' + ",\n".join(columns) + "\n }"]) + "\n}\n"

    @classmethod
    def from_text(cls, text: bytes, file: object = None) -> Reference:
        """Return the reference that `to_text` wrote; raise `InputError` for what is none."""
        with read_as("is no reference of this version", file):
            told = json.loads(text)
            ages, (days, risk_days) = told["ages"], told["days"]
            return cls(
                ages=None if ages is None else tuple(map(float, ages)),
                days=(float(days), float(risk_days)),
                columns={name: Distribution.from_dict(each) for name, each in told["columns"].items()},
                outcome=Distribution.from_dict(told["outcome"]),
                risk=Distribution.from_dict(told["risk"]),
            )


def reference_of(
    frame: pd.DataFrame,
    as_of: Ints,
    y: Floats,
    risk: Floats,
    risk_as_of: Ints,
    ages: Sequence[float] | None,
) -> Reference:
    """Return the reference of a training.

    Parameters
    ----------
    frame : features of n points. as_of : their moments, int64[n], microseconds.
    y : labels of the first horizon, float64[n], NaN where not known.
    risk, risk_as_of : risks of the calibration slice, float64[m], and the moments of its points.
    ages : at which the training asked, in hours; None: every night.
    """
    block, days = _blocks(as_of)
    risk_block, risk_days = _blocks(risk_as_of)
    return Reference(
        ages=None if ages is None else tuple(float(age) for age in ages),
        days=(days, risk_days),
        columns={str(name): distribution_of(frame[name], block) for name in frame.columns},
        outcome=_counted(Distribution(_none(block, 1), CALM_OR_NOT), pd.Series(y), block),
        risk=distribution_of(pd.Series(risk), risk_block),
    )


def distribution_of(values: pd.Series, block: Ints) -> Distribution:
    """Count a column by block; its deciles, or its most frequent words, make the bins."""
    if is_numeric(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        known = numbers[~np.isnan(numbers)]
        shares = np.arange(1, BINS) / BINS
        cuts = np.unique(np.quantile(known, shares, method="inverted_cdf")) if len(known) else np.empty(0)
        mean = float(known.mean()) if len(known) else None
        return _counted(Distribution(_none(block, len(cuts)), cuts, mean=mean), values, block)
    words = tuple(words_of(values).frequent(1)[:MAX_WORDS])
    return _counted(Distribution(_none(block, len(words)), words=words), values, block)


def _none(block: Ints, parts: int) -> Ints:
    """Return counts of nothing, for so many cuts or words."""
    return np.zeros((int(block.max(initial=0)) + 1, parts + 2), dtype=np.int64)


def _counted(empty: Distribution, values: pd.Series, block: Ints) -> Distribution:
    """Return the distribution with values counted, by block."""
    cells = np.bincount(block * empty.counts.shape[1] + empty.bins_of(values), minlength=empty.counts.size)
    return replace(empty, counts=cells.reshape(empty.counts.shape))


def _blocks(moments: Ints) -> tuple[Ints, float]:
    """Return the block of each moment, and how many days a block is long."""
    if not len(moments):
        return np.zeros(0, dtype=np.int64), 0.0
    first, last = int(moments.min()), int(moments.max())
    length = max((last - first) / BLOCKS, 1.0)
    block = np.minimum(((moments - first) / length).astype(np.int64), BLOCKS - 1)
    return block, length / 86_400_000_000
