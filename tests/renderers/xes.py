"""Write neutral tickets as an XES log: a trace per ticket, whose events name the group and the person of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

from renderers.neutral import NeutralTicket, within

LOSES = frozenset({"customer", "reply", "note", "bot", "status", "priority", "group:", "assignee:"})
"""Messages, states and priorities have no place that all logs agree on; who is named by no event is still there."""


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write one log."""
    log = ElementTree.Element("log", {"xes.version": "2.0", "xmlns": "http://www.xes-standard.org/"})
    for ticket in within(tickets, LOSES):
        log.append(_trace(ticket))
    ElementTree.ElementTree(log).write(folder / "log.xes", encoding="utf-8", xml_declaration=True)


def _trace(ticket: NeutralTicket) -> ElementTree.Element:
    trace = ElementTree.Element("trace")
    _attribute(trace, "string", "concept:name", ticket.ticket_id)
    held = {"group": ticket.group, "assignee": ticket.assignee}
    _event(trace, ticket.created, "Open", held)
    for step in ticket.steps:
        held[step.kind] = step.value
        _event(trace, step.at, f"Change {step.kind}", held)
    return trace


def _event(trace: ElementTree.Element, at: datetime, name: str, held: dict[str, str | None]) -> None:
    event = ElementTree.SubElement(trace, "event")
    _attribute(event, "id", "identity:id", f"{trace[0].get('value')}-{len(trace)}")
    _attribute(event, "string", "concept:name", name)
    _attribute(event, "date", "time:timestamp", at.isoformat())
    for key, kind in (("org:group", "group"), ("org:resource", "assignee")):
        if held[kind] is not None:
            _attribute(event, "string", key, held[kind] or "")


def _attribute(parent: ElementTree.Element, kind: str, key: str, value: str) -> None:
    ElementTree.SubElement(parent, kind, {"key": key, "value": value})
