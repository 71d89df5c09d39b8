"""Whatever the system, its export of the same tickets tells the same story.

Every module of ``tests/renderers`` writes random tickets as its system would; its adapter must read back what happened.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from boilover.adapters import ingest
from boilover.checking import check, mend
from boilover.log import EventLog
from renderers.neutral import MESSAGES, STATES, NeutralTicket, Step, Told, expected, observed, within

RENDERERS = Path(__file__).resolve().parents[1] / "renderers"
SYSTEMS = sorted(
    path.stem for path in RENDERERS.glob("*.py") if path.stem != "neutral" and not path.stem.startswith("_")
)
RECIPE = "recipe.toml"
START = datetime(2026, 2, 27, 8, 0, tzinfo=UTC)
GAPS = (0, 0, 1, 59, 3600, 86_399, 7 * 86_400)
AGENTS, GROUPS, CUSTOMERS = ("501", "502", "503"), ("31", "32"), ("101", "102")
VALUES: dict[str, Sequence[str | None]] = {
    "status": ("open", "pending", "on_hold", "solved", "closed"),
    "priority": ("low", "normal", "high", "urgent"),
    "group": GROUPS,
    "assignee": (*AGENTS, None),
}
PHRASES = (
    "It does not work",
    'He said "no", twice',
    "a < b & c > d",
    "Straße, naïve; 日本",
    "first line\nsecond line",
)
PROFILE = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def steps(draw: st.DrawFn, created: datetime, customer: str, state: dict[str, str | None]) -> list[Step]:
    now = created
    made = [Step(now, "customer", f"{draw(st.sampled_from(PHRASES))} 0", customer)]
    kinds = st.sampled_from((*MESSAGES, *STATES))
    for number, kind in enumerate(draw(st.lists(kinds, max_size=12)), start=1):
        now += timedelta(seconds=draw(st.sampled_from(GAPS)))
        if kind in STATES:
            value = draw(st.sampled_from([value for value in VALUES[kind] if value != state[kind]]))
            state[kind] = value
            made.append(Step(now, kind, value, draw(st.sampled_from(AGENTS))))
        else:
            author = {"customer": customer, "bot": "901"}.get(kind) or draw(st.sampled_from(AGENTS))
            made.append(Step(now, kind, f"{draw(st.sampled_from(PHRASES))} {number}", author))
    return made


@st.composite
def desks(draw: st.DrawFn) -> list[NeutralTicket]:
    tickets = []
    for number in range(draw(st.integers(1, 7))):
        created = START + timedelta(seconds=draw(st.integers(0, 40 * 86_400)))
        customer = draw(st.sampled_from(CUSTOMERS))
        state = {
            "status": draw(st.sampled_from(("new", "open"))),
            "priority": draw(st.sampled_from(VALUES["priority"])),
            "group": draw(st.sampled_from((None, *GROUPS))),
            "assignee": draw(st.sampled_from((None, *AGENTS))),
        }
        made = tuple(draw(steps(created, customer, dict(state))))
        tickets.append(
            NeutralTicket(str(1001 + number), created, customer, f"Ticket {number}", steps=made, **state)
        )
    return tickets


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(f"renderers.{request.param}")


@contextmanager
def rendered(system: ModuleType, *halves: Sequence[NeutralTicket]) -> Iterator[list[Path]]:
    """Write each of ``halves`` as an export of ``system``, in a folder each, beside the recipe if it needs one."""
    root = Path(tempfile.mkdtemp(prefix="boilover-test-"))
    try:
        if hasattr(system, "RECIPE"):
            (root / RECIPE).write_text(system.RECIPE)
        folders = [root / f"part{number}" for number in range(len(halves))]
        for folder, tickets in zip(folders, halves, strict=True):
            folder.mkdir()
            system.render(within(tickets, system.LOSES), folder)
        yield folders
    finally:
        shutil.rmtree(root)


def read(folders: Sequence[Path]) -> EventLog:
    """Ingest and check that nothing was lost on the way."""
    recipe = folders[0].parent / RECIPE
    log, report = ingest(folders, recipe=recipe if recipe.exists() else None)
    assert report.dropped == {}
    assert report.unknown == {}
    assert not [each for each in check(log) if each.severity == "error"]
    return log


@PROFILE
@given(tickets=desks())
def test_the_story_is_read_back(system: ModuleType, tickets: list[NeutralTicket]) -> None:
    with rendered(system, tickets) as folders:
        log = read(folders)
    assert differences(observed(log), expected(tickets, system.LOSES)) == []
    assert set(log.tickets["ticket_id"].to_pylist()) == {ticket.ticket_id for ticket in tickets}


@PROFILE
@given(tickets=desks())
def test_a_value_has_the_source_s_own_word_at_creation_as_it_has_later(
    system: ModuleType, tickets: list[NeutralTicket]
) -> None:
    with rendered(system, tickets) as folders:
        events = read(folders).to_pandas()[0]
    states = events[events["event_type"].isin([f"{name}_changed" for name in VALUES])]
    words = states.fillna({"raw_value": ""}).groupby(["event_type", "value"])["raw_value"].unique()
    assert [(of, *told) for of, told in words.items() if len(told) > 1] == []


def differences(got: dict[str, list[Told]], wanted: dict[str, list[Told]]) -> list[str]:
    """Return the lines in which two accounts differ, for a message that can be read."""
    lines = []
    for ticket in sorted(set(got) | set(wanted)):
        left, right = got.get(ticket, []), wanted.get(ticket, [])
        if left != right:
            lines += [f"{ticket} has    {row}" for row in left if row not in right]
            lines += [f"{ticket} lacks  {row}" for row in right if row not in left]
            lines += [] if lines else [f"{ticket} in another order or number: {left} for {right}"]
    return lines


@settings(PROFILE, max_examples=3)
@given(tickets=desks(), cut=st.integers(0, 6))
def test_what_is_exported_twice_counts_once(
    system: ModuleType, tickets: list[NeutralTicket], cut: int
) -> None:
    """The same export twice is one log, read together or one after the other; so is one with an earlier of it.

    The earlier one is only read together with the later: of fewer tickets a system tells less, such as who is an agent.
    """
    with rendered(system, tickets, tickets, tickets[: 1 + cut % len(tickets)]) as (whole, again, earlier):
        once = read([whole])
        assert not unlike(read([whole, again]), once)
        assert not unlike(read([earlier, whole]), once)
    assert not unlike(union([once, once]), once)


def union(logs: Sequence[EventLog]) -> EventLog:
    """Put logs together as a later import does: events of all, a ticket's first row, and what is doubled mended."""
    events, tickets = zip(*(log.to_pandas() for log in logs), strict=True)
    known = pd.concat(tickets, ignore_index=True).drop_duplicates("ticket_id")
    return mend(EventLog.from_pandas(pd.concat(events, ignore_index=True), known))


