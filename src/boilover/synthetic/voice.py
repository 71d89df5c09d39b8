"""Messages put together from interchangeable parts, in the tone of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from boilover.synthetic import phrases
from boilover.synthetic.phrases_foreign import FOREIGN, Phrases
from boilover.synthetic.world import Customer

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
HOSTILE_SHARE = 0.004
QUOTING_SHARE = 0.35
QUOTED = "Thank you, we will come back to you."


class Voice:
    """Writes what people at the desk say; every choice comes from ``random``."""

    def __init__(self, random: Random) -> None:
        self._random = random.random

    def pick(self, parts: Sequence[str]) -> str:
        """Return one of ``parts``."""
        return parts[int(self._random() * len(parts))]

    def level(self, anger: float) -> int:
        """Return how angry a message sounds, 0 to 4: people hide some of it, or overstate it."""
        return min(4, max(0, round(anger + 1.4 * (self._random() - 0.5))))

    def subject(self, language: str, category: str, product: str) -> str:
        """Return the subject line of a new ticket."""
        parts = phrases.SUBJECTS[category] if language == "en" else FOREIGN[language].subjects
        return self.pick(parts).replace("{product}", product)

    def opening(self, customer: Customer, category: str, product: str, anger: float) -> str:
        """Return a customer's first message."""
        if self._random() < HOSTILE_SHARE:
            return self.pick(phrases.HOSTILE)
        level = self.level(anger)
        words = FOREIGN.get(customer.language)
        if words:
            request = self.pick(words.requests[level // 2])
            body = f"{self.pick(words.greetings)}\n\n{self.pick(words.problems)} {request}"
            return self._fill(body, product)
        sentence = self.pick(phrases.STARTS[level]) + self.pick(phrases.PROBLEMS[category])
        parts = [sentence[0].upper() + sentence[1:] + ("!" if level > 2 else ".")]
        parts += [self.pick(phrases.DETAILS) for _ in range(int(self._random() * 3))]
        parts.append(self.pick(phrases.IMPACTS[level]))
        body = " ".join(parts)
        return self._letter(customer, level, f"{body}\n{self.pick(phrases.REQUESTS[level])}", product)

    def nudge(self, customer: Customer, product: str, anger: float, days: float, hops: int) -> str:
        """Return a customer's reminder."""
        level = self.level(anger)
        words = FOREIGN.get(customer.language)
        if words:
            return self._short(words, words.nudges[level // 2], product, days)
        body = self.pick(phrases.NUDGES[level])
        if hops > 1 and self._random() < 0.5:
            body = f"{body} {self.pick(phrases.HOP_COMPLAINTS)}"
        if level > 1 and self._random() < 0.5:
            body = f"{body}\n{self.pick(phrases.REQUESTS[level])}"
        return self._letter(customer, level, body, product, days=days, hops=hops)

    def reopening(self, customer: Customer, product: str, anger: float) -> str:
        """Return what a customer writes when a solved problem is back."""
        level = self.level(anger)
        words = FOREIGN.get(customer.language)
        if words:
            return self._short(words, words.reopenings[level // 2], product, 0.0)
        body = f"{self.pick(phrases.REOPENINGS[level])} {self.pick(phrases.IMPACTS[level])}"
        return self._letter(customer, level, body, product)

    def answer(self, customer: Customer, product: str, anger: float) -> str:
        """Return a customer's reply to a question."""
        words = FOREIGN.get(customer.language)
        if words:
            return self._fill(self.pick(words.answers), product)
        level = self.level(anger)
        body = self.pick(phrases.ANSWERS)
        if level != phrases.EVEN:
            body = f"{body} {self.pick(phrases.REQUESTS[level])}"
        return self._letter(customer, level, body, product)

    def thanks(self, customer: Customer) -> str:
        """Return a satisfied customer's last word."""
        words = FOREIGN.get(customer.language)
        return self.pick(words.thanks if words else phrases.THANKS)

    def reply(self, parts: Sequence[str], product: str) -> str:
        """Return an agent's public reply, one of ``parts`` in a polite frame."""
        body = (
            f"{self.pick(phrases.AGENT_GREETINGS)}\n\n{self.pick(parts)}\n\nKind regards,\nThe support team"
        )
        return self._fill(body, product)

    def note(self) -> str:
        """Return an internal note."""
        return self._fill(self.pick(phrases.NOTES), "")

    def _short(self, words: Phrases, parts: Sequence[str], product: str, days: float) -> str:
        return self._fill(f"{self.pick(words.greetings)}\n{self.pick(parts)}", product, days=days)

    def _letter(
        self, customer: Customer, level: int, body: str, product: str, *, days: float = 0.0, hops: int = 0
    ) -> str:
        greeting = self.pick(phrases.GREETINGS[level])
        text = f"{greeting}\n\n{body}" if greeting else body
        closing = self.pick(phrases.CLOSINGS)
        if closing:
            text = f"{text}\n\n{closing},\n{customer.id}"
        if customer.channel == "email" and self._random() < QUOTING_SHARE:
            text = f"{text}\n\nOn {self.pick(WEEKDAYS)}, support@example.com wrote:\n> {QUOTED}"
        return self._fill(text, product, days=days, hops=hops)

    def _fill(self, text: str, product: str, *, days: float = 0.0, hops: int = 0) -> str:
        if "{" not in text:
            return text
        whole = max(1, round(days))
        return text.format(
            product=product,
            days=max(2, whole),
            wait="a day" if whole == 1 else f"{whole} days",
            hops=hops + 1,
            weekday=self.pick(WEEKDAYS),
            count=2 + int(self._random() * 60),
            reference=f"R-{int(self._random() * 90000) + 10000}",
        )
