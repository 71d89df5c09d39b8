"""A card as Markdown and as HTML. Words of the desk may be hostile: all of them are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from boilover.card.blocks import Section, Table
from boilover.errors import one_line

MAX_TEXT = 400
SPECIAL = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|:(?=//)")
"""What Markdown would not leave as it is; an underscore within a word it does."""


def markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the card as one Markdown text."""
    return (
        "\n\n".join([f"# {_escaped(title)}", *(block for each in sections for block in _blocks(each))]) + "\n"
    )


def html(sections: Sequence[Section], heading: int) -> str:
    """Return the sections as an HTML fragment."""
    return "\n".join(_element(each, f"h{heading}") for each in sections)


def _blocks(section: Section) -> Iterator[str]:
    yield f"## {_escaped(section.title)}"
    yield from map(_escaped, section.paragraphs)
    if section.facts:
        yield "\n".join(f"- {_escaped(name)}: {_escaped(value)}" for name, value in section.facts)
    for table in section.tables:
        if table.caption:
            yield _escaped(table.caption)
        yield _grid(table)


def _grid(table: Table) -> str:
    rule = ["---", *["---:"] * (len(table.header) - 1)]
    rows = [table.header, rule, *table.rows]
    return "\n".join(f"| {' | '.join(cells if cells is rule else map(_escaped, cells))} |" for cells in rows)


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", one_line(text, MAX_TEXT))


def _element(section: Section, heading: str) -> str:
    lines = [f'<section class="card-part"><{heading}>{_safe(section.title)}</{heading}>']
    lines += [f"<p>{_safe(text)}</p>" for text in section.paragraphs]
    if section.facts:
        pairs = "".join(f"<dt>{_safe(name)}</dt><dd>{_safe(value)}</dd>" for name, value in section.facts)
        lines.append(f"<dl>{pairs}</dl>")
    lines += [_table(table) for table in section.tables]
    return "\n".join([*lines, "</section>"])


def _table(table: Table) -> str:
    caption = f"<caption>{_safe(table.caption)}</caption>" if table.caption else ""
    head = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in table.header)
    rows = "".join(f"<tr>{_cells(cells)}</tr>" for cells in table.rows)
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(cells: Iterable[str]) -> str:
    first, *others = map(_safe, cells)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others)


def _safe(text: str) -> str:
    return escape(one_line(text, MAX_TEXT))
