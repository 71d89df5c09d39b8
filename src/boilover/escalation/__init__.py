"""What escalated means differs per desk, so it is declared: a rule that turns events into escalated events."""

from boilover.escalation.apply import declare
from boilover.escalation.rule import Condition, EscalationRule, parse_rule, rule_names

__all__ = ["Condition", "EscalationRule", "declare", "parse_rule", "rule_names"]
