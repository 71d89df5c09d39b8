"""Scoring: from a log, a model and points to ranked rows with calibrated risk and reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.casting import as_strings
from boilover.conform import from_frame
from boilover.features import Feature, compute, from_json
from boilover.features.frame import Plan, look_up
from boilover.fitting import fit_attributes
from boilover.history import Floats, History, Ints
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.points import READY, REASONS, SOLVED, Points, state_of, tonight
from boilover.ranking import by_risk
from boilover.reasons import TOP, Keyed, keys_of, reasons
from boilover.times import UNITS, in_words, is_ahead, iso, now, parse_duration, parse_moment

EXPLAINED = 200
"""Rows that get reasons by exact contributions, the riskiest first: they cost up to a millisecond a row."""
ALL = "all"
REASON_COLUMNS = tuple(f"reason_{place + 1}" for place in range(TOP))
REASONS_BY = "reasons_by"
EXACT, PATHS = "exact contributions", "path attribution"
WAYS = ("", EXACT, PATHS)
"""How the reasons of a row were found; the second is quick, and mostly tells the same first reason."""
_AT_ONCE = 20_000
"""Rows that are explained together: what each column adds to each of them is held in memory."""

RESTS = UNITS["w"]
"""Desks rest over weekends and holidays, and nothing is wrong."""

APART = 180 * UNITS["d"]
"""A last event that lies further from the one before it than any desk rests has a wrong time, or is of another life."""

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
        with ThreadPoolExecutor(1) as aside:
            # The points are sought in one thread; what fails here fails again where features are computed.
            look_up(Plan.of(features_of(saved)), notes, aside)
            asked = tonight(notes.history, history.end if as_of is None else parse_moment(as_of))
        ids = ids_of(notes, asked)
        return score_points(notes, asked, ids, saved, explain=explain, ready=True, ranked=True)
    asked = Points.from_frame(points, history, source=source)
    ids = as_strings(from_frame(points[["ticket_id"]])["ticket_id"]).fill_null("").combine_chunks()
    return score_points(notes, asked, ids, saved, explain=explain)


def told_late(newest: int, as_of: int, saved: SavedModel) -> str | None:
    """Return a warning where nothing is known of so long before ``as_of`` that what risks speak of may have happened.

    That is longer than all horizons of the model, and than a desk rests; times in UTC microseconds.
    """
    longest = max(map(parse_duration, saved.manifest.horizons))
    age = as_of - newest
    if age <= max(longest, RESTS):
        return None
    return (
        f"warning: the newest event, {iso(newest)}, is {in_words(age / UNITS['h'])} older than {iso(as_of)}, and risks"
        f" reach {in_words(longest / UNITS['h'])} ahead: what they speak of may have happened. Look whether the log is"
        " up to date"
    )


def told_ahead(newest: int, before: int) -> str | None:
    """Return a warning where the last event, as of which scores are unless told, seems to have a wrong time.

    That is more than clocks differ after now, or `APART` after the one ``before`` it; times in UTC microseconds.
    """
    if is_ahead(newest, None):
        known, ahead = "now", newest - now()
    elif newest - before > APART:
        known, ahead = f"the one before it, {iso(before)}", newest - before
    else:
        return None
    return (
        f"warning: the last event, {iso(newest)}, is {in_words(ahead / UNITS['h'])} after {known}, and scores are as of"
        " it. Name another moment with --as-of, and mend its time in the source if it is wrong"
    )


def notes_for(log: EventLog, saved: SavedModel, *, is_part: bool = False) -> Annotations:
    """Return the annotations of a log, or of a part of one, whose attributes are of the types that the model knows.

    Who is at risk is what the model's rule says.
    """
    fitted = fit_attributes(log, saved.manifest, is_part=is_part)
    return Annotations(History.from_log(replace(fitted, at_risk_until=saved.rule.at_risk_until)))


def ids_of(notes: Annotations, points: Points) -> pa.Array:
    """Return the ids of the points' tickets, all of them known, as codes of words."""
    return pa.DictionaryArray.from_arrays(pa.array(points.ticket), notes.history.ticket_ids)


