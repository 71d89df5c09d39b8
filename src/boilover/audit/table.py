"""An audit as text: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from boilover.audit.finding import KINDS
from boilover.tables import WIDTH, printable, rendered
from boilover.words import numbered

LONG = 400


def render(audit: Mapping[str, Any], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return `Audit.to_dict()` as text; ``terminal`` asks for colour."""
    return rendered(_parts(audit), terminal=terminal, width=width)


def _parts(audit: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield Text(_headline(audit), style="bold")
    for note in audit["notes"]:
        yield Text(f"- {note}")
    for finding in audit["findings"]:
        yield Text(f"\n{_title(finding)}", style="bold red" if finding["is_leak"] else "yellow")
        for line in _body(finding):
            yield Padding(Text(printable(line, LONG)), (0, 0, 0, 2))


def _headline(audit: Mapping[str, Any]) -> str:
    looked = f"{numbered(len(audit['columns']), 'column')} of {numbered(audit['tickets'], 'ticket')}"
    leaks, harmful = audit["leaks"], audit["harmful"]
    if not leaks:
        return f"{looked}: none knows the future"
    know, them = ("knows", "it") if len(leaks) == 1 else ("know", "them")
    if not harmful:
        harm = f"no model sees {them}"
    else:
        harm = f"a model would see {them if harmful == leaks else ', '.join(map(printable, harmful))}"
    return f"{looked}: {len(leaks)} {know} the future ({', '.join(map(printable, leaks))}); {harm}"


def _title(finding: Mapping[str, Any]) -> str:
    degree = "leak" if finding["is_leak"] else "hint"
    return f"{degree}: {finding['place']} '{printable(finding['column'])}' ({finding['kind']})"


def _body(finding: Mapping[str, Any]) -> Iterator[str]:
    yield f"It {KINDS[finding['kind']]}."
    yield f"{finding['evidence']}."
    yield f"For instance {finding['example']}."
    yield f"{finding['mend']}."
