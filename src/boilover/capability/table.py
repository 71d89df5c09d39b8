"""What an import read, did and can tell, as text: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from boilover.tables import MISSING, WIDTH, lines_of, printable, rendered, text_table

LONG = 70
MANY = 12
"""So many words of a kind are listed."""


def render(account: Mapping[str, Any], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return the account of an import as text.

    ``account`` holds ``export``, ``log`` and ``capability``: the plain values of `IngestReport`, `Upserted` and
    `Capability`. ``terminal`` asks for colour and drawn lines.
    """
    return rendered(_parts(account, lines_of(terminal=terminal)), terminal=terminal, width=width)


def _parts(account: Mapping[str, Any], lines: box.Box) -> Iterable[RenderableType]:
    export, log, capability = account["export"], account["log"], account["capability"]
    yield Text(headline(export), style="bold")
    yield Text(_done(log))
    for sentence in (*capability["sentences"], *_losses(export), *log["warnings"]):
        yield Text(f"- {sentence}")
    yield from _tables(export, capability, lines)


def headline(export: Mapping[str, Any]) -> str:
    """Return what was read, and how, in a line; ``export`` holds the plain values of `IngestReport`."""
    recipe = "" if export["recipe"] in (None, export["format"]) else f" through recipe {export['recipe']}"
    return (
        f"{export['format']} export{recipe}: {export['events']:,} events of {export['tickets']:,} tickets,"
        f" {str(export['first'])[:16]} to {str(export['last'])[:16]}, times without an offset taken as"
        f" {export['time_zone']}"
    )


def _done(log: Mapping[str, Any]) -> str:
    return (
        f"{log['new']:,} events are new, {log['known']:,} were known; {len(log['changed'])} of {log['partitions']}"
        f" partitions written"
    )


def _losses(export: Mapping[str, Any]) -> Iterable[str]:
    if export["truncated"]:
        named = ", ".join(printable(name) for name in export["truncated_examples"])
        yield f"{export['truncated']:,} tickets have a truncated history: {named}."


def _tables(export: Mapping[str, Any], capability: Mapping[str, Any], lines: box.Box) -> Iterable[Table]:
    types = [
        [printable(kind), f"{count:,}" if count else MISSING] for kind, count in capability["types"].items()
    ]
    yield text_table("Types of events", ["", "events"], types, lines)
    yield _left(
        "Default features that can say something", ["", "features", "lacking"], _families(capability), lines
    )
    dropped = [
        [printable(reason, LONG), f"{count:,}", printable(export["examples"].get(reason, ""))]
        for reason, count in export["dropped"].items()
    ]
    if dropped:
        yield _left("Dropped", ["why", "rows", "for instance"], dropped, lines)
    if export["unknown"]:
        unknown = [[printable(kind), _listed(told)] for kind, told in export["unknown"].items()]
        yield _left("Not understood", ["", "words and how often they occur"], unknown, lines)
    notes = [[note, f"{count:,}"] for note, count in export["notes"].items()]
    if notes:
        yield text_table("Mended, assumed or left out on purpose", ["", "times"], notes, lines)


def _families(capability: Mapping[str, Any]) -> Iterable[list[str]]:
    for family in capability["families"]:
        available, lost = len(family["available"]), len(family["lost"])
        yield [family["name"], f"{available} of {available + lost}", "; ".join(family["why"])]


def _listed(told: Mapping[str, int]) -> str:
    most = sorted(told.items(), key=lambda each: -each[1])
    listed = ", ".join(f"{printable(word)} ({count:,})" for word, count in most[:MANY])
    return f"{listed}, and {len(most) - MANY} more" if len(most) > MANY else listed


def _left(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], lines: box.Box) -> Table:
    """Return a table whose last column is text."""
    table = text_table(title, heads, rows, lines)
    table.columns[-1].justify = "left"
    return table
