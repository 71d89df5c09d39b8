"""Nights whose runs are killed at one moment after the other, beside the same nights of runs that are not.

A script of its own: a process in which other tests used threads cannot be forked and go on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from job_desk import CONFIG, export_until, make_desk
from sqlalchemy import Engine, event

from boilover.flagger.ledger import Ledger
from boilover.job import load_job, run_desk
from boilover.job.settings import Desk
from boilover.times import parse_moment

NIGHTS = ("2025-01-16T06:00Z", "2025-01-18T06:00Z")
KILLS = 10
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree")
OUTPUTS = ("out/scores.csv", "out/scores.parquet", "out/flags.csv")
clock = {"moment": 0, "death": 0}


def tick() -> None:
    clock["moment"] += 1
    if clock["moment"] == clock["death"]:
        os.kill(os.getpid(), signal.SIGKILL)


def on_audit(name: str, arguments: tuple[Any, ...]) -> None:
    """Count each change of a file of the killed desk, just before it; not those of caches of compiled code."""
    changes = name in CHANGES or (name == "open" and set(str(arguments[1])) & set("wax+"))
    if changes and any("nights-to-kill" in str(each) for each in arguments):
        tick()


def dies(desk: Desk, as_of: int, death: int) -> bool:
    """Run in a child that dies just before the change of that number; return whether it did."""
    pid = os.fork()
    if not pid:
        clock.update(moment=0, death=death)
        try:
            run_desk(desk, as_of)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code != 0


def contents(folder: Path) -> list[bytes | None]:
    return [(folder / name).read_bytes() if (folder / name).exists() else None for name in OUTPUTS]


def main(home: Path) -> None:
    whole, killed = home / "nights-to-kill-not", home / "nights-to-kill"
    config = CONFIG.replace("explain = 2", "explain = 0")
    desks = [load_job(make_desk(folder, config))["desk"] for folder in (whole, killed)]
    sys.addaudithook(on_audit)
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, lambda *_: tick())
    deaths = 0
    for place, night in enumerate(NIGHTS):
        for folder in (whole, killed):
            export_until(folder / "export.csv", night)
        before = contents(killed)
        clock["moment"] = 0
        run_desk(desks[0], parse_moment(night))
        moments, after = clock["moment"], contents(whole)
        for kill in range(KILLS):
            # A run after another one that was killed late has less left to do.
            death = 1 + (2 * kill + place) * moments // (2 * KILLS + 4)
            deaths += dies(desks[1], parse_moment(night), death)
            for old, now, new in zip(before, contents(killed), after, strict=True):
                assert now in (old, new), "an output is half-written"
            if (killed / "ledger.db").exists():
                assert Ledger.open(killed / "ledger.db").check() == ()
        taken_over: list[str] = []
        run_desk(desks[1], parse_moment(night), say=taken_over.append)
        assert contents(killed) == after
    print(json.dumps({"deaths": deaths, "taken over": sum("took over" in said for said in taken_over)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
