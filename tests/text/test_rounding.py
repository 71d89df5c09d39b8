"""Scores are rounded as Python rounds numbers, which VADER does."""

from __future__ import annotations

import numpy as np

from boilover.text.sentiment import DIGITS, rounded


def test_scores_are_rounded_as_python_rounds():
    rng = np.random.default_rng(0)
    middles = (np.arange(-10_000, 10_000) + 0.5) / 10**DIGITS
    scores = np.concatenate(
        [
            rng.uniform(-1, 1, 20_000),
            middles,
            np.nextafter(middles, -1),
            np.nextafter(middles, 1),
            [0.0, -0.0, 1.0, -1.0, -1e-9, 1e-300],
        ]
    )
    expected = np.array([round(score, DIGITS) for score in scores.tolist()])
    assert rounded(scores).tobytes() == expected.tobytes()
