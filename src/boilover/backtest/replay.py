"""The policy replayed: each night decided with the threshold of its model and the memory of the nights before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover.backtest.asked import Nights
from boilover.backtest.book import Book, Ends, Flags
from boilover.features import Sight
from boilover.flagger import FlagPolicy, Night, Verdict, decide
from boilover.flagger.fire import segment_keys, segment_words, weights
from boilover.flagger.triggers import look_all
from boilover.history import Floats

COUNTED = {
    "new": Verdict.NEW,
    "risen": Verdict.RAISED_TIER,
    "cleared": Verdict.CLEARED,
    "suppressed": Verdict.SUPPRESSED,
}


@dataclass(frozen=True)
class Decided:
    """The flags of a policy, and what it decided at each point: ``verdict``, ``tier``, ``by``, ``why_not`` int8 (n)."""

    flags: Flags
    verdict: npt.NDArray[np.int8]
    tier: npt.NDArray[np.int8]
    by: npt.NDArray[np.int8]
    why_not: npt.NDArray[np.int8]
    by_night: dict[str, npt.NDArray[np.int64]]
    """Of each night: how many tickets were ``open``, had a ``standing`` flag after it, and the counts of `COUNTED`."""


def replay_policy(
    policy: FlagPolicy,
    sight: Sight,
    nights: Nights,
    risk: Floats,
    thresholds: Sequence[float],
    ends: Ends,
    close: int,
) -> Decided:
    """Decide night after night, and return all flags up to ``close``.

    ``sight`` is of the nights' points, ``risk`` (n) theirs, ``thresholds`` (n_nights) those of the models in service,
    ``ends`` how tickets end. Triggers, segments and weights are read once for all nights.
    """
    fired = look_all(policy.triggers_on, sight)
    segments = {key: segment_words(sight, key) for key in segment_keys(policy)}
    weight = weights(policy, sight)
    ids = sight.notes.history.ticket_ids.take(pa.array(nights.points.ticket))
    names = ids.to_numpy(zero_copy_only=False).astype(object)
    book = Book(ends)
    told = {name: np.zeros(len(risk), dtype=np.int8) for name in ("verdict", "tier", "by", "why_not")}
    counts = {name: np.zeros(len(nights), dtype=np.int64) for name in ("open", "standing", *COUNTED)}
    for place, as_of, rows, tickets in nights.each():
        memory = book.turn_to(place, as_of, tickets)
        night = Night(
            as_of=as_of,
            ticket_id=names[rows],
            risk=risk[rows],
            segments={key: words[rows] for key, words in segments.items()},
            weight=weight[rows],
            fired=fired.fires[rows],
            trigger_names=fired.names,
        )
        decision = decide(night, memory, policy, thresholds[place])
        book.decided(as_of, tickets, decision)
        for name, values in told.items():
            values[rows] = getattr(decision, name)
        counts["open"][place], counts["standing"][place] = len(night), book.standing(tickets).sum()
        for name, verdict in COUNTED.items():
            counts[name][place] = (decision.verdict == verdict).sum()
    return Decided(book.close(close), **told, by_night=counts)
