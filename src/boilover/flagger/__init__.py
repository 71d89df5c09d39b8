"""From risk to flags: a policy, triggers beside the model, and one decision per open ticket and night."""

from boilover.flagger.decide import decide, held_out
from boilover.flagger.explain import explain
from boilover.flagger.fire import fire, night_of, trigger_features
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
from boilover.flagger.policy import FlagPolicy, load_policy, parse_flag_policy
from boilover.flagger.triggers import Fired, Trigger

__all__ = [
    "QUEUE",
    "WHY_NOT",
    "By",
    "Decision",
    "Fired",
    "FlagPolicy",
    "Memory",
    "Night",
    "State",
    "Tier",
    "Trigger",
    "Verdict",
    "WhyNot",
    "decide",
    "explain",
    "fire",
    "held_out",
    "load_policy",
    "night_of",
    "parse_flag_policy",
    "trigger_features",
]
