"""Triggers: rules beside the model. Each is a table of the policy and one look at what the points may see.

A new trigger is a class with ``look`` and a line in `boilover.flagger.policy.Triggers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from boilover.features import Feature, Sight
from boilover.flagger.settings import Risk, TierName
from boilover.flagger.speech import Heed, Speech
from boilover.history import Coded, Floats, History
from boilover.policy import Strict

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Look:
    """What a trigger finds at n points: ``fires`` bool (n), and a sentence with the figure for any point that fires."""

    fires: Flags
    tell: Callable[[int], str]


class Scene:
    """What triggers look at: the points' sight, and what customers said, listened to once for all triggers."""

    def __init__(self, sight: Sight, topics: Mapping[str, Heed]) -> None:
        self.sight = sight
        self._topics = topics

    @cached_property
    def speech(self) -> Speech:
        """What the customers said about the topics."""
        return Speech(self.sight, self._topics)

    def value(self, feature: Feature) -> Floats:
        """Return a number for each point, NaN where it is missing."""
        found = feature.compute(self.sight)
        assert not isinstance(found, Coded)
        return found.astype(np.float64, copy=False)


class Trigger(Strict):
    """A trigger's table: there, it is on unless it says ``on = false``."""

    needs: ClassVar[str | None] = None
    """The type of event without which it never fires."""

    on: bool = True
    tier: TierName = "watch"
    """The tier of a flag that it raises."""
    least_risk: Risk = Field(default=0.0)
    """It counts only from this risk of the model on; at 0 also where the risk is unknown."""

    @property
    def heed(self) -> Heed | None:
        """What it listens to, if it does."""
        return None

    def is_blind(self, history: History) -> bool:
        """Return whether it can never fire, since the log holds nothing of what it needs."""
        return self.needs is not None and self.needs not in history.coded("event_type").words

    def look(self, scene: Scene) -> Look:
        """Return at which points it fires, and the evidence."""
        raise NotImplementedError

    def explain(self) -> str:
        """Return when it fires, one clause."""
        raise NotImplementedError


@dataclass(frozen=True)
class Fired:
    """Which of t triggers fire at n points: ``fires`` bool (n, t).

    ``blind`` names those that can never fire on this log, which lacks what they need.
    """

    names: tuple[str, ...]
    fires: Flags
    blind: tuple[str, ...]
    _looks: tuple[Look, ...]

    def evidence(self, point: int) -> dict[str, str]:
        """Return a sentence for each trigger that fires at a point."""
        return {
            name: look.tell(point)
            for name, look in zip(self.names, self._looks, strict=True)
            if look.fires[point]
        }


def look_all(triggers: Mapping[str, Trigger], sight: Sight) -> Fired:
    """Return which triggers fire at the points of a sight."""
    heeds = [trigger.heed for trigger in triggers.values()]
    scene = Scene(sight, {heed.topic: heed for heed in heeds if heed is not None})
    looks = tuple(trigger.look(scene) for trigger in triggers.values())
    n = len(sight.points)
    fires = np.column_stack([look.fires for look in looks]) if looks else np.zeros((n, 0), np.bool_)
    blind = tuple(name for name, trigger in triggers.items() if trigger.is_blind(sight.notes.history))
    return Fired(tuple(triggers), fires, blind, looks)
