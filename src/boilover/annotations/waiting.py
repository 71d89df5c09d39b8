"""Who waits for whom: replies, response gaps, and customers left waiting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
from boilover.history import HOUR, KINDS, Bytes, Coded, Floats, Ints, Values
from boilover.kernels import compiled
from boilover.schema import ROLES

Flags = npt.NDArray[np.bool_]
ASKED, ANSWERED, SOLVED = np.int8(1), np.int8(2), np.int8(3)
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
    history = notes.history
    # No event is two of these.
    step = notes.flag("customer_message") * ASKED
    step += notes.flag("agent_reply") * ANSWERED
    step += notes.flag("solved") * SOLVED
    began, ended, gap, unanswered, first = _wait(step, history.time, history.offsets)
    return {
        "wait_began": began,
        "wait_ended": ended,
        "response_gap": gap,
        "unanswered": unanswered,
        "first_reply": first,
    }


@compiled
def _wait(step: Bytes, time: Ints, offsets: Ints) -> tuple[Flags, Flags, Floats, Values, Flags]:
    n = len(time)
    began = np.zeros(n, np.bool_)
    ended = np.zeros(n, np.bool_)
    gap = np.full(n, np.nan)
    unanswered = np.empty(n, np.float32)
    first = np.zeros(n, np.bool_)
    for ticket in range(len(offsets) - 1):
        since = np.int64(0)
        open_messages = 0
        replied = False
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if step[row] == ASKED:
                if open_messages == 0:
                    since = time[row]
                    began[row] = True
                open_messages += 1
            elif step[row] != 0:
                if open_messages > 0:
                    ended[row] = True
                    if step[row] == ANSWERED:
                        gap[row] = (time[row] - since) / HOUR
                open_messages = 0
                if step[row] == ANSWERED:
                    first[row] = not replied
                    replied = True
            unanswered[row] = open_messages
    return began, ended, gap, unanswered, first