def unlike(log: EventLog, other: EventLog) -> list[object]:
    """Return the rows in which two logs differ, whatever the order of their tickets."""
    rows: list[list[dict[str, object]]] = []
    for each in (log, other):
        events, tickets = each.ordered().to_pandas()
        tickets = tickets.sort_values("ticket_id").dropna(axis=1, how="all")
        rows.append([row for frame in (events, tickets) for row in _cells(frame)])
    pairs = zip_longest(*rows, fillvalue={})
    return [
        {
            name: (left.get(name), right.get(name))
            for name in {*left, *right}
            if left.get(name) != right.get(name)
        }
        for left, right in pairs
        if left != right
    ]


def _cells(frame: pd.DataFrame) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows


def test_every_adapter_of_a_system_has_a_renderer() -> None:
    from boilover.adapters.registry import ADAPTERS

    assert set(ADAPTERS) == set(SYSTEMS)


@pytest.mark.parametrize("wrong", ["lost", "more", "order"])
def test_the_comparison_sees_what_is_wrong(wrong: str) -> None:
    made = [
        Step(START, "customer", "a", "101"),
        Step(START, "status", "solved", "501"),
        Step(START, "status", "open", "501"),
    ]
    ticket = NeutralTicket("1", START, "101", "s", "open", "low", None, None, tuple(made))
    (rows,) = expected([ticket]).values()
    change: dict[str, Callable[[list[Told]], Collection[Told]]] = {
        "lost": lambda told: told[:-1],
        "more": lambda told: [*told, told[-1]],
        "order": lambda told: [*told[:3], told[4], told[3], *told[5:]],
    }
    assert differences({"1": rows}, {"1": rows}) == []
    assert differences({"1": list(change[wrong](rows))}, {"1": rows})
