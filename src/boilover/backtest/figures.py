"""Figures of a replay with intervals: sums over tickets, whole tickets drawn again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import chain

import numpy as np
import numpy.typing as npt

from boilover.backtest.measures import Outcomes, Tickets
from boilover.errors import UsageError
from boilover.evaluation.bootstrap import Resampled, draws
from boilover.history import Floats
from boilover.policy import LeastCost, Policy

QUARTILES = {"lead_lower_quartile": 0.25, "lead_median": 0.5, "lead_upper_quartile": 0.75}
"""Hours of lead over all escalations; a missed one counts as zero."""
RATIOS = (
    "recall",
    "recall_by_chance",
    "lift",
    "recall_24h_ahead",
    "first_flag_precision",
    "flags_per_caught",
    "flags_a_night",
    "standing_a_night",
    "standing_share",
    "flags_per_ticket",
    "flips_per_flagged",
    "net_benefit",
    "cost_a_night",
)
FIGURES = (*RATIOS, *QUARTILES)
COLUMNS = tuple(each.name for each in fields(Outcomes) if each.name != "lead")


@dataclass(frozen=True)
class Costs:
    """The cost matrix: a missed escalation, and a flag that catches none. A catch and silence on a calm ticket: 0.

    Raises `UsageError` where either is not above 0.
    """

    miss: float = 10.0
    false_alarm: float = 1.0

    def __post_init__(self) -> None:
        """Refuse costs that mean nothing before a replay is made for them."""
        if not (self.miss > 0 and self.false_alarm > 0):
            raise UsageError(f"costs of {self.miss:g} and {self.false_alarm:g}: both must be above 0")

    @classmethod
    def of(cls, policy: Policy) -> Costs:
        """Return the costs that a threshold was chosen by, or ten false alarms to a miss."""
        return cls(policy.miss, policy.false_alarm) if isinstance(policy, LeastCost) else cls()


def resample(
    tickets: Tickets,
    methods: Mapping[str, Outcomes],
    n_nights: int,
    costs: Costs,
    *,
    rounds: int,
    seed: int,
) -> dict[str, Resampled]:
    """Return `FIGURES` of every method; a round draws the same tickets for all, so that differences are paired.

    Whole tickets are drawn with replacement (the cluster bootstrap; Field & Welsh, JRSS B 2007). Nights are not: what
    befell the whole desk in these weeks is taken as given.
    """
    if rounds < 1:
        raise UsageError(f"{rounds} bootstrap rounds: give at least 1")
    escalated = np.flatnonzero(tickets.escalated)
    common = np.stack([np.ones(len(tickets.ticket)), tickets.escalated > 0, tickets.nights])
    tables = {
        name: np.concatenate([common, [getattr(each, column) for column in COLUMNS]])
        for name, each in methods.items()
    }
    leads = {name: each.lead[escalated] for name, each in methods.items()}
    sums = {name: np.empty((len(table), rounds + 1)) for name, table in tables.items()}
    quartiles = {name: np.empty((rounds + 1, len(QUARTILES))) for name in tables}
    every = np.ones(len(tickets.ticket))
    for place, drawn in enumerate(chain([every], draws(len(every), rounds, seed))):
        for name, table in tables.items():
            sums[name][:, place] = table @ drawn
            quartiles[name][place] = _quartiles(leads[name], drawn[escalated])
    found = {}
    for name in tables:
        ratios = _ratios(sums[name], n_nights, costs)
        figures = np.column_stack([*(ratios[each] for each in RATIOS), quartiles[name]])
        known, shares = int(methods[name].first_known.sum()), ("recall", "recall_24h_ahead")
        trials = dict.fromkeys(shares, len(escalated)) | {"first_flag_precision": known}
        # A method that never flags catches nothing for certain.
        trials = trials if methods[name].flags.any() else {}
        found[name] = Resampled(FIGURES, figures[0], figures[1:], trials)
    return found


def _ratios(sums: npt.NDArray[np.float64], n_nights: int, costs: Costs) -> dict[str, Floats]:
    tickets, escalated, open_nights = sums[:3]
    of = dict(zip(COLUMNS, sums[3:], strict=True))
    return {
        "recall": _over(of["caught"], escalated),
        "recall_by_chance": _over(of["by_chance"], escalated),
        "lift": _over(of["caught"], of["by_chance"]),
        "recall_24h_ahead": _over(of["early"], escalated),
        "first_flag_precision": _over(of["first_right"], of["first_known"]),
        "flags_per_caught": _over(of["flags"], of["caught"]),
        "flags_a_night": of["flags"] / n_nights,
        "standing_a_night": of["stood"] / n_nights,
        "standing_share": _over(of["stood"], open_nights),
        "flags_per_ticket": of["flags"] / tickets,
        "flips_per_flagged": _over(of["flips"], of["flagged"]),
        "net_benefit": 100 * (of["caught"] - of["false"] * costs.false_alarm / costs.miss) / tickets,
        "cost_a_night": (costs.miss * (escalated - of["caught"]) + costs.false_alarm * of["false"])
        / n_nights,
    }


def _over(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, where=below > 0, out=np.full(len(above), np.nan))


def _quartiles(leads: Floats, counts: Floats) -> Floats:
    drawn = np.repeat(leads, counts.astype(np.int64))
    shares = list(QUARTILES.values())
    return np.quantile(drawn, shares) if len(drawn) else np.full(len(shares), np.nan)
