"""What a training has to say for itself: whether the model beats what is simpler, and what it fell back on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from boilover.model.fitted import Fitted
from boilover.model.tuning import AGE_ONLY

OWN = "average_precision"
SIMPLER = {
    "average_precision_of_age_alone": "the age of a ticket alone",
    "average_precision_of_linear_part": "the model's linear part alone",
}
"""Figures of the calibration slice to what they are of."""


def verdict(model: Fitted, metrics: Mapping[str, float | None]) -> Iterator[str]:
    """Tell what was learnt, one clause each; loud where the model is no better than what is simpler.

    metrics : held-out figures of the manifest, of which the calibration slice of a small log has none.
    """
    if getattr(model, "tried_", 1) > 1:
        kept = (
            ", ".join(f"{name} {value:.4g}" for name, value in model.tuned_.items()) or "the usual ones stand"
        )
        yield f"{model.tried_} settings of the trees tried: {kept}"
    own, base = metrics.get(OWN), metrics.get("base_rate")
    if own is None or base is None:
        yield "NOT CHECKED: the log is too small to hold a slice back; trust the order of risks with care"
        return
    if model.linear_weight_ == 1.0 and model.linear_.C == AGE_ONLY:
        yield "FELL BACK: beyond the age of a ticket nothing was learnt that held later; the risk follows age alone"
    beaten = [
        (name, figure) for name in SIMPLER if (figure := metrics.get(name)) is not None and figure > own
    ]
    for name, figure in beaten:
        yield f"NO BETTER: {SIMPLER[name]} had the higher average precision there, {figure:.3f} against {own:.3f}"
    if own <= base:
        yield f"NOTHING LEARNT: an average precision of {own:.3f} is what chance reaches at a rate of {base:.3f}"
    elif not beaten:
        yield f"better than what is simpler: average precision {own:.3f}, {own / base:.1f} times the rate of {base:.3f}"
