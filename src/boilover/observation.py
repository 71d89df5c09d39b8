"""When events became visible: ``observed_at``, or ``occurred_at`` where that is empty."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def observed(events: pa.Table) -> npt.NDArray[np.int64]:
    """Return when each event became visible, as UTC microseconds: observed_at, or occurred_at where empty."""
    instants: npt.NDArray[np.int64] = observed_column(events).to_numpy()
    return instants


def last_observed(events: pa.Table) -> int | None:
    """Return when the last event became visible, None where there is none; without an array of them all."""
    last: int | None = pc.max(observed_column(events)).as_py()
    return last


def last_two_observed(events: pa.Table) -> tuple[int, int] | None:
    """Return the last moment at which events became visible, and the one before it; None of fewer moments."""
    times = observed_column(events)
    last = pc.max(times)
    before = pc.max(times.filter(pc.less(times, last))) if last.is_valid else last
    return (last.as_py(), before.as_py()) if before.is_valid else None


def observed_column(events: pa.Table) -> pa.ChunkedArray:
    """Return what `observed` does as an Arrow column, null where neither time is told."""
    times = events["occurred_at"]
    if "observed_at" in events.column_names:
        told = events["observed_at"]
        if told.null_count < len(told):
            times = pc.coalesce(told, times) if told.null_count else told
    return times.cast(pa.int64())
