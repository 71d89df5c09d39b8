"""Text for people: sentences and tables, in colour with drawn lines on a terminal, plain elsewhere."""

from __future__ import annotations

import io
import shutil
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from boilover.errors import legible

if TYPE_CHECKING:
    from rich import box
    from rich.console import RenderableType
    from rich.table import Column, Table

WIDTH = 118
NARROWEST = 40
AROUND = 3
"""What stands around the text of a cell."""
SELDOM = 2**31
"""The largest width of a column that is seldom needed: none."""
MAX_NAME = 40
MISSING = "–"


def rendered(parts: Iterable[RenderableType], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return texts and tables below each other, as lines without spaces at their ends.

    They are at most ``width`` wide, and no wider than the terminal where they are for one: cells are wrapped between
    words, and columns that are seldom needed left out.
    """
    from rich.console import Console
    from rich.table import Table

    target = io.StringIO()
    width = min(width, terminal_width()) if terminal else width
    console = Console(
        file=target, force_terminal=terminal, color_system="standard" if terminal else None, width=width
    )
    for part in parts:
        if terminal and isinstance(part, Table):
            _fit(part, width)
        console.print(part)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"


def terminal_width() -> int:
    """Return how many columns the terminal has."""
    return max(NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns)


def _fit(table: Table, width: int) -> None:
    """Give each column of a table as much room as its longest word takes, and what is left to the narrowest first."""
    seldom = [column for column in table.columns if column.max_width == SELDOM]
    if _least(table) > width:
        table.columns = [column for column in table.columns if column not in seldom]
    for column in table.columns:
        column.max_width, column.overflow = None, "fold"
    room = width - _least(table)
    for column in sorted(table.columns, key=lambda column: _sizes(column)[1]) if room >= 0 else ():
        least, most = _sizes(column)
        column.width = least + min(room, most - least)
        room -= column.width - least


def _least(table: Table) -> int:
    """Return how wide a table is at least: between words its cells can be wrapped."""
    return sum(_sizes(column)[0] + AROUND for column in table.columns) + 1


def _sizes(column: Column) -> tuple[int, int]:
    """Return how wide the longest word, and how wide the longest text of a column is."""
    from rich.cells import cell_len

    texts = [str(column.header), *(str(cell) for cell in column.cells)]
    return max(cell_len(word) for text in texts for word in [*text.split(), ""]), max(map(cell_len, texts))


def lines_of(*, terminal: bool) -> box.Box:
    """Return the lines of a table."""
    from rich import box

    return box.SIMPLE_HEAD if terminal else box.ASCII2


def text_table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    lines: box.Box,
    *,
    seldom: Collection[int] = (),
) -> Table:
    """Return a table of text: the first column to the left, the others to the right.

    ``seldom`` are the places of columns that a narrow terminal does without.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=lines)
    for place, head in enumerate(heads):
        most = SELDOM if place in seldom else None
        table.add_column(Text(head), justify="right" if place else "left", max_width=most)
    for row in rows:
        # Text, not str: a name is data and must not be read as markup.
        table.add_row(*(Text(cell) for cell in row))
    return table


def words(name: str) -> str:
    """Return a name fit for a line, its parts as words."""
    return printable(name.replace("_", " "))


def printable(text: str, most: int = MAX_NAME) -> str:
    """Return a text fit for a line: not too long, and no control character to rewrite a terminal with."""
    clean = legible(text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
