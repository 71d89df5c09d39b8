"""One TOML file, read into one frozen value at the edge; inner functions take plain arguments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from boilover.errors import UsageError
from boilover.files import read_toml
from boilover.mistakes import worded
from boilover.points import AGES_HOURS
from boilover.policy import USUAL

MOST_HOURS = 24.0 * 365 * 100


class Config(BaseModel):
    """What a desk can set; every key has a default. The command line goes before the file.

    ``escalation`` is the table of `boilover.escalation`, ``threshold`` that of `boilover.policy`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon: tuple[str, ...] = ("7d",)
    """Within which spans a ticket may escalate; ``risk`` is that of the first."""
    points: Literal["ages", "nightly"] = "ages"
    """When training and evaluation ask about each ticket: at fixed ages, or every night at 06:00 UTC."""
    ages: tuple[Annotated[float, Field(ge=0, le=MOST_HOURS)], ...] = Field(default=AGES_HOURS, min_length=1)
    """Hours after creation, for ``points = "ages"``."""
    seed: int = Field(default=0, ge=0)
    escalation: Mapping[str, Any] = Field(default_factory=dict)
    threshold: Mapping[str, Any] = Field(default_factory=lambda: dict(USUAL))

    @field_validator("horizon", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return tuple(given.split(",")) if isinstance(given, str) else given

    @field_validator("ages")
    @classmethod
    def _each_once(cls, ages: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(ages)) < len(ages):
            raise ValueError("must hold each age once: a point that is asked twice counts twice")
        return ages

    @property
    def asked_at(self) -> tuple[float, ...] | None:
        """The ages, or None for every night."""
        return self.ages if self.points == "ages" else None


def load_config(path: Path | None) -> Config:
    """Read a configuration file, or the defaults where there is none; raise `UsageError` naming the key."""
    if path is None:
        return Config()
    try:
        return Config.model_validate(read_toml(path))
    except ValidationError as error:
        key, what = worded(error.errors()[0], Config)
        raise UsageError(f"{path}: {key}: {what}") from error
