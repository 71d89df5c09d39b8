"""Scoring: from a log, a model and points to ranked rows with calibrated risk and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.conform import as_strings, from_frame
from boilover.features import compute, from_json
from boilover.fitting import fit_attributes
from boilover.history import History, Ints
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.points import READY, REASONS, SOLVED, Points, state_of, tonight
from boilover.reasons import TOP, keys_of, reasons
from boilover.times import parse_moment

EXPLAINED = 200
"""Rows that get reasons, the riskiest first: exact contributions cost milliseconds a row."""
REASON_COLUMNS = tuple(f"reason_{place + 1}" for place in range(TOP))


def score(
    log: EventLog,
    saved: SavedModel,
    *,
    as_of: int | str | datetime | None = None,
    points: pd.DataFrame | None = None,
    explain: int = EXPLAINED,
    source: object = None,
) -> pd.DataFrame:
    """Score every ticket that is at risk at ``as_of`` (a time; the log's end where left out), or ``points``.

    Returns one row per ticket, the riskiest first, or one row per point in the order given: ``ticket_id, as_of,
    risk, rank, risk_<horizon>…, reason_1…3, note, model``. ``risk`` is the calibrated probability of escalating
    within the model's first horizon; ``rank`` 1 is the highest. A point that cannot be asked has an empty risk and a
    ``note`` why. The ``explain`` riskiest rows have reasons. A row depends on what its point may see alone.
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


def notes_for(log: EventLog, saved: SavedModel) -> Annotations:
    """Return the annotations of a log whose attributes are of the types that the model knows."""
    return Annotations(History.from_log(fit_attributes(log, saved.manifest)))


def ids_of(notes: Annotations, points: Points) -> np.ndarray:
    """Return the ids of the points' tickets, all of them known."""
    ids: np.ndarray = notes.history.ticket_ids.take(pa.array(points.ticket)).to_pandas().to_numpy()
    return ids


def score_points(
    notes: Annotations, asked: Points, ids: np.ndarray, saved: SavedModel, *, explain: int = EXPLAINED
) -> pd.DataFrame:
    """Return what `score` tells of n points whose tickets go by ``ids``, one row each, in their order."""
    state = state_of(notes, asked)
    scored = np.flatnonzero((state == READY) | (state == SOLVED))
    columns = _risks(notes, asked.take(scored), saved, explain)
    rows: dict[str, object] = {"ticket_id": ids, "as_of": _times(asked.as_of)}
    for name, values in columns.items():
        empty: object = "" if name in REASON_COLUMNS else np.nan
        full = np.full(len(asked), empty, dtype=values.dtype if values.dtype != object else object)
        full[scored] = values
        rows[name] = full
    rows["rank"] = _rank(np.asarray(rows["risk"], dtype=np.float64), ids).astype("Int64")
    rows["note"] = np.array(REASONS, dtype=object)[state]
    rows["model"] = model_name(saved)
    order = ["ticket_id", "as_of", "risk", "rank", *(name for name in columns if name.startswith("risk_"))]
    return pd.DataFrame({name: rows[name] for name in (*order, *REASON_COLUMNS, "note", "model")})


def model_name(saved: SavedModel) -> str:
    """Return a name by which a score tells its model: horizon and the first digits of its data's fingerprint."""
    return f"{saved.manifest.horizons[0]}-{saved.manifest.fingerprint[:8]}"


def feature_frame(notes: Annotations, points: Points, saved: SavedModel) -> pd.DataFrame:
    """Return the features that the model reads, one row per point."""
    return compute([from_json(spec) for spec in saved.manifest.features], notes, points)


def _risks(notes: Annotations, points: Points, saved: SavedModel, explain: int) -> Mapping[str, np.ndarray]:
    horizons = saved.manifest.horizons
    found: dict[str, np.ndarray] = {"risk": np.empty(len(points))}
    found |= {f"risk_{horizon}": np.empty(len(points)) for horizon in horizons[1:]}
    told = np.full((len(points), TOP), "", dtype=object)
    if len(points):
        frame = feature_frame(notes, points, saved)
        risks = saved.model.risks(frame)
        for place, name in enumerate(list(found)):
            found[name] = risks[:, place]
        shown = np.argsort(-risks[:, 0], kind="stable")[:explain]
        if len(shown):
            rows = frame.iloc[shown]
            features = [from_json(spec) for spec in saved.manifest.features]
            added = saved.model.primary.contributions(rows)
            keyed = keys_of(features, notes, points.take(shown))
            for row, sentences in zip(shown, reasons(features, rows, added, keyed=keyed), strict=True):
                told[row, : len(sentences)] = sentences
    return found | {name: told[:, place] for place, name in enumerate(REASON_COLUMNS)}


def _rank(risk: np.ndarray, ids: np.ndarray) -> pd.Series:
    """Return 1 for the highest risk; equal risks by ticket id, so that a re-run ranks the same."""
    order = np.lexsort((ids.astype(str), -risk))
    known = int((~np.isnan(risk)).sum())
    ranks = np.full(len(risk), np.nan)
    ranks[order[:known]] = np.arange(1, known + 1)
    return pd.Series(ranks)


def _times(as_of: Ints) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(as_of.astype("datetime64[us]")).tz_localize("UTC")
