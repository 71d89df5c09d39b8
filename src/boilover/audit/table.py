"""An audit as text: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from boilover.audit.finding import KINDS
from boilover.tables import WIDTH, printable, rendered

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
            yield Text(f"  {printable(line, LONG)}")


def _headline(audit: Mapping[str, Any]) -> str:
    looked = f"{len(audit['columns'])} columns of {audit['tickets']:,} tickets"
    if not audit["leaks"]:
        return f"{looked}: none knows the future"
    named = ", ".join(printable(name) for name in audit["leaks"])
    harm = "a model would see them" if audit["harmful"] == audit["leaks"] else _seen(audit["harmful"])
    return f"{looked}: {len(audit['leaks'])} know the future ({named}); {harm}"


def _seen(harmful: list[str]) -> str:
    return f"a model would see {', '.join(map(printable, harmful))}" if harmful else "no model sees them"


def _title(finding: Mapping[str, Any]) -> str:
    degree = "leak" if finding["is_leak"] else "hint"
    return f"{degree}: {finding['place']} '{printable(finding['column'])}' ({finding['kind']})"


def _body(finding: Mapping[str, Any]) -> Iterator[str]:
    yield f"It {KINDS[finding['kind']]}."
    yield f"{finding['evidence']}."
    yield f"For instance {finding['example']}."
    yield f"{finding['mend']}."
