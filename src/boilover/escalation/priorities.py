"""What to write instead of a priority of which no level is known: beside it stands what there is."""

from __future__ import annotations

import numpy as np

from boilover.annotations.priority import priority_level
from boilover.errors import UsageError, one_line
from boilover.history import KINDS, History

MOST = 12
WIDEST = 40


def unknown_priority(word: str, history: History, priority_order: tuple[str, ...]) -> UsageError:
    """Return the error for a ``priority_at_least`` that nothing orders: the log's words, and what became of it."""
    changed = history.kind == KINDS["priority_changed"]
    told, raw = (history.coded(name) for name in ("value", "raw_value"))
    rows = changed & (told.codes >= 0)
    words = sorted(told.words[code] for code in np.unique(told.codes[rows]))
    own = np.isin(raw.codes, [place for place, each in enumerate(raw.words) if each == word])
    became = [told.words[code] for code in np.unique(told.codes[rows & own])]
    where = "in priority_order" if priority_order else "known"
    problem = f"priority_at_least {_quoted([word])} is not {where}; the log's priorities are {_quoted(words)}"
    if became and became != [word]:
        read = f"The source's {_quoted([word])} is {_quoted(became)} there"
        mend = f"{read}, by [mapping.priorities] of its recipe: name that"
    elif priority_order:
        mend = "Name one of priority_order, or add it there"
    elif word in words or not any(priority_level(each) >= 0 for each in words):
        mend = "List all of them in priority_order, from least to most urgent"
    else:
        mend = "Name one of them, or list all in priority_order, from least to most urgent"
    return UsageError(f"escalation: {problem}. {mend}")


def _quoted(words: list[str]) -> str:
    shown = ", ".join(repr(one_line(each, WIDEST)) for each in words[:MOST]) or "none"
    return f"{shown} and {len(words) - MOST} more" if len(words) > MOST else shown
