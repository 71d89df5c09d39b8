"""The history of Zendesk tickets: audits.

::

    {"audits": [{"id", "ticket_id", "created_at", "author_id", "via": {"channel", "source": {"rel"}},
                 "events": [{"id", "type": "Create",  "field_name", "value"},
                            {"id", "type": "Change",  "field_name", "value", "previous_value"},
                            {"id", "type": "Comment", "author_id", "public", "body"}, …]}, …]}

An event has no time of its own: it happened when its audit did.
"""

from __future__ import annotations

from typing import Any

from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.words import html_to_text, ident, serial
from boilover.adapters.zendesk_desk import Desk, channel_of

MESSAGES = frozenset({"Comment", "VoiceComment", "VoiceApiComment", "FacebookComment", "TweetComment"})
WITHOUT_CONTENT = frozenset(
    {
        "AgentMacroReference", "AssociateAttValsEvent", "AttachmentRedactionEvent", "Audit", "Cc",
        "ChatEndedEvent", "ChatFileAttachment", "ChatStartedEvent", "CollabThreadClosed",
        "CollabThreadCreated", "CollabThreadReopened", "CollabThreadReply", "CommentRedactionEvent",
        "EmailCcChange", "Error", "External", "FacebookEvent", "FollowerChange", "FollowerNotification",
        "KnowledgeLinked", "KnowledgeLinkAccepted", "KnowledgeLinkRejected", "LogMeInTranscript",
        "MacroReference", "Notification", "NotificationWithCcs", "OrganizationActivity", "Push",
        "ScheduleAssignment", "SlaTargetChange", "SmsNotification", "TicketSharingEvent", "Tweet",
        "WebhookEvent",
    }
)  # fmt: skip
"""Events that say nothing of the ticket's state or of what was written; others are counted as unknown."""
OF_AGENTS = frozenset({"group", "assignee", "priority"})
"""Targets that no customer sets by hand once a ticket is there."""
AT_CREATION = {"requester_id": "customer_id", "organization_id": "account_id", "subject": "subject"}
"""Field to the attribute that it is at creation."""
ATTRIBUTES = frozenset({"requester", "organization"})
"""Targets whose value at creation is an attribute of the ticket, and no event beside it."""
MERGED_TAG = "closed_by_merge"
GRADES = {"good": 1.0, "bad": 0.0, "1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0}
"""A rating's score; what is only offered is none."""


def read_audit(desk: Desk, record: dict[str, Any]) -> None:
    """Tell what one audit holds."""
    audit = Audit(desk, record, record.get("created_at"), ident(record.get("author_id")))
    audit.tell(dicts_at(record, "events"))


def message_text(record: dict[str, Any]) -> str | None:
    """Return what was written, as plain text."""
    text = record.get("plain_body") or record.get("body")
    if not text and record.get("html_body"):
        text = html_to_text(record["html_body"])
    return text or None


class Audit:
    """What the events of one audit have in common, and what becomes of each of them."""

    def __init__(self, desk: Desk, record: dict[str, Any], at: Any, actor: str | None) -> None:
        self.desk, self.at, self.actor = desk, at, actor
        self.ticket = str(ident(record["ticket_id"]))
        self.channel = channel_of(record)
        self.is_merge = dict_at(record, "via", "source").get("rel") == "merge"
        # Audits are numbered as they come, which orders those of one second in whatever order they are exported.
        self.order = serial(ident(record.get("id")))
        self.creates = self.merged = False

    def tell(self, events: list[dict[str, Any]]) -> None:
        """Tell all events; being merged, which ends the ticket, comes last."""
        created = {
            str(each.get("field_name")): each.get("value") for each in events if each.get("type") == "Create"
        }
        if created:
            self.creates = True
            self._create(created)
        else:
            self.desk.partial.add(self.ticket)
        for event in events:
            self._event(event)
        if self.merged:
            self.desk.facts.event(self.ticket, self.at, "merged", by=self.actor, order=self.order)

    def _create(self, fields: dict[str, Any]) -> None:
        desk, requester = self.desk, ident(fields.get("requester_id"))
        desk.whole[self.ticket] = requester
        if requester is not None:
            desk.facts.acted(requester, "customer", self.at)
            if requester != self.actor:
                desk.meet_agent(self.actor, self.channel, self.at)
        first = {name for field, name in AT_CREATION.items() if field in fields}
        desk.facts.ticket(
            self.ticket,
            created=self.at,
            first={"channel", *first},
            by=self.actor,
            role="customer" if requester is not None and self.actor == requester else None,
            customer_id=requester,
            account_id=ident(fields.get("organization_id")),
            channel=self.channel,
            subject=fields.get("subject") or None,
        )

    def _event(self, event: dict[str, Any]) -> None:
        kind, channel = str(event.get("type")), channel_of(event, self.channel)
        if kind in MESSAGES:
            self._message(event, channel)
        elif kind == "Create":
            self._initial(event)
        elif kind == "Change":
            self._change(event, channel)
        elif kind == "CommentPrivacyChange":
            value = "public" if event.get("public") else "private"
            self._tell(event, "field_changed", field="message_privacy", value=value)
        elif kind == "SatisfactionRating":
            self._rating(event)
        elif kind not in WITHOUT_CONTENT:
            self.desk.export.tally.meet_one("event type", kind)

    def _tell(self, event: dict[str, Any], kind: str, **what: Any) -> None:
        event_id = ident(event.get("id"))
        self.desk.facts.event(
            self.ticket, self.at, kind, by=self.actor, event_id=event_id, order=self.order, **what
        )

    def _message(self, event: dict[str, Any], channel: str | None) -> None:
        if not event.keys() & {"body", "plain_body", "html_body"}:
            self.desk.export.tally.note("comments without their text: export with comment_events", 1)
            if self.creates:
                # The ticket's record has these words as its description, of this export or of another.
                self.desk.opened_elsewhere.add(self.ticket)
                return
        author = ident(event.get("author_id")) or self.actor
        public = bool(event.get("public", event.get("comment_public", True)))
        requester, text = self.desk.whole.get(self.ticket), message_text(event)
        if text is not None:
            self.desk.written.add(self.ticket)
        self.desk.facts.message(
            self.ticket,
            self.at,
            text,
            public=public,
            by=author,
            role=self.desk.role_of_author(author, channel, requester, public=public, at=self.at),
            event_id=ident(event.get("id")),
            order=self.order,
        )

    def _initial(self, event: dict[str, Any]) -> None:
        target = self.desk.target(str(event.get("field_name")))
        if target is not None and target not in ATTRIBUTES:
            value, raw = self.desk.value(target, event.get("value"))
            self.desk.facts.at_creation(self.ticket, target, value, raw=raw)
            self._note(target, value)

    def _change(self, event: dict[str, Any], channel: str | None) -> None:
        target = self.desk.target(str(event.get("field_name")))
        if target is None:
            return
        value, raw = self.desk.value(target, event.get("value"))
        old = old_raw = None
        if "previous_value" in event and target not in ATTRIBUTES:
            old, old_raw = self.desk.value(target, event["previous_value"])
            raw = "restored" if target == "status" and event["previous_value"] == "deleted" else raw
        self._notice_merge(target, value, old)
        self._note(target, value)
        if target in OF_AGENTS and value is not None and self.actor != self.desk.whole.get(self.ticket):
            self.desk.meet_agent(self.actor, channel, self.at)
        self.desk.facts.change(
            self.ticket,
            self.at,
            target,
            value,
            raw=raw,
            old=old,
            old_raw=old_raw,
            by=self.actor,
            role=self.desk.role_of_actor(self.actor, channel),
            event_id=ident(event.get("id")),
            order=self.order,
        )

    def _note(self, target: str, value: str | None) -> None:
        if target == "status":
            self.desk.ends.note(self.ticket, str(self.at), value)
        elif target == "assignee":
            self.desk.facts.acted(value, "agent", self.at)

    def _notice_merge(self, target: str, value: str | None, old: str | None) -> None:
        """Notice that the ticket ends in another one: it is newly tagged so, or closed by a merge."""
        if target == "tags" and MERGED_TAG in (value or "").split():
            self.merged |= MERGED_TAG not in (old or "").split()
        self.merged |= self.is_merge and target == "status" and value == "closed"

    def _rating(self, event: dict[str, Any]) -> None:
        score = str(event.get("score")).removesuffix("_with_comment")
        if score in GRADES:
            self._tell(event, "csat", number=GRADES[score])
        elif score not in ("offered", "unoffered", "None"):
            self.desk.export.tally.meet_one("score", score)
