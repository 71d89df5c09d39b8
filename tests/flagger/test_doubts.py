"""Points whose labels an answered flag may have changed are not learned from."""

from __future__ import annotations

import numpy as np
import pytest
from ledger_nights import HOUR, NEW, QUIET, SUPPRESSED, Told, record

from boilover import synthetic_desk
from boilover.features import Count
from boilover.features.families import CUSTOMER
from boilover.flagger.doubts import doubts_of
from boilover.flagger.ledger import Ledger
from boilover.flagger.night import WhyNot
from boilover.standing import first_escalations
from boilover.training.rows import training_rows

HORIZON = 7 * 24 * HOUR


@pytest.fixture(scope="module")
def rows():
    return training_rows(
        synthetic_desk(n_tickets=300, days=60, seed=2), ["7d"], ages=[1, 24, 72], features=[Count(CUSTOMER)]
    )


def test_points_of_rescued_tickets_are_left_out_and_no_others(rows, tmp_path):
    notes, points = rows.notes, rows.points
    names = notes.history.ticket_ids.to_pylist()
    calm = np.flatnonzero(first_escalations(notes.history) == np.iinfo(np.int64).max)
    asked = [ticket for ticket in calm if (points.ticket == ticket).sum() == 3]
    answered, flagged, held = (names[ticket] for ticket in asked[len(asked) // 2 :][:3])
    own = points.as_of[points.ticket == names.index(answered)]
    night = int(own[1]) + HORIZON - 10 * HOUR
    ledger = Ledger.open(tmp_path / "ledger.db")
    told = {answered: Told(NEW), flagged: Told(NEW), held: Told(SUPPRESSED, why_not=WhyNot.HOLDOUT)}
    record(ledger, night, {**told, names[asked[0]]: Told(QUIET)})
    ledger.acknowledge(answered, who="kim", when=night + HOUR)
    said: list[str] = []
    doubts = doubts_of(ledger, "desk", said.append)
    mask = doubts(notes, points, HORIZON)
    # Of the first point the horizon ends before the answer.
    expected = (points.ticket == names.index(answered)) & (points.as_of > own[0])
    assert mask.tolist() == expected.tolist()
    assert "".join(said) == (
        f"2 of {len(points)} points are left out for 168 h: a flag of their ticket was answered; 3 are of tickets"
        " held out"
    )
    log = synthetic_desk(n_tickets=300, days=60, seed=2)
    without = training_rows(log, ["7d"], ages=[1, 24, 72], features=[Count(CUSTOMER)], doubts=doubts)
    changed = np.isnan(without.labels["7d"]) & ~np.isnan(rows.labels["7d"])
    assert changed.tolist() == (mask & ~np.isnan(rows.labels["7d"])).tolist()
    kept = ~np.isnan(without.labels["7d"])
    assert (without.labels["7d"][kept] == rows.labels["7d"][kept]).all()
    assert not (without.splits["7d"].slices[mask] == rows.splits["7d"].slices[mask]).all()
