"""Nights whose runs are killed at one moment after the other, beside the same nights of runs that are not.

A script of its own, which imports and does no work itself: each run is a fork, and what is forked must not have had
threads, whose locks would stay locked.

    python tests/job/killed_nights.py FOLDER URL URL kills=25 seed=1    fifty kills; URLs: of two receivers
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from random import Random
from typing import Any

# What a night loads on first use, here once for all forks.
import charset_normalizer  # noqa: F401
import pyarrow.dataset  # noqa: F401
import scipy.special  # noqa: F401
from job_desk import CONFIG, MATRIX, export_until, make_desk
from sqlalchemy import Engine, event

from boilover.flagger.ledger import Ledger
from boilover.job import load_job, run_desk
from boilover.job.settings import Desk
from boilover.times import parse_moment

NIGHTS = ("2025-01-16T06:00Z", "2025-01-18T06:00Z")
KILLS = 7
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree")
OUTPUTS = ("out/scores.csv", "out/scores.parquet", "out/flags.csv")
TELLS = """
packets = "out/packets"
[channels.alerts]
kind = "webhook"
url = "{url}"
secret = "a secret of the tests"
timeout = 60
backoff = 0
[channels.sheet]
kind = "jsonl"
path = "out/told {{night}}"
"""
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


def threads() -> set[str]:
    """Return the names of this process's threads; the one of the allocator is made to be forked."""
    _, *others = sorted(Path("/proc/self/task").iterdir(), key=lambda each: int(each.name))
    return {"python", *((each / "comm").read_text().strip() for each in others)}


def forked(desk: Desk, night: str, tally: Path, *, death: int = 0) -> bool:
    """Run in a child that dies just before the change of that number; return whether it lived, and tally its changes.

    What the run said follows the number of changes in the file ``tally``.
    """
    assert threads() <= {"python", "jemalloc_bg_thd"}, "what has threads cannot be forked"
    pid = os.fork()
    if not pid:
        code, said = 1, []
        try:
            clock.update(moment=0, death=death)
            run_desk(desk, parse_moment(night), say=said.append)
            tally.write_text("\n".join([str(clock["moment"]), *said]), encoding="utf-8")
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert ended in (0, -signal.SIGKILL), ended
    return ended == 0


def contents(folder: Path) -> list[bytes | None]:
    return [(folder / name).read_bytes() if (folder / name).exists() else None for name in OUTPUTS]


def main(home: Path, *urls: str, kills: int = KILLS, seed: int | None = None) -> None:
    """Kill so many runs of each night, at moments that are spread evenly or, with a seed, drawn at random."""
    random = None if seed is None else Random(seed)
    whole, killed = home / "nights-to-kill-not", home / "nights-to-kill"
    config = f'matrix = "matrix.toml"\n{CONFIG.replace("explain = 2", "explain = 0")}{TELLS}'
    desks = []
    for folder, url in zip((whole, killed), urls, strict=True):
        file = make_desk(folder, config.replace("{url}", url).replace("{{night}}", "{night}"))
        (folder / "matrix.toml").write_text(MATRIX, encoding="utf-8")
        desks.append(load_job(file)["desk"])
    sys.addaudithook(on_audit)
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, lambda *_: tick())
    tally, deaths, said = home / "tally", 0, ""
    for place, night in enumerate(NIGHTS):
        for folder in (whole, killed):
            export_until(folder / "export.csv", night)
        before = contents(killed)
        assert forked(desks[0], night, tally)
        moments, after = int(tally.read_text("utf-8").split()[0]), contents(whole)
        for kill in range(kills):
            # A run after another one that was killed late has less left to do.
            death = 1 + (2 * kill + place) * moments // (2 * kills + 4)
            death = death if random is None else random.randint(1, moments)
            deaths += not forked(desks[1], night, tally, death=death)
            for old, now, new in zip(before, contents(killed), after, strict=True):
                assert now in (old, new), "an output is half-written"
            if (killed / "ledger.db").exists():
                assert Ledger.open(killed / "ledger.db").check() == ()
        assert forked(desks[1], night, tally)
        said += tally.read_text("utf-8")
        assert contents(killed) == after
    print(json.dumps({"moments": moments, "deaths": deaths, "taken over": said.count("took over")}))


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        *sys.argv[2:4],
        **{name: int(told) for name, told in (each.split("=") for each in sys.argv[4:])},
    )
