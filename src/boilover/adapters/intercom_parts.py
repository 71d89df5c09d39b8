"""The parts of an Intercom conversation: messages, notes, assignments, and what rules and people did to it.

::

    {id, part_type, body (HTML), created_at (epoch seconds), assigned_to{type, id}, author{type, id},
     event_details{current_priority, previous_priority | tags_added, tags_removed | attribute{name}, value{name}
                   | sla_name, sla_target_type}}

One part may do several things: a reply may close the conversation and assign it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from boilover.adapters.base import Tally
from boilover.adapters.facts import Actor, Facts
from boilover.adapters.nested import dict_at, dicts_at, number_at, text_at
from boilover.adapters.words import Words, html_to_text, ident

ROLES = {
    "admin": "agent",
    "team": "agent",
    "bot": "bot",
    "user": "customer",
    "lead": "customer",
    "contact": "customer",
    "visitor": "customer",
}
PRIORITIES = {"priority": "high", "not_priority": "normal"}
SLA_TARGETS = {
    "first_reply_time": "first_reply",
    "next_reply_time": "next_reply",
    "time_to_close": "resolution",
    "time_to_resolve": "resolution",
}
SAYS = ("comment", "note", "quick_reply", "open", "close", "snoozed", "unsnoozed")
"""Parts whose body is a message; so is that of every assignment."""
SILENT = frozenset(
    {
        "attribute_collected", "attribute_collector", "channel_and_reply_time_expectation",
        "conversation_rating_changed", "conversation_rating_remark_added", "conversation_sla_applied_by_admin",
        "conversation_sla_applied_by_rule", "conversation_sla_applied_by_workflow", "conversation_sla_paused",
        "conversation_sla_removed", "conversation_sla_unpaused", "conversation_tags_updated",
        "custom_action_finished", "custom_action_started", "language_detection_details",
        "merged_primary_conversation", "merged_secondary_conversation", "operator_workflow_event",
        "participant_added", "participant_removed", "resolution_bot_found_no_answer", "title_changed",
        "user_became_idle",
    }
)  # fmt: skip
"""Known part types that change nothing that is read here."""
STATES = {"close": "closed", "snoozed": "snoozed"}
Change = tuple[str, str | None, dict[str, Any]]
"""Target, value, and what else the fact tells."""


class Reader:
    """What the parts of one export are told to, and their words; ``statuses`` says what closed and snoozed mean."""

    def __init__(self, facts: Facts, tally: Tally, statuses: Mapping[str, str]) -> None:
        self.facts, self.tally = facts, tally
        self.statuses = Words(statuses, kind="status", tally=tally)
        self.priorities = Words(PRIORITIES, kind="priority", tally=tally)
        self.targets = Words(SLA_TARGETS, kind="SLA target", tally=tally)


def actor(author: Mapping[str, Any], tally: Tally) -> Actor:
    """Return who did it, as the arguments of a fact; an admin through whom the AI agent answers is a bot."""
    if not author:
        return {"by": None, "role": None}
    kind = text_at(author, "type")
    if kind not in ROLES:
        tally.meet_one("author", kind)
    return {"by": ident(author.get("id")), "role": "bot" if author.get("from_ai_agent") else ROLES.get(kind)}


def tell_part(ticket_id: str, part: Mapping[str, Any], to: Reader) -> dict[str, str | None]:
    """Tell the facts of one part; return the targets that it sets and their values."""
    kind, at, key = text_at(part, "part_type"), part.get("created_at"), ident(part.get("id"))
    who = actor(dict_at(part, "author"), to.tally)
    body = html_to_text(text_at(part, "body"))
    if body and ("assign" in kind or kind.startswith(SAYS)):
        public = not kind.startswith("note")
        to.facts.message(ticket_id, at, body, public=public, event_id=key and f"{key}/message", **who)
    if kind == "merged_secondary_conversation":
        to.facts.event(ticket_id, at, "merged", event_id=key and f"{key}/merged", **who)
    changes = [*_assignments(part, kind), *_state(kind, to), *_details(kind, part, to)]
    for target, value, extra in changes:
        to.facts.change(ticket_id, at, target, value, event_id=key and f"{key}/{target}", **extra, **who)
    if not changes and kind not in SILENT and not kind.startswith(SAYS):
        to.tally.meet_one("part type", kind)
    return {target: value for target, value, _ in changes}


def _assignments(part: Mapping[str, Any], kind: str) -> Iterator[Change]:
    """A part of any type may assign; an assignment to nobody takes the ticket from its admin."""
    holder = dict_at(part, "assigned_to")
    if holder:
        yield "group" if "team" in text_at(holder, "type") else "assignee", ident(holder.get("id")), {}
    elif "assign" in kind:
        yield "assignee", ident(part.get("assigned_to")), {}


def _state(kind: str, to: Reader) -> Iterator[Change]:
    if kind.endswith(("open", "unsnooze", "unsnoozed")):
        yield "status", "open", {}
    elif kind in STATES:
        status, raw = to.statuses.read(STATES[kind])
        yield "status", status, {"raw": raw}


def _details(kind: str, part: Mapping[str, Any], to: Reader) -> Iterator[Change]:
    details = dict_at(part, "event_details")
    if kind.startswith("priority_changed") and "current_priority" in details:
        value, raw = to.priorities.read(text_at(details, "current_priority"))
        old, old_raw = to.priorities.read(text_at(details, "previous_priority"))
        yield "priority", value, {"raw": raw, "old": old, "old_raw": old_raw}
    if kind.startswith("conversation_attribute_updated") and (name := text_at(details, "attribute", "name")):
        told = dict_at(details, "value")
        extra = {"old": _word(told["previous"])} if "previous" in told else {}
        yield name, _word(told.get("name")), extra
    if kind == "conversation_sla_target_missed":
        target, raw = to.targets.read(text_at(details, "sla_target_type") or None)
        yield "sla_breached", target or "any", {"raw": raw}


def _word(value: Any) -> str | None:
    return str(value) if value not in (None, "", [], {}) else None


def tell_tags(
    ticket_id: str, record: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], facts: Facts
) -> None:
    """Tell the tags after each change; without parts that tell it, from when today's tags were applied."""
    changes = [
        (number_at(part, "created_at"), _names(part, "tags_added"), _names(part, "tags_removed"))
        for part in parts
        if part.get("part_type") == "conversation_tags_updated"
    ]
    if not any(added or removed for _, added, removed in changes):
        seen = number_at(record, "updated_at")
        held = [tag for tag in dicts_at(record, "tags", "tags") if tag.get("name")]
        changes = [(number_at(tag, "applied_at") or seen, {str(tag["name"])}, set()) for tag in held]
        changes.sort(key=lambda change: change[0])
    tags: set[str] = set()
    for at, added, removed in changes:
        tags = (tags | added) - removed
        facts.change(ticket_id, at, "tags", " ".join(sorted(tags)) or None)


def _names(part: Mapping[str, Any], key: str) -> set[str]:
    held = dict_at(part, "event_details").get(key)
    return {str(name) for name in held} if isinstance(held, list) else set()
