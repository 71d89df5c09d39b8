"""Where a ticket stands: status, reopens, and whether it still needs work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Bytes, Coded, Ints
from boilover.kernels import compiled
from boilover.schema import DELETED, STATUSES

STATUS_CODES = {name: code for code, name in enumerate(STATUSES)}
SOLVED = STATUS_CODES["solved"]
OPEN = STATUS_CODES["open"]
CLOSED = STATUS_CODES["closed"]
GONE = len(STATUSES)
"""In the kernel only: closed because the ticket was deleted."""
CREATED, STATUS_CHANGED, MERGED = KINDS["created"], KINDS["status_changed"], KINDS["merged"]


@annotates(
    "status",
    "status_entered",
    "reopened",
    "solved",
    "alive",
    "became_open",
    "ceased_open",
    "waits_on_customer",
)
def status(notes: Annotations) -> dict[str, npt.NDArray[np.bool_] | Coded]:
    """Follow the status of each ticket.

    ``status``: after the event, one of ``STATUSES``. ``reopened``: it left solved or closed; restoring what was deleted
    is no reopening. ``solved``: it entered solved or closed from elsewhere. ``alive``: it is neither solved, closed nor
    merged. ``became_open`` and ``ceased_open``: the event turned that. A status that the contract does not know counts
    as open.
    """
    history = notes.history
    told = history.coded("value")
    known = told.translated(_status, OPEN, np.int8)
    stated = np.where(history.kind == STATUS_CHANGED, kernels.take(known, told.codes), np.int8(-1))
    raw = history.coded("raw_value")
    if raw.where(DELETED) >= 0:
        stated[(stated == CLOSED) & (raw.codes == raw.where(DELETED))] = GONE
    after, reopened, solved, alive, turned = _follow(history.kind, stated, history.offsets)
    return {
        "status": Coded(after.astype(np.int32), tuple(STATUSES)),
        "status_entered": stated >= 0,
        "reopened": reopened,
        "solved": solved,
        "alive": alive,
        "became_open": turned & alive,
        "ceased_open": turned & ~alive,
        "waits_on_customer": (stated == STATUS_CODES["pending"]),
    }


def _status(word: str) -> int:
    return STATUS_CODES.get(word, OPEN)


@compiled
def _follow(
    kind: Bytes, stated: Bytes, offsets: Ints
) -> tuple[Bytes, npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    n = len(kind)
    after = np.zeros(n, np.int8)
    reopened = np.zeros(n, np.bool_)
    solved = np.zeros(n, np.bool_)
    alive = np.zeros(n, np.bool_)
    turned = np.zeros(n, np.bool_)
    for ticket in range(len(offsets) - 1):
        now = np.int8(0)
        merged = False
        was_alive = False
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if stated[row] >= 0:
                reopened[row] = SOLVED <= now < GONE and stated[row] < SOLVED
                solved[row] = now < SOLVED and stated[row] >= SOLVED
                now = stated[row]
            merged = merged or kind[row] == MERGED
            after[row] = CLOSED if now == GONE else now
            alive[row] = now < SOLVED and not merged
            turned[row] = alive[row] != was_alive
            was_alive = alive[row]
    return after, reopened, solved, alive, turned
