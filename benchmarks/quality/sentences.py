"""Sentences that are written from figures, so that none outlives its figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.quality.tables import ABLATION, OWN, TITLES, Result, difference_cell, markdown, percent

WITHOUT_WORDS = ("without text and sentiment", "without sentiment", "without text")


def lead(results: Sequence[Result]) -> str:
    """Say where Boilover is ahead of the best peer, beyond chance or not, and where it is behind."""
    sure = [each["task"] for each in results if each["difference"][1] > 0]
    ahead = [each["task"] for each in results if each["difference"][0] > 0 >= each["difference"][1]]
    behind = [each for each in results if each["difference"][0] <= 0]
    told = [f"The lead over the best peer is beyond chance on {listed(sure)}." if sure else ""]
    told += [f"On {listed(ahead)} it is ahead within chance." if ahead else ""]
    told += [
        f"On {each['task']} {TITLES[each['best_peer']]} is ahead by {-each['difference'][0]:.3f}"
        f"{', beyond chance' if each['difference'][2] < 0 else ', within chance'}."
        for each in behind
    ]
    return " ".join(filter(None, told))


def comparisons(results: Sequence[Result]) -> str:
    """Say how often Boilover is ahead of a peer, whichever, and how often of the one that would have been chosen."""
    every = [each for result in results for each in result["differences"].values()]
    told = [each["differences"][each["chosen_peer"]] for each in results if each["chosen_peer"]]
    return (
        f"The best peer is known only once the test points are. Of all {len(every)} comparisons, of each peer on each"
        f" task, Boilover is {_standing(every)}. Against the peer that had the highest average precision on the latest"
        f" training points, as one would have chosen before, it is {_standing(told)} of {len(told)} tasks."
    )


def calibration(results: Sequence[Result]) -> str:
    """Say where risks can be taken at their word, and name the logs that drift."""
    still = [each for each in results if each["drift"]["stationary"]]
    moved = [each for each in results if not each["drift"]["stationary"]]
    told = []
    if still:
        told.append(
            f"Where the log holds still ({listed([each['task'] for each in still])}) the calibration error is at most"
            f" {max(map(_ece, still)):.3f}."
        )
    if moved:
        rates = [
            f"{each['task']} (rate {_rate(each):.3f}, then {each['base_rate']:.3f}; error {_ece(each):.3f})"
            for each in moved
        ]
        told.append(f"These drift, and risks there are good for ranking only: {listed(rates)}.")
    return " ".join(told)


def ablation(results: Sequence[Result]) -> str:
    """Say which families pay on more than one log, and which on none."""
    told = [(each["task"], each["models"].get(ABLATION, {})) for each in results]
    parts = [(task, record["parts"]) for task, record in told if "parts" in record]
    names = [name for _, told in parts for name in told if name.startswith("without")]
    pays = {
        name.removeprefix("without "): [
            task for task, told in parts if name in told and told[name]["difference"][2] < 0
        ]
        for name in dict.fromkeys(names)
    }
    paying = [f"{name} ({listed(tasks)})" for name, tasks in pays.items() if tasks]
    others = [name for name, tasks in pays.items() if not tasks]
    found = [f"Beyond chance, AP falls without {listed(paying)}." if paying else ""]
    found += [f"Without {listed(others)} it falls on no log beyond chance." if others else ""]
    return " ".join(filter(None, found))


def words(results: Sequence[Result]) -> str:
    """Say what sentiment and text add to the prediction on each log."""
    lines = []
    for each in results:
        parts = each["models"][ABLATION].get("parts")
        if parts is None:
            continue
        told = [(name, parts[name]["difference"]) for name in WITHOUT_WORDS if name in parts]
        if not told:
            lines.append(f"- {each['task']}: the log has no messages; neither sentiment nor text is read.")
        else:
            cells = "; ".join(f"{name} {difference_cell(delta)}" for name, delta in told)
            lines.append(f"- {each['task']}: {cells}. {_verdict(told)}")
    return (
        "What they add to the prediction, as the difference in AP of a model without them:\n\n"
        + "\n".join(lines)
    )


def synthesis(results: Sequence[Result]) -> str:
    """Say whether featuretools' copies gave the features of its cutoff times, and how long those would take."""
    told = [(each["task"], each["models"]["dfs"].get("told")) for each in results]
    told = [(task, each) for task, each in told if each]
    if not told:
        return ""
    hours = max(each["hours with cutoff times"] for _, each in told)
    differ = [task for task, each in told if not each["equal to cutoff times"]]
    same = f"but on {listed(differ)}" if differ else "on every log"
    return (
        f"On a sample of questions the copies gave the very features of cutoff times {same}; with those, featuretools"
        f" would take up to {hours:.0f} hours a log."
    )


def sentiment_table(told: Mapping[str, Any]) -> str:
    """Return a row per set of labelled sentences."""
    rows = [
        [
            name,
            f"{each['sentences']:,}",
            ", ".join(each["labels"]),
            percent(each["scored"], 0),
            f"{each['macro_f1']:.2f}",
            f"{each['guess']:.2f}",
        ]
        for name, each in told["sets"].items()
    ]
    return markdown(["set", "sentences", "labels", "scored", "macro-F1", "always the most frequent"], rows)


def listed(words: Sequence[str]) -> str:
    """Return words as in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _standing(differences: Sequence[Sequence[float]]) -> str:
    ahead, sure = sum(each[0] > 0 for each in differences), sum(each[1] > 0 for each in differences)
    worse = sum(each[2] < 0 for each in differences)
    return f"ahead in {ahead}, beyond chance in {sure}, and behind beyond chance in {worse}"


def _verdict(told: Sequence[tuple[str, Sequence[float]]]) -> str:
    helped = [name.removeprefix("without ") for name, delta in told if delta[2] < 0]
    harmed = [name.removeprefix("without ") for name, delta in told if delta[1] > 0]
    if harmed:
        return f"{listed(harmed).capitalize()}: it harms, beyond chance."
    if helped:
        return f"{listed(helped).capitalize()}: it adds, beyond chance."
    return "Nothing that can be told from chance."


def _ece(result: Result) -> float:
    return float(result["models"][OWN]["figures"]["ece"])


def _rate(result: Result) -> float:
    slices = result["drift"]["training"]
    return float(sum(slices) / len(slices))
