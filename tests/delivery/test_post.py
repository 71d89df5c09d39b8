"""Posting: what a receiver can do wrong, how often it is asked again, and what nobody gets to see."""

from __future__ import annotations

import hashlib
import hmac
import socket

import pytest

from boilover.delivery import sign, verify
from boilover.delivery.post import post
from receiver import SECRET, Receiver, webhook

BODY = '{"ticket":"größer"}'
KEY = "k" * 32


def send(url: str, **more: object):  # type: ignore[no-untyped-def]
    pauses: list[float] = []
    answer = post(webhook(url, **more), BODY, KEY, clock=lambda: 1_700_000_000.9, pause=pauses.append)
    return answer, pauses


def test_a_post_is_signed_and_has_its_key(hearing: Receiver) -> None:
    answer, pauses = send(hearing.url)
    assert (answer.is_sent, answer.receipt, pauses) == (True, "HTTP 200", [])
    ((headers, body),) = hearing.got
    assert body == BODY.encode()
    assert headers["idempotency-key"] == KEY
    assert headers["content-type"] == "application/json; charset=utf-8"
    # By the definition of the page, not by the code of the package.
    expected = hmac.new(SECRET.encode(), b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers["boilover-signature"] == f"v1={expected}"
    assert headers["boilover-timestamp"] == "1700000000"


@pytest.mark.parametrize("act", [500, 503, 429, 408, "slow", "die", "hang up"])
def test_what_may_pass_is_tried_again_with_the_same_key(hearing: Receiver, act: int | str) -> None:
    hearing.acts = [act]
    answer, pauses = send(hearing.url, timeout=0.4 if act == "slow" else 10.0)
    assert answer.is_sent
    assert pauses == [0.5]
    assert hearing.keys == [KEY, KEY]
    assert hearing.got[0][1] == hearing.got[1][1]


def test_an_answer_that_is_cut_after_its_status_counts(hearing: Receiver) -> None:
    hearing.acts = ["cut"]
    assert send(hearing.url)[0].is_sent
    assert len(hearing.got) == 1


@pytest.mark.parametrize("act", [500, "slow", "die", "hang up"])
def test_tries_are_few_and_pauses_double(hearing: Receiver, act: int | str) -> None:
    hearing.after = act
    answer, pauses = send(hearing.url, tries=4, timeout=0.2 if act == "slow" else 10.0)
    assert not answer.is_sent
    assert answer.stops
    assert pauses == [0.5, 1.0, 2.0]
    assert len(hearing.got) == 4


@pytest.mark.parametrize(
    ("act", "stops"), [(400, False), (413, False), (422, False), (401, True), (404, True), ("moved", True)]
)
def test_what_will_not_pass_is_asked_once(hearing: Receiver, act: int | str, stops: bool) -> None:
    hearing.after = act
    answer, pauses = send(hearing.url)
    assert (answer.is_sent, answer.stops, pauses, len(hearing.got)) == (False, stops, [], 1)


def test_a_receiver_may_ask_for_a_pause(hearing: Receiver) -> None:
    hearing.acts = ["later"]
    assert send(hearing.url)[1] == [7.0]


def test_a_long_pause_is_for_the_next_run(hearing: Receiver) -> None:
    hearing.after = "much later"
    answer, pauses = send(hearing.url)
    assert (answer.is_sent, answer.stops, pauses, len(hearing.got)) == (False, True, [], 1)


def test_a_refused_connection_is_told_without_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer, pauses = send(f"http://127.0.0.1:{port}/hook/very-secret-path")
    assert not answer.is_sent
    assert len(pauses) == 2
    assert answer.problem == "127.0.0.1 did not answer (ConnectionRefusedError)"


def test_nothing_secret_is_shown(hearing: Receiver) -> None:
    channel = webhook(hearing.url)
    hearing.after = 404
    assert "very-secret" not in repr(channel) + str(channel) + send(hearing.url)[0].problem
    assert SECRET not in repr(channel) + str(channel)


def test_a_receiver_verifies_what_was_signed() -> None:
    secret, body = SECRET.encode(), BODY.encode()
    signature = sign(secret, 1000, body)
    assert verify(secret, "1000", body, signature, now=1000)
    assert verify(secret, "1000", body, signature, now=1300)
    for other in (
        verify(secret, "1000", body, signature, now=1301),
        verify(secret, "1000", body, signature, now=699),
        verify(secret, "1001", body, signature, now=1000),
        verify(secret, "1000", body + b" ", signature, now=1000),
        verify(b"another secret of tests", "1000", body, signature, now=1000),
        verify(secret, "1000", body, signature.removeprefix("v1="), now=1000),
        verify(secret, "1000", body, "größer", now=1000),
        verify(secret, "-1000", body, signature, now=1000),
        verify(secret, "1" * 400, body, signature, now=1000),
        verify(secret, "", body, signature, now=1000),
    ):
        assert not other
