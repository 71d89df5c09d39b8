"""Who waits for whom: replies, response gaps, and customers left waiting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import HOUR, KINDS, Coded, Floats, Ints, Values
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
    since = kernels.carried(time, began, starts, 0)
    return {
        "wait_began": began,
        "wait_ended": ends & waits,
        "response_gap": _hours(time, since, answers & waits),
        "unanswered": unanswered,
        "first_reply": answers & (kernels.before(kernels.so_far(answers, starts), starts, 0) == 0),
    }


@kernels.compiled
def _hours(time: Ints, since: Ints, told: Flags) -> Floats:
    """Return the hours from ``since`` to ``time`` where they are told, NaN elsewhere."""
    hours = np.empty(len(time), np.float64)
    for row in range(len(time)):
        hours[row] = (time[row] - since[row]) / HOUR if told[row] else np.nan
    return hours
