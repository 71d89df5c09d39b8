"""One night's decision: every open ticket, what is remembered of it, and the policy give a verdict each.

For one ticket, in this order:

1. It is *above* when its risk reaches the level of raising, and *below* when its risk is under the level of clearing
   and no trigger counts. Nights above are counted for every ticket, nights below while a flag is open; a night that is
   neither, or of unknown risk, begins both counts anew.
2. An open flag is cleared after enough nights below. Else, disagreed with or snoozed, it is held back; else it rises
   to a higher tier where one is asked for, outside quiet hours; else it stays.
3. A ticket without an open flag is quiet unless the model or a trigger asks for one. What is asked for is held back by
   too few nights above (of the model alone), the cooldown, the hold-out and quiet hours, in this order.
4. Of what is left the most urgent are new flags, as far as the capacity reaches: by tier, then by risk times weight,
   then by ticket id.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import InputError, MismatchError, UsageError
from boilover.flagger.levels import above, below, counted, levels_of, segment_of, tier_of
from boilover.flagger.night import (
    OPEN_STATES,
    QUEUE,
    By,
    Bytes,
    Decision,
    Flags,
    Memory,
    Night,
    Objects,
    State,
    Times,
    Verdict,
    WhyNot,
)
from boilover.flagger.policy import FlagPolicy
from boilover.flagger.settings import tier_code

HASHES = 2.0**64


def decide(night: Night, memory: Memory, policy: FlagPolicy, threshold: float) -> Decision:
    """Return what to do about each open ticket of a night; a pure function of its arguments.

    Parameters
    ----------
    night, memory : of the same tickets, in the same order; the order itself changes no verdict.
    threshold : the risk from which on a ticket of weight 1 is flagged: ``Threshold.value`` of
        `boilover.flagging.choose_threshold` for ``policy.threshold``. Where that is a capacity, it is the risk at
        which the capacity ends on an average night, and the capacity itself limits each night.

    Raises
    ------
    InputError : arrays that do not match, a risk outside 0 to 1, a weight that is not above 0, a ticket twice.
    MismatchError : the night lacks a segment key, or tells of a trigger that is not on.
    UsageError : the threshold is no number.
    """
    _check(night, memory, threshold)
    segment = segment_of(policy, night)
    levels = levels_of(policy, night, threshold, segment)
    is_above = above(policy, night, levels, segment)
    count = counted(policy, night, segment)
    asked = count.any(axis=1)
    tier = tier_of(policy, night, levels, is_above, count)
    is_open = np.isin(memory.state, OPEN_STATES)
    is_below = is_open & below(policy, night, levels, segment) & ~asked
    nights_above = np.where(is_above, memory.nights_above + 1, 0).astype(np.int32)
    nights_below = np.where(is_below, memory.nights_below + 1, 0).astype(np.int32)

    cleared = is_open & (nights_below >= policy.hysteresis.clear_nights)
    held = _held(night, memory) * (is_open & ~cleared)
    rises = is_open & ~cleared & (held == 0) & (tier > memory.tier)
    kept_back = rises & _in_quiet_hours(night, policy, tier)
    wants = ~is_open & (is_above | asked)
    waits = is_above & ~asked & (nights_above < levels.nights)
    held = np.where(wants, _waiting(night, memory, policy, tier, waits, levels.cooldown), held)
    held[kept_back] = WhyNot.QUIET_HOURS
    free = wants & (held == 0)
    held[free & ~_within_capacity(night, policy, tier, free)] = WhyNot.CAPACITY

    verdict = np.select(
        [cleared, kept_back, held > 0, rises, is_open, wants],
        [
            Verdict.CLEARED,
            Verdict.STILL,
            Verdict.SUPPRESSED,
            Verdict.RAISED_TIER,
            Verdict.STILL,
            Verdict.NEW,
        ],
        Verdict.QUIET,
    )
    stays = is_open & (verdict != Verdict.RAISED_TIER)
    return Decision(
        verdict=verdict.astype(np.int8),
        tier=np.where(stays, memory.tier, tier).astype(np.int8),
        by=(By.MODEL * is_above + By.TRIGGER * asked).astype(np.int8),
        nights_above=nights_above,
        nights_below=nights_below,
        why_not=held.astype(np.int8),
        threshold=levels.raise_at,
    )


def held_out(policy: FlagPolicy, ticket_id: Objects) -> Flags:
    """Return which tickets the policy keeps unflagged, bool (n): by a hash of the id, keyed by the policy's seed.

    SipHash-2-4 of the UTF-8 id (Aumasson & Bernstein, INDOCRYPT 2012), spread as by pandas.
    """
    share = policy.outcome.holdout
    if not share:
        return np.zeros(len(ticket_id), dtype=np.bool_)
    key = hashlib.blake2b(policy.outcome.seed.encode(), digest_size=8).hexdigest()
    hashes = pd.util.hash_array(np.asarray(ticket_id, dtype=object), hash_key=key, categorize=False)
    return hashes / HASHES < share


def _held(night: Night, memory: Memory) -> Bytes:
    """Return what people hold back of the open flags."""
    snoozed = (memory.state == State.SNOOZED) & (night.as_of < memory.snoozed_until)
    disagreed = memory.state == State.DISAGREED
    return np.select([snoozed, disagreed], [WhyNot.SNOOZED, WhyNot.DISAGREED], WhyNot.NOTHING).astype(np.int8)


def _waiting(
    night: Night, memory: Memory, policy: FlagPolicy, tier: Bytes, waits: Flags, cooldown: Times
) -> Bytes:
    """Return what holds new flags back, the capacity left aside."""
    fresh = (memory.cleared_at > 0) & (night.as_of - memory.cleared_at < cooldown)
    cools = fresh & (tier < tier_code(policy.hysteresis.unless))
    drawn = held_out(policy, night.ticket_id) & (tier < tier_code(policy.outcome.unless))
    return np.select(
        [waits, cools, drawn, _in_quiet_hours(night, policy, tier)],
        [WhyNot.MINIMUM_NIGHTS, WhyNot.COOLDOWN, WhyNot.HOLDOUT, WhyNot.QUIET_HOURS],
        WhyNot.NOTHING,
    ).astype(np.int8)


def _in_quiet_hours(night: Night, policy: FlagPolicy, tier: Bytes) -> Flags:
    if policy.quiet is None or not policy.quiet.holds(night.as_of):
        return np.zeros(len(night), dtype=np.bool_)
    return tier < tier_code(policy.quiet.unless)


def _within_capacity(night: Night, policy: FlagPolicy, tier: Bytes, free: Flags) -> Flags:
    """Return which of the ``free`` tickets get a flag: the most urgent of each queue, then of all."""
    rows = np.flatnonzero(free)
    ids = pc.sort_indices(pa.array(night.ticket_id[rows], pa.string())).to_numpy()
    worth = np.nan_to_num(night.risk[rows] * night.weight[rows], nan=-1.0)[ids]
    order = ids[np.lexsort((-worth, -tier[rows][ids]))]
    taken = rows[order]
    if policy.by_queue:
        taken = taken[_within_queues(night, policy, taken)]
    within = np.zeros(len(night), dtype=np.bool_)
    within[taken[: policy.limit(len(night))]] = True
    return within


def _within_queues(night: Night, policy: FlagPolicy, rows: npt.NDArray[np.int64]) -> Flags:
    """Return which of the tickets at ``rows``, the most urgent first, find room in their queue."""
    if QUEUE not in night.segments:
        raise MismatchError("[capacity] limits queues, and the night does not tell the tickets' queues")
    codes, words = pd.factorize(night.segments[QUEUE][rows])
    unlimited = len(rows)
    others = unlimited if policy.capacity.each_queue is None else policy.capacity.each_queue
    # The last one is that of code −1, no queue.
    limits = np.array([*(policy.capacity.queues.get(word, others) for word in words), unlimited])
    before = pd.Series(codes).groupby(codes).cumcount().to_numpy()
    return before < limits[codes]


def _check(night: Night, memory: Memory, threshold: float) -> None:
    if np.isnan(threshold):
        raise UsageError("the threshold is no number")
    if len(memory) != len(night):
        raise InputError(f"{len(night)} tickets and a memory of {len(memory)} differ in number")
    is_double = pd.Series(night.ticket_id, dtype=object).duplicated().to_numpy()
    for column, bad, mend in (
        ("risk", (night.risk < 0) | (night.risk > 1), "Give a probability"),
        ("weight", ~((night.weight > 0) & np.isfinite(night.weight)), "Give a number above 0"),
        ("ticket_id", is_double, "Ask once about a ticket"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            told = getattr(night, column).tolist()[row]
            raise InputError("cannot be decided", column=column, row=row + 1, value=told, mend=mend)
