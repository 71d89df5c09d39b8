"""A log is the same in whatever order exports are imported, and a later one tells nothing of before."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from test_every_system import (
    AGENTS,
    CUSTOMERS,
    GROUPS,
    PHRASES,
    RECIPE,
    START,
    SYSTEMS,
    VALUES,
    rendered,
    within,
)

from boilover.adapters import ingest
from boilover.log import EventLog, read_log
from boilover.schema import EVENTS
from boilover.store import upsert
from renderers.neutral import MESSAGES, STATES, NeutralTicket, Step

ALONE: dict[str, Sequence[str]] = {
    "zendesk": ("tickets.json", "users.json"),
    "freshdesk": ("tickets.json",),
    "servicenow": ("incident.json", "sys_user.csv"),
    "salesforce": ("Case.csv", "User.csv"),
    "jira": (),
    "intercom": (),
    "hubspot": ("tickets.json", "pipelines.json"),
}
"""What an export of tickets alone holds; files whose records hold their history are stripped of it."""
HISTORY = ("changelog", "comment", "conversation_parts", "propertiesWithHistory")
NO_HISTORY = {"zendesk": ("tickets.json", "users.json"), "freshdesk": ("tickets.json",)}
"""What an export of the history alone lacks, in systems that name tickets alike in both."""
ORDERS = (
    ("whole", "whole"),
    ("cut", "whole"),
    ("whole", "cut"),
    ("alone", "whole"),
    ("whole", "alone"),
    ("cut alone", "alone", "whole"),
    ("alone", "cut alone", "whole"),
    ("alone", "cut", "whole"),
    ("history", "whole"),
    ("history", "alone"),
    ("alone", "history", "whole"),
    ("pieces", "whole"),
)
COLUMNS = [column.name for column in EVENTS]


def desk(drawn: random.Random) -> list[NeutralTicket]:
    return [_ticket(drawn, number) for number in range(4)]


def _ticket(drawn: random.Random, number: int) -> NeutralTicket:
    now = created = START + timedelta(seconds=drawn.randint(0, 10 * 86_400))
    customer = drawn.choice(CUSTOMERS)
    born = {"status": drawn.choice(("new", "open")), "priority": drawn.choice(("low", "high"))}
    held: dict[str, Any] = {**born, "group": drawn.choice((None, *GROUPS)), "assignee": None}
    state, steps = dict(held), [Step(now, "customer", "It broke", customer)]
    for place in range(8):
        now += timedelta(seconds=drawn.choice((6, 59, 3600, 3 * 86_400)))
        kind, actor = drawn.choice((*MESSAGES, *STATES)), drawn.choice(AGENTS)
        if kind in STATES:
            state[kind] = drawn.choice([value for value in VALUES[kind] if value != state[kind]])
            steps.append(Step(now, kind, state[kind], actor))
        else:
            author = {"customer": customer, "bot": "901"}.get(kind, actor)
            steps.append(Step(now, kind, f"{drawn.choice(PHRASES)} {place}", author))
    return NeutralTicket(
        str(1001 + number), created, customer, f"Ticket {number}", steps=tuple(steps), **held
    )


def until(tickets: Sequence[NeutralTicket], moment: datetime) -> list[NeutralTicket]:
    """Return what an export of that moment holds."""
    return [
        replace(each, steps=tuple(step for step in each.steps if step.at <= moment))
        for each in tickets
        if each.created <= moment
    ]


def stripped(record: object) -> object:
    """Return JSON without the history and the messages of its tickets."""
    if isinstance(record, dict):
        return {name: stripped(held) for name, held in record.items() if name not in HISTORY}
    return [stripped(each) for each in record] if isinstance(record, list) else record


def only_tickets(whole: Path, alone: Path, names: Sequence[str]) -> Path:
    alone.mkdir()
    for file in whole.iterdir():
        if names and file.name in names:
            shutil.copy(file, alone)
        elif not names:
            (alone / file.name).write_text(json.dumps(stripped(json.loads(file.read_text()))))
    return alone


def exported(name: str, system: ModuleType, drawn: random.Random) -> tuple[dict[str, EventLog], datetime]:
    """Return the logs of exports: whole, until a moment, of tickets or history alone, and of each ticket at times."""
    tickets = within(desk(drawn), system.LOSES)
    times = sorted(step.at for ticket in tickets for step in ticket.steps)
    moment = times[len(times) * 6 // 10]
    small = [until([each], drawn.choice(times)) for each in tickets]
    with rendered(system, tickets, until(tickets, moment), *filter(None, small)) as (whole, early, *pieces):
        folders = {"whole": whole, "cut": early} | {
            f"piece {place}": each for place, each in enumerate(pieces)
        }
        if name in ALONE:
            folders["alone"] = only_tickets(whole, whole.parent / "alone", ALONE[name])
            folders["cut alone"] = only_tickets(early, whole.parent / "early", ALONE[name])
        if name in NO_HISTORY:
            lacking = shutil.ignore_patterns(*NO_HISTORY[name])
            folders["history"] = Path(shutil.copytree(whole, whole.parent / "history", ignore=lacking))
        recipe = whole.parent / RECIPE if hasattr(system, "RECIPE") else None
        return {each: ingest([folder], recipe=recipe)[0] for each, folder in folders.items()}, moment


def told(log: EventLog, until: datetime | None = None) -> list[str]:
    """Return what a log holds, or held at a moment, in an order of its own."""
    events = [{name: row.get(name) for name in COLUMNS} for row in log.events.to_pylist()]
    seen = [row for row in events if until is None or (row["observed_at"] or row["occurred_at"]) <= until]
    known = {row["ticket_id"] for row in seen}
    tickets = [row for row in log.tickets.to_pylist() if row["ticket_id"] in known]
    cells = [
        [(name, value) for name, value in sorted(row.items()) if value is not None]
        for row in [*seen, *tickets]
    ]
    return sorted(map(str, cells))


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_order_of_imports_makes_one_log_and_none_tells_the_future(name: str, tmp_path: Path) -> None:
    drawn = random.Random(7)
    logs, moment = exported(name, import_module(f"renderers.{name}"), drawn)
    pieces = [each for each in logs if each.startswith("piece")]
    drawn.shuffle(pieces)
    once, then = told(logs["whole"]), told(logs["cut"], moment)
    wrong: dict[str, list[str]] = {}
    for order in ORDERS:
        if not set(order) <= {*logs, "pieces"}:
            continue
        held = imported(
            tmp_path, [each for name in order for each in (pieces if name == "pieces" else [name])], logs
        )
        wrong[" > ".join(order)] = differences(held, once)
    wrong["the past"] = differences(told(logs["whole"], moment), then)
    assert {order: found for order, found in wrong.items() if found} == {}


def imported(folder: Path, order: Sequence[str], logs: dict[str, EventLog]) -> list[str]:
    shutil.rmtree(folder / "log", ignore_errors=True)
    for each in order:
        upsert(folder / "log", [logs[each]])
    return told(read_log(folder / "log"))


def differences(got: list[str], wanted: list[str]) -> list[str]:
    return [f"has {row}" for row in got if row not in wanted] + [
        f"lacks {row}" for row in wanted if row not in got
    ]
