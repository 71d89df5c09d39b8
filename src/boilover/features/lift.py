"""How often the tickets of a customer, queue or category escalate, against the desk's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boilover.errors import UsageError
from boilover.features.base import Aggregate
from boilover.features.crossing import Need
from boilover.features.filters import Filter, Flag
from boilover.features.stream import View
from boilover.features.view import DESK, Sight
from boilover.history import Floats
from boilover.times import parse_duration


@dataclass(frozen=True)
class Lift(Aggregate):
    """Events of ``where`` for each event of ``among``, against the same of the whole desk: 2 is twice as often.

    Drawn toward 1, as if ``shrink`` more events had happened where the desk's rate expects as many: the posterior mean
    of a Poisson rate under a gamma prior (Clayton & Kaldor 1987). A ratio means the same next month, when the desk's
    rate has moved. And a ticket counts from the day it came, while a rate among known outcomes leans toward what is
    known soon.
    """

    among: Filter | None = None
    shrink: float = 2.0

    verb: ClassVar[str] = "lift"

    @property
    def subject(self) -> str:
        """What happened, and among what."""
        return f"{self.reads.name}_per_{self.exposed.name}"

    @property
    def exposed(self) -> Filter:
        """Which events it may happen after."""
        if self.among is None:
            raise UsageError("Lift needs `among`: for each of which events?")
        return self.among

    @property
    def rises(self) -> bool:
        """That such tickets escalated more often is no reason for a lower risk."""
        return self.where == Flag("escalated")

    @property
    def needs(self) -> tuple[Need, ...]:
        """Both kinds of events, of the key and of the desk."""
        own = (Need(where, self.key, self.event_key) for where in (self.reads, self.exposed))
        return (*own, *(Need(where, DESK) for where in (self.reads, self.exposed)))

    def compute(self, sight: Sight) -> Floats:
        """Return the lift for each point."""
        window = None if self.window is None else parse_duration(self.window)

        both = (self.reads, self.exposed)
        happened, among = (sight.view(where, self.key, window, self.event_key) for where in both)
        desk = sight.once(
            ("rate", *both, window), lambda: _rate(*(sight.view(each, DESK, window) for each in both))
        )
        rate = happened.asked.gather(desk)
        lift: Floats = (happened.count + self.shrink) / (among.count * rate + self.shrink)
        return happened.asked.scatter(lift)


def _rate(happened: View, among: View) -> Floats:
    """Return the events of the one for each of the other that the points see, 0 where they see none of those."""
    rate = np.divide(happened.count, among.count, where=among.count > 0, out=np.zeros(len(among.hi)))
    return among.asked.scatter(rate)
