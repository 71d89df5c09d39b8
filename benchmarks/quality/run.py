"""Measure Boilover beside its peers on public logs.

    python -m benchmarks.quality.run --document docs/quality.md --readme README.md

Each task: the log is cut at 70 % of all questions; everyone learns from what came before and is asked what came after.
Boilover runs through its command line, and is told nothing but the horizon. What was measured is kept under the output
folder, and measured again when its log, its code or a pinned version changes: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path

from benchmarks.quality import deep_synthesis, tables
from benchmarks.quality.document import renew, to_page, to_readme
from benchmarks.quality.measure import NAMES, Places, measure
from benchmarks.quality.prepare import DATA, LOGS, TASKS
from benchmarks.quality.sentiment import sentiment


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the raw logs")
    parser.add_argument("--logs", type=Path, default=LOGS, help="the folder of the canonical ones")
    parser.add_argument("--out", type=Path, default=LOGS.parent, help="where records and models are kept")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument(
        "--only", nargs="*", choices=NAMES, default=list(NAMES), help="none: tell what is kept"
    )
    parser.add_argument("--fresh", nargs="*", choices=NAMES, default=[], help="measure these again")
    parser.add_argument("--featuretools", type=Path, help="a Python that has featuretools")
    parser.add_argument("--install", action="store_true", help="make an environment with featuretools")
    parser.add_argument("--document", type=Path, help="renew the figures in docs/quality.md")
    parser.add_argument("--readme", type=Path, help="renew the table in README.md")
    return parser.parse_args()


def main() -> None:
    given = parse()
    folder = given.out / "featuretools"
    if given.install:
        deep_synthesis.make_environment(folder)
    python = given.featuretools or folder / "bin" / "python"
    places = Places(given.data, given.logs, given.out, python)
    say = functools.partial(print, flush=True)
    found = {name: measure(name, places, only=given.only, fresh=given.fresh, say=say) for name in given.tasks}
    results = [found[name] for name in TASKS if "difference" in found.get(name, {})]
    (given.out / "results.json").write_text(json.dumps(results, indent=1, default=float), encoding="utf-8")
    if not results:
        return
    print(tables.overview(results), tables.against(results), tables.trainings(results), sep="\n\n")
    if given.document:
        renew(given.document, to_page(results, sentiment(given.data)))
    if given.readme:
        renew(given.readme, to_readme(results))


if __name__ == "__main__":
    main()
