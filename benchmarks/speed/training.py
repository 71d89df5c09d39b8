"""Training on the past of a generated desk, beside plain LightGBM on the same rows."""

from __future__ import annotations

from benchmarks.speed.stage import Engine, Figures, Job, Stage, clocked

from boilover.escalation import EscalationRule
from boilover.log import EventLog, read_log
from boilover.training import fit
from boilover.training.rows import training_rows

HORIZON = "7d"
ROUNDS = 200


def _log(job: Job) -> EventLog:
    return read_log(job.past())


def _rows(job: Job) -> Figures:
    log = _log(job)
    figures, rows = clocked(lambda: training_rows(log, (HORIZON,)))
    return figures | {"rows": len(rows.frame), "features": len(rows.frame.columns)}


def _boilover(job: Job) -> Figures:
    log = _log(job)
    rows = training_rows(log, (HORIZON,))
    figures, _ = clocked(lambda: fit(log, EscalationRule(), rows))
    return figures | {"rows": len(rows.frame), "features": len(rows.frame.columns)}


def _lightgbm(job: Job) -> Figures:
    import lightgbm

    rows = training_rows(_log(job), (HORIZON,))
    label = rows.labels[HORIZON]
    known = label == label
    frame, label = rows.frame[known], label[known]
    parameters = {"objective": "binary", "verbosity": -1, "seed": 0}
    figures, _ = clocked(
        lambda: lightgbm.train(parameters, lightgbm.Dataset(frame, label), num_boost_round=ROUNDS)
    )
    return figures | {"rows": len(frame), "features": len(frame.columns)}


STAGE = Stage(
    "Training",
    {
        "boilover": Engine("Boilover: trees, linear partner, calibration, held-out slices", _boilover),
        "rows": Engine("Boilover: the features of its points", _rows),
        "lightgbm": Engine(f"LightGBM alone, standard settings, {ROUNDS} rounds", _lightgbm),
    },
    "boilover",
    # Kernels are compiled before the clock runs.
    prepare=Job.model,
    is_sized=False,
)
