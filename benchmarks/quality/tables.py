"""The tables of docs/quality.md and README.md, from the results of `measure`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.quality.peers import PEERS

Result = Mapping[str, Any]
OWN, ABLATION = "boilover", "ablation"
TITLES = {OWN: "**Boilover**"} | {name: peer.title for name, peer in PEERS.items()}
MAIN = ("age", "logistic", "lightgbm", "xgboost")
"""The peers that the README shows."""
NOT_CALIBRATED = ("sla",)
"""What ranks and claims no probability."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def overview(results: Sequence[Result]) -> str:
    """Return a row per task: Boilover, the best peer, and the difference between them."""
    rows = [
        [
            result["task"],
            f"{result['points']:,}",
            f"{result['base_rate']:.4f}",
            f"{_figure(result, OWN, 'ap'):.3f}",
            f"{TITLES[result['best_peer']]}: {_figure(result, result['best_peer'], 'ap'):.3f}",
            difference_cell(result["difference"]),
            f"{_figure(result, OWN, 'auc'):.3f}, {_figure(result, best_by(result, 'auc'), 'auc'):.3f}",
        ]
        for result in results
    ]
    head = [
        "task",
        "points",
        "base rate",
        "Boilover",
        "best peer",
        "difference (95 %)",
        "AUC: Boilover, best peer",
    ]
    return markdown(head, rows)


def against(results: Sequence[Result]) -> str:
    """Return a row per peer: what Boilover's AP is above its own on each task, and on how many tasks it is so."""
    rows = []
    for name in PEERS:
        told = {result["task"]: result["differences"].get(name) for result in results}
        measured = [each for each in told.values() if each]
        if not measured:
            continue
        chosen = {result["task"] for result in results if result["chosen_peer"] == name}
        cells = [
            ("† " if task in chosen else "") + difference_cell(each) if each else "–"
            for task, each in told.items()
        ]
        ahead, sure = sum(each[0] > 0 for each in measured), sum(each[1] > 0 for each in measured)
        rows.append([TITLES[name], *cells, f"{ahead} of {len(measured)}, {sure}"])
    head = ["AP above", *(result["task"] for result in results), "ahead on, beyond chance on"]
    return markdown(head, rows)


def everyone(result: Result) -> str:
    """Return a row per model of a task, with intervals."""
    rows = []
    for name, title in TITLES.items():
        record = result["models"][name]
        if "figures" not in record:
            rows.append([title, record["unavailable"], "", "", "", ""])
            continue
        told, span = record["figures"], record["intervals"]
        shown = ["ap", "auc", "recall"] if name in NOT_CALIBRATED else list(told)
        cells = [f"{told[figure]:.3f} ({span[figure][0]:.3f}–{span[figure][1]:.3f})" for figure in shown]
        rows.append([title, *cells, *["–"] * (5 - len(cells))])
    head = [result["task"], "AP", "AUC", "recall at 11.8 %", "ECE", "Brier skill"]
    return markdown(head, rows)


def main_peers(results: Sequence[Result]) -> str:
    """Return the table of the README: AP / AUC / recall of Boilover and the main peers, and the best of all others."""
    others = [name for name in PEERS if name not in (*MAIN, "sla")]
    rows = []
    for result in results:
        ranked = [name for name in others if "figures" in result["models"][name]]
        best = max(ranked, key=lambda name: _figure(result, name, "ap"), default=None)
        shown: list[str | None] = [OWN, *MAIN, best]
        ahead = best_by(result, "ap", own=True)
        cells = [_three(result, name, bold=name == ahead) for name in shown]
        cells[-1] += f" {TITLES[best]}" if best else ""
        rows.append([result["task"], f"{result['base_rate']:.4f}", *cells])
    titles = ["Boilover", *(TITLES[name] for name in MAIN), "best of the other peers"]
    return markdown(["task", "base rate", *titles], rows)


