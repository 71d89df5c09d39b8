"""The page of an evaluation, with tonight's tickets where there are scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from boilover.card import card_beside_figures
from boilover.model.manifest import Manifest
from boilover.monitoring.stability import BEYOND
from boilover.monitoring.words import moved as how_moved
from boilover.report import figures, pages, verdict
from boilover.report.dials import dial_of
from boilover.report.drawing import bars, curves
from boilover.report.drawing.lives import life
from boilover.report.grid import tonight as tonight_of
from boilover.tables import MISSING
from boilover.words import number, numbered, spelled

if TYPE_CHECKING:
    from boilover.monitoring.shifts import Shift
    from boilover.report.evidence import Evidence, Moves

FEATURES = 15
LEAST_TOP = 0.001
"""The axis of risks of single tickets reaches at least so far."""
CONTENTS = (
    ("threshold", "Threshold"),
    ("tickets", "Tickets"),
    ("figures", "Peers"),
    ("workload", "Workload"),
    ("calibration", "Calibration"),
    ("lives", "Single tickets"),
    ("groups", "Groups"),
    ("features", "Features"),
    ("model", "Model"),
    ("limits", "Limits"),
)


class FeatureRow(NamedTuple):
    """One feature: what it moves the risk by, drawn too, and how far it has moved since training."""

    name: str
    weight: str
    drawing: Markup
    stability: str
    usual: str
    drifted: bool
    how: str


def render_report(
    *,
    evaluation: Mapping[str, Any],
    scores: pd.DataFrame | None,
    flags: pd.DataFrame | None,
    manifest: Manifest,
    title: str,
    evidence: Evidence | None = None,
    threshold: float | None = None,
    note: str = "",
) -> str:
    """Return the page of `boilover.report.write_report`; equal arguments give equal text."""
    horizon = manifest.horizons[0]
    tonight = None if scores is None else tonight_of(scores, flags, spelled(horizon))
    features = [] if evidence is None else _features(evidence)
    moves = None if evidence is None else evidence.moves
    drawn = [] if evidence is None else _lives(evidence)
    lacking = {"tickets": tonight is None, "lives": not drawn, "features": not features}
    return pages.render(
        "evaluation.html.j2",
        kind="Evaluation" if scores is None else "Report",
        title=title,
        under=_under(evaluation, manifest),
        contents=[(place, name) for place, name in CONTENTS if not lacking.get(place)],
        tiles=figures.tiles(evaluation),
        evaluation=evaluation,
        verdict=verdict.verdict(evaluation, horizon),
        as_good=verdict.as_good(evaluation),
        warning=note,
        dial=dial_of(evaluation["operating"], threshold),
        tonight=tonight,
        peers=figures.peers(evaluation),
        unavailable=figures.unavailable(evaluation),
        workloads=figures.workloads(evaluation),
        groups=figures.groups(evaluation),
        drawings={
            "precision_recall": curves.precision_recall(evaluation),
            "gain": curves.gain(evaluation),
            "calibration": curves.calibration(evaluation),
            "risks": None if moves is None else bars.risks_then_and_now(moves.parts),
        },
        risks_moved=_risks_moved(moves),
        lives=drawn,
        features=features,
        moved="" if evidence is None else _moved(evidence),
        # The card escapes what it holds.
        card=Markup((card_beside_figures(manifest) if evidence is None else evidence.card).to_html(3)),
    )


def _under(evaluation: Mapping[str, Any], manifest: Manifest) -> str:
    return (
        f"Trained on {manifest.trained_from[:10]} to {manifest.trained_until[:10]}, measured on"
        f" {numbered(evaluation['points'], 'question')} about {numbered(evaluation['tickets'], 'ticket')} after that"
    )


def _features(evidence: Evidence) -> list[FeatureRow]:
    shifts = {} if evidence.moves is None else {each.name: each for each in evidence.moves.features}
    top = evidence.importance[:FEATURES]
    return [
        FeatureRow(
            name.replace("_", " "), number(weight), bars.meter(weight, top[0][1]), *_shift(shifts.get(name))
        )
        for name, weight in top
    ]


def _shift(found: Shift | None) -> tuple[str, str, bool, str]:
    if found is None:
        return MISSING, MISSING, False, ""
    usual = MISSING if isnan(found.bound) else "any" if found.bound > BEYOND else number(found.bound)
    return number(found.psi), usual, found.drifted, how_moved(found)


def _moved(evidence: Evidence) -> str:
    if evidence.moves is None:
        return "The model was saved without the distributions that it was trained on: what has moved cannot be told."
    shifts = evidence.moves.features
    far = sum(each.drifted for each in shifts)
    if all(isnan(each.bound) for each in shifts):
        return "The training is too short to tell how far features move anyway: none is called drifted."
    verb = "has" if far == 1 else "have"
    told = (
        f"{far or 'None'} of {len(shifts)} features {verb} drifted, that is, moved so far that the population stability"
        " index is beyond what is usual: how much parts of the training differ among themselves."
    )
    wanders = sum(each.wanders for each in shifts)
    return told + (
        f" Of {wanders} nothing can be told, as such parts differ by as much as any move could: ‘any’ is usual there."
        if wanders
        else ""
    )


def _risks_moved(moves: Moves | None) -> str:
    if moves is None:
        return ""
    index, usual, drifted, _ = _shift(moves.risk)
    if usual == MISSING:
        return f"Stability index {index}: it cannot be told whether risks have drifted."
    return f"Risks have{'' if drifted else ' not'} drifted: stability index {index}, up to {usual} is usual."


def _lives(evidence: Evidence) -> Sequence[Markup]:
    shown = evidence.courses
    # What no ticket drawn has, such as messages in a log without them, is no empty line below each.
    lanes = {lane for each in shown for lane, times in each.events.items() if len(times)}
    # A ticket may have been at risk at none of the moments that are drawn.
    top = 1.2 * max(float(np.nanmax(each.risk, initial=LEAST_TOP)) for each in shown) if shown else 1.0
    return [
        life(
            f"life-{place}",
            each.ticket_id,
            each.ages.tolist(),
            each.risk.tolist(),
            {lane: times.tolist() for lane, times in each.events.items() if lane in lanes},
            each.escalated,
            top=min(top, 1.0),
        )
        for place, each in enumerate(shown)
    ]
