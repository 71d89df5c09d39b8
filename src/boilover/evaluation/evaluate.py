"""The model and its peers measured on the same points, with intervals and a verdict in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError
from boilover.evaluation import workload as wl
from boilover.evaluation.baselines import AGE_ONLY, NOT_PROBABILITIES, SLA_RULE
from boilover.evaluation.bootstrap import ROUNDS, Resampled, resample
from boilover.evaluation.groups import ROUNDS as GROUP_ROUNDS
from boilover.evaluation.groups import GroupTable, by_age, by_segment
from boilover.evaluation.interval import FEWEST, Interval
from boilover.evaluation.metrics import NAN, CalibrationBin, are_probabilities, calibration_curve, checked
from boilover.evaluation.operating import Operating, operating
from boilover.evaluation.verdict import compare, level
from boilover.evaluation.weighted import METRICS
from boilover.history import Floats

MODEL = "model"
TOP_K = 10
PROBABILITY_METRICS = ("brier", "brier_skill", "log_loss", "calibration_error")


@dataclass(frozen=True)
class Evaluation:
    """Everything measured on one set of points. Accuracy is not: see `boilover.evaluation.metrics`."""

    points: int
    tickets: int
    positives: int
    base_rate: float
    """The average precision of a random order: it belongs beside every average precision."""
    beats_age_only: bool | None
    """Whether the interval of the difference in average precision lies above 0; None when not compared."""
    mean_risk: float
    level: str
    """Whether the risks are right on the whole, in plain words."""
    verdict: tuple[str, ...]
    scores: dict[str, dict[str, Interval]]
    """For `MODEL` and each peer, every figure of `boilover.evaluation.weighted.METRICS`."""
    differences: dict[str, Interval]
    """Average precision of the model minus that of each peer, paired."""
    unavailable: tuple[str, ...]
    """Peers that could not run on this log."""
    workloads: tuple[wl.AtWorkload, ...]
    top_k: wl.TopK
    at_threshold: wl.AtThreshold | None
    beside_sla_rule: wl.BesideRule | None
    """None without an SLA, or where the rule flags nothing."""
    by_age: GroupTable
    by_segment: dict[str, GroupTable]
    calibration: tuple[CalibrationBin, ...]
    curves: wl.Curves
    """Precision over recall is the precision-recall curve, recall over workload the gain curve."""
    operating: Operating
    """What each threshold gives, in tickets and flags a night."""

    def __repr__(self) -> str:
        """Return the key figures: all of them fill pages."""
        own = self.scores[MODEL]
        return (
            f"Evaluation(points={self.points}, tickets={self.tickets}, positives={self.positives},"
            f" base_rate={self.base_rate:.4g}, average_precision={own['average_precision'].estimate:.4g},"
            f" roc_auc={own['roc_auc'].estimate:.4g})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: tuples of figures by name, an undefined figure as None."""
        return plain_values(self)


def evaluate(
    y: npt.ArrayLike,
    risk: npt.ArrayLike,
    as_of_us: npt.ArrayLike,
    tickets: npt.ArrayLike,
    age_hours: npt.ArrayLike,
    *,
    segments: Mapping[str, npt.ArrayLike] | None = None,
    baselines: Mapping[str, Floats | None] | None = None,
    threshold: float | None = None,
    k: int = TOP_K,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Evaluation:
    """Measure ``risk`` on n points and compare it with its peers.

    Parameters
    ----------
    y : n zeros and ones.
    risk : n calibrated risks, 0 to 1.
    as_of_us : moment of each point, int64 microseconds since 1970, UTC.
    tickets : the ticket of each point.
    age_hours : age of the ticket at each point.
    segments : names of n groups by the name of a segment, such as ``{"channel": …}``.
    baselines : n scores of each peer, None for one that cannot run; see `boilover.evaluation.baselines`.
    threshold : risk from which a point is flagged; net benefit is undefined from 1 on.
    k : points that the desk looks at a night.
    rounds, seed : of the bootstrap over tickets.

    Raises `InputError` for no point, values not allowed or arrays that do not match.
    """
    labels, scores = checked(y, risk)
    if not are_probabilities(scores):
        raise InputError("holds values outside 0 to 1", column="risk", mend="Calibrate the scores first")
    for name, values in (("as_of_us", as_of_us), ("tickets", tickets), ("age_hours", age_hours)):
        if np.shape(values) != labels.shape:
            raise InputError(f"{len(labels)} points but {name} of shape {np.shape(values)}")
    codes = np.unique(np.asarray(tickets), return_inverse=True)[1]
    peers = {name: score for name, score in (baselines or {}).items() if score is not None}
    resampled = {
        name: resample(labels, score, codes, rounds=rounds, seed=seed)
        for name, score in {MODEL: scores, **peers}.items()
    }
    model = resampled[MODEL]
    differences = {name: model.difference(resampled[name], "average_precision") for name in peers}
    if len(np.unique(codes[labels == 1])) < FEWEST:
        differences = {name: Interval(gap.estimate, NAN, NAN) for name, gap in differences.items()}
    figures = {name: _figures(name, found) for name, found in resampled.items()}
    base_rate = float(labels.mean())
    fewer = min(rounds, GROUP_ROUNDS)
    age_only = differences.get(AGE_ONLY)
    return Evaluation(
        points=len(labels),
        tickets=int(codes.max()) + 1,
        positives=int(labels.sum()),
        base_rate=base_rate,
        beats_age_only=None if age_only is None or np.isnan(age_only.low) else age_only.low > 0,
        mean_risk=float(scores.mean()),
        level=level(labels, scores, codes),
        verdict=tuple(
            compare(
                name, figures[MODEL]["average_precision"], figures[name]["average_precision"], gap, base_rate
            )
            for name, gap in differences.items()
        ),
        scores=figures,
        differences=differences,
        unavailable=tuple(name for name in baselines or {} if name not in peers),
        workloads=tuple(wl.at_workload(labels, scores, share) for share in wl.WORKLOADS),
        top_k=wl.top_k_a_night(labels, scores, as_of_us, k),
        at_threshold=None if threshold is None else wl.at_threshold(labels, scores, threshold),
        beside_sla_rule=wl.beside_sla_rule(labels, scores, peers.get(SLA_RULE)),
        by_age=by_age(labels, scores, age_hours, codes, rounds=fewer, seed=seed),
        by_segment={
            name: by_segment(labels, scores, values, codes, rounds=fewer, seed=seed)
            for name, values in (segments or {}).items()
        },
        calibration=tuple(calibration_curve(labels, scores)),
        curves=wl.curves(labels, scores),
        operating=operating(labels, scores, as_of_us, codes),
    )


def _figures(name: str, found: Resampled) -> dict[str, Interval]:
    undefined = PROBABILITY_METRICS if name in NOT_PROBABILITIES else ()
    return {
        metric: Interval(NAN, NAN, NAN) if metric in undefined else found.interval(metric)
        for metric in METRICS
    }


def plain_values(value: Any) -> Any:
    """Return what JSON can hold: values with named fields by their names, an undefined figure as None."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): plain_values(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_values(inner) for inner in value]
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else None
    return value
