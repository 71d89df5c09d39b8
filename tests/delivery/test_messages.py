"""What is sent: rows, bodies and chat messages, in which foreign text does nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover import Annotations, EventLog, History
from boilover.delivery import Notice, parse_channels
from boilover.delivery.messages import body_of, plain
from boilover.flagger.kinds import Evidence, weigh
from boilover.flagger.matrix import Destination
from boilover.flagger.packet import Packet, Why, build
from boilover.points import Points

NOTICE = Notice(
    desk="desk",
    ticket_id="T 1/2",
    flag_id=7,
    happening="raised",
    at=1_700_000_000_000_000,
    raised_at=1_700_000_000_000_000,
    tier="critical",
    by="both",
    risk=0.42,
    threshold=0.3,
    why="3 handoffs",
    model="7d-ab",
    policy="p1",
)
HOSTILE = "<!channel> @here [x](javascript:y) <https://evil.example|click> www.evil.example & \u202e"


@pytest.fixture(scope="module")
def packet() -> Packet:
    events = pd.DataFrame(
        {
            "ticket_id": ["T 1/2"] * 2,
            "occurred_at": [pd.Timestamp("2023-11-14T08:00Z")] * 2,
            "event_type": ["created", "message"],
            "actor_role": ["customer"] * 2,
            "text": [None, "My private words"],
        }
    )
    notes = Annotations(History.from_log(EventLog.from_pandas(events)))
    points = Points(np.zeros(1, np.int32), np.array([NOTICE.at]))
    likely = weigh([Evidence("functional", 2, "state", "3 handoffs")])
    return build(notes, points, [Why("critical", "both")], [likely], [Destination("Second", "s@desk", "4h")])[
        0
    ]


def sent(table: dict[str, Any], notice: Notice = NOTICE, packet: Packet | None = None) -> dict[str, Any]:
    (channel,) = parse_channels({"a": table})
    body = body_of(channel, notice, packet)
    assert body == body_of(channel, notice, packet)
    told: dict[str, Any] = json.loads(body)
    return told


CHAT = {"kind": "chat", "url": "https://chat.example/x"}
FILE = {"kind": "csv", "path": "{night}"}
HOOK = {"kind": "webhook", "url": "https://desk.example/x", "secret": "a secret of the tests"}


def test_a_row_tells_the_flag_and_where_it_goes(packet: Packet) -> None:
    row = sent(FILE, packet=packet)
    assert row == {
        "key": NOTICE.key,
        "desk": "desk",
        "ticket_id": "T 1/2",
        "flag_id": 7,
        "happening": "raised",
        "at": "2023-11-14T22:13:20Z",
        "raised_at": "2023-11-14T22:13:20Z",
        "tier": "critical",
        "by": "both",
        "risk": 0.42,
        "threshold": 0.3,
        "why": "3 handoffs",
        "kind": "functional",
        "team": "Second",
        "contact": "s@desk",
        "respond_by": "2023-11-15T02:13:20Z",
        "model": "7d-ab",
        "policy": "p1",
    }
    assert "My private words" in sent({**FILE, "packets": True}, packet=packet)["packet"]


def test_a_webhook_has_the_packet_in_both_forms(packet: Packet) -> None:
    body = sent(HOOK, packet=packet)
    assert body["version"] == 1
    assert body["packet"]["first_message"]["text"] == "My private words"
    assert body["packet_markdown"].startswith("# Ticket T 1/2: ")
    without = sent({**HOOK, "packets": False}, packet=packet)
    assert (without["packet"], without["team"]) == (None, "Second")
    assert sent(HOOK)["packet"] is None


def test_a_chat_message_is_short_and_holds_no_message(packet: Packet) -> None:
    told = sent({**CHAT, "link": "https://desk.example/t/{ticket_id}", "blocks": True}, packet=packet)
    assert told["text"] == (
        "*New flag* (critical, risk 42%): ticket <https://desk.example/t/T%201%2F2|T 1/2>, desk desk\n"
        "3 handoffs\n"
        "To Second (s@\N{ZERO WIDTH SPACE}desk), answer within 4 hours; functional escalation likely"
    )
    assert told["blocks"] == [{"type": "section", "text": {"type": "mrkdwn", "text": told["text"]}}]
    assert "private" not in json.dumps(told)
    assert set(sent(CHAT, packet=packet)) == {"text"}


def test_a_flag_that_is_over_tells_no_reason() -> None:
    told = sent({**CHAT, "happenings": ["cleared"]}, replace(NOTICE, happening="cleared", risk=None))
    assert told == {"text": "*Flag is over* (critical): ticket T 1/2, desk desk"}


def test_foreign_text_addresses_nobody_and_links_to_nothing() -> None:
    told = sent(CHAT, replace(NOTICE, ticket_id=HOSTILE, why=HOSTILE, desk=HOSTILE))["text"]
    for sign in ("<", ">", "@here", "://", "www.", "](", "\u202e"):
        assert sign not in told
    assert len(plain("x" * 10_000, 500)) == 500


def test_the_key_tells_happenings_apart() -> None:
    others = [
        replace(NOTICE, **change)
        for change in ({"desk": "d"}, {"ticket_id": "x"}, {"raised_at": 1}, {"happening": "tier"}, {"at": 1})
    ]
    assert len({each.key for each in (NOTICE, *others)}) == 6
    assert replace(NOTICE, flag_id=8, tier="warn", risk=0.1, why="else").key == NOTICE.key
