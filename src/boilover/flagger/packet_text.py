"""A packet as Markdown, to be read by whoever takes the ticket over; and packets as files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from boilover.errors import UsageError
from boilover.files import replacing
from boilover.flagger.packet import EARLIEST, Packet, ServiceLevel
from boilover.flagger.packet_words import line, markdown, quoted
from boilover.flagger.past import Entry, Said
from boilover.times import in_words
from boilover.words import spelled

NOTHING = "Nothing."
PACKET = re.compile(r"flag-\d+\.(?:md|json)")


def to_markdown(packet: Packet) -> str:
    """Return the packet as CommonMark; whatever customers wrote shows as they wrote it and does nothing."""
    blocks = [
        f"# Ticket {markdown(line(packet.ticket_id, 200))}: {markdown(packet.subject) or 'no subject'}",
        " · ".join(_facts(packet)),
        *_section("Why it is flagged", _why(packet)),
        *_section("Where it goes", _where(packet)),
        *_section("The issue", _said(packet.first_message)),
        *_section("Open question", _open_question(packet)),
        *_section("Last customer message", _last(packet)),
        *_section("What was tried", _tried(packet)),
        *_section("Sentiment", _sentiment(packet)),
        *_section("Service level", [_service_level(packet.service_level)]),
        *_section("Timeline", [_entries(packet.timeline, packet.left_out)]),
    ]
    return "\n\n".join(blocks) + "\n"


def to_json(packet: Packet) -> str:
    """Return the packet as JSON, one value a line."""
    return json.dumps(packet.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def write_packets(packets: Mapping[int, Packet], folder: str | Path) -> None:
    """Write each packet as ``flag-<id>.md`` and ``flag-<id>.json``, replacing the folder when all are written.

    Files are named by the flag: a ticket's id may hold anything. Raises `UsageError` for a folder of anything else.
    """
    check_folder(folder)
    with replacing(Path(folder)) as made:
        made.mkdir()
        for flag_id, packet in packets.items():
            (made / f"flag-{int(flag_id)}.md").write_text(to_markdown(packet), "utf-8")
            (made / f"flag-{int(flag_id)}.json").write_text(to_json(packet), "utf-8")


def check_folder(folder: str | Path) -> None:
    """Raise `UsageError` where a folder holds anything but packets, since it is going to be replaced."""
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file. Name a folder for the packets")
    others = sorted(each.name for each in path.glob("*") if not PACKET.fullmatch(each.name))
    if others:
        raise UsageError(f"{path} holds {others[0]}, which is no packet. Name a folder for packets alone")


def _section(title: str, blocks: list[str]) -> Iterator[str]:
    yield f"## {title}"
    told = [each for each in blocks if each]
    yield from told or [NOTHING]


def _facts(packet: Packet) -> Iterator[str]:
    yield f"as of {packet.as_of}"
    for name, word in (("status", packet.status), ("priority", packet.priority), *packet.attributes.items()):
        if word:
            yield f"{markdown(name.replace('_', ' '))} {markdown(word)}"


def _why(packet: Packet) -> list[str]:
    why = packet.why
    by = f", by {why.by}" if why.by else ""
    risk = "" if why.risk is None else f", risk {why.risk:.0%}"
    limit = "" if why.threshold is None else f" (flagged from {why.threshold:.0%} on)"
    told = [f"{name}: {sentence}" for name, sentence in why.triggers]
    return [
        f"Tier {why.tier}{by}{risk}{limit}.",
        _list([*told, *(f"model: {reason}" for reason in why.reasons)]),
    ]


def _where(packet: Packet) -> list[str]:
    told = [f"Likely a {packet.likely.kind} escalation." if packet.likely.kind else "Its kind is unclear."]
    to = packet.destination
    if to is not None:
        response = f", answer within {spelled(to.response)}" if to.response else ""
        full = f" ({markdown(to.overflow)} is full)" if to.overflow else ""
        told.append(f"To {markdown(to.team)}, {markdown(to.contact)}{response}{full}.")
    own = [each for each in packet.likely.evidence if each.kind == packet.likely.kind]
    return [" ".join(told), _list([f"{each.source}: {each.sentence}" for each in own])]


def _open_question(packet: Packet) -> list[str]:
    if packet.open_question is None:
        return ["No message of the customer waits for an answer."]
    waited = packet.waited_hours
    since = [] if waited is None else [f"The customer has waited {in_words(waited)} for a reply."]
    return [*since, *_said(packet.open_question)]


def _last(packet: Packet) -> list[str]:
    if packet.last_customer_message is not None and packet.last_customer_message == packet.open_question:
        return ["The open question above."]
    return _said(packet.last_customer_message)


def _tried(packet: Packet) -> list[str]:
    blocks = [block for reply in packet.replies for block in _said(reply)]
    for title, entries in (("Course of the status:", packet.statuses), ("Who held it:", packet.hops)):
        blocks += [title, _entries(entries)] if entries else []
    return blocks


def _sentiment(packet: Packet) -> list[str]:
    return [_list([f"{at}: {value:+.2f}" for at, value in packet.sentiment])]


def _service_level(level: ServiceLevel) -> str:
    if level.state == "none":
        return "No target runs."
    used = "" if level.used is None else f", {level.used:.0%} of {in_words(level.hours or 0)} used"
    return f"{level.state.capitalize()}: due {level.due_at}{used}."


def _said(said: Said | None) -> list[str]:
    if said is None:
        return []
    text = said.text or "(no words of its own)"
    return [f"{said.at}, {said.by or 'unknown'}:", quoted(text)]


def _entries(entries: tuple[Entry, ...], left_out: int = 0) -> str:
    told = [
        f"{each.at} {each.what}{f' ({each.by})' if each.by else ''}{f': {each.text}' if each.text else ''}"
        for each in entries
    ]
    return _list(told, left_out)


def _list(sentences: list[str], left_out: int = 0) -> str:
    items = [f"- {markdown(each)}" for each in sentences]
    if left_out:
        items.insert(EARLIEST, f"- … {left_out} events left out …")
    return "\n".join(items)
