"""Which partition a ticket belongs to: a month, and within a month that grew large a branch of a tree over hashes.

The first bits of the hash of its id lead a ticket to its partition: ``2026-01.01`` holds those of January whose
hashes begin with 01. A partition that grows too large is split in two by the next bit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.identity import Keys
from boilover.observation import observed

Codes = npt.NDArray[np.int64]
UNDATED = "undated"
"""The month of tickets without an event."""
BITS = 64


def months(events: pa.Table, ids: pa.Array) -> npt.NDArray[np.str_]:
    """Return in which month (UTC) each ticket was created: that of its created event, else of its first event."""
    rows = pc.index_in(events["ticket_id"].combine_chunks(), ids).to_numpy(zero_copy_only=False)
    times = observed(events)
    created = pc.equal(events["event_type"], "created").to_numpy()
    never = np.iinfo(np.int64).max
    born, first = np.full(len(ids), never), np.full(len(ids), never)
    np.minimum.at(born, rows[created], times[created])
    np.minimum.at(first, rows, times)
    born = np.where(born < never, born, first)
    told = np.datetime_as_string(born.astype("datetime64[us]").astype("datetime64[M]"))
    return np.where(born < never, told, UNDATED)


def leaf_names(month: str, keys: Keys, held: Collection[str]) -> Iterator[tuple[str, Codes]]:
    """Yield each partition of a month that some of ``keys`` belong to, with their positions.

    ``held`` names the partitions that exist.
    """
    yield from _descend(
        month, np.arange(len(keys)), keys, {name for name in held if _parted(name)[0] == month}
    )


def halves(name: str, keys: Keys) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Yield the two branches of a partition with which of ``keys`` belong there."""
    month, bits = _parted(name)
    is_one = (keys >> np.uint64(BITS - 1 - len(bits))) & np.uint64(1) == 1
    yield f"{month}.{bits}0", ~is_one
    yield f"{month}.{bits}1", is_one


def can_split(name: str) -> bool:
    """Return whether there are bits left to split by."""
    return len(_parted(name)[1]) < BITS


def _descend(name: str, rows: Codes, keys: Keys, held: Collection[str]) -> Iterator[tuple[str, Codes]]:
    if not len(rows):
        return
    if name in held or not any(each.startswith(name) for each in held):
        yield name, rows
        return
    for branch, chosen in halves(name, keys[rows]):
        yield from _descend(branch, rows[chosen], keys, held)


def _parted(name: str) -> tuple[str, str]:
    month, _, bits = name.partition(".")
    return month, bits
