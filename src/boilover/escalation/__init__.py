"""What escalated means differs per desk, so it is declared: a rule that turns events into escalated events."""

from boilover.escalation.apply import declare
from boilover.escalation.rule import Condition, EscalationRule, only_shared, parse_rule, rule_names

__all__ = ["Condition", "EscalationRule", "declare", "only_shared", "parse_rule", "rule_names"]
