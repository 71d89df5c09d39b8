"""What was measured is kept: a record per task and model, valid as long as its log, code and versions are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "src" / "boilover"
ELSEWHERE = frozenset(
    (
        "audit",
        "backtest",
        "card",
        "cli",
        "delivery",
        "explaining",
        "flagger",
        "job",
        "monitoring",
        "plots",
        "report",
    )
)
"""Parts of the package that move no figure of a ranking."""
Record = dict[str, Any]


@cache
def digest(*paths: Path) -> str:
    """Return the SHA-256 of files, in the order given."""
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def key_of(log: Path, sources: Iterable[Path], *told: object) -> str:
    """Return what a record depends on: the log, the code, and whatever else is told."""
    parts = [
        digest(log / "events.parquet", log / "tickets.parquet"),
        digest(*sorted(sources)),
        *map(str, told),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def package_sources() -> list[Path]:
    """Return the files of Boilover that may move a figure."""
    every = PACKAGE.rglob("*.py")
    return sorted(path for path in every if path.relative_to(PACKAGE).parts[0] not in ELSEWHERE)


def pinned(name: str | None) -> str:
    """Return the line of requirements.txt that pins a library; empty where none does."""
    lines = (HERE / "requirements.txt").read_text("utf-8").splitlines()
    return next((line for line in lines if name and line.lower().startswith((f"{name}==", f"{name}["))), "")


def kept(folder: Path, name: str, key: str | None = None) -> Record | None:
    """Return a record, of this key or of any; None where there is none."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    record: Record = json.loads(path.read_text("utf-8"))
    return record if key in (None, record["key"]) else None


def keep(folder: Path, name: str, record: Record, risk: npt.NDArray[np.float64] | None = None) -> None:
    """Write a record, and the risks that it tells of."""
    folder.mkdir(parents=True, exist_ok=True)
    if risk is not None:
        np.save(folder / f"{name}.npy", risk)
    unready = folder / f"{name}.json.part"
    unready.write_text(json.dumps(record, indent=1, default=float), encoding="utf-8")
    unready.replace(folder / f"{name}.json")


def kept_risk(folder: Path, name: str) -> npt.NDArray[np.float64]:
    """Return the risks that a record tells of."""
    risk: npt.NDArray[np.float64] = np.load(folder / f"{name}.npy", allow_pickle=False)
    return risk
