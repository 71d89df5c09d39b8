"""From a recorded night to handoff packets: the likely kind, the destination and the packet of flags that are shown."""

from __future__ import annotations

import numpy as np

from boilover.annotations import Annotations
from boilover.features import Sight
from boilover.flagger.kinds import likely_kinds
from boilover.flagger.ledger import Ledger
from boilover.flagger.load import assign
from boilover.flagger.matrix import Asked, Matrix
from boilover.flagger.night import By, Decision, Night, Objects, Tier, Times
from boilover.flagger.packet import Packet, Why, build
from boilover.flagger.triggers import Fired
from boilover.history import Coded
from boilover.points import Points


def hand_over(
    ledger: Ledger,
    matrix: Matrix | None,
    notes: Annotations,
    points: Points,
    night: Night,
    decision: Decision,
    flag_ids: Times,
    *,
    shown: set[int],
    reasons: Objects,
    fired: Fired | None = None,
    model: str = "",
) -> dict[int, Packet]:
    """Return the packets of the flags that are shown, by flag; keep where each goes.

    Parameters
    ----------
    points, night, decision, flag_ids : of the n tickets of a recorded night; ``flag_ids`` is ``Recorded.ids``.
    matrix : where flags go; without one a packet has no destination.
    shown : ids of flags; one whose ticket is not among tonight's gets no packet.
    reasons : the model's, object (n, k), empty texts where there are fewer.
    """
    rows = (
        np.flatnonzero(np.isin(flag_ids, sorted(shown)) & (flag_ids > 0)) if shown else np.zeros(0, np.int64)
    )
    few = points.take(rows)
    triggers = [{} if fired is None else fired.evidence(row) for row in rows.tolist()]
    told = [[reason for reason in reasons[row] if reason] for row in rows.tolist()]
    likely = likely_kinds(notes, few, triggers, told)
    sight = Sight(notes, few)
    category, group = _words(sight.attribute("category")), _words(sight.state("group"))
    asked = [
        Asked(
            flag_id=int(flag_ids[row]),
            ticket_id=str(night.ticket_id[row]),
            tier=int(decision.tier[row]),
            risk=float(night.risk[row]),
            kind=likely[place].kind,
            category=category[place],
            group=group[place],
        )
        for place, row in enumerate(rows.tolist())
    ]
    placed = {} if matrix is None else assign(ledger, matrix, asked)
    why = [
        Why(
            tier=Tier(each.tier).name.lower(),
            by=By(decision.by[row]).name.lower() if decision.by[row] else "",
            risk=_number(night.risk[row]),
            threshold=_number(decision.threshold[row]),
            reasons=tuple(told[place]),
            triggers=tuple(triggers[place].items()),
            model=model,
        )
        for place, (each, row) in enumerate(zip(asked, rows.tolist(), strict=True))
    ]
    packets = build(notes, few, why, likely, [placed.get(each.flag_id) for each in asked])
    return {each.flag_id: packet for each, packet in zip(asked, packets, strict=True)}


def _words(coded: Coded) -> list[str | None]:
    return [coded.words[code] if code >= 0 else None for code in coded.codes.tolist()]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
