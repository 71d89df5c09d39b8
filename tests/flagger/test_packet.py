"""Packets tell what their point sees, in bounded words that do nothing, and nothing of what came after."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from boilover import Annotations, EventLog, History, synthetic_desk
from boilover.errors import InputError
from boilover.flagger.kinds import Evidence, Likely, likely_kinds, weigh
from boilover.flagger.matrix import Destination
from boilover.flagger.packet import EARLIEST, LATEST, Packet, Why, build
from boilover.flagger.packet_text import to_json, to_markdown, write_packets
from boilover.flagger.packet_words import line, markdown, quoted, words
from boilover.flagger.past import LONG
from boilover.future_edit import edit_future
from boilover.points import Points
from boilover.text import with_measures
from boilover.times import iso

START = pd.Timestamp("2026-03-02T08:00Z")
HOSTILE = "<img src=x onerror=alert(1)> [click](javascript:x) # no | `x` **b** <!channel> \u202egnp.exe\x07 &lt;b&gt;"
WHY = Why(
    "critical", "both", 0.42, 0.3, ("3 handoffs",), (("legal", "1 customer message: “my lawyer”"),), "7d-ab"
)


def at(hours: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hours)


def event(hours: float, kind: str, value: str | None = None, **more: object) -> dict[str, object]:
    return {"ticket_id": "T 1", "occurred_at": at(hours), "event_type": kind, "value": value, **more}


def message(hours: float, role: str, text: str, is_public: bool = True) -> dict[str, object]:
    return event(hours, "message", actor_role=role, text=text, is_public=is_public)


EVENTS = (
    event(0, "created", actor_role="customer"),
    event(0, "group_changed", "Tier 1", actor_role="system"),
    message(0, "customer", "Printing fails.\nSince Monday."),
    event(1, "status_changed", "open", actor_role="agent"),
    event(1, "sla_due", "resolution", number=10.0),
    event(1, "assignee_changed", "Kim", actor_role="agent"),
    message(2, "agent", "Please restart it.\n\nOn Mon, 2 Mar 2026, Al wrote:\n> Printing fails."),
    message(3, "customer", "Did that. Does not help. Why?\n> Please restart it."),
    message(4, "agent", "A broken driver, I think", is_public=False),
    event(4, "group_changed", "Tier 2", actor_role="agent"),
    message(5, "customer", "Is anybody there?"),
    message(9, "customer", "From the future"),
)


def log_of(events: Sequence[dict[str, object]], **attributes: object) -> EventLog:
    tickets = pd.DataFrame({"ticket_id": ["T 1"], **{name: [value] for name, value in attributes.items()}})
    return EventLog.from_pandas(pd.DataFrame(list(events)), tickets)


def packets_of(log: EventLog, hours: float = 6, **more: object) -> Packet:
    notes = Annotations(History.from_log(log))
    moment = int(at(hours).value // 1000)
    points = Points(np.zeros(1, np.int32), np.array([moment]))
    why, likely = more.get("why", WHY), more.get("likely", Likely(None, ()))
    return build(notes, points, [why], [likely], [more.get("to")])[0]  # type: ignore[list-item]


def test_a_packet_tells_the_ticket() -> None:
    packet = packets_of(log_of(EVENTS, subject="Printer <b>dead</b>", category="hardware"))
    assert (packet.ticket_id, packet.subject, packet.as_of) == ("T 1", "Printer dead", "2026-03-02T14:00:00Z")
    assert packet.attributes == {"category": "hardware"}
    assert packet.status == "open"
    assert packet.first_message is not None
    assert packet.first_message.text == "Printing fails.\nSince Monday."
    assert [reply.text for reply in packet.replies] == ["Please restart it."]
    assert packet.open_question == packet.last_customer_message
    assert packet.open_question is not None
    assert (packet.open_question.at, packet.open_question.text) == (
        "2026-03-02T13:00:00Z",
        "Is anybody there?",
    )
    assert packet.waited_hours == 3.0
    assert [hop.what for hop in packet.hops] == [
        "moved to group Tier 1",
        "assigned to Kim",
        "moved to group Tier 2",
    ]
    assert [each.what for each in packet.statuses] == ["status open"]
    assert [each.what for each in packet.timeline if each.text.startswith("A broken")] == ["internal note"]
    level = packet.service_level
    assert (level.state, level.due_at, level.used) == ("running", "2026-03-02T19:00:00Z", 0.5)
    assert len(packet.timeline) == len(EVENTS) - 1
    assert "future" not in to_markdown(packet) + to_json(packet)


@pytest.mark.parametrize(("hours", "state"), [(10.9, "running"), (11, "overdue"), (30, "overdue")])
def test_a_target_is_overdue_from_the_moment_on_at_which_it_falls_due(hours: float, state: str) -> None:
    assert packets_of(log_of(EVENTS), hours).service_level.state == state


def test_what_was_answered_is_no_open_question() -> None:
    packet = packets_of(log_of([*EVENTS[:-1], message(5.5, "agent", "Yes")]))
    assert packet.open_question is None
    assert packet.waited_hours is None
    assert packet.last_customer_message is not None
    assert "No message of the customer waits" in to_markdown(packet)


def test_a_log_without_texts_gives_a_packet() -> None:
    bare = [
        {key: each[key] for key in ("ticket_id", "occurred_at", "event_type", "value")} for each in EVENTS
    ]
    packet = packets_of(log_of(bare))
    assert packet.first_message is not None
    assert packet.first_message.text == ""
    assert json.loads(to_json(packet))["open_question"] is None


def test_a_point_before_its_ticket_has_no_packet() -> None:
    with pytest.raises(InputError, match="sees no event"):
        packets_of(log_of(EVENTS), -1)


def test_an_automatic_answer_is_not_the_issue() -> None:
    events = [EVENTS[0], message(0, "bot", "We have received your request"), message(1, "customer", "Help")]
    packet = packets_of(log_of(events), why=replace(WHY, by=""))
    assert packet.first_message is not None
    assert packet.first_message.text == "Help"
    assert "Tier critical, risk 42% (flagged from 30% on)." in to_markdown(packet)


@pytest.mark.parametrize(("length", "is_cut"), [(LONG, False), (LONG + 1, True)])
def test_a_message_that_is_cut_says_so(length: int, is_cut: bool) -> None:
    # A blank where the cut falls goes too.
    text = "x" * (LONG - 3) + " " + "y" * (length - LONG + 2)
    said = packets_of(log_of([EVENTS[0], message(1, "customer", text)])).first_message
    assert said is not None
    assert (said.is_cut, len(said.text) <= LONG) == (is_cut, True)


def test_a_long_timeline_keeps_both_ends() -> None:
    many = [*EVENTS[:2], *(message(1 + place / 1000, "customer", f"word {place}") for place in range(200))]
    packet = packets_of(log_of(many))
    assert len(packet.timeline) == EARLIEST + LATEST
    assert packet.left_out == len(many) - EARLIEST - LATEST
    assert packet.timeline[-1].text == "word 199"
    assert f"… {packet.left_out} events left out …" in to_markdown(packet)


def test_every_text_is_bounded() -> None:
    long = "x" * 50_000
    events = [
        message(place / 1000, "customer" if place % 2 else "agent", f"{long} {place}") for place in range(120)
    ]
    noted = [event(1, "field_changed", long, field=long), event(1, long), event(1, "assignee_changed", long)]
    packet = packets_of(log_of([EVENTS[0], *events, *noted], subject=long, category=long))
    assert len(to_json(packet)) < 60_000
    assert packet.first_message is not None
    assert packet.first_message.is_cut


def test_hostile_text_does_nothing() -> None:
    events = [
        EVENTS[0],
        message(1, "customer", f"{HOSTILE}\n# Head\n---\n1. one\n\tcode"),
        event(2, "group_changed", HOSTILE),
    ]
    packet = packets_of(
        log_of(events, subject=HOSTILE, category=HOSTILE),
        to=Destination(HOSTILE, HOSTILE),
        why=replace(WHY, reasons=(HOSTILE,), triggers=(("vip", HOSTILE),)),
        likely=weigh([Evidence("functional", 1, "reason", HOSTILE)]),
    )
    text = to_markdown(packet)
    kinds = {
        token.type
        for top in MarkdownIt().enable("table").parse(text)
        for token in (top, *(top.children or ()))
    }
    assert kinds <= {
        *(
            "heading_open",
            "heading_close",
            "inline",
            "text",
            "paragraph_open",
            "paragraph_close",
            "hardbreak",
        ),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "softbreak"),
        *("blockquote_open", "blockquote_close", "text_special"),
    }
    heads = re.findall(r"(?m)^#+ .*", text)
    assert len(heads) == 1 + 9
    to_json(packet).encode()
    text.encode()
    assert "\u202e" not in text
    assert "\x07" not in text


SHOWN = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \n#*_[]()<>&`~|\\!-+=1.)@:/$"),
    max_size=80,
)


def shown_text(source: str) -> str:
    """Return what a reader of Markdown sees, by a parser of its own."""
    found = []
    for top in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source):
        assert top.type in {
            "blockquote_open",
            "blockquote_close",
            "paragraph_open",
            "paragraph_close",
            "inline",
        }
        for token in top.children or ():
            assert token.type in {"text", "text_special", "hardbreak"}
            found.append("\n" if token.type == "hardbreak" else token.content)
    return "".join(found)


@settings(max_examples=100, deadline=None)
@given(SHOWN)
@example(
    "1) a\n2. b\n---\n===\n+ c\n- d\n> e\n# f #\nhttp://x.y www.z.w a@b.c &amp; <b> `c` ~~d~~ $e$ ![f](g)"
)
def test_markdown_shows_the_text_as_it_is(text: str) -> None:
    plain = "\n".join(each for each in (" ".join(part.split()) for part in text.split("\n")) if each)
    if plain:
        assert shown_text(quoted(plain)) == plain


def test_addresses_are_no_links() -> None:
    escaped = markdown("see https://a.b/c or www.d.e or f@g.h")
    assert not re.search(r"://|www\.|\w@\w", escaped)


def test_words_are_the_authors_own() -> None:
    assert words("  Hello\n\n> quoted\nthere \x00 you", 100) == "Hello\nthere � you"
    assert words(None, 5) == ""
    assert words("abcdefgh", 5) == "abcd…"
    assert line("a\nb\u2028c", 9) == "a b c"


def test_files_are_named_by_the_flag(tmp_path) -> None:  # type: ignore[no-untyped-def]
    packet = packets_of(log_of(EVENTS))
    write_packets({7: packet}, tmp_path / "packets")
    assert sorted(path.name for path in (tmp_path / "packets").iterdir()) == ["flag-7.json", "flag-7.md"]
    assert (tmp_path / "packets" / "flag-7.md").read_text("utf-8") == to_markdown(packet)


def texts_of(log: EventLog, ids: Sequence[str], as_of: int) -> list[str]:
    """Return the packets of tickets as texts, with what rules make of them."""
    notes = Annotations(History.from_log(log))
    points = Points(notes.history.find(pa.array(ids, pa.string())), np.full(len(ids), as_of))
    likely = likely_kinds(notes, points, [{}] * len(ids), [()] * len(ids))
    packets = build(notes, points, [WHY] * len(ids), likely, [None] * len(ids))
    return [to_json(packet) + to_markdown(packet) for packet in packets]


@pytest.fixture(scope="module")
def desk() -> EventLog:
    return with_measures(synthetic_desk(n_tickets=80, days=20, seed=4))


@pytest.mark.parametrize("trial", range(2))
def test_nothing_after_the_moment_is_told(desk: EventLog, trial: int) -> None:
    notes = Annotations(History.from_log(desk))
    as_of = int(np.quantile(notes.history.time, 0.3 + 0.3 * trial))
    born = np.flatnonzero(notes.history.created <= as_of)[-12:]
    ids = [notes.history.ticket_ids[int(code)].as_py() for code in born]
    rng = np.random.default_rng(trial)
    before = texts_of(desk, ids, as_of)
    assert texts_of(edit_future(desk, as_of, rng, rewrite=False), ids, as_of) == before
    assert texts_of(edit_future(desk, as_of, rng, rewrite=True), ids, as_of) == before


def test_a_packet_that_reads_the_future_would_be_noticed(desk: EventLog) -> None:
    notes = Annotations(History.from_log(desk))
    as_of = int(np.quantile(notes.history.time, 0.5))
    ids = [
        notes.history.ticket_ids[int(code)].as_py() for code in np.flatnonzero(notes.history.created <= as_of)
    ]
    later = as_of + 30 * 24 * 3_600_000_000
    assert texts_of(
        edit_future(desk, as_of, np.random.default_rng(0), rewrite=False), ids, later
    ) != texts_of(desk, ids, later)


def test_sentences_of_triggers_keep_their_names() -> None:
    told = packets_of(log_of(EVENTS)).to_dict()["why"]["triggers"]
    assert told == {"legal": "1 customer message: “my lawyer”"}
    assert tuple(told.items()) == WHY.triggers
    assert iso(0) == "1970-01-01T00:00:00Z"
