"""Measuring a task: each model answers once, and what it answered is kept until its log, code or versions change."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from benchmarks.quality import ablation, own
from benchmarks.quality.cache import HERE, Record, keep, kept, kept_risk, key_of, package_sources, pinned
from benchmarks.quality.context import Answer, Context, Unavailable
from benchmarks.quality.drift import drift
from benchmarks.quality.figures import difference, figures, intervals
from benchmarks.quality.peers import PEERS, is_installed
from benchmarks.quality.prepare import TASKS, prepare
from benchmarks.quality.protocol import read_case

OWN, ABLATION = "boilover", "ablation"
NAMES = (OWN, *PEERS, ABLATION)
PROTOCOL = ("protocol.py", "figures.py")


@dataclass(frozen=True)
class Places:
    """Folders: raw logs, canonical logs, results; and the Python that has featuretools."""

    data: Path
    logs: Path
    out: Path
    featuretools: Path


def open_task(name: str, places: Places) -> Context:
    """Return a task with its points."""
    task = TASKS[name]
    log = prepare(name, places.data, places.logs)
    work = places.out / name
    work.mkdir(parents=True, exist_ok=True)
    return Context(
        name, task.horizon, read_case(log, task.horizon, task.ages), log, work, places.featuretools
    )


def measure(
    name: str,
    places: Places,
    *,
    only: Collection[str] = NAMES,
    fresh: Collection[str] = (),
    say: Callable[[str], None] = print,
) -> Record:
    """Return all figures of a task: of what is kept, and anew of what is asked for and not kept or not up to date."""
    context = open_task(name, places)
    folder = places.out / "records" / name
    absent = dict.fromkeys(NAMES, "not measured")
    for model in NAMES:
        key = _key(context, model)
        if model in fresh or kept(folder, model, key) is None:
            if model in only:
                say(f"{name}: {model}")
                reason = _renew(context, folder, model, key)
                if reason:
                    absent[model] = reason
                    say(f"{name}: {model}: {reason}")
            elif kept(folder, model) is not None:
                say(f"{name}: {model} is told as measured with earlier code")
    records = {model: kept(folder, model) or {"unavailable": absent[model]} for model in NAMES}
    return _compared(context, folder, records)


def _key(context: Context, model: str) -> str:
    task = TASKS[context.name]
    if model in PEERS:
        peer = PEERS[model]
        sources = [HERE / source for source in (*PROTOCOL, *peer.sources)]
        return key_of(context.log, sources, task, pinned(peer.needs))
    sources = [HERE / source for source in (*PROTOCOL, f"{'own' if model == OWN else model}.py")]
    return key_of(context.log, [*sources, *package_sources()], task)


def _renew(context: Context, folder: Path, model: str, key: str) -> str:
    """Measure one model and keep the record; return why it has no figures. What is not installed is not kept."""
    record: Record = {"key": key, "model": model}
    started, cpu = time.perf_counter(), _processor_seconds()
    try:
        if model == ABLATION:
            keep(folder, model, record | ablation.ablate(context))
            return ""
        answer = own.answer(context) if model == OWN else _ask(context, model)
    except Unavailable as error:
        if str(error) != "not installed":
            keep(folder, model, record | {"unavailable": str(error)})
        return str(error)
    spent = {"seconds": time.perf_counter() - started, "cpu": _processor_seconds() - cpu}
    keep(folder, model, record | spent | _figures(context, answer), answer.risk)
    return ""


def _processor_seconds() -> float:
    """Return the seconds of this process and of those it waited for."""
    return sum(os.times()[:4])


def _ask(context: Context, model: str) -> Answer:
    if not is_installed(PEERS[model]):
        raise Unavailable("not installed")
    return PEERS[model].answer(context)


def _figures(context: Context, answer: Answer) -> Record:
    y, ticket = context.y[context.test], _tickets(context)
    return {
        "figures": figures(y, answer.risk),
        "intervals": intervals(y, answer.risk, ticket),
        "told": dict(answer.told),
    }


def _compared(context: Context, folder: Path, records: dict[str, Record]) -> Record:
    """Return the records with the base rates, and with the differences to the peers."""
    y = context.y[context.test]
    found: Record = {
        "task": context.name,
        "horizon": context.horizon,
        "points": len(y),
        "base_rate": float(y.mean()),
        "drift": drift(context),
        "models": records,
    }
    ranked = [name for name in PEERS if "figures" in records[name]]
    if "figures" in records[OWN] and ranked:
        risk, tickets = kept_risk(folder, OWN), _tickets(context)
        found["differences"] = {
            name: difference(y, risk, kept_risk(folder, name), tickets) for name in ranked
        }
        found["best_peer"] = max(ranked, key=lambda name: records[name]["figures"]["ap"])
        found["difference"] = found["differences"][found["best_peer"]]
        found["chosen_peer"] = chosen_before(records)
    return found


def chosen_before(records: Mapping[str, Record]) -> str | None:
    """Return the peer of the highest AP on the latest training points, None where too few escalated to compare all."""
    told = {name: records[name].get("told", {}).get("chosen") for name in PEERS}
    reached = {name: chosen.get("ap") for name, chosen in told.items() if chosen}
    return None if None in reached.values() else max(reached, key=reached.__getitem__, default=None)


def _tickets(context: Context) -> pd.api.extensions.ExtensionArray:
    return pd.factorize(context.case.points["ticket_id"][context.test])[0]
