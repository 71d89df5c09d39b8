"""Measure how well the reasons of a score agree with exact SHAP values; prints figures.

    python benchmarks/reasons.py                          a synthetic desk
    python benchmarks/reasons.py logs/uci --model models/uci --rows 300

The reference shares no code with the classifier's own contributions. The values of the trees are LightGBM's
``pred_contrib`` of the saved model's text; those of the linear partner are the log-odds of a column's term
alone, in an additive model of centred terms the Shapley value. Both are weighed as in the raw score.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from copy import copy
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from boilover.annotations import Annotations
from boilover.features import Feature, from_json
from boilover.fitting import fit_attributes
from boilover.history import Floats, History
from boilover.inputs import open_log
from boilover.log import EventLog
from boilover.model.classifier import EscalationClassifier
from boilover.model.saved import SavedModel, load_model
from boilover.points import tonight
from boilover.reasons import clause, reasons
from boilover.scoring import feature_frame


def exact(model: EscalationClassifier, rows: pd.DataFrame) -> Floats:
    """Return the contributions of each column to the raw log-odds, float64 (n, columns), told anew."""
    trees = lightgbm.Booster(model_str=model.booster_.model_to_string())
    values = np.asarray(trees.predict(model.encoding_.encode(rows), pred_contrib=True, num_threads=1))[:, :-1]
    weight = model.linear_weight_
    if not weight:
        return values
    moved = np.empty_like(values)
    for place, term in enumerate(model.linear_.terms_):
        alone = copy(model.linear_)
        alone.terms_, alone.intercept_ = (term,), 0.0
        moved[:, place] = alone.decision(rows)
    return (1 - weight) * values + weight * moved


def agreement(
    model: EscalationClassifier, features: Sequence[Feature], rows: pd.DataFrame
) -> dict[str, float]:
    """Return how the reasons of ``rows`` agree with `exact`.

    ``additive``: the largest gap between the sum of exact values and the raw score. ``first``: the share of rows
    whose first reason is the one that exact values put first; ``order``: whose reasons are all those, in their order.
    ``raises``: of reasons, those told by a feature whose own exact value raises the risk. ``covered``: the share of
    the positive exact values that belongs to features that are told. ``silent``: rows without a reason.
    ``paths_first``: the share of rows whose first reason path attribution finds, too.
    """
    values = exact(model, rows)
    gap = np.abs(values.sum(axis=1) + model.base_value - model.raw_scores(rows)).max()
    said, expected, quick = (
        reasons(features, rows, each)
        for each in (model.contributions(rows), values, model.path_attributions(rows))
    )
    pairs = [(mine, wanted) for mine, wanted in zip(said, expected, strict=True) if mine]
    columns = [rows.iloc[:, place].tolist() for place in range(len(features))]
    raises, covered = [], []
    for row, mine in enumerate(said):
        known = [column[row] for column in columns]
        clauses = [clause(features, known, place) for place in range(len(features))]
        positive = np.clip(values[row], 0, None)
        told = np.isin(clauses, mine)
        raises += [positive[np.array(clauses) == clause].max() > 0 for clause in mine]
        covered.append(positive[told].sum() / max(positive.sum(), 1e-12))
    return {
        "rows": float(len(rows)),
        "additive": float(gap),
        "first": float(np.mean([mine[0] == wanted[0] for mine, wanted in pairs])),
        "order": float(np.mean([mine == wanted for mine, wanted in pairs])),
        "raises": float(np.mean(raises)),
        "covered": float(np.mean(covered)),
        "silent": float(np.mean([not mine for mine in said])),
        "paths_first": float(
            np.mean(
                [rough[:1] == wanted[:1] for rough, wanted in zip(quick, expected, strict=True) if wanted]
            )
        ),
    }


def riskiest(log: EventLog, saved: SavedModel, n_rows: int) -> pd.DataFrame:
    """Return the features of the riskiest tickets at the log's end."""
    notes = Annotations(History.from_log(fit_attributes(log, saved.manifest)))
    frame = feature_frame(notes, tonight(notes.history, notes.history.end), saved)
    order = np.argsort(-saved.model.risks(frame)[:, 0], kind="stable")
    return frame.iloc[order[:n_rows]]


def desk(n_tickets: int) -> tuple[EventLog, SavedModel]:
    """Return a synthetic desk and a model of it."""
    from boilover.escalation import EscalationRule
    from boilover.synthetic import synthetic_desk
    from boilover.text import with_measures
    from boilover.training import fit
    from boilover.training.rows import training_rows

    log = with_measures(synthetic_desk(n_tickets=n_tickets))
    return log, fit(log, EscalationRule(), training_rows(log, ("7d",)))


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", nargs="?", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--tickets", type=int, default=3000)
    given = parser.parse_args()
    if given.log is None:
        log, saved = desk(given.tickets)
    else:
        saved = load_model(given.model)
        log = open_log(given.log).under(saved.rule).log
    model, features = saved.model.primary, [from_json(spec) for spec in saved.manifest.features]
    print(f"linear weight   {model.linear_weight_:.2f}")
    for name, figure in agreement(model, features, riskiest(log, saved, given.rows)).items():
        print(f"{name:<16}{figure:.4g}")


if __name__ == "__main__":
    main()
