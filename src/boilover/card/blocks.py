"""What a card is made of, as plain text."""

from __future__ import annotations

from typing import NamedTuple


class Table(NamedTuple):
    """A table of texts; the first column names the row."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(NamedTuple):
    """A heading with sentences, facts (name and value) and tables below it; any of the three may be empty."""

    title: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
