"""What is sent of a notice: a flat row, the body of a webhook, a chat message. The same notice gives the same text."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from boilover.delivery.channels import Channel, Chat, FileChannel, SqlChannel
from boilover.delivery.notices import Notice
from boilover.flagger.packet import Packet
from boilover.flagger.packet_text import to_markdown
from boilover.flagger.packet_words import line
from boilover.times import iso, parse_duration
from boilover.words import spelled

VERSION = 1
NAME, WHY = 200, 500
ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
HAPPENED = {
    "raised": "New flag",
    "tier": "Flag rose",
    "still": "Flag stands again after its snooze",
    "cleared": "Flag is over",
}


def body_of(channel: Channel, notice: Notice, packet: Packet | None) -> str:
    """Return what a channel sends of a notice, as JSON."""
    if isinstance(channel, Chat):
        return _json(chat(channel, notice, packet))
    if isinstance(channel, (FileChannel, SqlChannel)):
        return _json(row_of(notice, packet, with_packet=channel.packets))
    told = packet.to_dict() if packet is not None and getattr(channel, "packets", False) else None
    markdown = to_markdown(packet) if packet is not None and told is not None else None
    return _json({"version": VERSION, **row_of(notice, packet), "packet": told, "packet_markdown": markdown})


def row_of(notice: Notice, packet: Packet | None, *, with_packet: bool = False) -> dict[str, Any]:
    """Return a notice as plain values; times in ISO 8601."""
    to = None if packet is None else packet.destination
    row: dict[str, Any] = {
        "key": notice.key,
        "desk": notice.desk,
        "ticket_id": notice.ticket_id,
        "flag_id": notice.flag_id,
        "happening": notice.happening,
        "at": iso(notice.at),
        "raised_at": iso(notice.raised_at),
        "tier": notice.tier,
        "by": notice.by,
        "risk": notice.risk,
        "threshold": notice.threshold,
        "why": notice.why,
        "kind": (packet.likely.kind or "") if packet is not None else "",
        "team": "" if to is None else to.team,
        "contact": "" if to is None else to.contact,
        "respond_by": iso(notice.at + parse_duration(to.response))
        if to is not None and to.response
        else None,
        "model": notice.model,
        "policy": notice.policy,
    }
    if with_packet:
        row["packet"] = "" if packet is None else to_markdown(packet)
    return row


def chat(channel: Chat, notice: Notice, packet: Packet | None) -> dict[str, Any]:
    """Return ``{"text": …}``; what is foreign in it addresses nobody and links to nothing.

    It quotes no message; the sentence of a trigger may hold the phrase that was heard.
    """
    ticket = plain(notice.ticket_id, NAME)
    if channel.link is not None:
        address = channel.link.replace("{ticket_id}", quote(notice.ticket_id, safe=""))
        ticket = f"<{address}|{ticket}>"
    risk = "" if notice.risk is None else f", risk {notice.risk:.0%}"
    told = [
        f"*{HAPPENED[notice.happening]}* ({notice.tier}{risk}): ticket {ticket}, desk {plain(notice.desk, NAME)}"
    ]
    if notice.happening != "cleared" and notice.why:
        told.append(plain(notice.why, WHY))
    to = None if packet is None else packet.destination
    if to is not None and packet is not None:
        kind = (
            f"{packet.likely.kind} escalation likely" if packet.likely.kind else "kind of escalation unclear"
        )
        answer = f", answer within {spelled(to.response)}" if to.response else ""
        told.append(f"To {plain(to.team, NAME)} ({plain(to.contact, NAME)}){answer}; {kind}")
    text = "\n".join(told)
    if not channel.blocks:
        return {"text": text}
    return {"text": text, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}


def plain(text: str, limit: int) -> str:
    """Return foreign text for a chat: no link, and no mention of a person or a channel, comes of it."""
    escaped = line(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in ("@", "://", "www.", "]("):
        escaped = escaped.replace(sign, f"{sign[0]}{ZERO_WIDTH_SPACE}{sign[1:]}")
    return escaped


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
