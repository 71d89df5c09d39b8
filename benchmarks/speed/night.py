"""The whole nightly job, a million open tickets: Parquet in, ranked scores with reasons for the riskiest thousand out.

Beside it the floor, which is reading the file, predicting and writing with whatever does each fastest and nothing else,
and the job as one writes it in pandas and LightGBM.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from benchmarks.speed import features, pandas_features
from benchmarks.speed.stage import CLI, STDERR, Engine, Figures, Goal, Job, Stage, clocked, command

from boilover.inputs import open_log
from boilover.model.saved import load_model
from boilover.outputs import write_frame
from boilover.points import tonight
from boilover.scoring import feature_frame, notes_for, score

EXPLAINED = 1_000
MOST_TIMES, MOST_MEMORY = 2.0, 4.0
FEW = 60_000


def _job(log: Path, model: Path, target: Path) -> None:
    saved = load_model(model)
    write_frame(score(open_log(log).under(saved.rule).log, saved, explain=EXPLAINED), target)


def _warm(job: Job) -> Figures:
    log, model, target = job.log(job.events), job.model(), job.out / "warm.parquet"
    _job(job.log(FEW), model, target)
    figures, _ = clocked(lambda: _job(log, model, target), job.repeats)
    return figures | {"rows": len(pd.read_parquet(target, columns=["rank"]))}


def _sorted(job: Job) -> Path:
    """Return the log as one file, sorted."""
    return job.log(job.events)


def _imported(job: Job) -> Path:
    """Return the log as an import keeps it: in partitions by month, over which ids are spread."""
    folder = job.folder / f"imported-{job.events}"
    if not folder.exists():
        subprocess.run([*CLI, "ingest", str(_sorted(job)), "-o", str(folder)], check=True, stdout=STDERR)
    return folder


def _cold(target: str, log: Callable[[Job], Path] = _sorted) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        asked = ["score", str(log(job)), "--model", str(job.model()), "-o", str(job.out / target)]
        return command([*asked, "--explain", str(EXPLAINED)], job.repeats)

    return run


def _matrix(job: Job) -> Any:
    """Return the rows that the job asks the model, kept for the engines that predict alone."""
    path = job.out / f"matrix-{job.events}.npy"
    if not path.exists():
        saved = load_model(job.model())
        notes = notes_for(open_log(job.log(job.events)).under(saved.rule).log, saved)
        frame = feature_frame(notes, tonight(notes.history, notes.history.end), saved)
        np.save(path, saved.model.primary.encoding_.encode(frame))
    return np.load(path)


def _predict(job: Job) -> Figures:
    trees, matrix = load_model(job.model()).model.primary.trees_, _matrix(job)
    trees.margins(matrix[:9], 1)
    return clocked(lambda: trees.margins(matrix, 0), job.repeats)[0] | {"rows": len(matrix)}


def _lightgbm(job: Job) -> Figures:
    booster, matrix = load_model(job.model()).model.primary.booster_, _matrix(job)
    return clocked(lambda: booster.predict(matrix, raw_score=True), job.repeats)[0] | {"rows": len(matrix)}


def _pyarrow(job: Job) -> Figures:
    path, coded = (
        job.log(job.events) / "events.parquet",
        ["ticket_id", "event_type", "value", "actor_id", "actor_role"],
    )
    return clocked(lambda: pq.read_table(path, read_dictionary=coded), job.repeats)[0]


def _polars(job: Job) -> Figures:
    import polars as pl

    return clocked(lambda: pl.read_parquet(job.log(job.events) / "events.parquet"), job.repeats)[0]


def _write(job: Job) -> Figures:
    table = pq.read_table(job.out / "warm.parquet")
    return clocked(lambda: pq.write_table(table, job.out / "floor.parquet"), job.repeats)[0]


def _pandas(job: Job) -> Figures:
    """Features by group-bys, LightGBM's prediction, its contributions for the riskiest, rank, Parquet."""
    import lightgbm

    rounds = load_model(job.model()).model.primary.rounds_
    few = pandas_features.features(*pandas_features.read(job.log(FEW), coded=False), features.AS_OF)
    label = (few["count_reopened"] > 0) ^ (few["customer_id_mean_csat"] > 0.5)
    learned = lightgbm.train({"verbosity": -1}, lightgbm.Dataset(few, label), num_boost_round=rounds)

    def night() -> int:
        frame = pandas_features.features(
            *pandas_features.read(job.log(job.events), coded=False), features.AS_OF
        )
        scores = frame.index.to_frame(index=False).assign(risk=learned.predict(frame))
        scores = scores.sort_values("risk", ascending=False)
        shown = frame.iloc[scores.index[:EXPLAINED]]
        added = np.asarray(learned.predict(shown, pred_contrib=True))[:, :-1]
        names = np.array(frame.columns)[np.argsort(-added, axis=1)[:, :3]]
        reasons = pd.DataFrame(names, index=scores.index[:EXPLAINED], columns=["first", "second", "third"])
        scores.join(reasons).to_parquet(job.out / "pandas-night.parquet")
        return len(scores)

    figures, rows = clocked(night)
    return figures | {"rows": rows, "features": len(few.columns)}


