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
    began, ended, gap, unanswered, first = _wait(step, history.time, history.starts)
    return {
        "wait_began": began,
        "wait_ended": ended,
        "response_gap": gap,
        "unanswered": unanswered,
        "first_reply": first,
    }


@compiled
def _wait(step: Bytes, time: Ints, starts: Bytes) -> tuple[Flags, Flags, Floats, Values, Flags]:
    n = len(time)
    began = np.empty(n, np.bool_)
    ended = np.empty(n, np.bool_)
    gap = np.empty(n, np.float64)
    unanswered = np.empty(n, np.float32)
    first = np.empty(n, np.bool_)
    since = np.int64(0)
    waiting = np.int32(0)
    replied = False
    for row in range(n):
        goes_on = starts[row] == 0
        waiting = waiting if goes_on else np.int32(0)
        replied &= goes_on
        asks, answers = step[row] == ASKED, step[row] == ANSWERED
        ends = answers | (step[row] == SOLVED)
        begins = asks & (waiting == 0)
        since = time[row] if begins else since
        waits = waiting > 0
        began[row] = begins
        ended[row] = ends & waits
        hours = (time[row] - since) / HOUR
        gap[row] = hours if answers & waits else np.nan
        waiting = np.int32(0) if ends else waiting + np.int32(asks)
        unanswered[row] = waiting
        first[row] = answers & ~replied
        replied |= answers
    return began, ended, gap, unanswered, first
