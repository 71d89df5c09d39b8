"""Check that no risk knows more than its moment: score a sample again on logs cut at each moment, and each point alone.

    python -m benchmarks.quality.visibility --tasks helpdesk_upgrade --sample 10

Reads the models and scores that `benchmarks.quality.run` left; ends with exit code 1 where a risk differs in any bit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from benchmarks.quality.own import boilover, write_folder
from benchmarks.quality.prepare import LOGS, TASKS
from benchmarks.quality.protocol import cut_at, read_case


def differences(name: str, out: Path, logs: Path, sample: int) -> list[str]:
    """Return a line per risk of the sample that is not the same alone, or on the log as it was at its moment."""
    task, work = TASKS[name], out / name
    case = read_case(logs / name, task.horizon, task.ages)
    told = {"ticket_id": "str", "risk": "str"}
    points = pd.read_csv(work / "points.csv", dtype="str")
    scores = pd.read_csv(work / "scores.csv", dtype=told)["risk"]
    found = []
    for row in points.sample(sample, random_state=0).index:
        as_of = pd.Timestamp(points["as_of"][row])
        past = write_folder(work / "as_of", *cut_at(case, as_of))
        asked, answer = work / "as_of" / "point.csv", work / "as_of" / "score.csv"
        points.loc[[row]].to_csv(asked, index=False)
        for what, log in (("cut at the moment", past), ("alone", logs / name)):
            boilover("score", log, "--model", work / "model", "--points", asked, "-o", answer)
            risk = pd.read_csv(answer, dtype=told)["risk"][0]
            if risk != scores[row]:
                found.append(
                    f"{name}: {points['ticket_id'][row]} as of {as_of}: {scores[row]}, {what} {risk}"
                )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=LOGS.parent, help="where `run` wrote")
    parser.add_argument("--logs", type=Path, default=LOGS, help="the folder of the canonical logs")
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=list(TASKS))
    parser.add_argument("--sample", type=int, default=5, help="points of each task")
    given = parser.parse_args()
    found = []
    for name in given.tasks:
        lines = differences(name, given.out, given.logs, given.sample)
        print("\n".join(lines) or f"{name}: {given.sample} risks are the same, to the last bit", flush=True)
        found += lines
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
