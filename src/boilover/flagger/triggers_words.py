"""Triggers that hear what customers write: word lists per language, of their own words alone.

Quotes, signatures and code are cut away (`boilover.text.clean`); automatic replies are not heard; nor is what is
denied, as in “I do not want to cancel”.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from boilover.features import Count
from boilover.features.families import REOPENED
from boilover.flagger.settings import Span, Words
from boilover.flagger.speech import Heed
from boilover.flagger.triggers import Look, Scene, Trigger
from boilover.history import History
from boilover.words import spelled


class Spoken(Trigger):
    """Base of the triggers that hear phrases of a topic."""

    needs: ClassVar[str | None] = "message"
    topic: ClassVar[str]
    about: ClassVar[str]
    messages: int = Field(default=1, ge=1)
    within: Span = "7d"
    phrases: Words = ()
    """Phrases of the desk's own, beside the lists and in any language, as they are written."""

    @property
    def heed(self) -> Heed:
        """How it listens."""
        return Heed(self.topic, self.phrases, self.within)

    def is_blind(self, history: History) -> bool:
        """Return whether the log holds no messages, or not their text."""
        return super().is_blind(history) or "text" not in history.log.events.column_names

    def look(self, scene: Scene) -> Look:
        """Count the messages that hold a phrase."""
        heard = scene.speech.heard(self.topic, self.within)
        return Look(
            heard.count >= self.messages,
            lambda row: (
                f"{_amount(heard.count[row], 'customer message')} within {spelled(self.within)}"
                f" speaking of {self.about}: “{heard.phrase(row)}”"
            ),
        )

    def explain(self) -> str:
        """Tell what is heard."""
        least = _amount(self.messages, "customer message")
        own = "".join(f", or holding “{phrase}”" for phrase in self.phrases)
        return f"at least {least} within {spelled(self.within)} speaking of {self.about}{own}"


class AsksForManager(Spoken):
    """The customer asks for a manager, a human, or an escalation."""

    topic: ClassVar[str] = "manager"
    about: ClassVar[str] = "a manager or a human"


class Legal(Spoken):
    """The customer speaks of lawyers, courts or authorities."""

    topic: ClassVar[str] = "legal"
    about: ClassVar[str] = "legal steps"


class Safety(Spoken):
    """Somebody may be hurt."""

    topic: ClassVar[str] = "safety"
    about: ClassVar[str] = "danger to people"


class Outage(Spoken):
    """Work stands still."""

    topic: ClassVar[str] = "outage"
    about: ClassVar[str] = "an outage"


class Churn(Spoken):
    """The customer speaks of leaving."""

    topic: ClassVar[str] = "churn"
    about: ClassVar[str] = "leaving"


class FailedAttempts(Spoken):
    """Messages that say that a fix did not help, and reopenings."""

    topic: ClassVar[str] = "failed"
    about: ClassVar[str] = "failed attempts"
    messages: int = Field(default=2, ge=1)
    """How many attempts failed: messages and reopenings together."""
    within: Span = "30d"

    def look(self, scene: Scene) -> Look:
        """Count the messages that say so, and the reopenings."""
        heard = scene.speech.heard(self.topic, self.within)
        reopened = scene.value(Count(REOPENED, self.within))
        failed = heard.count + reopened
        return Look(
            failed >= self.messages,
            lambda row: (
                f"{_amount(failed[row], 'failed attempt')} within {spelled(self.within)}:"
                f" {_amount(heard.count[row], 'message')} saying so, {_amount(reopened[row], 'reopening')}"
                f" (limit {self.messages})"
            ),
        )

    def explain(self) -> str:
        """Tell what is counted."""
        least = _amount(self.messages, "failed attempt")
        own = "".join(f", or hold “{phrase}”" for phrase in self.phrases)
        return f"at least {least} within {spelled(self.within)}: messages that say so{own}, and reopenings"


def _amount(count: float, noun: str) -> str:
    return f"{count:.0f} {noun}{'' if count == 1 else 's'}"
