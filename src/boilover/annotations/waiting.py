"""Who waits for whom: replies, response gaps, and customers left waiting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
from boilover.history import HOUR, KINDS, Coded, Floats, Ints, Values
from boilover.kernels import compiled
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
    history = notes.history
    began, ended, gap, unanswered, first = _wait(
        notes.flag("customer_message"),
        notes.flag("agent_reply"),
        notes.flag("solved"),
        history.time,
        history.offsets,
    )
    return {
        "wait_began": began,
        "wait_ended": ended,
        "response_gap": gap,
        "unanswered": unanswered,
        "first_reply": first,
    }


@compiled
def _wait(
    asked: Flags, answered: Flags, solved: Flags, time: Ints, offsets: Ints
) -> tuple[Flags, Flags, Floats, Values, Flags]:
    n = len(time)
    began = np.zeros(n, np.bool_)
    ended = np.zeros(n, np.bool_)
    gap = np.empty(n)
    unanswered = np.empty(n, np.float32)
    first = np.zeros(n, np.bool_)
    for ticket in range(len(offsets) - 1):
        since = np.int64(-1)
        open_messages = 0
        replied = False
        for row in range(offsets[ticket], offsets[ticket + 1]):
            gap[row] = np.nan
            if asked[row]:
                open_messages += 1
                if since < 0:
                    since = np.int64(row)
                    began[row] = True
            elif answered[row] or solved[row]:
                if since >= 0:
                    ended[row] = True
                    if answered[row]:
                        gap[row] = (time[row] - time[since]) / HOUR
                since = np.int64(-1)
                open_messages = 0
                first[row] = answered[row] and not replied
                replied = replied or answered[row]
            unanswered[row] = open_messages
    return began, ended, gap, unanswered, first
