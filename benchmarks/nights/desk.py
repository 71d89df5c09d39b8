"""A desk on trial: its configuration, its input of each night, its runs, answers and killings."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks.nights.receiver import Receiver

from boilover.adapters import load_recipe
from boilover.flagger.ledger import Ledger
from boilover.inputs import cut
from boilover.job import load_job, run_desk
from boilover.log import EventLog, write_log
from boilover.times import iso

DAY = 86_400_000_000
POLICY = """
[threshold]
kind = "capacity"
per_night = {capacity}
[tiers]
warn = 0.3
critical = 0.6
[hysteresis]
cooldown = "1d"
[outcome]
holdout = 0.1
[triggers.unresolved]
hours = {{ urgent = 24, high = 72 }}
[triggers.handoffs]
times = 3
within = "3d"
tier = "warn"
[triggers.asks_for_manager]
"""
MATRIX = """
[teams.Lead]
contact = "#lead"
capacity = 10
[teams.Second]
contact = "#second"
[[rows]]
kind = ["hierarchical", "priority"]
team = "Lead"
response = "4h"
then = "Second"
[default]
team = "Second"
"""
CONFIG = """
log = "log"
model = {model}
policy = "policy.toml"
matrix = "matrix.toml"
ledger = "ledger.db"
expire = "5d"
explain = {explain}
{sources}
[outputs]
flags = "out/{{night}}.csv"
packets = "out/packets"
[channels.alerts]
kind = "webhook"
url = "{url}"
secret = "of the benchmark alone"
timeout = 120
tries = 2
backoff = 0
[channels.sheet]
kind = "jsonl"
path = "out/told {{night}}"
"""
RUN = "from boilover.cli import main; main()"
ANSWERS = ("acknowledge", "disagree", "snooze")


Feed = Callable[[Path, int], None]
"""Puts the input as it was at a moment where a desk reads it."""


def feed_of(log: EventLog) -> Feed:
    """Return what writes a log as it was at a moment."""
    return lambda folder, night: write_log(cut(log, night), folder / "log")


def feed_of_table(export: Path, recipe: str) -> Feed:
    """Return what writes the rows of a table that were there at a moment, for the job to import."""
    mapping: Any = load_recipe(recipe).mapping
    rows = pd.read_csv(export, sep=mapping.delimiter, dtype="str", keep_default_na=False)
    when = pd.to_datetime(rows[mapping.time], format=mapping.time_format).dt.tz_localize(mapping.timezone)
    micro = when.dt.tz_convert("UTC").dt.as_unit("us").astype("int64")

    def feed(folder: Path, night: int) -> None:
        rows[micro <= night].to_csv(folder / "export.csv", sep=mapping.delimiter, index=False)

    return feed


@dataclass
class Desk:
    """One desk of the trial: its folder, its receiver's memory, and what became of its runs."""

    folder: Path
    receiver: Receiver
    runs: int = 0
    deaths: int = 0
    seconds: float = 0.0
    span: float = 0.0
    """Seconds that a run in a process of its own takes: at first twice that of one in this process."""

    @property
    def ledger(self) -> Ledger:
        """The desk's ledger."""
        return Ledger.open(self.folder / "ledger.db")

    def set_up(self, model: Path, recipe: str | None, *, capacity: int, explain: int) -> None:
        """Write the configuration."""
        self.folder.mkdir(parents=True)
        sources = "" if recipe is None else f'sources = "export.csv"\nrecipe = {json.dumps(recipe)}'
        given = {"model": json.dumps(str(model.absolute())), "sources": sources, "explain": explain}
        config = CONFIG.format(url=self.receiver.url, **given)
        for name, text in (
            ("nightly.toml", config),
            ("policy.toml", POLICY.format(capacity=capacity)),
            ("matrix.toml", MATRIX),
        ):
            (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, night: int) -> dict[str, Any]:
        """Run a night to its end; return the manifest."""
        (desk,) = load_job(self.folder / "nightly.toml").values()
        began = time.monotonic()
        manifest = run_desk(desk, night).manifest
        took = time.monotonic() - began
        self.seconds += took
        self.span = self.span or 2 * took
        self.runs += 1
        return dict(manifest)

    def kill(self, night: int, share: float) -> bool:
        """Begin a run in a process of its own and kill it after a share of the time that one takes; did it die?

        The time counts from the moment at which the run holds its lock; before it nothing can be lost.
        """
        lock = self.folder / "runs" / "desk" / "lock"
        words = ["nightly", str(self.folder / "nightly.toml"), "--as-of", iso(night)]
        with (self.folder / "killed.log").open("w") as said:
            job = subprocess.Popen([sys.executable, "-c", RUN, *words], stdout=said, stderr=said)
        while job.poll() is None and not (
            lock.exists() and f'"process": {job.pid},' in lock.read_text("utf-8")
        ):
            time.sleep(0.005)
        began = time.monotonic()
        try:
            job.wait(timeout=share * self.span)
        except subprocess.TimeoutExpired:
            job.kill()
        code = job.wait()
        assert code in (0, -9), (self.folder / "killed.log").read_text("utf-8")
        if code == 0:
            self.span = min(self.span, time.monotonic() - began)
        self.deaths += code != 0
        return code != 0

    def answer(self, place: int, night: int) -> None:
        """Answer the flag of the lowest id that nobody has answered, each time in another way."""
        sheet = self.ledger.export("flags")
        waiting = sheet.loc[sheet["state"] == "raised", "flag_id"]
        if len(waiting):
            given = {"who": "benchmark", "when": night + DAY // 24}
            given |= {"snooze": {"until": night + 2 * DAY}, "disagree": {"reason": "to try it"}}.get(
                ANSWERS[place], {}
            )
            getattr(self.ledger, ANSWERS[place])(int(waiting.min()), **given)

    def files(self) -> dict[str, bytes]:
        """Return the content of all that was written."""
        out = self.folder / "out"
        return {
            str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
        }