def score_points(
    notes: Annotations,
    asked: Points,
    ids: pa.Array,
    saved: SavedModel,
    *,
    explain: Explained = EXPLAINED,
    compute: Callable[[Points], pd.DataFrame] | None = None,
    ready: bool = False,
    ranked: bool = False,
) -> pd.DataFrame:
    """Return what `score` tells of n points whose tickets go by ``ids``: one row each, in their order or ``ranked``.

    ``compute`` returns the features of points, where they do not follow from ``notes`` alone. All points can be asked
    where they are ``ready``, as those of `tonight` are.
    """
    state = np.full(len(asked), READY, dtype=np.int8) if ready else state_of(notes.history, asked)
    scored = np.flatnonzero((state == READY) | (state == SOLVED))
    risks = np.full((len(asked), len(saved.manifest.horizons)), np.nan)
    frame = pd.DataFrame()
    if len(scored):
        points = asked if len(scored) == len(asked) else asked.take(scored)
        frame = feature_frame(notes, points, saved) if compute is None else compute(points)
        risks[scored] = saved.model.risks(frame)
    place = np.full(len(asked), -1)
    place[scored] = np.arange(len(scored))

    def pick(rows: np.ndarray) -> tuple[pd.DataFrame, Keyed]:
        told = frame.iloc[place[rows]]
        return told, keys_of(features_of(saved), notes, asked.take(rows))

    return rows_of(ids, asked.as_of, risks, saved, explain, pick, state=state, ranked=ranked)


def rows_of(
    ids: pa.Array,
    as_of: Ints,
    risks: Floats,
    saved: SavedModel,
    explain: Explained,
    pick: Pick,
    *,
    state: npt.NDArray[np.int8] | None = None,
    ranked: bool = False,
) -> pd.DataFrame:
    """Return what `score` tells of n points: ``risks`` float64 (n, n_horizons), NaN where a point was not asked.

    ``ids`` are strings or codes of them. ``pick`` returns the features and keys of some rows, given in ascending order.
    ``state`` are places in `REASONS`, `READY` throughout where left out. Rows are in the order given, or ``ranked``: by
    falling risk.
    """
    n, asked = len(ids), int((~np.isnan(risks[:, 0])).sum())
    order = by_risk(risks[:, 0], ids)
    rows = order if ranked else np.arange(n)
    names = [f"risk_{horizon}" for horizon in saved.manifest.horizons[1:]]

    def ranked_rows() -> dict[str, pa.Array]:
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(1, n + 1)
        given, rank = risks[rows], rank[rows]
        return {
            "ticket_id": ids.take(pa.array(rows)).cast(pa.large_string()),
            "as_of": pa.array(as_of[rows]).cast(pa.timestamp("us", "UTC")),
            "risk": pa.array(given[:, 0]),
            "rank": pa.array(rank, mask=rank > asked),
            **{name: pa.array(given[:, place]) for place, name in enumerate(names, start=1)},
        }

    with ThreadPoolExecutor(1) as aside:
        # Rows lie far apart in memory: they are gathered while reasons are found.
        told = aside.submit(ranked_rows)
        texts, text, way = _explained(order[:asked], n, saved, explain, pick)
    one = np.zeros(n, dtype=np.int8)
    table = pa.table(
        {
            **told.result(),
            **{name: _told(texts[:, place], text[rows]) for place, name in enumerate(REASON_COLUMNS)},
            REASONS_BY: _told(WAYS, way[rows]),
            "note": _told(REASONS, one if state is None else state[rows]),
            "model": _told([model_name(saved)], one),
        }
    )
    found: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return found


def _told(words: Sequence[str] | np.ndarray, places: npt.NDArray[np.integer[Any]]) -> pa.Array:
    """Return words by their places: a text is made once, however many rows hold it."""
    return pa.array(words, pa.large_string()).take(pa.array(places))


def _explained(
    order: np.ndarray, n: int, saved: SavedModel, explain: Explained, pick: Pick
) -> tuple[np.ndarray, npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Return reasons, object[m, TOP]; which of them each of n rows has, and a place in `WAYS`.

    The riskiest rows come first in ``order``; none is empty, and the first of the reasons.
    """
    way = np.zeros(n, dtype=np.int8)
    exact = EXPLAINED if explain == ALL else int(explain)
    way[order[:exact]] = WAYS.index(EXACT)
    if explain == ALL:
        way[order[exact:]] = WAYS.index(PATHS)
    text, texts, known = np.zeros(n, dtype=np.int32), [np.full((1, TOP), "", dtype=object)], 1
    for place, name in enumerate(WAYS[1:], start=1):
        rows = np.flatnonzero(way == place)
        text[rows] = np.arange(known, known + len(rows))
        known += len(rows)
        some = (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
        texts += [told_why(*pick(each), saved, name) for each in some]
    return np.concatenate(texts), text, way


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
