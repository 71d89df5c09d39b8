"""Text for people: sentences and tables, in colour with drawn lines on a terminal, plain elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from boilover.errors import legible

if TYPE_CHECKING:
    from rich import box
    from rich.console import RenderableType
    from rich.table import Table

WIDTH = 118
MAX_NAME = 40
MISSING = "–"


def rendered(parts: Iterable[RenderableType], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return texts and tables below each other, as lines without spaces at their ends."""
    from rich.console import Console

    target = io.StringIO()
    console = Console(
        file=target, force_terminal=terminal, color_system="standard" if terminal else None, width=width
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"


def lines_of(*, terminal: bool) -> box.Box:
    """Return the lines of a table."""
    from rich import box

    return box.SIMPLE_HEAD if terminal else box.ASCII2


def text_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], lines: box.Box) -> Table:
    """Return a table of text: the first column to the left, the others to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=lines)
    for place, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if place else "left")
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
