"""What each family of features adds: the model without it, and with few families alone, on the same points.

Logs are opened as the command line opens them, so that the whole model is the one that `train` gives. Features are
computed once, by the package's own functions; each model is then trained anew on what is left. A family that a log
cannot feed is not there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from benchmarks.quality.cache import Record
from benchmarks.quality.context import THREADS, Context, Floats
from benchmarks.quality.figures import difference, figures
from benchmarks.quality.own import write_folder
from benchmarks.quality.protocol import training_log

from boilover.features import Attribute, Feature, compute
from boilover.features.families import FAMILIES
from boilover.inputs import open_log
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.training import LOG_SAYS, fit
from boilover.training.rows import TrainingRows, training_rows

ATTRIBUTES, RATES, STEPS = "attributes", "rates of attributes", "fields and steps"
COURSE = (
    "age and calendar",
    "status and reopens",
    "handoffs and returns",
    "response gaps and waiting",
    "priority",
    "service levels",
    STEPS,
)
"""Families that tell of the ticket's own course alone."""
ALONE = {"age and calendar alone": COURSE[:1], "its own course alone": COURSE}
WORDS = ("sentiment", "text")
"""Families that are also left out together."""
SEEDS = range(5)
"""The whole model is trained with each, the first of them throughout: what they differ by is the chance of training."""


def ablate(context: Context) -> Record:
    """Return the figures of the whole model and of each part of it, and how long training takes."""
    log = past_log(context)
    started = time.process_time()
    rows = training_rows(log, [context.horizon])
    prepared = time.process_time() - started
    asked = _asked(context, rows)
    started = time.process_time()
    saved = fit(log, LOG_SAYS, rows, n_jobs=THREADS)
    trained = time.process_time() - started
    whole = _risks(saved, asked)
    y = context.y[context.test]
    again = [_risks(fit(log, LOG_SAYS, rows, seed=seed, n_jobs=THREADS), asked) for seed in SEEDS[1:]]
    ticket = pd.factorize(context.case.points["ticket_id"][context.test])[0]
    parts = {}
    for name, kept in selections(rows.features).items():
        risk = _risk(log, rows, kept, asked)
        delta = difference(y, risk, whole, ticket)
        parts[name] = {"features": len(kept), "figures": figures(y, risk), "difference": delta}
    return {
        "figures": figures(y, whole),
        "seeds": [figures(y, risk)["ap"] for risk in (whole, *again)],
        "features": len(rows.features),
        "parts": parts,
        "training": {"features": prepared, "fit": trained, "plain": plain_seconds(rows)},
    }


def past_log(context: Context) -> EventLog:
    """Return the log that the model is trained on, as `train` reads it: an event that stands twice counts once."""
    return open_log(write_folder(context.work / "past", *training_log(context.case))).log


def family_of(feature: Feature) -> str:
    """Return the family that a feature counts for."""
    for name, members in FAMILIES.items():
        if feature in members:
            return name
    if isinstance(feature, Attribute):
        return ATTRIBUTES
    return STEPS if getattr(feature, "key", "ticket") == "ticket" else RATES


def selections(features: Sequence[Feature]) -> dict[str, tuple[Feature, ...]]:
    """Return by name what is left of the features: without each family in turn, and few families alone."""
    family = [family_of(feature) for feature in features]

    def kept(names: Sequence[str], *, inside: bool) -> tuple[Feature, ...]:
        return tuple(
            feature for feature, mine in zip(features, family, strict=True) if (mine in names) == inside
        )

    found = {f"without {name}": kept([name], inside=False) for name in dict.fromkeys(family)}
    if set(WORDS) <= set(family):
        found["without text and sentiment"] = kept(WORDS, inside=False)
    return found | {name: kept(names, inside=True) for name, names in ALONE.items()}


def plain_seconds(rows: TrainingRows) -> float:
    """Return the CPU seconds that plain LightGBM takes on the same rows: 200 rounds, its standard settings."""
    from lightgbm import LGBMClassifier

    y = next(iter(rows.labels.values()))
    known = ~np.isnan(y)
    frame = rows.frame[known]
    words = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    frame = frame.astype(dict.fromkeys(words, "category"))
    started = time.process_time()
    LGBMClassifier(n_estimators=200, learning_rate=0.05, n_jobs=THREADS, verbose=-1).fit(frame, y[known])
    return time.process_time() - started


def _asked(context: Context, rows: TrainingRows) -> pd.DataFrame:
    """Return the features of the test points, computed on the whole log as `score` reads it."""
    from boilover.annotations import Annotations
    from boilover.history import History
    from boilover.points import Points

    notes = Annotations(History.from_log(open_log(context.log).log))
    asked = context.case.points.loc[context.test, ["ticket_id", "as_of"]].reset_index(drop=True)
    return compute(rows.features, notes, Points.from_frame(asked, notes.history))


def _risk(log: EventLog, rows: TrainingRows, features: Sequence[Feature], asked: pd.DataFrame) -> Floats:
    """Train on some of the features and return the risk of the test points."""
    names = [feature.name for feature in features]
    fewer = replace(rows, features=tuple(features), frame=rows.frame[names])
    saved = fit(log, LOG_SAYS, fewer, n_jobs=THREADS)
    return _risks(saved, asked)


def _risks(saved: SavedModel, asked: pd.DataFrame) -> Floats:
    """Return the risk of the test points by a model that reads some of their features."""
    risks: Floats = saved.model.risks(asked[list(saved.model.columns)])[:, 0]
    return risks
