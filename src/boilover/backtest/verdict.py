"""What a replay says in plain words, and the differences that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from boilover.backtest.figures import Costs
from boilover.backtest.rules import AGE, TITLES
from boilover.evaluation.bootstrap import Resampled
from boilover.evaluation.choice import beside_chance, hardly
from boilover.evaluation.interval import FEWEST, Interval

POLICY = "policy"
COMPARED = ("recall", "net_benefit")


def differences_of(found: Mapping[str, Resampled]) -> dict[str, dict[str, Interval]]:
    """Return the policy less each other method, in what is compared."""
    policy = found[POLICY]
    return {
        name: {figure: policy.difference(each, figure) for figure in COMPARED}
        for name, each in found.items()
        if name != POLICY
    }


def verdict(
    figures: Mapping[str, Mapping[str, Interval]],
    differences: Mapping[str, Mapping[str, Interval]],
    costs: Costs,
    escalations: int,
) -> tuple[str, ...]:
    """Return what the replay says, in plain words: what is caught, and whether that beats chance, age and each rule.

    By age as many flags are raised, so shares caught are compared; rules raise as many as they like, so their worth
    is, at the stated costs.
    """
    own = figures[POLICY]
    recall, ahead = own["recall"], own["recall_24h_ahead"]
    if not escalations:
        return ("has nothing to catch: no ticket escalated in these nights.",)
    flags = own["flags_a_night"].estimate
    share, chance = own["standing_share"].estimate, own["recall_by_chance"].estimate
    caught = f"catches {_share(recall)} of the escalations, {ahead.estimate:.1%} at least 24 h ahead"
    takes = f"with {flags:.1f} new flags a night, which stand on {share:.1%} of the open tickets"
    said = [f"{caught}, {takes}; as many drawn at random each night would catch {chance:.1%}."]
    said += [f"{each}." for each in (hardly(share),) if each]
    if escalations < FEWEST:
        return (
            *said,
            f"can be compared with no rule on so few escalations: {escalations}, {FEWEST} are needed.",
        )
    said += [f"{each}." for each in (beside_chance(own["lift"]),) if each]
    for name, gaps in differences.items():
        figure = "recall" if name == AGE else "net_benefit"
        gap, peer = gaps[figure], figures[name][figure]
        if np.isnan(gap.low):
            said.append(f"cannot be compared with {TITLES[name]}: the tickets are too few or all alike.")
            continue
        beats = "beats" if gap.low > 0 else "FALLS BEHIND" if gap.high < 0 else "DOES NOT BEAT"
        if name == AGE:
            told = f"{recall.estimate:.1%} caught against {peer.estimate:.1%}; difference {100 * gap.estimate:+.1f}"
            told += f" points, 95 % interval {100 * gap.low:+.1f} to {100 * gap.high:+.1f}"
        else:
            told = f"net benefit {own[figure].estimate:+.2f} against {peer.estimate:+.2f} per 100 tickets, a miss worth"
            told += f" {costs.miss / costs.false_alarm:g} false alarms; difference {gap.estimate:+.2f},"
            told += f" 95 % interval {gap.low:+.2f} to {gap.high:+.2f}"
        said.append(f"{beats} {TITLES[name]} ({told}).")
    return tuple(said)


def _share(figure: Interval) -> str:
    return f"{figure.estimate:.1%} ({figure.low:.1%} to {figure.high:.1%})"
