"""Where a ticket stands: status, reopens, and whether it still needs work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import Coded
from boilover.schema import STATUSES
from boilover.standing import GONE, MERGED, OVER_FROM, SOLVED, STATUS_CHANGED, STATUS_CODES, stated_of

Flags = npt.NDArray[np.bool_]


@annotates(
    "status",
    "status_entered",
    "reopened",
    "solved",
    "alive",
    "at_risk",
    "became_open",
    "ceased_open",
    "waits_on_customer",
)
def status(notes: Annotations) -> dict[str, Flags | Coded]:
    """Follow the status of each ticket.

    ``status``: after the event, one of ``STATUSES``. ``reopened``: it left solved or closed; restoring what was deleted
    is no reopening. ``solved``: it entered solved or closed from elsewhere. ``alive``: it is neither solved, closed nor
    merged. ``became_open`` and ``ceased_open``: the event turned that. ``at_risk``: the same as ``alive``, unless the
    escalation rule says that solved or closed tickets are at risk, too; merged and deleted ones never are. A status
    that the contract does not know counts as open.
    """
    history = notes.history
    starts = history.starts
    stated = stated_of(history)
    entered = history.kind == STATUS_CHANGED
    now = kernels.carried(stated, entered, starts, 0)
    was = kernels.before(now, starts, 0)
    over_from = OVER_FROM[history.log.at_risk_until]
    alive = now < SOLVED
    at_risk = alive if over_from == SOLVED else now < over_from
    merged = history.kind == MERGED
    if merged.any():
        # In place: the two are one array where nobody asks about solved tickets.
        stays = kernels.so_far(merged, starts) == 0
        alive &= stays
        at_risk &= stays
    was_alive = kernels.before(alive, starts, False)
    return {
        "status": Coded((now - (now == GONE)).astype(np.int32), tuple(STATUSES)),
        "status_entered": entered,
        "reopened": entered & (was >= SOLVED) & (was < GONE) & (stated < SOLVED),
        "solved": entered & (was < SOLVED) & (stated >= SOLVED),
        "alive": alive,
        "at_risk": at_risk,
        "became_open": alive & ~was_alive,
        "ceased_open": was_alive & ~alive,
        "waits_on_customer": entered & (now == STATUS_CODES["pending"]),
    }


@annotates("over")
def over(notes: Annotations) -> dict[str, Flags]:
    """Tell since when a ticket is not at risk: from this event on, and it was before it."""
    at_risk = notes.flag("at_risk")
    return {"over": ~at_risk & kernels.before(at_risk, notes.history.starts, True)}
