"""Where a ticket stands: status, reopens, and whether it still needs work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Bytes, Coded, Codes
from boilover.kernels import compiled
from boilover.schema import DELETED, STATUSES

Flags = npt.NDArray[np.bool_]

STATUS_CODES = {name: code for code, name in enumerate(STATUSES)}
SOLVED = np.int8(STATUS_CODES["solved"])
OPEN = np.int8(STATUS_CODES["open"])
CLOSED = np.int8(STATUS_CODES["closed"])
GONE = np.int8(len(STATUSES))
"""In the kernel only: closed because the ticket was deleted."""
STATUS_CHANGED, MERGED = KINDS["status_changed"], KINDS["merged"]


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
    told = history.coded("value")
    entered, after, reopened, solved, alive, turned = _follow(
        history.kind,
        told.codes,
        told.translated(status_of, OPEN, np.int8),
        history.meant("raw_value", DELETED.__eq__, False, np.bool_),
        history.starts,
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


def status_of(word: str) -> int:
    """Return the code of a status; one that the contract does not know counts as open."""
    return STATUS_CODES.get(word, int(OPEN))


@compiled
def _follow(
    kind: Bytes, told: Codes, known: Bytes, deleted: Flags, starts: Bytes
) -> tuple[Flags, Codes, Flags, Flags, Flags, Flags]:
    n = len(kind)
    entered = np.empty(n, np.bool_)
    after = np.empty(n, np.int32)
    reopened = np.empty(n, np.bool_)
    solved = np.empty(n, np.bool_)
    alive = np.empty(n, np.bool_)
    turned = np.empty(n, np.bool_)
    now = np.int8(0)
    merged = was_alive = False
    for row in range(n):
        goes_on = starts[row] == 0
        before = now if goes_on else np.int8(0)
        changed = kind[row] == STATUS_CHANGED
        stated = known[told[row]]
        stated = GONE if (stated == CLOSED) & deleted[row] else stated
        entered[row] = changed
        reopened[row] = changed & (before >= SOLVED) & (before < GONE) & (stated < SOLVED)
        solved[row] = changed & (before < SOLVED) & (stated >= SOLVED)
        now = stated if changed else before
        merged = (merged & goes_on) | (kind[row] == MERGED)
        after[row] = CLOSED if now == GONE else now
        lives = (now < SOLVED) & ~merged
        turned[row] = lives != (was_alive & goes_on)
        alive[row] = was_alive = lives
    return entered, after, reopened, solved, alive, turned
