"""Growth: `boilover score --memory 4GB` of a log in partitions, ten times as large at each step."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from benchmarks.speed.stage import Engine, Figures, Job, Stage, command, n_tickets

SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
FROM, TO = 1_000_000, 100_000_000
MOST_TIMES, MOST_MEMORY = 1.1, 6.0


def _scored(events: int) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        if events > job.largest:
            return {}
        log, model = job.log(events, "--partitions"), job.model()
        target = str(job.out / "grown.parquet")
        memory = f"{MOST_MEMORY:.0f}GB"
        asked = [
            "score",
            str(log),
            "--model",
            str(model),
            "--memory",
            memory,
            "-o",
            target,
            "--explain",
            "1000",
        ]
        return command(asked, job.repeats) | {"events": events, "tickets": n_tickets(events)}

    return run


def prepare(job: Job) -> None:
    job.model()
    for events in SIZES:
        if events <= job.largest:
            job.log(events, "--partitions")
    # Kernels are compiled before the clock runs.
    _scored(SIZES[0])(job)


def tell(job: Job, told: Mapping[str, Figures]) -> list[str]:
    sizes = [each for each in told.values() if each]
    found = []
    for small, large in itertools.pairwise(sizes):
        times, more = large["seconds"] / small["seconds"], large["events"] / small["events"]
        found.append(f"{small['events']:,} to {large['events']:,} events: {times / more:.2f} times linear")
    if str(FROM) in told and sizes[-1]["events"] > FROM:
        first, last = told[str(FROM)], sizes[-1]
        growth = last["seconds"] / first["seconds"] / (last["events"] / FROM)
        told_so = "reached" if growth <= MOST_TIMES else "not reached"
        found.append(
            f"{FROM:,} to {last['events']:,}: {growth:.2f} times linear; goal {MOST_TIMES}: {told_so}"
        )
        told_so = "reached" if last["peak"] <= MOST_MEMORY else "not reached"
        found.append(
            f"{last['events']:,} events in {last['peak']:.1f} GiB; goal {MOST_MEMORY:.0f}: {told_so}"
        )
    return [f"{'; '.join(found)}."] if found else []


STAGE = Stage(
    "Growth: scoring a log in partitions, a cold process",
    {str(events): Engine(f"{events:,} events", _scored(events)) for events in SIZES},
    str(SIZES[0]),
    prepare=prepare,
    tell=tell,
    is_sized=False,
)
