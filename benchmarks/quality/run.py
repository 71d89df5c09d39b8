"""Measure Boilover beside its peers on public logs, through the command line.

    python -m benchmarks.quality.run --data ../shared/data --out out/quality

Each task: the log is cut at 70 % of all questions, `boilover train` sees what came before, `boilover score --points`
answers the questions after. Nothing is told but the horizon. Writes results.json, in which the tasks
that are not asked for stay as they were, and prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.quality.figures import WORKLOAD, difference, figures
from benchmarks.quality.peers import risks
from benchmarks.quality.prepare import DATA, LOGS, TASKS, prepare
from benchmarks.quality.protocol import Case, read_case, training_log

BOILOVER = Path(sys.executable).with_name("boilover")
COMMAND = "python -m benchmarks.quality.run --document docs/quality.md"


def boilover(*words: object) -> None:
    """Run a command of Boilover as a user would; its messages are shown where it fails."""
    ran = subprocess.run([BOILOVER, *map(str, words)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"boilover {' '.join(map(str, words))}: exit code {ran.returncode}\n{ran.stderr}")


def write_folder(folder: Path, events: pd.DataFrame, tickets: pd.DataFrame) -> Path:
    """Write two frames as a canonical folder."""
    folder.mkdir(parents=True, exist_ok=True)
    events.to_parquet(folder / "events.parquet", index=False)
    tickets.to_parquet(folder / "tickets.parquet", index=False)
    return folder


def answer(case: Case, log: Path, horizon: str, work: Path) -> tuple[pd.DataFrame, dict[str, float]]:
    """Train on the cut log, score the test points on the whole one; return the scores and seconds."""
    past = write_folder(work / "past", *training_log(case))
    points = work / "points.csv"
    case.points.loc[case.test, ["ticket_id", "as_of"]].to_csv(points, index=False)
    started = time.perf_counter()
    boilover("train", past, "--model", work / "model", "--horizon", horizon, "--no-track")
    trained = time.perf_counter()
    boilover("score", log, "--model", work / "model", "--points", points, "-o", work / "scores.csv")
    scored = time.perf_counter()
    scores = pd.read_csv(work / "scores.csv", dtype={"ticket_id": "str"})
    return scores, {"train": trained - started, "score": scored - trained}


def measure(name: str, data: Path, logs: Path, work: Path) -> dict[str, Any]:
    """Return all figures of one task."""
    task = TASKS[name]
    log = prepare(name, data, logs)
    case = read_case(log, task.horizon, task.ages)
    scores, seconds = answer(case, log, task.horizon, work / name)
    asked = case.points[case.test]
    if len(scores) != len(asked) or list(scores["ticket_id"]) != list(asked["ticket_id"]):
        raise SystemExit(f"{name}: the answers are not the questions, row by row")
    y = asked["label"].to_numpy()
    risk = scores["risk"].fillna(0.0).to_numpy()
    peers = risks(case)
    found = {peer: figures(y, each) for peer, each in peers.items()}
    best = max(found, key=lambda peer: found[peer]["ap"])
    delta, low, high = difference(y, risk, peers[best], pd.factorize(asked["ticket_id"])[0])
    return {
        "task": name,
        "horizon": task.horizon,
        "cut": case.cut.isoformat(),
        "points": len(asked),
        "base_rate": float(y.mean()),
        "unanswered": int(scores["risk"].isna().sum()),
        "boilover": figures(y, risk),
        "peers": found,
        "best_peer": best,
        "difference": {"ap": delta, "low": low, "high": high},
        "seconds": seconds,
    }


def to_markdown(results: Sequence[Mapping[str, Any]]) -> str:
    """Return the results as tables: models side by side, then Boilover in full."""
    names = ["boilover", *dict.fromkeys(peer for result in results for peer in result["peers"])]
    lines = [f"| task | base rate | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for result in results:
        every = {"boilover": result["boilover"], **result["peers"]}
        cells = [_three(every[name]) if name in every else "–" for name in names]
        best = max(range(len(cells)), key=lambda place: every.get(names[place], {"ap": -np.inf})["ap"])
        cells[best] = f"**{cells[best]}**"
        lines.append(f"| {result['task']} | {result['base_rate']:.4f} | {' | '.join(cells)} |")
    lines += [
        "",
        "| task | points | difference in AP to the best peer (95 %) | ECE | Brier skill | train | score |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        own, delta, seconds = result["boilover"], result["difference"], result["seconds"]
        interval = f"{delta['ap']:+.3f} ({delta['low']:+.3f} to {delta['high']:+.3f}), {result['best_peer']}"
        lines.append(
            f"| {result['task']} | {result['points']} | {interval} | {own['ece']:.3f} | {own['brier_skill']:+.3f} "
            f"| {seconds['train']:.0f} s | {seconds['score']:.0f} s |"
        )
    return "\n".join(lines)


def to_document(results: Sequence[Mapping[str, Any]]) -> str:
    """Return the page docs/quality.md."""
    return f"""# Quality

Measured by `{COMMAND}`, which writes this page. The logs are public and not part of this repository.

Every ticket is asked at fixed ages while it is neither solved nor escalated: does it escalate within the horizon? The
log is cut at the 70 % quantile of all questions; models learn from what came before, and are asked what came after.
Cells are average precision / AUC / recall among the {WORKLOAD:.1%} of points with the highest risk; the best average
precision is bold. The peers were trained in the same run, on the same points, with counts of every kind of event and
the last value of every field as of the moment (`benchmarks/quality/peers.py`), in their standard settings. ECE is the
calibration error over ten bins of equal count, Brier skill is against the base rate, the interval is from a bootstrap
over tickets.

{to_markdown(results)}
"""


def _three(found: Mapping[str, float]) -> str:
    return f"{found['ap']:.3f} / {found['auc']:.3f} / {found['recall']:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the raw logs")
    parser.add_argument("--logs", type=Path, default=LOGS, help="the folder of the canonical ones")
    parser.add_argument(
        "--out", type=Path, default=LOGS.parent, help="where to write results.json and the models"
    )
    parser.add_argument(
        "--tasks", nargs="*", choices=TASKS, default=list(TASKS), help="none: write the page of what is there"
    )
    parser.add_argument("--document", type=Path, help="write the page docs/quality.md")
    given = parser.parse_args()
    kept = given.out / "results.json"
    found = {each["task"]: each for each in json.loads(kept.read_text("utf-8"))} if kept.exists() else {}
    for name in given.tasks:
        found[name] = measure(name, given.data, given.logs, given.out)
        print(to_markdown([found[name]]), flush=True)
        kept.write_text(json.dumps(list(found.values()), indent=1), encoding="utf-8")
    results = [found[task] for task in TASKS if task in found]
    print(to_markdown(results))
    if given.document is not None:
        given.document.write_text(to_document(results), encoding="utf-8")


if __name__ == "__main__":
    main()
