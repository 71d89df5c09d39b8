"""How the threshold is set: the ``[threshold]`` table of a configuration, as frozen values.

::

    [threshold]                  [threshold]               [threshold]               [threshold]
    kind = "fixed"               kind = "capacity"         kind = "precision"        kind = "cost"
    risk = 0.3                   per_night = 10            at_least = 0.5            miss = 20
                                 of_open = 0.1             confidence = 0.95         false_alarm = 1
                                                                                     method = "calibrated"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from boilover.errors import UsageError
from boilover.mistakes import worded


class Strict(BaseModel):
    """A table of what a desk sets: no unknown key, no number in quotes, no change after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FixedRisk(Strict):
    """Flag every point with at least this risk."""

    kind: Literal["fixed"] = "fixed"
    risk: float = Field(ge=0, le=1)


class Capacity(Strict):
    """Flag the points with the highest risk of each night, as many as the desk can look at."""

    kind: Literal["capacity"] = "capacity"
    per_night: int = Field(ge=1)
    of_open: float = Field(default=1.0, gt=0, le=1)
    """At most this share of the tickets at risk, and one at least: ten of forty are hardly a choice."""

    def limit(self, at_risk: int) -> int:
        """Return how many a night of so many tickets ``at_risk`` may flag."""
        # A tenth of 30 is 3, whatever 0.1 × 30 comes to in floating point.
        return max(1, min(self.per_night, int(self.of_open * at_risk + 1e-9)))


class LeastPrecision(Strict):
    """Flag as many points as possible while enough of the flags are right, with some confidence."""

    kind: Literal["precision"] = "precision"
    at_least: float = Field(gt=0, lt=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Confidence that the precision at the threshold is not lower, of the one-sided exact bound."""


class LeastCost(Strict):
    """Flag where the expected cost of silence exceeds that of a false alarm; only their ratio matters."""

    kind: Literal["cost"] = "cost"
    miss: float = Field(gt=0)
    false_alarm: float = Field(gt=0)
    method: Literal["calibrated", "empirical"] = "calibrated"
    """Trust the calibrated risk, or take the threshold that was cheapest on the slice."""


Policy = Annotated[FixedRisk | Capacity | LeastPrecision | LeastCost, Field(discriminator="kind")]
USUAL = {"kind": "capacity", "per_night": 10, "of_open": 0.1}
"""The ``[threshold]`` where nobody sets one."""
_ADAPTER: TypeAdapter[Policy] = TypeAdapter(Policy)


def parse_policy(table: Mapping[str, Any], *, source: object = None) -> Policy:
    """Return the policy of a ``[threshold]`` table; raise `UsageError` with every problem in it."""
    try:
        return _ADAPTER.validate_python(dict(table))
    except ValidationError as error:
        where = f"{source}: " if source is not None else ""
        problems = [": ".join(worded(problem, Policy)) for problem in error.errors(include_url=False)]
        raise UsageError(f"{where}[threshold] {'; '.join(problems)}") from None
