"""Tickets as rows of a table that sorts and filters in the page: a few are written out, all are data for its script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from boilover.words import plain, spelled

SHOWN = 50
"""Rows on a page, and rows that are written out for who runs no scripts, or prints."""
KEY = ["ticket_id", "as_of"]


class Column(NamedTuple):
    """What a column is called and what its cells are, which tells how they are shown and sorted.

    ``kind`` is one of ``count``, ``id``, ``flag``, ``risk``, ``share``, ``hours``, ``time``, ``choice`` and
    ``reasons``; cells of the last two are places in the grid's words.
    """

    name: str
    kind: str


class Grid(NamedTuple):
    """A table: ``words`` are texts that cells point at, ``caption`` says what it holds."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    words: Sequence[str]

    @property
    def first(self) -> Sequence[Sequence[Any]]:
        """The rows that are written out."""
        return self.rows[:SHOWN]

    @property
    def choices(self) -> Sequence[tuple[int, str]]:
        """The words of the column of choices, those that occur, with their places."""
        places = [place for place, column in enumerate(self.columns) if column.kind == "choice"]
        used = sorted({row[place] for place in places for row in self.rows})
        return [(code, self.words[code]) for code in used]

    @property
    def is_flagged(self) -> bool:
        """Whether a column tells flags."""
        return any(column.kind == "flag" for column in self.columns)

    @property
    def has_risks(self) -> bool:
        """Whether a column tells risks that a line can part."""
        return any(column.kind == "risk" for column in self.columns)

    @property
    def data(self) -> Markup:
        """All of it as JSON for a script element."""
        return as_data({"columns": self.columns, "rows": self.rows, "words": self.words, "size": SHOWN})


class Tonight(NamedTuple):
    """Tonight's tickets; ``flagged`` is None where no threshold was applied."""

    grid: Grid
    scored: int
    unscored: int
    flagged: int | None
    as_of: str

    def above(self, line: float) -> str:
        """Return how many have at least the risk ``line``."""
        place = next(place for place, column in enumerate(self.grid.columns) if column.kind == "risk")
        return f"{sum(row[place] >= line for row in self.grid.rows):,}"


def as_data(values: object) -> Markup:
    """Return JSON that no text in it can end: ``<``, ``>`` and ``&`` are written as escapes."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def tonight(scores: pd.DataFrame, flags: pd.DataFrame | None, horizon: str) -> Tonight:
    """Return the rows of ``scores`` by rank, those that ``flags`` holds marked."""
    known = scores[scores["risk"].notna()].sort_values("rank", kind="stable")
    further = [name for name in known.columns if name.startswith("risk_")]
    several = len(known["as_of"].unique()) > 1
    columns = [Column("Rank", "count"), Column("Ticket", "id")]
    cells: list[Iterable[Any]] = [
        known["rank"].astype(int).tolist(),
        [plain(each) for each in known["ticket_id"]],
    ]
    if several:
        columns.append(Column("As of", "time"))
        cells.append([time(each) for each in known["as_of"]])
    if flags is not None:
        marked = set(flags[KEY].itertuples(index=False, name=None))
        columns.append(Column("Flag", "flag"))
        cells.append([int(key in marked) for key in known[KEY].itertuples(index=False, name=None)])
    columns.append(Column("Risk", "risk"))
    # Not rounded: a line may lie at a risk that a ticket has.
    cells.append(known["risk"].tolist())
    for name in further:
        columns.append(Column(spelled(name.removeprefix("risk_")), "share"))
        cells.append(known[name].round(6).tolist())
    words, told = _reasons(known)
    columns.append(Column("Reasons", "reasons"))
    cells.append(told)
    rows = [list(row) for row in zip(*cells, strict=True)]
    caption = f"Calibrated risk of escalating within {horizon}, and what raised it most"
    return Tonight(
        Grid(caption, columns, rows, words),
        scored=len(known),
        unscored=len(scores) - len(known),
        flagged=None if flags is None else len(flags),
        as_of=_times(scores["as_of"]),
    )


def _reasons(known: pd.DataFrame) -> tuple[list[str], list[list[int]]]:
    """Return all reasons once, and the places of those of each row."""
    columns = [known[name].tolist() for name in known.columns if name.startswith("reason_")]
    places: dict[str, int] = {}
    told = [
        [
            places.setdefault(reason, len(places))
            for reason in (column[row] for column in columns)
            if isinstance(reason, str) and reason
        ]
        for row in range(len(known))
    ]
    return [plain(reason) for reason in places], told


def _times(moments: pd.Series) -> str:
    """Return the one moment, or the first and the last, of what was asked."""
    if not len(moments):
        return "no moment"
    first, last = time(moments.min()), time(moments.max())
    return first if first == last else f"{first} to {last}"


def time(moment: Any) -> str:
    """Return a moment as date and time of day; nothing where there is none."""
    return "" if pd.isna(moment) else f"{pd.Timestamp(moment):%Y-%m-%d %H:%M}"
