"""Triggers that read the course of a ticket: time, ownership, sentiment, the customer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from boilover.annotations.priority import priority_level
from boilover.features import Count, Flag, Last, Max, SinceLast, State
from boilover.features.families import CREATED, HANDOFF, REOPENED, REPLY, SLA, SLA_SHARE
from boilover.flagger.settings import MOST, Span, Words, percent
from boilover.flagger.triggers import Flags, Look, Scene, Trigger
from boilover.history import KINDS, Floats, History
from boilover.times import in_words
from boilover.words import spelled

PRIORITY = KINDS["priority_changed"]
HOURS_ROUNDED = 1e-9
"""Shares of hours since 1970 are off by less than this."""
SENTIMENT_ROUNDED = 1e-6
"""Sentiment is kept in single precision."""
Status = Literal["new", "open", "pending", "on_hold"]


class SlaUsed(Trigger):
    """The share of the running service level's time that is used."""

    needs: ClassVar[str | None] = "sla_due"
    share: float = Field(default=0.75, gt=0, le=MOST)

    def look(self, scene: Scene) -> Look:
        """Compare the share; a ticket without a running target never fires, one that was late when set always does."""
        late = scene.value(SinceLast(SLA, at="sla_due"))
        hours = scene.value(Last(SLA, value="sla_hours"))
        used = np.where(hours > 0, scene.value(SLA_SHARE), np.where(late >= 0, np.inf, np.nan))
        return Look(used >= self.share - HOURS_ROUNDED, lambda row: self._tell(used[row], late[row]))

    def _tell(self, used: float, late: float) -> str:
        if np.isinf(used):
            return f"service level overdue by {in_words(late)}, and late when it was set"
        return f"{used:.0%} of the service level's time used (limit {percent(self.share)})"

    def explain(self) -> str:
        """Tell the share."""
        return f"{percent(self.share)} of a service level's time are used"


class NoPublicUpdate(Trigger):
    """Hours since the last public reply of an agent, or since the creation where there is none."""

    hours: float = Field(default=24.0, gt=0)
    statuses: tuple[Status, ...] = Field(default=("new", "open", "on_hold"), min_length=1, strict=False)
    """In which the desk owes an update; a ticket that waits for the customer is left out by default."""

    def look(self, scene: Scene) -> Look:
        """Compare the hours, in the statuses asked for."""
        since = scene.value(SinceLast(REPLY | CREATED))
        status = State("status").compute(scene.sight)
        owed = np.isin(status.codes, [status.where(name) for name in self.statuses])
        return Look(
            (since >= self.hours) & owed,
            lambda row: f"no public update for {in_words(since[row])} (limit {in_words(self.hours)})",
        )

    def explain(self) -> str:
        """Tell the hours and the statuses."""
        return f"no public update for {in_words(self.hours)} while the ticket is {_either(self.statuses)}"


class Unresolved(Trigger):
    """Hours since the creation of a ticket that is not solved, by priority: a word of the desk or one for its level."""

    hours: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    otherwise: float | None = Field(default=None, gt=0)
    """For any other priority, or none."""

    def is_blind(self, history: History) -> bool:
        """Return whether no ticket of the log has a priority with a limit, as where a word is misspelt."""
        values = history.coded("value")
        words = {
            values.words[code] for code in np.unique(values.codes[history.kind == PRIORITY]) if code >= 0
        }
        return self.otherwise is None and all(np.isnan(self.limit(word)) for word in words)

    def look(self, scene: Scene) -> Look:
        """Compare the age with the limit of the ticket's priority."""
        age = scene.value(SinceLast(CREATED))
        status = State("status").compute(scene.sight)
        # A rule may have tickets at risk that are solved.
        resolved = np.isin(status.codes, [status.where("solved"), status.where("closed")])
        priority = State("priority").compute(scene.sight)
        limits = np.array([*(self.limit(word) for word in priority.words), self.limit(None)])[priority.codes]
        words = (*priority.words, "none")
        return Look(
            (age >= limits) & ~resolved,
            lambda row: (
                f"unresolved for {in_words(age[row])} (limit {in_words(limits[row])}"
                f" for priority {words[priority.codes[row]]})"
            ),
        )

    def limit(self, priority: str | None) -> float:
        """Return the hours for a priority, NaN where there is no limit."""
        otherwise = np.nan if self.otherwise is None else self.otherwise
        if priority is None:
            return otherwise
        same_word = {word.strip().lower(): hours for word, hours in self.hours.items()}
        same_level = {priority_level(word): hours for word, hours in reversed(self.hours.items())}
        word = priority.strip().lower()
        # NaN, an unknown level, equals no level.
        return same_word.get(word, same_level.get(priority_level(word), otherwise))

    def explain(self) -> str:
        """Tell the hours of each priority."""
        each = [f"{in_words(hours)} at priority {word}" for word, hours in self.hours.items()]
        rest = [] if self.otherwise is None else [f"{in_words(self.otherwise)} at any other"]
        return f"unresolved for {', '.join([*each, *rest])}"


