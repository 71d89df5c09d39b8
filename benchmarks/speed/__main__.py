"""Measure the speed of every stage beside its peers, on generated logs, and check that the results agree.

    python -m benchmarks.speed                                            all stages, 12 million events
    python -m benchmarks.speed --stages night,prediction --events 1e6
    python -m benchmarks.speed --stages growth --largest 1e8
    python -m benchmarks.speed --document docs/speed.md                   put what was measured into the document

Each engine runs in a process of its own. Logs, models and results are kept in a folder: a stage that is measured again
replaces its result, and the document tells the last one of each. Exit code 1: something does not agree.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from benchmarks.speed.document import renew, to_text
from benchmarks.speed.stage import MODULES, Job, alone, is_there, stage_of


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--stages", default=",".join(MODULES), help=f"of {', '.join(MODULES)}; none: only write"
    )
    parser.add_argument(
        "--engines", help="measure these of a stage alone, and keep the others as they were measured"
    )
    parser.add_argument("--events", type=float, default=12.3e6, help="of the log of a stage, about")
    parser.add_argument("--largest", type=float, default=1e7, help="events of the largest log of the growth")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each engine; the median counts")
    parser.add_argument(
        "--data", type=Path, default=Path("out/speed"), help="where logs, models and results are kept"
    )
    parser.add_argument("--featuretools", help="the Python of an environment with featuretools")
    parser.add_argument("--document", type=Path, help="write the tables between the markers of this file")
    options = parser.parse_args()
    job = Job(
        str(options.data.absolute()),
        int(options.events),
        options.repeats,
        int(options.largest),
        options.featuretools,
    )
    chosen = [] if options.stages == "none" else options.stages.split(",")
    if unknown := [name for name in chosen if name not in MODULES]:
        parser.error(f"there is no stage {', '.join(unknown)}; there are {', '.join(MODULES)}")
    only = options.engines.split(",") if options.engines else None
    known = {key for name in chosen for key in stage_of(name).engines}
    if only and (unknown := [key for key in only if key not in known]):
        parser.error(f"there is no engine {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    agreed = [measured(name, job, only) for name in chosen]
    if options.document:
        renew(options.document, job.folder / "results")
    return 0 if all(agreed) else 1


def measured(name: str, job: Job, only: list[str] | None = None) -> bool:
    """Measure a stage, keep and print its result; return whether all that was compared agrees."""
    stage = stage_of(name)
    stage.prepare(job)
    kept = job.folder / "results" / f"{name}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads(kept.read_text("utf-8")) if only and kept.exists() else {}
    # Of another size they cannot stand beside each other.
    told = before["figures"] if before.get("events") == job.events else {}
    for key, engine in stage.engines.items():
        if is_there(engine) and (only is None or key in only):
            print(f"{name}: {engine.title} …", file=sys.stderr, flush=True)
            told[key] = alone(name, key, job) | {
                "load": round(os.getloadavg()[0], 1),
                "repeats": job.repeats,
            }
    told = {key: told[key] for key in stage.engines if told.get(key, {}).get("seconds")}
    unequal = stage.check(job, told)
    result = {
        "events": job.events,
        "figures": told,
        "unequal": unequal,
        "sentences": list(stage.tell(job, told)),
    }
    kept.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(to_text(name, result))
    return not unequal


if __name__ == "__main__":
    sys.exit(main())
