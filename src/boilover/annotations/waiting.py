"""Who waits for whom: replies, response gaps, and customers left waiting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import HOUR, KINDS, Coded, Codes, Floats, Ints, Values
from boilover.schema import ROLES

Flags = npt.NDArray[np.bool_]
CUSTOMER, AGENT, BOT = ROLES.index("customer"), ROLES.index("agent"), ROLES.index("bot")


@annotates("customer_message", "agent_reply", "internal_note", "bot_message", "agent_action", "actor")
def messages(notes: Annotations) -> dict[str, Flags | Coded]:
    """Tell messages apart: the customer's, public replies of agents, internal notes, bots.

    A message of unknown visibility is public. ``agent_action`` is anything that an agent did.
    """
    history = notes.history
    message = history.kind == KINDS["message"]
    internal = history.denied("is_public")
    roles = history.roles
    return {
        "customer_message": message & (roles == CUSTOMER),
        "agent_reply": message & (roles == AGENT) & ~internal,
        "internal_note": message & internal & (roles != CUSTOMER),
        "bot_message": message & (roles == BOT),
        "agent_action": roles == AGENT,
        "actor": history.coded("actor_id"),
    }


@annotates("wait_began", "wait_ended", "response_gap", "unanswered", "first_reply")
def waiting(notes: Annotations) -> dict[str, Flags | Values]:
    """Follow the customer's wait: it begins with a message and ends with an agent's public reply or a solution.

    ``response_gap``: hours of wait that the reply ended, NaN at other events. ``unanswered``: the customer's messages
    since the last reply. ``first_reply``: the first public reply of an agent.
    """
    time, starts = notes.history.time, notes.history.starts
    asks, answers = notes.flag("customer_message"), notes.flag("agent_reply")
    ends = answers | notes.flag("solved")
    unanswered = kernels.count_until(asks, ends, starts)
    waits = kernels.before(unanswered, starts, 0) > 0
    began = asks & ~waits
    replied = answers & waits
    return {
        "wait_began": began,
        "wait_ended": ends & waits,
        "response_gap": _gaps(time, replied, kernels.set_rows(began | replied)),
        "unanswered": unanswered,
        "first_reply": answers & (kernels.before(kernels.so_far(answers, starts), starts, 0) == 0),
    }


@kernels.compiled
def _gaps(time: Ints, replied: Flags, rows: Codes) -> Floats:
    """Return the hours of wait where it was ``replied`` to, NaN elsewhere; ``rows`` are those and where it began."""
    gaps = np.full(len(time), np.nan)
    since = np.int64(0)
    for i in range(len(rows)):
        row = rows[i]
        if replied[row]:
            gaps[row] = (time[row] - since) / HOUR
        else:
            since = time[row]
    return gaps
