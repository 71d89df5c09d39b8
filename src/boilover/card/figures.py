"""The sections of a card that tell how well the model does: ranking, calibration, groups of tickets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from boilover.card.blocks import Section, Table
from boilover.tables import MISSING
from boilover.words import interval, number

if TYPE_CHECKING:
    from boilover.model.manifest import Manifest

MODEL = "model"
FIGURES = {
    "average_precision": "average precision",
    "roc_auc": "AUC",
    "recall_at_11.8%": "recall among the riskiest 11.8 %",
    "brier_skill": "Brier skill",
    "calibration_error": "calibration error, ten bins",
}
KEPT = ("points", "tickets", "positives", "base_rate", "mean_risk", "level", "calibration", "by_age")


def held_out(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest keeps of `Evaluation.to_dict()` on the calibration slice."""
    figures = {name: evaluation["scores"][MODEL][name] for name in FIGURES}
    return {name: evaluation[name] for name in KEPT} | {
        "by_segment": _without_ids(evaluation["by_segment"]),
        "scores": {MODEL: figures},
    }


def measured(manifest: Manifest, evaluation: Mapping[str, Any] | None) -> Iterator[Section]:
    """Yield the sections about figures, those of ``evaluation`` first; one that says so where nothing was measured."""
    since = manifest.split.get("calibrate", "")[:10]
    early = (
        f"The calibration slice, from {since} on, by the model that had not seen it; its calibrator had, so that these"
        " figures are a little too good. ‘boilover evaluate’ measures what came after training."
    )
    late = "Points after the training window, none of which the model had seen."
    slices = ((evaluation, "after training", late), (manifest.held_out, "held out", early))
    found = [(figures, name, told) for figures, name, told in slices if figures]
    for figures, name, told in found:
        yield _ranking(figures, name, told)
    if not found:
        yield _bare(manifest)
        return
    figures, name, _ = found[0]
    yield _calibration(figures, name)
    yield _groups(figures, name)


def _bare(manifest: Manifest) -> Section:
    """Return the figures that a manifest always holds, which have no intervals."""
    known = {name: value for name, value in manifest.metrics.items() if value is not None}
    told = (
        "Figures of the calibration slice, without intervals: the model was saved without more."
        if known
        else "Not measured: the log was too short to hold points out."
    )
    facts = tuple((name.replace("_", " "), f"{value:.4g}") for name, value in known.items())
    return Section("How well it ranks", (told,), facts)


def _ranking(figures: Mapping[str, Any], name: str, told: str) -> Section:
    rate = figures["base_rate"]
    random = {"average_precision": rate, "roc_auc": 0.5, "recall_at_11.8%": 0.118, "brier_skill": 0.0}
    scores = figures["scores"][MODEL]
    rows = tuple(
        (title, number(scores[key]["estimate"]), interval(scores[key]) or MISSING, number(random.get(key)))
        for key, title in FIGURES.items()
    )
    asked = (
        f"{figures['points']:,} points of {figures['tickets']:,} tickets; {figures['positives']:,} escalate in time:"
        f" base rate {number(rate)}, which is the average precision of a random order."
    )
    verdict = [f"The model {sentence}." for sentence in figures.get("verdict", ())]
    header = ("figure", "estimate", "95 % interval", "without a model")
    return Section(f"How well it ranks, {name}", (told, asked, *verdict), (), (Table("", header, rows),))


def _calibration(figures: Mapping[str, Any], name: str) -> Section:
    rows = tuple(
        (str(place), str(each["points"]), number(each["mean_risk"]), number(each["rate"]))
        for place, each in enumerate(figures["calibration"], start=1)
    )
    table = Table("By rising risk", ("bin", "points", "mean risk", "share that escalates"), rows)
    return Section(f"Calibration, {name}", (figures["level"],), (), (table,))


def _groups(figures: Mapping[str, Any], name: str) -> Section:
    tables = [_group("age of the ticket", figures["by_age"])]
    tables += [
        _group(each.replace("_", " "), table) for each, table in _without_ids(figures["by_segment"]).items()
    ]
    told = "Average precision of a group belongs beside the base rate of that group."
    return Section(f"Groups of tickets, {name}", (told,), (), tuple(table for table in tables if table.rows))


def _without_ids(segments: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out groups of one customer each: a card is passed around."""
    return {name: table for name, table in segments.items() if not name.endswith("_id")}


def _group(name: str, table: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            each["name"],
            str(each["points"]),
            number(each["base_rate"]),
            number(each["mean_risk"]),
            number(each["average_precision"]),
            number(each["roc_auc"]),
        )
        for each in table["groups"]
    )
    left, points = table["suppressed_groups"], table["suppressed_points"]
    caption = f"By {name}" + (f"; {left} too small to tell, with {points} points" if left else "")
    return Table(caption, (name, "points", "base rate", "mean risk", "average precision", "AUC"), rows)
