"""The order of a history: tickets by their ids, the events of each by the time at which they became visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover import kernels
from boilover.coded import ascend, encode, runs
from boilover.errors import UsageError
from boilover.log import EventLog
from boilover.observation import observed

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """The events of a log sorted by (ticket, observed_at, arrival), those of ticket ``i`` at ``offsets[i:i + 2]``.

    ``offsets`` int64 (n_tickets + 1); ``time`` int64 (n_events), UTC microseconds; ``rows`` int64 (n_events), where
    each event stands in the log, none where that is the same order. Tickets without events come last.
    """

    ticket_ids: pa.Array
    offsets: Ints
    time: Ints
    rows: Ints | None


def order_of(log: EventLog) -> Order:
    """Return the order of a log's events; a sorted log is recognised and not sorted again.

    Tickets are in the order of their ids, so that sums and ties over many tickets are the same in whatever order the
    rows came. Raises `UsageError` for what is no log.
    """
    if not isinstance(log, EventLog):
        raise UsageError(
            f"boilover.History.from_log, log: must be EventLog, not {type(log).__name__}."
            " Pass `boilover.open_log(path).log`, or make one with `boilover.EventLog.from_pandas`"
        )
    order = _as_it_stands(log) or _sorted(log)
    listed = log.tickets["ticket_id"].combine_chunks()
    if listed.equals(order.ticket_ids):
        return order
    silent = listed.filter(pc.invert(pc.is_in(listed, order.ticket_ids)))
    ticket_ids = pa.concat_arrays([order.ticket_ids, silent])
    offsets = np.concatenate((order.offsets, np.full(len(silent), order.offsets[-1])))
    return Order(ticket_ids, offsets, order.time, order.rows)


def _as_it_stands(log: EventLog) -> Order | None:
    """Return the order of a log that says that it is sorted, none where that is not so."""
    if not (log.is_sorted and pa.types.is_dictionary(log.events["ticket_id"].type)):
        return None
    time = observed(log.events)
    ticket_ids, ends = runs(log.events["ticket_id"])
    offsets = np.concatenate(([0], ends))
    if ascend(ticket_ids, strictly=True) and kernels.in_order(kernels.starts_of(offsets), time):
        return Order(ticket_ids, offsets, time, None)
    return None


def _sorted(log: EventLog) -> Order:
    time = observed(log.events)
    codes, ticket_ids = encode(log.events["ticket_id"])
    if not ascend(ticket_ids):
        by_id = pc.sort_indices(ticket_ids)
        rank = np.empty(len(ticket_ids), dtype=np.int32)
        rank[by_id.to_numpy()] = np.arange(len(rank), dtype=np.int32)
        codes, ticket_ids = rank[codes], ticket_ids.take(by_id)
    rows = None
    if not kernels.ascends(codes, time):
        rows = np.lexsort((time, codes))
        time = time[rows]
    offsets = np.zeros(len(ticket_ids) + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=len(ticket_ids)), out=offsets[1:])
    return Order(ticket_ids, offsets, time, rows)
