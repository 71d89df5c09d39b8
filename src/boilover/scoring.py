"""Scoring: from a log, a model and points to ranked rows with calibrated risk and reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.conform import as_strings, from_frame
from boilover.features import Feature, compute, from_json
from boilover.fitting import fit_attributes
from boilover.history import History, Ints
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.points import READY, REASONS, SOLVED, Points, state_of, tonight
from boilover.reasons import TOP, Keyed, keys_of, reasons
from boilover.times import parse_moment

EXPLAINED = 200
"""Rows that get reasons by exact contributions, the riskiest first: they cost up to a millisecond a row."""
ALL = "all"
REASON_COLUMNS = tuple(f"reason_{place + 1}" for place in range(TOP))
REASONS_BY = "reasons_by"
EXACT, PATHS = "exact contributions", "path attribution"
"""How the reasons of a row were found; the second is quick, and mostly tells the same first reason."""
_AT_ONCE = 20_000
"""Rows that are explained together: what each column adds to each of them is held in memory."""

Explained = int | Literal["all"]
Pick = Callable[[np.ndarray], tuple[pd.DataFrame, Keyed]]


def score(
    log: EventLog,
    saved: SavedModel,
    *,
    as_of: int | str | datetime | None = None,
    points: pd.DataFrame | None = None,
    explain: Explained = EXPLAINED,
    source: object = None,
) -> pd.DataFrame:
    """Score every ticket that is at risk at ``as_of`` (a time; the log's end where left out), or ``points``.

    Returns one row per ticket, the riskiest first, or one row per point in the order given: ``ticket_id, as_of,
    risk, rank, risk_<horizon>…, reason_1…3, reasons_by, note, model``. ``risk`` is the calibrated probability of
    escalating within the model's first horizon; ``rank`` 1 is the highest. A point that cannot be asked has an empty
    risk and a ``note`` why. The ``explain`` riskiest rows have reasons, by exact contributions. With ``"all"`` every
    row has, those after the first `EXPLAINED` by path attribution; ``reasons_by`` says which. A row depends on what
    its point may see alone.
    """
    notes = notes_for(log, saved)
    history = notes.history
    if points is None:
        asked = tonight(notes, history.end if as_of is None else parse_moment(as_of))
        found = score_points(notes, asked, ids_of(notes, asked), saved, explain=explain)
        return found.sort_values("rank", ignore_index=True)
    asked = Points.from_frame(points, history, source=source)
    ids = as_strings(from_frame(points[["ticket_id"]])["ticket_id"]).fill_null("").to_pandas().to_numpy()
    return score_points(notes, asked, ids, saved, explain=explain)


def notes_for(log: EventLog, saved: SavedModel, *, is_part: bool = False) -> Annotations:
    """Return the annotations of a log, or of a part of one, whose attributes are of the types that the model knows."""
    return Annotations(History.from_log(fit_attributes(log, saved.manifest, is_part=is_part)))


def ids_of(notes: Annotations, points: Points) -> np.ndarray:
    """Return the ids of the points' tickets, all of them known."""
    ids: np.ndarray = notes.history.ticket_ids.take(pa.array(points.ticket)).to_pandas().to_numpy()
    return ids


def score_points(
    notes: Annotations,
    asked: Points,
    ids: np.ndarray,
    saved: SavedModel,
    *,
    explain: Explained = EXPLAINED,
    compute: Callable[[Points], pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Return what `score` tells of n points whose tickets go by ``ids``, one row each, in their order.

    ``compute`` returns the features of points, where they do not follow from ``notes`` alone.
    """
    state = state_of(notes, asked)
    scored = np.flatnonzero((state == READY) | (state == SOLVED))
    risks = np.full((len(asked), len(saved.manifest.horizons)), np.nan)
    frame = pd.DataFrame()
    if len(scored):
        ready = asked.take(scored)
        frame = feature_frame(notes, ready, saved) if compute is None else compute(ready)
        risks[scored] = saved.model.risks(frame)
    place = np.full(len(asked), -1)
    place[scored] = np.arange(len(scored))

    def pick(rows: np.ndarray) -> tuple[pd.DataFrame, Keyed]:
        return frame.iloc[place[rows]], keys_of(features_of(saved), notes, asked.take(rows))

    return rows_of(ids, asked.as_of, risks, np.array(REASONS, dtype=object)[state], saved, explain, pick)


def rows_of(
    ids: np.ndarray,
    as_of: Ints,
    risks: np.ndarray,
    note: object,
    saved: SavedModel,
    explain: Explained,
    pick: Pick,
) -> pd.DataFrame:
    """Return what `score` tells of n points: ``risks`` float64 (n, n_horizons), NaN where a point was not asked.

    ``pick`` returns the features and keys of some rows, given in ascending order.
    """
    order = _by_risk(risks[:, 0], ids)[: int((~np.isnan(risks[:, 0])).sum())]
    rank = np.full(len(ids), np.nan)
    rank[order] = np.arange(1, len(order) + 1)
    told, by = _explained(order, len(ids), saved, explain, pick)
    names = ["risk", *(f"risk_{horizon}" for horizon in saved.manifest.horizons[1:])]
    rows: dict[str, object] = {"ticket_id": ids, "as_of": _times(as_of), "risk": risks[:, 0]}
    rows["rank"] = pd.Series(rank).astype("Int64")
    rows |= {name: risks[:, place] for place, name in enumerate(names) if place}
    rows |= {name: told[:, place] for place, name in enumerate(REASON_COLUMNS)}
    return pd.DataFrame(rows | {REASONS_BY: by, "note": note, "model": model_name(saved)})


def _explained(
    order: np.ndarray, n_rows: int, saved: SavedModel, explain: Explained, pick: Pick
) -> tuple[np.ndarray, np.ndarray]:
    """Return the reasons of each row, object[n, TOP], and how they were found; the riskiest come first in ``order``."""
    told = np.full((n_rows, TOP), "", dtype=object)
    by = np.full(n_rows, "", dtype=object)
    exact = EXPLAINED if explain == ALL else int(explain)
    by[order[:exact]] = EXACT
    if explain == ALL:
        by[order[exact:]] = PATHS
    for way in (EXACT, PATHS):
        rows = np.flatnonzero(by == way)
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            told[some] = told_why(*pick(some), saved, way)
    return told, by


def _by_risk(risk: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the rows by falling risk, those without one last; equal risks by ticket id, as in any re-run."""
    if (ids[1:] >= ids[:-1]).all():
        return np.argsort(-risk, kind="stable")
    return np.lexsort((ids.astype(str), -risk))


def model_name(saved: SavedModel) -> str:
    """Return a name by which a score tells its model: horizon and the first digits of its data's fingerprint."""
    return f"{saved.manifest.horizons[0]}-{saved.manifest.fingerprint[:8]}"


def feature_frame(notes: Annotations, points: Points, saved: SavedModel) -> pd.DataFrame:
    """Return the features that the model reads, one row per point."""
    return compute(features_of(saved), notes, points)


def features_of(saved: SavedModel) -> list[Feature]:
    """Return the features that the model reads."""
    return [from_json(spec) for spec in saved.manifest.features]


def told_why(rows: pd.DataFrame, keyed: Keyed, saved: SavedModel, way: str) -> np.ndarray:
    """Return the reasons of each row, found the ``way`` that is asked for, object[n, TOP], empty where few."""
    model = saved.model.primary
    added = model.contributions(rows) if way == EXACT else model.path_attributions(rows)
    told = np.full((len(rows), TOP), "", dtype=object)
    for row, sentences in enumerate(reasons(features_of(saved), rows, added, keyed=keyed)):
        told[row, : len(sentences)] = sentences
    return told


def _times(as_of: Ints) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(as_of.astype("datetime64[us]")).tz_localize("UTC")