def check(job: Job, told: Mapping[str, Figures]) -> list[str] | None:
    """Compare the cold and the imported log's with the warm rows, and the risks in the CSV with both."""
    if not {"warm", "cold", "imported"} <= told.keys():
        return None
    warm = pd.read_parquet(job.out / "warm.parquet")
    others = {"cold": "a cold process", "imported": "the imported log"}
    found = [
        f"{title} gives other rows"
        for name, title in others.items()
        if not warm.equals(pd.read_parquet(job.out / f"{name}.parquet"))
    ]
    if "csv" in told and not np.array_equal(
        pd.read_csv(job.out / "cold.csv", usecols=["risk"])["risk"], warm["risk"]
    ):
        found.append("the CSV holds other risks")
    return found


def tell(job: Job, told: Mapping[str, Figures]) -> list[str]:
    if not {"warm", "cold", "pyarrow", "walk", "lightgbm", "write"} <= told.keys():
        return []
    read = min(told[name]["seconds"] for name in ("pyarrow", "polars") if name in told)
    predict = min(told[name]["seconds"] for name in ("walk", "lightgbm"))
    floor = read + predict + told["write"]["seconds"]
    ours, seconds = told["warm"], told["warm"]["seconds"]
    times = seconds / floor
    # What Boilover's own walk saves is in the floor, too.
    usual = floor - predict + told["lightgbm"]["seconds"]
    memory = max(told[name]["peak"] for name in ("warm", "cold"))
    parts = f"{read:.2f} + {predict:.2f} + {told['write']['seconds']:.2f} = {floor:.2f} s"
    reached = "reached" if times <= MOST_TIMES else "not reached"
    return [
        f"{ours['rows']:,} tickets are at risk and get a rank, {EXPLAINED:,} of them reasons.",
        f"The floor is {parts}; the warm job takes {times:.2f} times that; goal {MOST_TIMES}: {reached}.",
        f"With LightGBM's own predictor the floor is {usual:.2f} s; the job takes {seconds / usual:.2f} times that.",
        f"Memory {memory:.1f} GiB; goal {MOST_MEMORY:.0f}: {'reached' if memory <= MOST_MEMORY else 'not reached'}.",
    ]


STAGE = Stage(
    "The nightly job, Parquet in, ranked scores with reasons out",
    {
        "warm": Engine("Boilover, Parquet out", _warm),
        "cold": Engine("Boilover, a cold process, start included", _cold("cold.parquet")),
        "imported": Engine(
            "Boilover, a cold process, the log as `ingest` keeps it", _cold("imported.parquet", _imported)
        ),
        "csv": Engine("Boilover, a cold process, CSV out", _cold("cold.csv")),
        "pyarrow": Engine("floor: reading with pyarrow, words as codes", _pyarrow),
        "polars": Engine("floor: reading with Polars", _polars, "polars"),
        "walk": Engine("floor: predicting with Boilover's walk", _predict),
        "lightgbm": Engine("floor: predicting with LightGBM", _lightgbm),
        "write": Engine("floor: writing with pyarrow", _write),
        "pandas": Engine("pandas and LightGBM, fewer features", _pandas),
    },
    "warm",
    prepare=lambda job: (_imported(job), job.log(FEW), job.model()),
    check=check,
    tell=tell,
    goals=(Goal("15 times as fast as the pandas job", "pandas", "warm", 15),),
)
