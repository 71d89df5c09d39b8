"""Thirty nights of the whole job, with answers, re-runs and killed runs in between: does the ledger add up?

    python -m benchmarks.nights.run                                a synthetic desk of 2,000 tickets
    python -m benchmarks.nights.run LOG --first 2016-04-16         an event log, as it was on each night
    python -m benchmarks.nights.run EXPORT --recipe NAME --first DATE  a table, imported as it was
    python -m benchmarks.nights.run --kills 50                     fifty SIGKILLs at random moments, beside a twin

Each night gets the input as it was then. On every third a flag is acknowledged, disagreed with or snoozed; every fifth
is run twice; runs that are killed are repeated until one completes, and a twin that nobody kills has to end with the
same ledger, the same files and the same alerts. A receiver counts what it hears, and fails now and then.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.nights.desk import DAY, Desk, Feed, feed_of, feed_of_table
from benchmarks.nights.receiver import receiving

from boilover.inputs import cut, open_log
from boilover.model.saved import save_model
from boilover.observation import observed
from boilover.synthetic import synthetic_desk
from boilover.text import with_measures
from boilover.times import iso, parse_moment
from boilover.training import train

DEMO = Path(__file__).resolve().parents[2] / "models" / "demo"
TABLES = ("flags", "history", "nights", "holdouts")
TOLD = ("raised", "tier", "still", "cleared")
FAILS = 0.1
"""The share of requests that the receiver refuses for the moment."""
TICKETS, DAYS = 2000, 60
EVERY_ANSWER, EVERY_RERUN = 3, 5


@dataclass(frozen=True)
class Plan:
    """What is tried: from which moment on, for how many nights, and how many runs are killed."""

    first: int
    nights: int = 30
    kills: int = 1
    twin: bool = False
    capacity: int = 8
    """New flags a night, at most."""
    explain: int = 50
    seed: int = 0

    @property
    def moments(self) -> list[int]:
        """The nights, UTC microseconds."""
        return [self.first + place * DAY for place in range(self.nights)]

    def kills_until(self, place: int) -> int:
        """Return how many runs are to have died once a night is over: spread over all nights but the first."""
        return self.kills * place // max(1, self.nights - 1)


def trial(
    folder: Path,
    feed: Feed,
    model: Path,
    plan: Plan,
    *,
    recipe: str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[dict[str, Any], list[str], tuple[Desk, Plan]]:
    """Run the nights; return figures, what is wrong (nothing, if all is well), and what was tried."""
    random = Random(plan.seed)
    problems: list[str] = []
    with ExitStack() as stack:
        desks = []
        for name in ("desk", "twin")[: 1 + plan.twin]:
            heard = stack.enter_context(receiving(FAILS, plan.seed))
            desks.append(Desk(folder / name, heard))
            desks[-1].set_up(model, recipe, capacity=plan.capacity, explain=plan.explain)
        desk, began = desks[0], time.monotonic()
        for place, night in enumerate(plan.moments):
            for each in desks:
                feed(each.folder, night)
            if place and desk.deaths < plan.kills_until(place):
                _killed(desk, night, plan.kills_until(place), random)
            manifests = [each.run(night) for each in desks]
            if place % EVERY_RERUN == EVERY_RERUN - 1:
                problems += [f"{iso(night)}: {said}" for said in _again(desk, night, manifests[0])]
            if place % EVERY_ANSWER == EVERY_ANSWER - 1:
                for each in desks:
                    each.answer(place // EVERY_ANSWER % 3, night)
            say(f"{iso(night)}: {manifests[0]['counts']}, {desk.deaths} deaths")
        for each in desks:
            each.receiver.fails = 0.0
            each.run(plan.moments[-1])
        figures = _figures(desk, plan) | {"seconds": round(time.monotonic() - began)}
        for each in desks:
            problems += [f"{each.folder.name}: {said}" for said in wrong(each, plan)]
        if plan.twin:
            problems += _unlike(*desks)
    return figures, problems, (desk, plan)


def _killed(desk: Desk, night: int, deaths: int, random: Random) -> None:
    """Kill runs of a night at random moments until so many have died in all."""
    for _ in range(2 + 3 * (deaths - desk.deaths)):
        if desk.deaths < deaths:
            desk.kill(night, random.random())


def _again(desk: Desk, night: int, manifest: dict[str, Any]) -> Iterator[str]:
    """Run a night once more, and yield what that changed."""
    files = desk.files()
    tables = {name: desk.ledger.export(name) for name in TABLES}
    told = desk.run(night)
    if desk.files() != files:
        yield "a re-run wrote other files"
    if told["counts"] != manifest["counts"] or not told["recorded_before"]:
        yield "a re-run decided otherwise"
    for name, table in tables.items():
        if not desk.ledger.export(name).equals(table):
            yield f"a re-run changed the {name} of the ledger"


def wrong(desk: Desk, plan: Plan) -> Iterator[str]:
    """Yield what does not add up, between the ledger, the policy and what was heard."""
    ledger, heard = desk.ledger, desk.receiver
    yield from ledger.check()
    flags, history, nights = (ledger.export(name) for name in ("flags", "history", "nights"))
    if len(nights) != plan.nights:
        yield f"{len(nights)} nights are recorded, not {plan.nights}"
    if nights["new"].max() > plan.capacity:
        yield f"a night has {nights['new'].max()} new flags; the capacity is {plan.capacity}"
    told = history[history["kind"].isin(TOLD)]
    if len(told) != len(heard.bodies):
        yield f"{len(told)} happenings, and {len(heard.bodies)} were heard of"
    raised = [body["flag_id"] for body in heard.bodies.values() if body["happening"] == "raised"]
    if sorted(raised) != sorted(flags["flag_id"]):
        yield f"{len(flags)} flags, and alerts of {len(set(raised))} in {len(raised)}"
    repeats = sum(heard.heard.values()) - len(heard.bodies)
    if repeats > desk.deaths:
        yield f"{repeats} alerts came again, with {desk.deaths} deaths"


def _unlike(desk: Desk, twin: Desk) -> Iterator[str]:
    """Yield how the desk differs from its twin, whose runs nobody killed."""
    for name in TABLES:
        if not desk.ledger.export(name).equals(twin.ledger.export(name)):
            yield f"the {name} of the ledger differ from the twin's"
    if desk.files() != twin.files():
        yield "the files differ from the twin's"
    if desk.receiver.bodies != twin.receiver.bodies:
        yield "what was heard differs from the twin's"


def _figures(desk: Desk, plan: Plan) -> dict[str, Any]:
    ledger, heard = desk.ledger, desk.receiver
    nights, flags = ledger.export("nights"), ledger.export("flags")
    kinds = ledger.export("history")["kind"].value_counts()
    return {
        "nights": plan.nights,
        "runs": desk.runs,
        "runs killed": desk.deaths,
        "tickets at risk, last night": int(nights["tickets"].iloc[-1]),
        "flags": len(flags),
        "new flags a night, mean": round(float(nights["new"].mean()), 2),
        "new flags a night, most": int(nights["new"].max()),
        "capacity": plan.capacity,
        "held out": len(ledger.export("holdouts")),
        **{f"history: {kind}": int(count) for kind, count in sorted(kinds.items())},
        "alerts": len(heard.bodies),
        "alerts that came again": sum(heard.heard.values()) - len(heard.bodies),
        "requests refused": heard.refused,
        "seconds a run": round(desk.seconds / desk.runs, 2),
    }


def main() -> None:
    """Read the command line, run the trial, print its figures; exit code 1 where something is wrong."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "source", nargs="?", type=Path, help="a log, or an export with --recipe; default: synthetic"
    )
    asked.add_argument("--recipe", help="of the export")
    asked.add_argument("--escalation", help="which of the recipe's ways to escalate")
    asked.add_argument("--first", help="the first night; default: thirty days before the log's end")
    asked.add_argument("--nights", type=int, default=30)
    asked.add_argument("--kills", type=int, default=3)
    asked.add_argument("--capacity", type=int, default=8, help="new flags a night, at most")
    asked.add_argument("--twin", action="store_true", help="compare with a desk whose runs nobody kills")
    asked.add_argument("--model", type=Path, help="default: trained on what was known before the first night")
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if given.source is None:
            told, rule = with_measures(synthetic_desk(n_tickets=TICKETS, days=DAYS, seed=given.seed)), None
        else:
            source = open_log(given.source, recipe=given.recipe, escalation_name=given.escalation)
            told, rule = source.told, source.rule
        times = observed(told.events)
        first = parse_moment(given.first) if given.first else int(times.max()) - given.nights * DAY
        model = given.model or (DEMO if rule is None else home / "model")
        if rule is not None and not given.model:
            save_model(model, train(cut(source.log, first), rule, n_jobs=1))
            print(f"trained on what was known on {iso(first)}", flush=True)
        feed = feed_of(told) if given.recipe is None else feed_of_table(given.source, given.recipe)
        plan = Plan(first, given.nights, given.kills, given.twin, given.capacity, seed=given.seed)
        figures, problems, _ = trial(
            home / "trial", feed, model, plan, recipe=given.recipe, say=partial(print, flush=True)
        )
    print(json.dumps(figures, indent=1))
    for problem in problems:
        print(problem)
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
