"""Calibrators: small frozen values that map a model's raw log-odds to calibrated ones, and to probabilities.

A calibrator rises strictly with the score: it changes how high a risk reads, never which ticket stands
above which. In floating point: scores that differ by 1e-6 or more keep their order in the calibrated
log-odds, and in the probabilities as far as 0.9999. `boilover.model.calibration` fits them; asking one needs
NumPy only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.errors import MismatchError
from boilover.history import Floats

TILT = 1e-4
"""Slope added to the isotonic curve, in log-odds per log-odds, so that its flat ends do not tie scores."""


class Calibrator(ABC):
    """Maps raw scores (log-odds, ``float64[n]``) to calibrated ones."""

    @abstractmethod
    def log_odds(self, score: npt.ArrayLike) -> Floats:
        """Return calibrated log-odds, ``float64[n]``, strictly rising with the score."""

    @abstractmethod
    def raised(self, by: float) -> Calibrator:
        """Return the calibrator whose log-odds are higher by so much."""

    def __call__(self, score: npt.ArrayLike) -> Floats:
        """Return calibrated probabilities, ``float64[n]`` in (0, 1)."""
        return sigmoid(self.log_odds(score))

    def to_dict(self) -> dict[str, Any]:
        """Return the calibrator as plain values that JSON keeps to the last bit."""
        return {"kind": type(self).__name__.lower(), **asdict(self)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class Platt(Calibrator):
    """``slope * score + intercept`` (Platt 1999); the identity as it stands."""

    slope: float = 1.0
    intercept: float = 0.0

    def log_odds(self, score: npt.ArrayLike) -> Floats:
        """Return calibrated log-odds, ``float64[n]``."""
        return self.slope * np.asarray(score, dtype=np.float64) + self.intercept

    def raised(self, by: float) -> Platt:
        """Return the calibrator whose log-odds are higher by so much."""
        return replace(self, intercept=self.intercept + by)


@dataclass(frozen=True)
class Beta(Calibrator):
    """``a ln p - b ln(1 - p) + c`` with p the sigmoid of the score: bends either end by itself.

    Kull, Silva Filho, Flach: Beta calibration, AISTATS 2017.
    """

    a: float
    b: float
    c: float

    def log_odds(self, score: npt.ArrayLike) -> Floats:
        """Return calibrated log-odds, ``float64[n]``."""
        low, high = beta_terms(np.asarray(score, dtype=np.float64))
        return self.a * low + self.b * high + self.c

    def raised(self, by: float) -> Beta:
        """Return the calibrator whose log-odds are higher by so much."""
        return replace(self, c=self.c + by)


@dataclass(frozen=True)
class Isotonic(Calibrator):
    """Centred isotonic regression: straight lines between the centres of the pooled blocks.

    Unlike steps it keeps the order within a block. Oron, Flournoy: Centered isotonic regression,
    Statistics in Biopharmaceutical Research 2017; here in log-odds, with a tilt of `TILT`.
    """

    centres: tuple[float, ...]
    levels: tuple[float, ...]
    """Log-odds at each centre."""

    def log_odds(self, score: npt.ArrayLike) -> Floats:
        """Return calibrated log-odds, ``float64[n]``."""
        scores = np.asarray(score, dtype=np.float64)
        return np.interp(scores, self.centres, self.levels) + TILT * scores

    def raised(self, by: float) -> Isotonic:
        """Return the calibrator whose log-odds are higher by so much."""
        return replace(self, levels=tuple(level + by for level in self.levels))


KINDS: dict[str, type[Platt] | type[Beta] | type[Isotonic]] = {
    "platt": Platt,
    "beta": Beta,
    "isotonic": Isotonic,
}
"""Every kind of calibrator, simplest first."""


def calibrator_from_dict(values: Mapping[str, Any]) -> Calibrator:
    """Return the calibrator that `Calibrator.to_dict` wrote; raise `MismatchError` for anything else."""
    kind = KINDS.get(values.get("kind", ""))
    if kind is None:
        raise MismatchError(f"unknown calibrator {values.get('kind')!r}; known are {', '.join(KINDS)}")
    arguments: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name != "kind"
    }
    try:
        return kind(**arguments)
    except TypeError as error:
        raise MismatchError(
            f"calibrator {values['kind']!r} does not have these parameters: {error}"
        ) from error


def sigmoid(log_odds: Floats) -> Floats:
    """Return the probability of each log-odds, ``float64[n]``."""
    odds: Floats = np.exp(-np.clip(log_odds, -700.0, 700.0))
    return 1.0 / (1.0 + odds)


def log_loss(log_odds: Floats, y: Floats) -> Floats:
    """Return each row's logistic loss in nats, ``float64[n]``."""
    return np.logaddexp(0.0, log_odds) - y * log_odds


def beta_terms(score: Floats) -> tuple[Floats, Floats]:
    """Return ln p and -ln(1 - p), p being the sigmoid of each score; p itself would round to 0 or 1."""
    return -np.logaddexp(0.0, -score), np.logaddexp(0.0, score)
