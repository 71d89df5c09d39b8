"""A replay of past nights as sentences and rows of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from boilover.backtest.rules import AGE
from boilover.backtest.table import NAMES
from boilover.backtest.verdict import POLICY
from boilover.evaluation.choice import hardly
from boilover.evaluation.interval import FEWEST
from boilover.report.verdict import Verdict, compared
from boilover.words import count, hours, number, numbered, percent, spelled, with_interval

CHANCE = "a random choice of as many tickets"


class Method(NamedTuple):
    """One row of the tables: each figure with its interval in words."""

    name: str
    is_policy: bool
    caught: str
    cells: Sequence[tuple[str, str]]


def verdict(result: Mapping[str, Any]) -> Verdict:
    """Return two sentences: what the policy would have caught, and whom it beats."""
    own, counts, escalations = result["figures"][POLICY], result["counts"][POLICY], result["escalations"]
    over, flags = numbered(result["nights"], "night"), count(own["flags_a_night"]["estimate"])
    if not escalations:
        measured = f"Over {over} no ticket escalated; the policy would have raised {flags} new flags a night."
        return Verdict(measured, "There was nothing to catch.", False)
    measured = (
        f"Over {over} the policy would have caught {counts['caught']:,} of {numbered(escalations, 'escalation')}"
        f" ({percent(own['recall']['estimate'])}; {percent(own['recall_24h_ahead']['estimate'])} at least a day ahead)"
        f" with {flags} new flags a night. As many tickets drawn at random would have caught"
        f" {percent(own['recall_by_chance']['estimate'])}."
    )
    if escalations < FEWEST:
        return Verdict(measured, "So few escalations cannot tell whether it beats any rule.", False)
    lift = own["lift"]
    gaps = {CHANCE: {name: None if lift[name] is None else lift[name] - 1 for name in ("low", "high")}}
    gaps |= {
        name: gap["recall" if name == AGE else "net_benefit"] for name, gap in result["differences"].items()
    }
    lows = [gaps[name]["low"] for name in (CHANCE, AGE)]
    is_bad = any(low is not None and low <= 0 for low in lows)
    told = compared(gaps, lambda name: CHANCE if name == CHANCE else f"‘{NAMES[name]}’")
    return Verdict(measured, told, is_bad or bool(warning(result)))


def warning(result: Mapping[str, Any]) -> str:
    """Return that the policy's flags are hardly a choice, where they are none."""
    return hardly(result["figures"][POLICY]["standing_share"]["estimate"])


def methods(result: Mapping[str, Any]) -> list[Method]:
    """Return the policy and the rules of desks, the policy first."""
    shown = (
        *("recall", "recall_by_chance", "standing_share", "recall_24h_ahead", "first_flag_precision"),
        *("flags_a_night", "flags_per_caught"),
    )
    return [
        Method(
            NAMES[name],
            name == POLICY,
            f"{result['counts'][name]['caught']:,}",
            [
                *(
                    with_interval(figures[each], count if each.startswith("flags") else percent)
                    for each in shown
                ),
                with_interval(figures["lead_median"], lambda value: hours(value) if value else "0"),
                with_interval(figures["net_benefit"], _worth),
                with_interval(figures["cost_a_night"], count),
            ],
        )
        for name, figures in result["figures"].items()
    ]


def _worth(value: float) -> str:
    return f"{value:+z.2f}".replace("-", "\N{MINUS SIGN}")


def trainings(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return one row per training."""
    return [
        (
            row["at"][:10],
            f"{row['nights']:,}",
            f"{row['features']:,}",
            percent(row["base_rate"]),
            number(row["held_out_average_precision"]),
            percent(row["threshold"]),
        )
        for row in result["trainings"]
    ]


def facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of what was replayed."""
    costs, trained = result["costs"], len(result["trainings"])
    return [
        ("Nights", f"{result['nights']:,}, {result['since'][:10]} to {result['until'][:10]}, at 06:00 UTC"),
        ("Horizon", spelled(result["horizon"])),
        ("Trained anew", f"every {spelled(result['retrain'])}: {numbered(trained, 'training')}"),
        ("Tickets", f"{result['tickets']:,} at risk on a night or escalated"),
        (
            "Escalations",
            f"{result['escalations']:,}; {result['unseen']:,} before a first night: no nightly job can catch those",
        ),
        ("Costs", f"a miss {costs['miss']:g}, a flag that catches nothing {costs['false_alarm']:g}"),
    ]
