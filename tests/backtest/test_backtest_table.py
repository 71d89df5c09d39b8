"""What is said of a replay: the verdict in words, and the table."""

from __future__ import annotations

import json

from boilover.backtest import Backtest, Costs
from boilover.backtest.figures import FIGURES
from boilover.backtest.result import Counts, NightRow, Training
from boilover.backtest.table import render
from boilover.backtest.verdict import verdict
from boilover.evaluation.interval import Interval

NAN = float("nan")
UNKNOWN = Interval(NAN, NAN, NAN)


def figures(recall: float, benefit: float) -> dict[str, Interval]:
    told = {name: Interval(0.25, 0.2, 0.3) for name in FIGURES}
    told |= {"recall": Interval(recall, recall - 0.1, recall + 0.1), "flags_per_caught": UNKNOWN}
    told |= {"lift": Interval(2.8, 2.1, 3.4)}
    return told | {"net_benefit": Interval(benefit, benefit - 1, benefit + 1)}


FOUND = {"policy": figures(0.7, 5.0), "age_matched": figures(0.5, 4.0), "unresolved_24h": figures(0.9, 4.9)}
GAPS = {
    "age_matched": {"recall": Interval(0.2, 0.1, 0.3), "net_benefit": Interval(1.0, -1.0, 2.0)},
    "unresolved_24h": {"recall": Interval(-0.2, -0.3, -0.1), "net_benefit": Interval(0.1, -0.3, 0.5)},
}
COSTS = Costs(miss=20, false_alarm=2)


def result() -> Backtest:
    counts = Counts(7, 3, 1234, 30, 20, 3, 28, 9)
    return Backtest(
        since="2026-03-02T06:00:00+00:00",
        until="2026-03-03T06:00:00+00:00",
        nights=2,
        horizon="7d",
        retrain="1w",
        tickets=4321,
        escalations=10,
        unseen=1,
        costs=COSTS,
        verdict=verdict(FOUND, GAPS, COSTS, 10),
        figures=FOUND,
        counts=dict.fromkeys(FOUND, counts),
        differences=GAPS,
        unavailable=("sla_75",),
        trainings=(Training("2026-03-02T06:00:00+00:00", 2, 99, 0.05, None, 0.4321),),
        by_night=(NightRow("2026-03-02T06:00:00+00:00", 9, 3, 2, 0, 1, 0, 0.4321),),
    )


def test_age_is_beaten_in_what_is_caught_and_rules_in_what_it_is_worth() -> None:
    caught, chance, age, rule = verdict(FOUND, GAPS, COSTS, 10)
    assert caught.startswith("catches 70.0% (60.0% to 80.0%) of the escalations")
    assert caught.endswith(
        "on 25.0% of the open tickets; as many drawn at random each night would catch 25.0%."
    )
    assert chance.startswith("beats as many open tickets drawn at random (2.80 times as many caught, 95 %")
    assert age.startswith("beats as many flags by age (70.0% caught against 50.0%; difference +20.0 points")
    assert rule.startswith("DOES NOT BEAT unresolved for 24 h (net benefit +5.00 against +4.90")
    assert "a miss worth 10 false alarms" in rule
    clear = {**GAPS, "unresolved_24h": {**GAPS["unresolved_24h"], "net_benefit": Interval(-0.4, -0.6, -0.2)}}
    assert verdict(FOUND, clear, COSTS, 10)[3].startswith("FALLS BEHIND unresolved for 24 h (net benefit")


def test_where_nothing_can_be_told() -> None:
    silent = {"policy": {**figures(0.7, 1.0), "recall": UNKNOWN}}
    nothing = "has nothing to catch: no ticket escalated in these nights."
    assert verdict(silent, {}, COSTS, 0) == (nothing,)
    assert "The policy has nothing to catch" in render({**result().to_dict(), "verdict": [nothing]})
    caught, compared = verdict(FOUND, GAPS, COSTS, 9)
    assert caught.startswith("catches 70.0%")
    assert compared == "can be compared with no rule on so few escalations: 9, 10 are needed."
    gaps = {"age_matched": dict.fromkeys(GAPS["age_matched"], UNKNOWN)}
    assert verdict(FOUND, gaps, COSTS, 10)[2].startswith("cannot be compared with as many flags by age")


def test_a_budget_that_is_hardly_a_choice_is_no_triumph() -> None:
    """Of 44 open tickets 93 % had a flag, and the replay said no more than that 81 % were caught."""
    own = figures(0.81, -1.0)
    own |= {"standing_share": Interval(0.927, 0.9, 0.95), "recall_by_chance": Interval(0.83, 0.7, 0.9)}
    own |= {"lift": Interval(0.98, 0.9, 1.04)}
    found = {**FOUND, "policy": own}
    for escalations in (9, 44):
        caught, hardly = verdict(found, GAPS, COSTS, escalations)[:2]
        assert "81.0% (71.0% to 91.0%)" in caught
        assert "would catch 83.0%" in caught
        assert hardly.startswith("HARDLY CHOOSES: 93 % of the open tickets have a flag")
    assert verdict(found, GAPS, COSTS, 44)[2].startswith(
        "DOES NOT BEAT as many open tickets drawn at random (0.98"
    )
    own["lift"] = Interval(0.9, 0.8, 0.97)
    assert verdict(found, GAPS, COSTS, 44)[2].startswith("FALLS BEHIND as many open tickets drawn at random")
    own["standing_share"] = Interval(0.5, 0.4, 0.6)
    assert verdict(found, GAPS, COSTS, 44)[1].startswith("FALLS BEHIND as many")
    told = {**result().to_dict(), "verdict": [hardly]}
    assert "\x1b[1;31mThe policy HARDLY CHOOSES" in render(told, terminal=True)


def test_the_table_tells_every_figure_of_it() -> None:
    values = result().to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    text = render(values)
    assert "2 nights, 2026-03-02 to 2026-03-03, 1 training: 4,321 tickets at risk, 10 escalated" in text
    assert "The policy beats as many flags by age" in text
    assert "The log cannot feed the rule '75 % of SLA used'." in text
    row = next(line for line in text.splitlines() if line.startswith("| model and policy"))
    assert "70.0 % (60.0 %–80.0 %)" in row
    assert "a miss costs 20, a flag that catches nothing 2" in text
    assert "| 2026-03-02 |      2 |       99 |    0.0500 |           – |    0.4321 |" in text
    assert "nan" not in text
    assert render({**values, "nights": 1}).startswith("1 night, 2026-03-02")


def test_plain_without_a_terminal_and_coloured_on_one() -> None:
    values = result().to_dict()
    assert "\x1b" not in render(values)
    assert "\x1b[1;31mThe policy DOES NOT BEAT" in render(values, terminal=True)
    values["verdict"] = ["FALLS BEHIND as many flags by age."]
    assert "\x1b[1;31mThe policy FALLS BEHIND" in render(values, terminal=True)
