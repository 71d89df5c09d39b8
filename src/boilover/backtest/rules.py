"""The rules that desks use today, replayed on the same nights: a flag stands while its rule holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from boilover.annotations.priority import priority_level
from boilover.backtest.asked import Nights
from boilover.backtest.book import Book, Ends, Flags
from boilover.features import Sight
from boilover.flagger.triggers import Trigger, look_all
from boilover.flagger.triggers_course import NoPublicUpdate, SlaUsed, Unresolved
from boilover.history import KINDS, Floats
from boilover.points import ages_of

Bools = npt.NDArray[np.bool_]

AGE = "age_matched"
SLA, SILENT, UNRESOLVED, PRIORITY = "sla_75", "no_update_4h", "unresolved_24h", "priority"
TITLES = {
    AGE: "as many flags by age",
    SLA: "75 % of SLA used",
    SILENT: "no public update for 4 h",
    UNRESOLVED: "unresolved for 24 h",
    PRIORITY: "priority high or above",
}
RULES: Mapping[str, Trigger] = {
    SLA: SlaUsed(share=0.75),
    SILENT: NoPublicUpdate(hours=4),
    UNRESOLVED: Unresolved(hours={"normal": 24}, otherwise=24),
}


def rules(sight: Sight) -> dict[str, Bools | None]:
    """Return at which points each rule holds, bool (n); None where the log cannot tell."""
    kinds = sight.notes.history.kind
    able = {
        SLA: bool((kinds == KINDS["sla_due"]).any()),
        SILENT: bool((kinds == KINDS["message"]).any()),
        UNRESOLVED: True,
        PRIORITY: bool((kinds == KINDS["priority_changed"]).any()),
    }
    fired = look_all({name: rule for name, rule in RULES.items() if able[name]}, sight)
    found: dict[str, Bools | None] = dict.fromkeys(able)
    found |= {name: fired.fires[:, place] for place, name in enumerate(fired.names)}
    if able[PRIORITY]:
        priority = sight.state("priority")
        levels = np.array([*(priority_level(word) for word in priority.words), np.nan])
        # A rule may have tickets at risk that are solved.
        is_open = sight.notes.flag("alive")[sight.now]
        found[PRIORITY] = (levels[priority.codes] >= priority_level("high")) & is_open
    return found


def replay_rule(holds: Bools, nights: Nights, ends: Ends, close: int) -> Flags:
    """Return the flags of a rule that ``holds`` (n) at some points: raised when it begins to, cleared when it ends."""
    book = Book(ends)
    for place, as_of, rows, tickets in nights.each():
        book.turn_to(place, as_of, tickets)
        standing = book.standing(tickets)
        book.changed(as_of, tickets, holds[rows] & ~standing, ~holds[rows] & standing)
    return book.close(close)


def replay_matched(
    rate: Floats, age: Floats, new: npt.NDArray[np.int64], nights: Nights, ends: Ends, close: int
) -> Flags:
    """Return the flags of a desk that raises as many a night, ``new`` (n_nights), for the ages of the highest ``rate``.

    Of equal rates the older ticket goes first, then the lower id. No flag is cleared: age does not go back.
    """
    book = Book(ends)
    for place, as_of, rows, tickets in nights.each():
        book.turn_to(place, as_of, tickets)
        free = np.flatnonzero(~book.standing(tickets))
        order = np.lexsort((tickets[free], -age[rows][free], -rate[rows][free]))
        raised = np.zeros(len(tickets), dtype=np.bool_)
        raised[free[order[: new[place]]]] = True
        book.changed(as_of, tickets, raised, np.zeros(len(tickets), dtype=np.bool_))
    return book.close(close)


def replay_beside(
    sight: Sight, nights: Nights, rate: Floats, new: npt.NDArray[np.int64], ends: Ends, close: int
) -> tuple[dict[str, Flags], tuple[str, ...]]:
    """Return the flags of as many by age and of each rule, and the names of the rules that the log cannot feed."""
    held = rules(sight)
    found = {AGE: replay_matched(rate, ages_of(sight.notes.history, nights.points), new, nights, ends, close)}
    found |= {name: replay_rule(each, nights, ends, close) for name, each in held.items() if each is not None}
    return found, tuple(name for name, each in held.items() if each is None)
