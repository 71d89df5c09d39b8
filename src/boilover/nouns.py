"""What events, people, measures and spans are called in sentences."""

from __future__ import annotations

NOUNS = {
    "any_event": ("event", "events"),
    "created": ("new ticket", "new tickets"),
    "escalated": ("escalation", "escalations"),
    "handoff": ("handoff", "handoffs"),
    "assignee_handoff": ("change of assignee", "changes of assignee"),
    "group_handoff": ("change of group", "changes of group"),
    "assignee_return": ("return to an earlier assignee", "returns to an earlier assignee"),
    "group_return": ("return to an earlier group", "returns to an earlier group"),
    "reopened": ("reopening", "reopenings"),
    "status_entered": ("setting of the status", "settings of the status"),
    "waits_on_customer": ("time set to wait for the customer", "times set to wait for the customer"),
    "customer_message": ("customer message", "customer messages"),
    "agent_reply": ("agent reply", "agent replies"),
    "first_reply": ("agent reply", "agent replies"),
    "agent_action": ("action of an agent", "actions of an agent"),
    "internal_note": ("internal note", "internal notes"),
    "bot_message": ("automatic message", "automatic messages"),
    "priority_raised": ("rise of the priority", "rises of the priority"),
    "priority_lowered": ("fall of the priority", "falls of the priority"),
    "joined_group": ("arrival", "arrivals"),
    "joined_assignee": ("arrival", "arrivals"),
    "assignee": ("assignee", "different assignees"),
    "group": ("group", "different groups"),
    "actor": ("party involved", "different parties involved"),
    "status": ("status", "different statuses"),
}
OWNERS = {
    "customer_id": "this customer",
    "account_id": "this account",
    "group": "this queue",
    "assignee": "this assignee",
}
MEASURED = {
    "sentiment": "sentiment of the customer's messages",
    "words": "words from the customer",
    "exclamations": "exclamation marks from the customer",
    "questions": "questions from the customer",
    "shouting": "share of words in capitals",
    "urgency": "words of urgency from the customer",
    "unanswered": "customer messages without an answer",
    "csat": "satisfaction score",
    "priority_level": "level of the priority",
}
UNITS = {"m": "minutes", "h": "h", "d": "days", "w": "weeks"}
