"""One training of a replay: the code of `boilover train` on the log cut at its night, with rows that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from boilover.backtest.asked import Rows
from boilover.errors import GateError, InputError
from boilover.escalation import EscalationRule
from boilover.evaluation.baselines import AgeRates
from boilover.flagging import choose_threshold
from boilover.inputs import cut
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.policy import Policy
from boilover.training import fit
from boilover.training.rows import TrainingRows, training_rows


@dataclass(frozen=True)
class Trained:
    """A model of a night, the threshold of each night that it serves, and the rate of each age then."""

    at: int
    saved: SavedModel
    thresholds: tuple[float, ...]
    age_rates: AgeRates


def learn(
    log: EventLog, night: int, rows: Rows, horizons: Sequence[str], ages: Sequence[float] | None
) -> tuple[EventLog, TrainingRows]:
    """Return ``log`` as it was on a night, and what it teaches: only the rows of its points are not made from it.

    Points, labels, slices and the choice of features are of the cut log. ``rows`` are of the whole one, and equal.
    """
    past = cut(log, night)
    return past, training_rows(past, horizons, ages=ages, compute=rows.frame)


def train_at(
    log: EventLog,
    rule: EscalationRule,
    night: int,
    rows: Rows,
    threshold: Policy,
    at_risk: Sequence[int],
    *,
    horizons: Sequence[str],
    ages: Sequence[float] | None,
    seed: int,
    n_jobs: int,
) -> Trained:
    """Train on what ``log`` told up to ``night``, and choose thresholds as the nightly job would.

    ``at_risk`` is how many tickets each night that the model serves asks about.

    Raises what `boilover.training.train` and `boilover.flagging.choose_threshold` raise, and names the night.
    """
    when = datetime.fromtimestamp(night / 1e6, UTC)
    try:
        past, learnt = learn(log, night, rows, horizons, ages)
        saved = fit(past, rule, learnt, seed=seed, n_jobs=n_jobs, created_at=when)
        held_out = saved.calibration
        slice_ = held_out.risk, held_out.label, held_out.night, saved.reached
        chosen = {count: choose_threshold(threshold, *slice_, count).value for count in set(at_risk)}
    except InputError as error:
        mend = "Begin later, or replay fewer nights"
        raise InputError(
            f"no model can be trained as of {when:%Y-%m-%d %H:%M}: {error}", mend=mend
        ) from error
    except GateError as error:
        raise GateError(f"the model of {when:%Y-%m-%d %H:%M}: {error}") from error
    y = next(iter(learnt.labels.values()))
    known = ~np.isnan(y)
    return Trained(
        night,
        saved,
        tuple(chosen[count] for count in at_risk),
        AgeRates.fit(learnt.age_hours[known], y[known]),
    )
