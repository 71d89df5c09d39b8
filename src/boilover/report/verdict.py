"""The verdict of a page: what was measured, and whom the model or the policy beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from boilover.evaluation.baselines import BASE_RATE, SLA_RULE, TITLES
from boilover.evaluation.evaluate import MODEL
from boilover.words import number, numbered, spelled

AHEAD, BEHIND, LEVEL, UNKNOWN = (
    "beats {}",
    "falls behind {}",
    "does not beat {} beyond chance",
    "cannot be compared with {}",
)
STANDINGS = {AHEAD: "and", BEHIND: "and", LEVEL: "or", UNKNOWN: "or"}
"""How a model may stand beside others, and the word before the last of them."""


class Verdict(NamedTuple):
    """What was measured, whether the model is worth its keep, and whether to say so as a warning."""

    measured: str
    compared: str
    is_bad: bool


def verdict(evaluation: Mapping[str, Any], horizon: str) -> Verdict:
    """Return two sentences: what was measured, and against whom the model holds."""
    points, tickets, escalated = (evaluation[name] for name in ("points", "tickets", "positives"))
    rate = evaluation["base_rate"]
    found = evaluation["scores"][MODEL]["average_precision"]
    measured = f"The model was asked {numbered(points, 'time')} about {numbered(tickets, 'ticket')}, "
    if escalated:
        measured += (
            f"and {numbered(escalated, 'time')} the ticket escalated within {spelled(horizon)}; it ranks these with an"
            f" average precision of {number(found['estimate'])}, where a random order gets the base rate of"
            f" {number(rate)}."
        )
    else:
        measured += f"none of which escalated within {spelled(horizon)}: there is nothing to find."
    told = compared(evaluation["differences"], _named)
    return Verdict(measured, told or "It was compared with no peer.", bool(as_good(evaluation)))


def compared(gaps: Mapping[str, Mapping[str, float | None]], named: Callable[[str], str]) -> str:
    """Return in one sentence whom a model or policy beats and whom not; empty where there is nobody.

    ``gaps`` are the intervals of what it has beyond each, who is called as ``named`` says.
    """
    names: dict[str, list[str]] = {said: [] for said in STANDINGS}
    for name, gap in gaps.items():
        names[_standing(gap)].append(named(name))
    clauses = [said.format(listed(names[said], last)) for said, last in STANDINGS.items() if names[said]]
    return f"It {', and '.join(clauses)}." if clauses else ""


def _standing(gap: Mapping[str, float | None]) -> str:
    low, high = gap["low"], gap["high"]
    if low is None or high is None:
        return UNKNOWN
    return AHEAD if low > 0 else BEHIND if high < 0 else LEVEL


def as_good(evaluation: Mapping[str, Any]) -> str:
    """Return which order without a model does as well as far as the points can tell; empty where none does."""
    gap = evaluation["differences"].get(BASE_RATE)
    orders = ["ranking by age alone"] * (evaluation["beats_age_only"] is False)
    orders += ["a random order"] * (gap is not None and _standing(gap) in (LEVEL, BEHIND))
    return listed(orders, "or") if orders else ""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as one phrase."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _named(name: str) -> str:
    return f"the {title(name)}" if name in (BASE_RATE, SLA_RULE) else title(name)


def title(name: str) -> str:
    """Return what a peer is called."""
    return TITLES.get(name, name.replace("_", " "))