def recalls(results: Sequence[Result]) -> str:
    """Return the recall at the published workload, per task."""
    rows = []
    for result in results:
        own, best = result["models"][OWN], best_by(result, "recall")
        low, high = own["intervals"]["recall"]
        rows.append(
            [
                result["task"],
                f"{percent(own['figures']['recall'])} ({percent(low)} to {percent(high)})",
                f"{percent(_figure(result, best, 'recall'))}, {TITLES[best]}",
            ]
        )
    return markdown(["task", "Boilover (95 %)", "best peer"], rows)


def drifts(results: Sequence[Result]) -> str:
    """Return base rates by slice, and the calibration error beside them."""
    rows = []
    for result in results:
        told, own = result["drift"], result["models"][OWN]
        low, high = told["interval"]
        error, span = own["figures"]["ece"], own["intervals"]["ece"]
        rows.append(
            [
                result["task"],
                " ".join(f"{rate:.4f}" for rate in told["training"]),
                " ".join(f"{rate:.4f}" for rate in told["test"]),
                f"{told['ratio']:.2f} ({low:.2f} to {high:.2f})",
                "holds still" if told["stationary"] else "drifts",
                f"{error:.3f} ({span[0]:.3f} to {span[1]:.3f})",
            ]
        )
    head = [
        "task",
        "rate in training, by quarters",
        "rate in test, by halves",
        "test to training of like age",
    ]
    return markdown([*head, "the log", "ECE of Boilover"], rows)


def ablations(results: Sequence[Result]) -> str:
    """Return what AP loses (negative) without each family, and with few families alone."""
    told = [(result["task"], result["models"][ABLATION]) for result in results]
    told = [(task, record) for task, record in told if "parts" in record]
    names = dict.fromkeys(name for _, record in told for name in record["parts"])
    order = sorted(names, key=lambda name: not name.startswith("without"))
    rows = [
        ["all features", *(f"{record['figures']['ap']:.3f} ({record['features']})" for _, record in told)],
        ["by seed", *(f"{min(record['seeds']):.3f} to {max(record['seeds']):.3f}" for _, record in told)],
    ]
    for name in order:
        parts = [record["parts"].get(name) for _, record in told]
        rows.append([name, *("–" if part is None else difference_cell(part["difference"]) for part in parts)])
    return markdown(["", *(task for task, _ in told)], rows)


def trainings(results: Sequence[Result]) -> str:
    """Return the seconds of processor time of training, beside plain LightGBM's on the same rows."""
    rows = []
    for result in results:
        record, own = result["models"][ABLATION], result["models"][OWN]["told"]
        if "training" in record:
            spent = record["training"]
            rows.append(
                [
                    result["task"],
                    f"{spent['features']:.1f} s",
                    f"{spent['fit']:.1f} s",
                    f"{spent['plain']:.1f} s",
                    f"{spent['fit'] / spent['plain']:.1f}",
                    f"{own['train']:.0f} s",
                    f"{own['score']:.0f} s",
                ]
            )
    head = ["task", "features", "Boilover's fit", "plain LightGBM's fit", "ratio", "`train`", "`score`"]
    return markdown(head, rows)


def best_by(result: Result, figure: str, *, own: bool = False) -> str:
    """Return the model with the highest figure, of the peers or of all."""
    models = result["models"]
    names = [name for name in (*PEERS, OWN) if "figures" in models[name] and (own or name != OWN)]
    return max(names, key=lambda name: models[name]["figures"][figure])


def difference_cell(told: Sequence[float]) -> str:
    """Return a difference with its interval; bold where it is beyond chance."""
    text = f"{told[0]:+.3f} ({told[1]:+.3f} to {told[2]:+.3f})"
    return f"**{text}**" if told[1] > 0 or told[2] < 0 else text


def percent(share: float, digits: int = 1) -> str:
    """Return a share as in 11.8 %."""
    return f"{100 * share:.{digits}f} %"


def _figure(result: Result, name: str, figure: str) -> float:
    return float(result["models"][name]["figures"][figure])


def _three(result: Result, name: str | None, *, bold: bool) -> str:
    if name is None or "figures" not in result["models"][name]:
        return "–"
    text = " / ".join(
        [f"{_figure(result, name, each):.3f}" for each in ("ap", "auc")]
        + [f"{_figure(result, name, 'recall'):.2f}"]
    )
    return f"**{text}**" if bold else text