class Repeated(Trigger):
    """Base of the triggers that count events."""

    counted: ClassVar[tuple[str, str]]
    """One, and several."""
    times: int = Field(default=1, ge=1)
    within: Span | None = None
    """Count only the last such span."""

    def count(self, scene: Scene) -> Floats:
        """Return how often it happened at each point."""
        raise NotImplementedError

    def look(self, scene: Scene) -> Look:
        """Compare the count."""
        count = self.count(scene)
        return Look(
            count >= self.times,
            lambda row: f"{self._amount(count[row])}{self._lately} (limit {self.times})",
        )

    def explain(self) -> str:
        """Tell the count and the span."""
        return f"at least {self._amount(self.times)}{self._lately}"

    @property
    def _lately(self) -> str:
        return f" within {spelled(self.within)}" if self.within else ""

    def _amount(self, count: float) -> str:
        return f"{count:.0f} {self.counted[int(count != 1)]}"


class Reopened(Repeated):
    """Reopenings."""

    counted: ClassVar[tuple[str, str]] = ("reopening", "reopenings")
    needs: ClassVar[str | None] = "status_changed"

    def count(self, scene: Scene) -> Floats:
        """Return the reopenings."""
        return scene.value(Count(REOPENED, self.within))


class Handoffs(Repeated):
    """Changes of assignee or group after the first; one of both at one instant counts once."""

    counted: ClassVar[tuple[str, str]] = ("handoff", "handoffs")
    times: int = Field(default=3, ge=1)

    def count(self, scene: Scene) -> Floats:
        """Return the handoffs."""
        return scene.value(Count(HANDOFF, self.within))


class Returns(Repeated):
    """Handoffs back to an earlier assignee or group; one to both at one instant counts twice."""

    counted: ClassVar[tuple[str, str]] = ("return to an earlier owner", "returns to an earlier owner")

    def count(self, scene: Scene) -> Floats:
        """Return the returns."""
        return scene.value(Count(Flag("assignee_return") | Flag("group_return"), self.within))


class FallingSentiment(Trigger):
    """The customer's last message is negative, and well below the best one; English alone, where it is measured."""

    needs: ClassVar[str | None] = "message"
    fall: float = Field(default=0.6, gt=0, le=2)
    """By how much, of a scale from −1 to 1."""
    to: float = Field(default=-0.2, ge=-1, le=1)
    """The last message is at most this."""
    within: Span | None = None

    def look(self, scene: Scene) -> Look:
        """Compare the last message with the best one."""
        last = scene.value(Last(value="sentiment", window=self.within))
        fell = scene.value(Max(value="sentiment", window=self.within)) - last
        fires = (fell >= self.fall - SENTIMENT_ROUNDED) & (last <= self.to + SENTIMENT_ROUNDED)
        return Look(
            fires,
            lambda row: f"the customer's sentiment fell by {fell[row]:.2f} to {last[row]:.2f}",
        )

    def explain(self) -> str:
        """Tell the fall."""
        lately = f" within {spelled(self.within)}" if self.within else ""
        return f"the customer's sentiment falls by {self.fall:g} or more{lately}, to {self.to:g} or less"


class Vip(Trigger):
    """An attribute of the ticket, fixed at its creation, holds one of some values."""

    attribute: str = Field(default="customer_id", min_length=1)
    values: Words = Field(min_length=1)

    def is_blind(self, history: History) -> bool:
        """Return whether the log lacks the attribute."""
        return self.attribute not in history.attributes.column_names

    def look(self, scene: Scene) -> Look:
        """Compare the attribute's words; true and false are words too."""
        coded = scene.sight.attribute(self.attribute)
        fires: Flags = np.isin(coded.codes, [coded.where(value) for value in self.values])
        return Look(fires, lambda row: f"{self.attribute} is {coded.words[coded.codes[row]]}")

    def explain(self) -> str:
        """Tell the attribute, and how many values."""
        some = _either(self.values) if len(self.values) <= 5 else f"one of {len(self.values)} values"
        return f"{self.attribute} is {some}"


def _either(words: tuple[str, ...]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
