"""The checks of one column against the ends of tickets, from what proves most to what proves least."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from boilover.audit.ahead import CLOSE, SURE, moment, planned
from boilover.audit.case import FEWEST, Case
from boilover.audit.columns import Flags
from boilover.audit.ends import Amount, Ends, Word
from boilover.audit.finding import Finding
from boilover.audit.names import is_late_name
from boilover.audit.relate import (
    above_chance,
    chance_of_hit,
    distinct,
    mapped,
    rank_correlation,
    skill,
    told_rank,
)
from boilover.errors import shorten
from boilover.words import count

WEAK = 0.1
"""A rank correlation with the end that convicts a column whose name belongs to it."""
MOST_CHANGED = 0.1
"""A column that changes in a larger share of its tickets is told as it goes."""
ALIKE = 0.995
"""A column whose first values are alike in so many tickets tells nothing, as a counter does that begins at 0."""
EARLY = 0.5
"""A name speaks against a column that tells its value before the first solution in such a share of its tickets."""
SHUFFLES = 99
DISTINCT = 0.5
"""A category with more values than this per ticket cannot be learned from other tickets."""


def check(case: Case, ends: Ends) -> Iterator[Finding]:
    """Yield the proof that is strongest, or a hint; nothing for a column that is told as it goes."""
    if case.column.changed > MOST_CHANGED or case.column.alike > ALIKE:
        return
    finding = (
        _best(moment(case, end) for end in ends.moments)
        or _best(_same_word(case, word) for word in ends.words)
        or _best(_count(case, amount) for amount in ends.amounts)
        or _best(_mapped_word(case, word) for word in ends.words)
        or _best(_course(case, amount) for amount in ends.amounts)
        or _named(case, ends)
        or planned(case)
    )
    if finding is not None:
        yield finding


def _best(findings: Iterator[Finding | None]) -> Finding | None:
    return max(filter(None, findings), key=lambda each: each.figures["strength"], default=None)


def _same_word(case: Case, word: Word) -> Finding | None:
    """The word that another column, or the last actor, comes to be only later."""
    asked = case.later(word.known)
    if not case.enough(asked):
        return None
    mine, ends = case.codes_in(word.vocabulary), word.final[asked]
    same = mine[asked] == ends
    share, chance = float(same.mean()), chance_of_hit(mine[case.column.first >= 0], ends)
    if skill(share, chance) < SURE:
        return None
    said = (
        f"In {share:.0%} of {asked.sum():,} tickets whose {word.name} is told later it is {word.name} in the end"
        f" (by chance {chance:.0%})"
    )
    return _final_value(case, word, said, int(np.flatnonzero(asked)[np.argmax(same)]), share, chance)


def _mapped_word(case: Case, word: Word) -> Finding | None:
    """A word by which the final one can be told although they are not written alike."""
    asked = case.later(word.known)
    if not case.enough(asked) or distinct(case.column.first[asked]) > DISTINCT:
        return None
    mine, ends, since = case.column.first[asked], word.final[asked], case.column.since[asked]
    share, chance, n_late = mapped(mine, ends, since)
    if n_late < FEWEST or skill(share, chance) < SURE:
        return None
    said = (
        f"Learned on earlier tickets, it names {word.name} in the end in {share:.0%} of {n_late:,} later ones"
        f" (the commonest is right in {chance:.0%})"
    )
    return _final_value(case, word, said, int(np.flatnonzero(asked)[-1]), share, chance)


def _final_value(case: Case, word: Word, said: str, ticket: int, share: float, chance: float) -> Finding:
    fact = f"{word.name} in the end: {shorten(word.of(ticket))}"
    return case.finding(
        "final value", said, ticket, fact, share=share, chance=chance, strength=skill(share, chance)
    )


def _count(case: Case, amount: Amount) -> Finding | None:
    """The number of something that has not happened yet when the number is told."""
    numbers = np.append(case.column.numbers, np.nan)[case.column.first]
    asked = case.later(amount.known) & ~np.isnan(numbers)
    if not amount.counts or case.moments is not None or not case.enough(asked):
        return None
    share = float((numbers[asked] == amount.value[asked]).mean())
    chance = chance_of_hit(numbers[~np.isnan(numbers)], amount.value[asked])
    order = rank_correlation(numbers[asked], amount.value[asked])
    if skill(share, chance) < SURE and order < CLOSE:
        return None
    ticket = int(np.flatnonzero(asked)[np.argmin(np.abs(numbers[asked] - amount.value[asked]))])
    said = (
        f"In {share:.0%} of {asked.sum():,} tickets with {amount.name} still to come it is their final number"
        f" (by chance {chance:.0%}; rank correlation {order:.2f})"
    )
    fact = f"{amount.name} in the end: {amount.value[ticket]:g}"
    strength = max(skill(share, chance), order)
    return case.finding(
        "final count", said, ticket, fact, share=share, chance=chance, order=order, strength=strength
    )


def _course(case: Case, amount: Amount) -> Finding | None:
    """A value that ranks tickets as their course does."""
    strength, order, asked = _strength(case, amount, case.column.first >= 0)
    if abs(order) < CLOSE:
        return None
    ticket = int(np.flatnonzero(asked)[-1])
    said = f"It ranks {asked.sum():,} tickets by their {amount.name} still to come with a correlation of {order:.2f}"
    fact = f"{amount.name} in the end: {count(amount.value[ticket])}"
    return case.finding("course", said, ticket, fact, order=order, strength=strength)


def _named(case: Case, ends: Ends) -> Finding | None:
    """A name of the end on a value that stands from the first row: proof where the value depends on the end too."""
    column, solved = case.column, ends.moments[0].known
    told = column.first >= 0
    early = told & ((column.since < solved) | (solved < 0))
    if not is_late_name(column.name) or early.sum() < EARLY * told.sum():
        return None
    amounts = [(*_strength(case, amount, early), amount) for amount in ends.amounts]
    strength, _, asked, amount = max(amounts, key=lambda each: each[0])
    order = chance = 0.0
    if strength >= WEAK:
        codes = column.first[asked]
        order, chance = above_chance(
            codes, amount.value[asked], column.since[asked], rounds=SHUFFLES, seed=case.seed
        )
    if order <= max(chance, WEAK):
        said = "Nothing but its name speaks against it"
        return case.finding(
            "name", said, int(np.argmax(told)), "whether it was known then only the source tells"
        )
    said = (
        f"It stays as it is in {1 - column.changed:.0%} of its tickets and ranks them by their {amount.name} still to"
        f" come with a correlation of {order:.2f}; {SHUFFLES} shuffles gave {chance:.2f} at most"
    )
    ticket = int(np.flatnonzero(asked)[-1])
    fact = f"{amount.name} in the end: {count(amount.value[ticket])}"
    return case.finding("named", said, ticket, fact, order=order, chance=chance)


def _strength(case: Case, amount: Amount, among: Flags) -> tuple[float, float, Flags]:
    """Return how well the column ranks an amount still to come: absolute, signed, and in which tickets."""
    asked = case.later(amount.known) & ~np.isnan(amount.value) & among
    if not case.enough(asked):
        return 0.0, 0.0, asked
    codes, values, since = case.column.first[asked], amount.value[asked], case.column.since[asked]
    order = told_rank(codes, values, since) if distinct(codes) <= DISTINCT else 0.0
    numbers = case.column.numbers[codes] if case.moments is None else case.moments[codes] - since
    known = ~np.isnan(numbers)
    if known.mean() > CLOSE:
        direct = rank_correlation(numbers[known], values[known])
        order = direct if abs(direct) > abs(order) else order
    return abs(order), order, asked
