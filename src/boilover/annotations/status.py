"""Where a ticket stands: status, reopens, and whether it still needs work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Bytes, Coded, Codes, Ints
from boilover.kernels import compiled
from boilover.schema import DELETED, STATUSES

Flags = npt.NDArray[np.bool_]

STATUS_CODES = {name: code for code, name in enumerate(STATUSES)}
SOLVED = np.int8(STATUS_CODES["solved"])
OPEN = np.int8(STATUS_CODES["open"])
CLOSED = np.int8(STATUS_CODES["closed"])
GONE = np.int8(len(STATUSES))
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
def status(notes: Annotations) -> dict[str, Flags | Coded]:
    """Follow the status of each ticket.

    ``status``: after the event, one of ``STATUSES``. ``reopened``: it left solved or closed; restoring what was deleted
    is no reopening. ``solved``: it entered solved or closed from elsewhere. ``alive``: it is neither solved, closed nor
    merged. ``became_open`` and ``ceased_open``: the event turned that. A status that the contract does not know counts
    as open.
    """
    history = notes.history
    told, raw = history.coded("value"), history.coded("raw_value")
    entered, after, reopened, solved, alive, turned = _follow(
        history.kind,
        told.codes,
        told.translated(_status, OPEN, np.int8),
        raw.codes,
        raw.where(DELETED),
        history.offsets,
    )
    return {
        "status": Coded(after, tuple(STATUSES)),
        "status_entered": entered,
        "reopened": reopened,
        "solved": solved,
        "alive": alive,
        "became_open": turned & alive,
        "ceased_open": turned & ~alive,
        "waits_on_customer": entered & (after == STATUS_CODES["pending"]),
    }


def _status(word: str) -> int:
    return STATUS_CODES.get(word, int(OPEN))


@compiled
def _follow(
    kind: Bytes, told: Codes, known: Bytes, raw: Codes, deleted: int, offsets: Ints
) -> tuple[Flags, Codes, Flags, Flags, Flags, Flags]:
    n = len(kind)
    entered = np.zeros(n, np.bool_)
    after = np.zeros(n, np.int32)
    reopened = np.zeros(n, np.bool_)
    solved = np.zeros(n, np.bool_)
    alive = np.zeros(n, np.bool_)
    turned = np.zeros(n, np.bool_)
    for ticket in range(len(offsets) - 1):
        now = np.int8(0)
        merged = False
        was_alive = False
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if kind[row] == STATUS_CHANGED:
                stated = known[told[row] if told[row] >= 0 else len(known) - 1]
                if stated == CLOSED and raw[row] == deleted:
                    stated = GONE
                entered[row] = True
                reopened[row] = SOLVED <= now < GONE and stated < SOLVED
                solved[row] = now < SOLVED and stated >= SOLVED
                now = stated
            merged = merged or kind[row] == MERGED
            after[row] = CLOSED if now == GONE else now
            alive[row] = now < SOLVED and not merged
            turned[row] = alive[row] != was_alive
            was_alive = alive[row]
    return entered, after, reopened, solved, alive, turned
