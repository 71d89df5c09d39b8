"""Turn the public logs into canonical folders with ready-made ``escalated`` events, one folder per task.

python -m benchmarks.quality.prepare --data ../shared/data --out out/quality/logs
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.protocol import AGES, TRACKER_AGES

from boilover.adapters import ingest, load_recipe
from boilover.escalation import declare, parse_rule
from boilover.log import write_log

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
LOGS = ROOT / "out" / "quality" / "logs"


@dataclass(frozen=True)
class Task:
    """A question to one public log: which escalation, within which horizon, at which ages in days."""

    recipe: str
    """Name of the shipped recipe, and of the folder of the raw log."""
    escalation: str
    horizon: str
    ages: tuple[float, ...] = AGES


TASKS = {
    "uci_reassign2": Task("uci_servicenow", "reassign2", "7d"),
    "uci_priority": Task("uci_servicenow", "priority", "7d"),
    "bpic13_line": Task("bpic2013", "line", "7d"),
    "helpdesk_upgrade": Task("helpdesk", "upgrade", "30d"),
    "jdt_raised": Task("eclipse_jdt", "raised", "30d", TRACKER_AGES),
    "jira_raised_or_reopened": Task("jira_duraspace", "raised_or_reopened", "30d", TRACKER_AGES),
}


def prepare(name: str, data: Path, logs: Path) -> Path:
    """Write the canonical folder of a task, unless it is there, and return it."""
    folder = logs / name
    if not folder.exists():
        task = TASKS[name]
        log, _ = ingest([data / task.recipe], recipe=task.recipe)
        rule = parse_rule(load_recipe(task.recipe).escalation, task.escalation)
        write_log(declare(log, rule), folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the raw logs")
    parser.add_argument("--out", type=Path, default=LOGS, help="the folder of the canonical ones")
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=list(TASKS))
    given = parser.parse_args()
    for name in given.tasks:
        print(prepare(name, given.data, given.out))


if __name__ == "__main__":
    main()
