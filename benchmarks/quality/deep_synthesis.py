"""featuretools' deep feature synthesis as a peer, and LightGBM on it.

It runs in an environment of its own and exchanges Parquet with this one. Kanter & Veeramachaneni: Deep feature
synthesis, DSAA 2015.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmarks.quality import learners
from benchmarks.quality.context import Answer, Context, Unavailable
from benchmarks.quality.encoding import WORDS, kind_of
from benchmarks.quality.protocol import Case
from benchmarks.quality.search import tuned
from scipy.sparse import csr_matrix

WORKER = Path(__file__).with_name("deep_synthesis_worker.py")
REQUIREMENTS = Path(__file__).with_name("requirements-featuretools.txt")
MINUTES = 10
"""Of processor time, which other work does not lengthen; what is not finished by then is told so."""
SAMPLE = 20
"""Points that are also answered with cutoff times, to see that the features are the same, and what that costs."""
COUNTED = 12
"""Values of a category that are counted on their own, the most frequent of the training log."""
TOLD = ("value", "number", "actor_id")


def answer(context: Context) -> Answer:
    """Synthesise features of all points, and answer with a LightGBM chosen as the other peers are."""
    if not context.featuretools.exists():
        raise Unavailable("not installed")
    used = np.flatnonzero(context.past | context.test)
    folder = context.work / "featuretools"
    seconds = _run(context, folder, used)
    made = pd.read_parquet(folder / "features.parquet")
    checked = _check(context, folder / "sample", used, made)
    numbers = encoded(made, context.past[used])
    matrix = np.full((len(context.case.points), numbers.shape[1]), np.nan, dtype=np.float32)
    matrix[used] = numbers
    found = tuned(context, csr_matrix(matrix), learners.LIGHTGBM)
    told = {**found.told, "features": made.shape[1], "synthesis": seconds, **checked}
    return Answer(found.risk, told)


def encoded(made: pd.DataFrame, past: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return features as numbers, float32: words as indicators of those that are frequent in the ``past`` rows."""
    parts = []
    for name in made:
        if pd.api.types.is_numeric_dtype(made[name].dtype):
            parts.append(made[name].astype("float64").to_numpy()[:, None])
        else:
            often = made[name][past].value_counts().index[:WORDS]
            parts.append(often.get_indexer(pd.Index(made[name]))[:, None] == np.arange(len(often)))
    return np.hstack(parts).astype(np.float32)


def make_environment(folder: Path) -> Path:
    """Make the environment of featuretools, unless it is there, and return its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    return python


def write_tables(case: Case, rows: npt.NDArray[np.int64], folder: Path) -> None:
    """Write points, events and tickets for the worker: times without a zone, no free text."""
    folder.mkdir(parents=True, exist_ok=True)
    events, tickets = case.events, case.tickets.drop_duplicates("ticket_id")
    points = case.points.loc[rows, ["ticket_id", "as_of"]].assign(point=rows)
    kept = [name for name in TOLD if name in events and events[name].notna().any()]
    told = events[["ticket_id", "seen", *kept]].assign(kind=kind_of(events))
    known = told[told["seen"] <= case.cut]
    common = {
        name: known[name].value_counts().index[:COUNTED].tolist()
        for name in ("kind", "value")
        if name in told
    }
    (folder / "common.json").write_text(json.dumps(common), encoding="utf-8")
    tables = {"points": points, "events": told, "tickets": tickets.drop(columns=["subject"], errors="ignore")}
    for name, table in tables.items():
        for column in table.columns[[isinstance(kind, pd.DatetimeTZDtype) for kind in table.dtypes]]:
            table[column] = table[column].dt.tz_localize(None).astype("datetime64[ns]")
        table.to_parquet(folder / f"{name}.parquet", index=False)


def _run(context: Context, folder: Path, rows: npt.NDArray[np.int64], *words: str) -> float:
    """Let the worker synthesise; return its seconds."""
    write_tables(context.case, rows, folder)
    command = [context.featuretools, WORKER, folder, str(60 * MINUTES), *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == -signal.SIGXCPU:
        raise Unavailable(f"not finished in {MINUTES} min")
    if ran.returncode:
        raise RuntimeError(f"deep feature synthesis of {context.name} failed:\n{ran.stderr[-2000:]}")
    return float(ran.stdout.split()[-1])


def _check(
    context: Context, folder: Path, used: npt.NDArray[np.int64], made: pd.DataFrame
) -> dict[str, float | bool]:
    """Return whether features with cutoff times are the same on a sample, and the hours that all would take."""
    places = np.linspace(0, len(used) - 1, SAMPLE).astype(np.int64)
    seconds = _run(context, folder, used[places], "--cutoffs")
    same = pd.read_parquet(folder / "features.parquet")
    ours = made.iloc[places].reset_index(drop=True)
    equal = [_equal(same[name], ours[name]) if name in same else False for name in ours]
    return {
        "equal to cutoff times": all(equal),
        "hours with cutoff times": seconds / SAMPLE * len(used) / 3600,
    }


def _equal(one: pd.Series, other: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(one.dtype) and pd.api.types.is_numeric_dtype(other.dtype):
        return bool(np.allclose(one.astype(float), other.astype(float), rtol=1e-6, equal_nan=True))
    return one.astype("str").fillna("").tolist() == other.astype("str").fillna("").tolist()
