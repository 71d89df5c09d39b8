"""One ticket's course: what happened to it, its risk after each event and on each night, and what moved that risk.

Every moment is a point of its own and sees what was known then: the risks are those that `boilover.score` gives for
the same points.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from boilover.errors import UsageError, shorten
from boilover.explaining.course import Happening, happenings
from boilover.explaining.frames import filled, frame_of, plain_row
from boilover.explaining.moments import moments_of
from boilover.explaining.moves import Move, moves_of
from boilover.features import from_json
from boilover.history import History
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.points import Points
from boilover.reasons import keys_of, reasons
from boilover.scoring import feature_frame, model_name, notes_for
from boilover.times import iso, parse_moment

__all__ = ["Explanation", "Happening", "Move", "explain_ticket"]


@dataclass(frozen=True)
class Explanation:
    """The course of one ticket at m moments, in order of time.

    ``frame`` has one row per moment: ``at`` (UTC), ``kind`` (event, night or now), ``what`` (what happened; texts
    shortened), ``risk`` and ``risk_<horizon>`` (0 to 1, empty where none is asked), ``note`` (why it is empty),
    ``change`` of the risk since the moment before, ``why_1…3``: what moved it, the strongest first, and ``rest``: what
    else moved it. ``moves`` holds the former with figures; they and ``rest`` are log-odds of the uncalibrated score.
    """

    ticket_id: str
    model: str
    horizon: str
    base_rate: float
    """Share of the training points that escalate: what is usual."""
    frame: pd.DataFrame
    moves: tuple[tuple[Move, ...], ...]
    reasons: tuple[str, ...]
    """What raises the risk at the last moment that has one, the strongest first."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: times in ISO 8601, an undefined figure as None."""
        rows = [
            plain_row(row) | {"moves": [move._asdict() for move in moves]}
            for row, moves in zip(self.frame.to_dict("records"), self.moves, strict=True)
        ]
        return {
            "ticket_id": self.ticket_id,
            "model": self.model,
            "horizon": self.horizon,
            "base_rate": self.base_rate,
            "moments": rows,
            "reasons": list(self.reasons),
        }


def explain_ticket(
    log: EventLog, saved: SavedModel, ticket_id: str, *, as_of: int | str | datetime | None = None
) -> Explanation:
    """Explain the risk of one ticket of ``log`` up to ``as_of``, a time; the log's end where left out.

    The moments are those of its events, each night at 06:00 UTC while it is at risk, and ``as_of``. Raises `UsageError`
    for a ticket that the log does not hold, or not yet, and `MismatchError` where the model does not fit the log.
    """
    notes = notes_for(log, saved)
    history = notes.history
    until = history.end if as_of is None else parse_moment(as_of)
    ticket = _find(history, ticket_id, until)
    told = happenings(log, ticket_id, until)
    moments = moments_of(notes, ticket, [each.at for each in told], until)
    points = Points(np.full(len(moments.at), ticket, dtype=np.int32), moments.at)
    asked = np.flatnonzero(moments.is_asked)
    rows = feature_frame(notes, points.take(asked), saved)
    features = [from_json(spec) for spec in saved.manifest.features]
    added = saved.model.primary.contributions(rows) if len(asked) else np.empty((0, len(features)))
    keyed = keys_of(features, notes, points.take(asked))
    moves, rest = moves_of(features, rows, added, keyed)
    risks = saved.model.risks(rows) if len(asked) else np.empty((0, len(saved.manifest.horizons)))
    horizons = ("risk", *(f"risk_{horizon}" for horizon in saved.manifest.horizons[1:]))
    named = {name: filled(len(moments.at), asked, risks[:, place]) for place, name in enumerate(horizons)}
    places = {int(row): each for row, each in zip(asked, moves, strict=True)}
    spread = tuple(places.get(row, ()) for row in range(len(moments.at)))
    last = slice(len(asked) - 1, None)
    final = reasons(features, rows[last], added[last], keyed={key: has[last] for key, has in keyed.items()})
    return Explanation(
        ticket_id=ticket_id,
        model=model_name(saved),
        horizon=saved.manifest.horizons[0],
        base_rate=saved.manifest.base_rate,
        frame=frame_of(moments, told, asked, named, spread, filled(len(moments.at), asked, rest)),
        moves=spread,
        reasons=tuple(final[0]) if len(asked) else (),
    )


def _find(history: History, ticket_id: str, until: int) -> int:
    ticket = int(history.find(pa.array([ticket_id], pa.string()))[0])
    if ticket < 0 or history.offsets[ticket] == history.offsets[ticket + 1]:
        silent = " and tells of no event of it" if ticket >= 0 else ""
        raise UsageError(
            f"the log holds no course of ticket {shorten(ticket_id)}{silent}. Name a ticket of the log"
        )
    begun = int(history.begun[ticket])
    if begun > until:
        raise UsageError(
            f"ticket {shorten(ticket_id)} came into being at {iso(begun)}, after {iso(until)}. Ask as of a later time"
        )
    return ticket
