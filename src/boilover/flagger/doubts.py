"""What a ledger knows of labels: a ticket that somebody rescued did not escalate, and teaches the wrong thing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.flagger.ledger import Ledger
from boilover.points import Points
from boilover.times import UNITS

Mask = npt.NDArray[np.bool_]


def doubts_of(
    ledger: Ledger, desk: str, say: Callable[[str], None] = lambda text: None
) -> Callable[[Annotations, Points, int], Mask]:
    """Return what tells training which points are contaminated: an answered flag may have changed their label.

    It takes the points and a horizon in microseconds, and returns bool (n); how many it marks is said.
    """

    def doubts(notes: Annotations, points: Points, horizon: int) -> Mask:
        ids = notes.history.ticket_ids.take(pa.array(points.ticket)).to_pandas()
        marked = ledger.contaminated(
            desk, pd.DataFrame({"ticket_id": ids, "as_of": points.as_of}), horizon=horizon
        )
        mask: Mask = marked["contaminated"].to_numpy(dtype=np.bool_)
        say(
            f"{int(mask.sum())} of {len(mask)} points are left out for {horizon / UNITS['h']:g} h: a flag of their"
            f" ticket was answered; {int(marked['holdout'].sum())} are of tickets held out"
        )
        return mask

    return doubts
