"""What flags change, told by the lots alone; refused where nobody was held out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ledger_nights import BEGIN, CLEARED, DAY, HOUR, NEW, QUIET, SUPPRESSED, Told, record
from scipy.stats import norm

from boilover.errors import InputError, UsageError
from boilover.flagger.ledger import Arm, Effect, Facts, Ledger
from boilover.flagger.night import Tier, WhyNot

DRAWING = Facts("7d-0a1b2c3d", "p1", 0.5, lots_below=Tier.CRITICAL)
HELD = Told(SUPPRESSED, why_not=WhyNot.HOLDOUT)


def lots_of(ledger: Ledger) -> dict[str, tuple[bool, int]]:
    """Return of each ticket that a lot was drawn for whether it was held out, and on which day."""
    lots = ledger.export("lots")
    days = (lots["as_of"] - pd.Timestamp(BEGIN, unit="us", tz="UTC")) // pd.Timedelta(days=1)
    return dict(
        zip(lots["ticket_id"], zip(lots["is_held_out"].tolist(), days.tolist(), strict=True), strict=True)
    )


def test_lots_are_of_all_that_differ_by_the_lot_alone(ledger):
    """Flagged, or waiting for room or for the morning; not the critical ones, which no lot holds back."""
    told = {
        "flagged": Told(NEW),
        "held": HELD,
        "waits": Told(SUPPRESSED, why_not=WhyNot.CAPACITY),
        "sleeps": Told(SUPPRESSED, why_not=WhyNot.QUIET_HOURS),
        "cools": Told(SUPPRESSED, why_not=WhyNot.COOLDOWN),
        "urgent": Told(NEW, tier=Tier.CRITICAL),
        "calm": Told(QUIET),
    }
    record(ledger, BEGIN, told, facts=DRAWING)
    first = {"flagged": (False, 0), "held": (True, 0), "waits": (False, 0), "sleeps": (False, 0)}
    assert lots_of(ledger) == first
    later = {"waits": Told(NEW), "flagged": Told(CLEARED), "held": HELD, "cools": Told(NEW)}
    record(ledger, BEGIN + DAY, later, facts=DRAWING)
    assert lots_of(ledger) == first | {"cools": (False, 1)}
    again = {name: each for name, each in later.items() if name != "cools"}
    record(ledger, BEGIN + DAY, again, facts=DRAWING, replace=True)
    assert lots_of(ledger) == first
    assert ledger.export("holdouts")["ticket_id"].tolist() == ["held"]
    assert ledger.check() == ()


def test_no_lots_are_kept_where_none_are_drawn(ledger):
    record(ledger, BEGIN, {"a": Told(NEW), "b": Told(SUPPRESSED, why_not=WhyNot.CAPACITY)})
    assert ledger.export("lots").empty
    with pytest.raises(InputError, match="no ticket was held out by a lot at least 7 days ago, so no effect"):
        ledger.effect("desk")


def test_the_effect_counts_what_escalated_in_time(ledger):
    night = {f"h{n}": HELD for n in range(10)} | {f"o{n}": Told(NEW) for n in range(20)}
    record(ledger, BEGIN, night, facts=DRAWING)
    record(ledger, BEGIN + 7 * DAY, {"late": HELD, **dict.fromkeys(["o0"], Told(CLEARED))}, facts=DRAWING)
    escalated = {"h0": 1, "h1": 7 * 24, "h2": 7 * 24 + 1, "o1": 5, "late": 7 * 24 + 2}
    ledger.outcomes(
        "desk",
        pd.DataFrame(
            {
                "ticket_id": list(escalated),
                "escalated_at": [BEGIN + hours * HOUR for hours in escalated.values()],
                "resolved_at": 0,
            }
        ),
    )
    told = ledger.effect("desk", within="7d")
    assert told.until == BEGIN + 7 * DAY + 2 * HOUR
    assert (told.held_out, told.others, told.unripe) == (Arm(10, 2), Arm(20, 1), 1)
    assert told.difference.estimate == pytest.approx(-0.15)
    with pytest.raises(InputError, match="held out by a lot at least 8 days ago"):
        ledger.effect("desk", within="8d")
    with pytest.raises(UsageError, match="no night of desk 'other'"):
        ledger.effect("other")


def test_no_effect_is_told_where_outcomes_never_were(ledger):
    """Both arms at 0 % would read as if flags changed nothing."""
    night = {f"h{n}": HELD for n in range(10)} | {f"o{n}": Told(NEW) for n in range(20)}
    record(ledger, BEGIN, night, facts=DRAWING)
    record(ledger, BEGIN + 7 * DAY, {"late": HELD}, facts=DRAWING)
    told = {"ticket_id": ["late"], "resolved_at": [BEGIN + 8 * DAY]}
    ledger.outcomes("desk", pd.DataFrame(told))
    with pytest.raises(
        InputError, match=r"judged yet: outcomes were told until .*held out 7 days before.* ledger outcomes`"
    ):
        ledger.effect("desk")
    ledger.outcomes("desk", pd.DataFrame(told | {"ticket_id": ["o1"]}))
    assert ledger.effect("desk").says.startswith("no effect can be told")


def test_what_came_after_the_last_outcome_that_was_told_is_not_judged(ledger):
    """A desk that told outcomes for a week and no more: its later tickets did not stay calm, nobody said anything."""
    night = {f"h{n}": HELD for n in range(10)} | {f"o{n}": Told(NEW) for n in range(20)}
    later = {f"late h{n}": HELD for n in range(10)} | {f"late o{n}": Told(NEW) for n in range(20)}
    record(ledger, BEGIN, night, facts=DRAWING)
    record(ledger, BEGIN + 2 * DAY, later, facts=DRAWING)
    record(ledger, BEGIN + 30 * DAY, {"last": HELD}, facts=DRAWING)
    with pytest.raises(InputError, match="nothing was judged yet: no outcome was told"):
        ledger.effect("desk")
    told = {
        "ticket_id": ["h0", "o0", "late o1"],
        "escalated_at": [BEGIN + DAY, BEGIN + HOUR, BEGIN + 8 * DAY],
    }
    ledger.outcomes("desk", pd.DataFrame(told))
    found = ledger.effect("desk")
    assert (found.held_out, found.others, found.unripe) == (Arm(10, 1), Arm(20, 1), 31)
    assert found.until == BEGIN + 8 * DAY
    ledger.outcomes("desk", pd.DataFrame({"ticket_id": ["late h1"], "resolved_at": [BEGIN + 9 * DAY]}))
    found = ledger.effect("desk")
    assert (found.held_out, found.others, found.unripe) == (Arm(20, 1), Arm(40, 2), 1)


def test_intervals_are_those_of_the_paper():
    """Newcombe (1998), table II, method 10, contrasts (a), (d) and (g)."""
    for (x, m), (y, n), low, high in (
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ):
        difference = Effect("7d", Arm(n, y), Arm(m, x), 0, 0).difference
        assert difference[1:] == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("tickets", "escalated"), [(1, 0), (7, 7), (40, 13)])
def test_a_share_has_the_bounds_at_which_it_would_just_be_odd(tickets, escalated):
    estimate, low, high = Arm(tickets, escalated).share
    assert estimate == escalated / tickets
    for bound in (low, high):
        if 0 < bound < 1:
            off = abs(estimate - bound) / np.sqrt(bound * (1 - bound) / tickets)
            assert off == pytest.approx(norm.ppf(0.975))


def test_only_what_is_beyond_chance_is_claimed():
    assert Effect("7d", Arm(20, 4), Arm(180, 30), 0, 0).says.startswith("no effect can be told from chance")
    fewer = Effect("7d", Arm(400, 120), Arm(4000, 600), 0, 0).says
    assert fewer.startswith("tickets that may be flagged escalate less often, by 15.0 points")
    more = Effect("7d", Arm(400, 60), Arm(4000, 1200), 0, 0).says
    assert more.startswith("tickets that may be flagged escalate more often, by 15.0 points")
