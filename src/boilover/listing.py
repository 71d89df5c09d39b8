"""A frame as a table to read: the first rows, fitted to a terminal where there is one."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from itertools import zip_longest

import pandas as pd

from boilover.errors import legible
from boilover.tables import printable

TABLE_ROWS = 20
ID_LENGTH = 60
"""So many letters of an id are shown in a table to read; files have it whole."""
GAP = "  "
HEAD = ("rank", "ticket", "risk", "why")
"""The columns of scores as a table to read."""
WHY = ("why", "why_raised")
LEAST_WHY = 24
"""So wide at least is the column that tells why."""
SELDOM = (
    *("model", "desk", "flag_id", "threshold", "reasons_by", "note", "as_of", "queue", "triggers", "nights"),
    *("raised_at", "by", "state"),
)
"""Columns that are needed least on a screen, the first least."""


def to_table(frame: pd.DataFrame, *, width: int | None = None) -> str:
    """Return the first rows as a table to read: risk in per cent, control characters shown.

    Of scores, reasons stand in one column; any other frame is shown with all its columns. On a terminal of a ``width``
    the columns that are needed least are left out until it fits, and named below; what tells why stands last, wrapped.
    """
    shown = frame.head(TABLE_ROWS)
    columns = _scores(shown) if {"rank", "note"} <= set(frame.columns) else _cells(shown)
    more = f"\n… and {len(frame) - TABLE_ROWS} more" if len(frame) > TABLE_ROWS else ""
    if width is None:
        return _aligned(columns) + more
    fitting = _fitted(columns, width)
    left = [name for name in columns if name not in fitting]
    return _aligned(fitting) + more + (f"\nnot shown: {', '.join(left)}" if left else "")


def _fitted(columns: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """Return as many columns as a terminal has room for, what tells why last and wrapped to the room that is left."""
    why = [name for name in columns if name in WHY]
    others = {name: cells for name, cells in columns.items() if name not in WHY}
    room = width - (len(GAP) + LEAST_WHY if why else 0)
    for name in SELDOM:
        if _width(others) > room and name in others:
            del others[name]
    left = max(LEAST_WHY, width - _width(others) - len(GAP))
    return others | {name: ["\n".join(textwrap.wrap(cell, left)) for cell in columns[name]] for name in why}


def _width(columns: Mapping[str, list[str]]) -> int:
    from rich.cells import cell_len

    return sum(max(map(cell_len, [name, *cells])) + len(GAP) for name, cells in columns.items()) - len(GAP)


def _scores(shown: pd.DataFrame) -> dict[str, list[str]]:
    reasons = [name for name in shown.columns if name.startswith("reason_")]
    ranks = ["" if pd.isna(rank) else str(rank) for rank in shown["rank"]]
    tickets = [printable(str(ticket), ID_LENGTH) for ticket in shown["ticket_id"]]
    risks = ["" if pd.isna(risk) else f"{risk:.1%}" for risk in shown["risk"]]
    why = [
        legible("; ".join(filter(None, [*row[:-1]])) or row[-1])
        for row in shown[[*reasons, "note"]].fillna("").itertuples(index=False)
    ]
    return dict(zip(HEAD, (ranks, tickets, risks, why), strict=True))


def is_listing(line: str) -> bool:
    """Return whether a file's first line is that of scores as a table to read, which holds a part of them."""
    return tuple(line.split()) == HEAD


def _cells(shown: pd.DataFrame) -> dict[str, list[str]]:
    columns = {}
    for name in shown.columns:
        values = shown[name]
        if name == "ticket_id":
            columns[name] = [printable(str(value), ID_LENGTH) for value in values]
        elif name == "threshold" or str(name).startswith("risk"):
            columns[name] = ["" if pd.isna(value) else f"{value:.1%}" for value in values]
        elif isinstance(values.dtype, pd.DatetimeTZDtype):
            columns[name] = ["" if pd.isna(value) else f"{value:%Y-%m-%d %H:%M}" for value in values]
        else:
            columns[name] = ["" if pd.isna(value) else legible(str(value)) for value in values]
    return columns


def _aligned(columns: Mapping[str, list[str]]) -> str:
    """Return lines of padded cells: numbers to the right, words to the left."""
    from rich.cells import cell_len

    widths = {
        name: max(cell_len(line) for cell in (name, *cells) for line in cell.split("\n"))
        for name, cells in columns.items()
    }
    left = {name: not all(_is_number(cell) for cell in cells) for name, cells in columns.items()}
    left |= dict.fromkeys(("ticket", "ticket_id"), True)
    lines = [
        GAP.join(
            _padded(cell, widths[name], left=left[name]) for name, cell in zip(columns, cells, strict=True)
        )
        for row in [tuple(columns), *zip(*columns.values(), strict=True)]
        for cells in zip_longest(*(cell.split("\n") for cell in row), fillvalue="")
    ]
    return "\n".join(line.rstrip() for line in lines)


def _is_number(cell: str) -> bool:
    return cell.rstrip("%").replace(".", "", 1).isdigit() or not cell


def _padded(cell: str, width: int, *, left: bool) -> str:
    from rich.cells import cell_len

    space = " " * (width - cell_len(cell))
    return cell + space if left else space + cell
