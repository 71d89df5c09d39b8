"""What a night costs that came one per cent later: read whole, or what is new and what is open.

python -m benchmarks.increment [--events 2e6] [--days 360] [--life 5] [--grown 0.01] [--out FOLDER]

A made-up desk is imported up to a moment and scored; then what happened since is imported, and tonight is scored once
more, in each way. Printed are seconds of processor time and bytes read by system calls, and the rows are compared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from benchmarks.speed.desk import EVENTS_A_TICKET
from benchmarks.speed.generate import generate

from boilover.inputs import open_log, rule_of, serving
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.observation import observed
from boilover.partitions import read_manifest
from boilover.scale.tonight import Tonight, open_tonight
from boilover.scoring import score
from boilover.store import upsert
from boilover.training import train

LEARNT = 4_000
"""Tickets of the desk that the model is learnt of."""
IO = Path("/proc/self/io")


def measured(name: str, work: Callable[[], Any]) -> Any:
    """Return what ``work`` returns, and print what it took."""
    cpu, wall, read = time.process_time(), time.perf_counter(), _read()
    found = work()
    took = f"{time.process_time() - cpu:7.2f} s of CPU, {time.perf_counter() - wall:7.2f} s"
    print(f"{name:34} {took}, {(_read() - read) / 1e6:8.1f} MB read", flush=True)
    return found


def _read() -> int:
    """Return the bytes that this process has read so far; 0 where the system does not tell."""
    return int(IO.read_text().split()[1]) if IO.exists() else 0


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=float, default=2e6)
    parser.add_argument("--days", type=float, default=360.0)
    parser.add_argument("--life", type=float, default=5.0)
    parser.add_argument("--grown", type=float, default=0.01)
    parser.add_argument("--out", type=Path)
    told = parser.parse_args()
    with TemporaryDirectory(dir=told.out) as folder:
        _grow(Path(folder) / "log", told)


def _grow(folder: Path, told: argparse.Namespace) -> None:
    saved = train(generate(LEARNT, seed=1, span=told.days, life=told.life), horizons=["7d"])
    log = generate(int(told.events / EVENTS_A_TICKET), seed=2, span=told.days, life=told.life)
    times = observed(log.events)
    since, end = np.quantile(times, 1 - told.grown, method="lower"), int(times.max())
    before, after = _cut(log, times <= since), _cut(log, times > since)
    del log
    measured("import of what was", lambda: upsert(folder, [before]))
    measured("first night: all is kept", lambda: _kept(folder, saved, int(since)))
    done = measured(f"import of {told.grown:.1%} more", lambda: upsert(folder, [after]))
    print(f"{len(times):,} events in {done.partitions} partitions, {len(done.changed)} of which changed")
    night: Tonight = measured("tonight, new and open", lambda: _kept(folder, saved, end))
    rows = night.score()
    print(f"{night.read} of {night.of} partitions read, {len(night.points):,} tickets at risk")
    measured("the same night again", lambda: _kept(folder, saved, end))
    whole = measured("tonight, the whole log", lambda: _whole(folder, saved, end))
    pd.testing.assert_frame_equal(rows.sort_values("rank", ignore_index=True), whole, check_exact=True)
    print("the rows are equal")


def _cut(log: EventLog, kept: np.ndarray) -> EventLog:
    events = log.events.filter(pa.array(kept))
    there = pc.is_in(log.tickets["ticket_id"], pc.unique(events["ticket_id"].cast(pa.string())))
    return EventLog(events, log.tickets.filter(there))


def _kept(folder: Path, saved: SavedModel, as_of: int) -> Tonight:
    manifest = read_manifest(folder)
    assert manifest is not None
    night = open_tonight(folder, manifest, serving(saved.rule, rule_of(manifest)), saved, as_of)
    assert night is not None
    night.score()
    return night


def _whole(folder: Path, saved: SavedModel, as_of: int) -> pd.DataFrame:
    return score(open_log(folder).under(saved.rule).log, saved, as_of=as_of)


if __name__ == "__main__":
    main()
