"""An AutoML tool as a peer: FLAML on the aggregation encoding, judged in time order like the others.

Wang et al.: FLAML, a fast and lightweight AutoML library, MLSys 2021.
"""

from __future__ import annotations

import warnings

import numpy as np
from benchmarks.quality.context import THREADS, Answer, Context

TRIALS = 40
"""Many more than the other peers may try: it begins with the cheapest. Not seconds, which other work would shorten."""
MODELS = ("lgbm", "xgboost", "rf", "extra_tree", "lrl1")
SEED = 0


def answer(context: Context) -> Answer:
    """Search models and settings by average precision on the later training points, fit the best on all of them."""
    import flaml

    earlier, later = context.slices
    rows, y, past = context.rows, context.y, context.past
    tool = flaml.AutoML()
    with warnings.catch_warnings():
        # The tool warns of its own use of scikit-learn and of searches that end.
        warnings.simplefilter("ignore")
        tool.fit(
            rows[earlier],
            y[earlier].astype(int),
            X_val=rows[later],
            y_val=y[later].astype(int),
            task="classification",
            metric="ap",
            time_budget=-1,
            max_iter=TRIALS,
            estimator_list=list(MODELS),
            eval_method="holdout",
            auto_augment=False,
            retrain_full=False,
            n_jobs=THREADS,
            seed=SEED,
            verbose=0,
        )
        best = tool.model.estimator.__class__
        model = best(**tool.model.estimator.get_params())
        model.fit(rows[past], y[past].astype(int))
    chosen = {"model": str(tool.best_estimator), "ap": 1 - float(tool.best_loss)}
    return Answer(
        model.predict_proba(rows[context.test])[:, 1].astype(np.float64),
        {"chosen": chosen, "trials": TRIALS},
    )
