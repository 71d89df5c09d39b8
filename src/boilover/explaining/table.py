"""A ticket's course as a table of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from boilover.explaining import Explanation
from boilover.explaining.frames import WHY
from boilover.explaining.moments import NIGHT
from boilover.tables import MISSING, WIDTH, lines_of, printable, rendered
from boilover.words import spelled

QUIET = 0.005
"""A night that moved the risk by less, in shares, and by nothing that can be told, is counted and not shown."""
MUCH = 0.2
"""Log-odds from which what else moved the score is worth a line: a fifth of the odds."""
COLOURS = {"up": "red", "down": "green"}


def render(explanation: Explanation, *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return the course as text; ``terminal`` asks for colour and drawn lines."""
    return rendered(_parts(explanation, terminal), terminal=terminal, width=width)


def _parts(explanation: Explanation, terminal: bool) -> Iterator[RenderableType]:
    frame = explanation.frame
    quiet = (frame["kind"] == NIGHT) & (frame["change"].abs() < QUIET) & (frame[WHY[0]] == "")
    headline = (
        f"Ticket {printable(explanation.ticket_id)}: risk of escalating within {spelled(explanation.horizon)}, by model"
        f" {explanation.model}; {explanation.base_rate:.1%} is usual"
    )
    yield Text(headline, style="bold")
    yield _table(frame[~quiet], terminal)
    if quiet.any():
        noun, verb = ("night", "is") if quiet.sum() == 1 else ("nights", "are")
        yield Text(f"{quiet.sum()} {noun} on which nothing moved it {verb} left out.")
    yield Text(_end(explanation))


def _table(frame: pd.DataFrame, terminal: bool) -> Table:
    table = Table(box=lines_of(terminal=terminal), show_lines=False)
    for head, justify in (("UTC", "left"), ("what happened", "left"), ("risk", "right"), ("change", "right")):
        table.add_column(Text(head), justify=justify, no_wrap=head != "what happened")  # type: ignore[arg-type]
    table.add_column(Text("what moved it"))
    for row in frame.to_dict("records"):
        risk = f"{row['risk']:.1%}" if not pd.isna(row["risk"]) else MISSING
        change = f"{100 * row['change']:+.1f}" if not pd.isna(row["change"]) else ""
        table.add_row(
            Text(f"{row['at']:%Y-%m-%d %H:%M}"), Text(row["what"]), Text(risk), Text(change), _why(row)
        )
    return table


def _why(row: Mapping[Any, Any]) -> Text:
    told = Text()
    for said in filter(None, (row[name] for name in WHY)):
        way, words = said.split(": ", 1)
        told.append("\n" if told else "").append(f"{way}: ", style=COLOURS[way]).append(words)
    rest = row["rest"]
    if abs(rest) >= MUCH:
        way = "up" if rest > 0 else "down"
        told.append("\n" if told else "").append(f"{way}: ", style=COLOURS[way]).append(
            "other things together"
        )
    return told or Text(row["note"], style="dim")


def _end(explanation: Explanation) -> str:
    asked = explanation.frame[explanation.frame["risk"].notna()]
    if not len(asked):
        return "It was at risk at none of these moments."
    last = asked.iloc[-1]
    because = f": {'; '.join(explanation.reasons)}" if explanation.reasons else ""
    return f"At {last['at']:%Y-%m-%d %H:%M} UTC its risk is {last['risk']:.1%}{because}."
