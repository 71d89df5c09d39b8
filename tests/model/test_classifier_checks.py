"""scikit-learn's own checks of an estimator, all of them."""

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from boilover.model.classifier import EscalationClassifier


@parametrize_with_checks([EscalationClassifier(n_jobs=1)])
def test_scikit_learn_accepts_the_classifier(estimator: EscalationClassifier, check: Callable[[Any], None]):
    check(estimator)
