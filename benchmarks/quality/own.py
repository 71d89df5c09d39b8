"""Boilover through its command line, as a user would run it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.quality.context import Answer, Context
from benchmarks.quality.protocol import training_log

BOILOVER = Path(sys.executable).with_name("boilover")


def boilover(*words: object) -> None:
    """Run a command of Boilover; its messages are shown where it fails."""
    ran = subprocess.run([BOILOVER, *map(str, words)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"boilover {' '.join(map(str, words))}: exit code {ran.returncode}\n{ran.stderr}")


def write_folder(folder: Path, events: pd.DataFrame, tickets: pd.DataFrame) -> Path:
    """Write two frames as a canonical folder."""
    folder.mkdir(parents=True, exist_ok=True)
    events.to_parquet(folder / "events.parquet", index=False)
    tickets.to_parquet(folder / "tickets.parquet", index=False)
    return folder


def answer(context: Context) -> Answer:
    """Train on the cut log and score the test points on the whole one; nothing is told but the horizon."""
    case, work = context.case, context.work
    past = write_folder(work / "past", *training_log(case))
    asked = case.points.loc[case.test, ["ticket_id", "as_of"]]
    asked.to_csv(work / "points.csv", index=False)
    model = work / "model"
    started = time.perf_counter()
    boilover("train", past, "--model", model, "--horizon", context.horizon, "--no-track")
    trained = time.perf_counter()
    boilover(
        "score", context.log, "--model", model, "--points", work / "points.csv", "-o", work / "scores.csv"
    )
    scored = time.perf_counter()
    scores = pd.read_csv(work / "scores.csv", dtype={"ticket_id": "str"})
    if list(scores["ticket_id"]) != list(asked["ticket_id"]):
        raise SystemExit(f"{context.name}: the answers are not the questions, row by row")
    risk = scores["risk"].fillna(0.0).to_numpy(np.float64)
    unanswered = int(scores["risk"].isna().sum())
    return Answer(risk, {"train": trained - started, "score": scored - trained, "unanswered": unanswered})
