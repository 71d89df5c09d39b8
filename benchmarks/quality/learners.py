"""The models of the peers, with their standard settings and what a search may try."""

from __future__ import annotations

import warnings

import numpy as np
from benchmarks.quality.context import THREADS, Floats
from benchmarks.quality.search import Fitted, Learner, Rows, Setting

SEED = 0
MOST_ROUNDS = 300
PATIENCE = 30


def _logistic(setting: Setting, rows: Rows, y: Floats, later: tuple[Rows, Floats] | None) -> Fitted:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    model = make_pipeline(
        FunctionTransformer(np.log1p, accept_sparse=True),
        StandardScaler(with_mean=False),
        LogisticRegression(max_iter=300, **setting),
    )
    with warnings.catch_warnings():
        # The last steps toward an optimum that hardly shrinks move no rank.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, y)
    return Fitted(lambda asked: model.predict_proba(asked)[:, 1])


def _lightgbm(setting: Setting, rows: Rows, y: Floats, later: tuple[Rows, Floats] | None) -> Fitted:
    import lightgbm

    rounds = setting.get("rounds", MOST_ROUNDS)
    parameters = {name: value for name, value in setting.items() if name != "rounds"} | {
        "objective": "binary",
        "seed": SEED,
        "num_threads": THREADS,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(rows, y, params=parameters, free_raw_data=False)
    stops = later is not None and "rounds" not in setting
    booster = lightgbm.train(
        parameters,
        data,
        num_boost_round=rounds,
        valid_sets=[data.create_valid(*later)] if stops else None,
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)] if stops else None,
    )
    stopped = booster.best_iteration if stops else rounds
    return Fitted(lambda asked: booster.predict(asked, num_threads=THREADS), stopped)


def _xgboost(setting: Setting, rows: Rows, y: Floats, later: tuple[Rows, Floats] | None) -> Fitted:
    import xgboost

    rounds = setting.get("rounds", MOST_ROUNDS)
    stops = later is not None and "rounds" not in setting
    parameters = {name: value for name, value in setting.items() if name != "rounds"} | {
        "objective": "binary:logistic",
        "seed": SEED,
        "nthread": THREADS,
        "tree_method": "hist",
    }
    # Not its classifier: that judges sparse later rows sixteen times as slowly.
    booster = xgboost.train(
        parameters,
        xgboost.DMatrix(rows, y),
        rounds,
        evals=[(xgboost.DMatrix(*later), "later")] if stops and later is not None else [],
        early_stopping_rounds=PATIENCE if stops else None,
        verbose_eval=False,
    )
    stopped = booster.best_iteration + 1 if stops else rounds

    def predict(asked: Rows) -> Floats:
        found = booster.predict(xgboost.DMatrix(asked), iteration_range=(0, stopped))
        return np.asarray(found, dtype=np.float64)

    return Fitted(predict, stopped)


LOGISTIC = Learner(_logistic, {"C": 1.0}, {"C": [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1]})
LIGHTGBM = Learner(
    _lightgbm,
    {"rounds": 200, "learning_rate": 0.05},
    {
        "learning_rate": [0.03, 0.05, 0.1],
        "num_leaves": [7, 15, 31, 63, 127],
        "min_data_in_leaf": [10, 20, 50, 100, 200],
        "feature_fraction": [0.3, 0.5, 0.8, 1.0],
        "lambda_l2": [0.0, 1.0, 10.0, 50.0],
    },
)
XGBOOST = Learner(
    _xgboost,
    {"rounds": 200, "learning_rate": 0.05},
    {
        "learning_rate": [0.03, 0.05, 0.1],
        "max_depth": [2, 3, 4, 6, 8],
        "min_child_weight": [1, 5, 20, 50],
        "colsample_bytree": [0.3, 0.5, 0.8, 1.0],
        "reg_lambda": [1.0, 10.0, 50.0],
        "subsample": [0.8, 1.0],
    },
)
