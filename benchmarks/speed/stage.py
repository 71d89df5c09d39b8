"""What all stages are made of: engines that do the same work, each in a process of its own."""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.speed.desk import EVENTS_A_TICKET

T = TypeVar("T")
Figures = dict[str, Any]
"""What an engine tells: ``seconds`` and ``processor`` (medians), ``peak`` (GiB), and what else its stage shows."""
MODULES = ("features", "moments", "training", "prediction", "sentiment", "files", "night", "growth")
"""The stages, each a module of this package with a `Stage` by the name of STAGE."""
CLI = (sys.executable, "-c", "import sys; sys.argv[0] = 'boilover'; from boilover.cli import main; main()")
ROOT = Path(__file__).resolve().parents[2]
STDERR = 2


@dataclass(frozen=True)
class Job:
    """What is asked of every stage; ``data`` is a folder for logs, models and results, kept from run to run."""

    data: str
    events: int
    repeats: int
    largest: int
    featuretools: str | None = None

    @property
    def folder(self) -> Path:
        return Path(self.data)

    @property
    def out(self) -> Path:
        """Where engines write what is compared."""
        made = self.folder / "out"
        made.mkdir(parents=True, exist_ok=True)
        return made

    def log(self, events: int, *options: str) -> Path:
        """Return a generated log of about so many events, made where there is none; ``options`` of `generate`."""
        name = "-".join(["log", str(events), *(each.strip("-") for each in options)])
        folder = self.folder / name
        if not folder.exists():
            command = [sys.executable, "-m", "benchmarks.speed.generate", "--events", str(events), *options]
            subprocess.run([*command, "--out", str(folder)], check=True, stdout=STDERR, cwd=ROOT)
        return folder

    def past(self) -> Path:
        """Return the log of a desk's past that models learn from."""
        return self.log(min(self.events, PAST), "--life", "10", "--span", "180", "--seed", "7")

    def model(self) -> Path:
        """Return a model that `boilover train` learned from a generated desk of the past."""
        folder = self.folder / f"model-{min(self.events, PAST)}"
        if not folder.exists():
            command = [*CLI, "train", str(self.past()), "--model", str(folder), "--no-track"]
            subprocess.run(command, check=True, stdout=STDERR)
        return folder


PAST = 470_000
"""Events of the log that models learn from, where logs are larger."""


@dataclass(frozen=True)
class Engine:
    """One way to do the work of a stage."""

    title: str
    run: Callable[[Job], Figures]
    needs: str | None = None
    """A module without which it cannot run."""


@dataclass(frozen=True)
class Goal:
    """That an engine takes at least so many times as long as the other."""

    text: str
    engine: str
    beside: str
    times: float


@dataclass(frozen=True)
class Stage:
    """Engines that do the same; ``beside`` is the one that the others are measured against."""

    title: str
    engines: Mapping[str, Engine]
    beside: str
    prepare: Callable[[Job], object] = lambda job: None
    check: Callable[[Job, Mapping[str, Figures]], Sequence[str] | None] = lambda job, told: None
    """Returns what does not agree, None where nothing was compared."""
    tell: Callable[[Job, Mapping[str, Figures]], Sequence[str]] = lambda job, told: ()
    """Returns sentences that belong below the table."""
    goals: tuple[Goal, ...] = ()
    is_sized: bool = True
    """Whether it is measured on a log of the size that is asked for."""


def stage_of(name: str) -> Stage:
    """Return the stage of a name."""
    found: Stage = importlib.import_module(f"benchmarks.speed.{name}").STAGE
    return found


def is_there(engine: Engine) -> bool:
    """Return whether what an engine needs can be imported here."""
    return engine.needs is None or find_spec(engine.needs) is not None


def alone(stage: str, engine: str, job: Job) -> Figures:
    """Run one engine in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed.stage", stage, engine, json.dumps(asdict(job))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def clocked(work: Callable[[], T], repeats: int = 1) -> tuple[Figures, T]:
    """Return the median seconds of so many runs with the peak memory, and what the work returns."""
    wall, processor = [], []
    for _ in range(repeats):
        begun, spent = time.perf_counter(), time.process_time()
        result = work()
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - spent)
    return {
        "seconds": statistics.median(wall),
        "processor": statistics.median(processor),
        "peak": peak(),
    }, result


def peak() -> float:
    """Return the largest memory that this process has held, in GiB, by Linux's own count."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 2**20
    raise SystemExit("the peak memory of a process is told by Linux alone")


def command(arguments: Sequence[str], repeats: int = 1) -> Figures:
    """Run a command of `boilover` in a cold process; return its seconds, start included, and its peak memory."""
    runs = []
    for _ in range(repeats):
        begun = time.perf_counter()
        process = subprocess.Popen([*CLI, *arguments], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"boilover {arguments[0]} ended with {process.returncode}")
        runs.append((time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20))
    seconds, processor, peaks = zip(*runs, strict=True)
    return {
        "seconds": statistics.median(seconds),
        "processor": statistics.median(processor),
        "peak": max(peaks),
    }


def n_tickets(events: int) -> int:
    return int(events / EVENTS_A_TICKET)


if __name__ == "__main__":
    _, stage_name, engine_name, told = sys.argv
    print(json.dumps(stage_of(stage_name).engines[engine_name].run(Job(**json.loads(told)))))
