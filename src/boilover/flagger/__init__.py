"""From risk to flags: a policy, triggers beside the model, and one decision per open ticket and night."""

from boilover.flagger.night import (
    QUEUE,
    WHY_NOT,
    By,
    Decision,
    Memory,
    Night,
    State,
    Tier,
    Verdict,
    WhyNot,
)

__all__ = [
    "QUEUE",
    "WHY_NOT",
    "By",
    "Decision",
    "Memory",
    "Night",
    "State",
    "Tier",
    "Verdict",
    "WhyNot",
]
