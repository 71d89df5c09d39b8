"""Posting JSON over HTTP: signed, with an idempotency key, tried again where trying may help.

A request is one POST; redirects are not followed, since they would take a signed body elsewhere. Only the status of an
answer is read. What customers wrote, the address and the secret never stand in a message.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from boilover.delivery.channels import HttpChannel, Webhook

TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""
REFUSED = frozenset({401, 403, 404, 410})
"""Statuses that speak of the address or the secret, and so of every further notice."""
LONGEST_PAUSE = 30.0
SIGNED = "v1="
TOLERANCE = 300
"""Seconds by which a receiver's clock may differ."""


@dataclass(frozen=True)
class Answer:
    """How a post ended: ``is_sent``, else the ``problem``; ``stops`` where further posts would end the same."""

    is_sent: bool
    receipt: str = ""
    problem: str = ""
    stops: bool = False


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the signature of a body: ``v1=`` and the HMAC-SHA256 of ``<timestamp>.<body>`` in hexadecimal digits."""
    return SIGNED + hmac.new(secret, b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def verify(
    secret: bytes, timestamp: str, body: bytes, signature: str, *, now: float, tolerance: float = TOLERANCE
) -> bool:
    """Return whether a body is what the holder of the secret signed, not longer than ``tolerance`` seconds ago."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > tolerance:
        return False
    return hmac.compare_digest(
        sign(secret, int(timestamp), body).encode(), signature.encode("utf-8", "replace")
    )


def post(
    channel: HttpChannel,
    body: str,
    key: str,
    *,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> Answer:
    """Post a body, at most ``channel.tries`` times with pauses that double; every try has the same key and body."""
    content = body.encode()
    answer = Answer(False)
    for tried in range(channel.tries):
        answer, wait = _once(channel, content, _headers(channel, content, key, clock))
        if answer.is_sent or wait is None or wait > LONGEST_PAUSE or tried == channel.tries - 1:
            break
        pause(max(wait, min(channel.backoff * 2**tried, LONGEST_PAUSE)))
    return answer


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *told: Any, **more: Any) -> None:
        """Follow no redirect: it then counts as the answer."""
        return


def _headers(channel: HttpChannel, content: bytes, key: str, clock: Callable[[], float]) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "boilover",
        "Idempotency-Key": key,
    }
    if isinstance(channel, Webhook):
        now = int(clock())
        headers["Boilover-Timestamp"] = str(now)
        headers["Boilover-Signature"] = sign(channel.secret.get_secret_value().encode(), now, content)
    return headers


def _once(channel: HttpChannel, content: bytes, headers: Mapping[str, str]) -> tuple[Answer, float | None]:
    """Post once; return the answer, and how many seconds to wait at least before another try, None for never."""
    request = Request(channel.url.get_secret_value(), data=content, headers=dict(headers), method="POST")
    try:
        with build_opener(_Stay).open(request, timeout=channel.timeout) as response:
            return Answer(True, receipt=f"HTTP {response.status}"), None
    except HTTPError as error:
        with error:
            return _refusal(channel, error)
    except (URLError, HTTPException, OSError, ValueError) as error:
        problem = f"{channel.host} did not answer ({_reason(error)})"
        return Answer(False, problem=problem, stops=True), 0.0


def _refusal(channel: HttpChannel, error: HTTPError) -> tuple[Answer, float | None]:
    name = HTTPStatus(error.code).phrase if error.code in set(HTTPStatus) else "unknown"
    problem = f"{channel.host} answered {error.code} ({name})"
    temporary = error.code in TEMPORARY
    moved = 300 <= error.code < 400
    answer = Answer(False, problem=problem, stops=temporary or moved or error.code in REFUSED)
    return answer, _retry_after(error) if temporary else None


def _retry_after(error: HTTPError) -> float:
    """Return the seconds that the receiver asks to wait, 0 where it asks for none in seconds."""
    told = error.headers.get("Retry-After", "") if error.headers else ""
    return float(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0.0


def _reason(error: Exception) -> str:
    """Return the kind of a failure; its text may hold the address."""
    inner = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    return type(inner).__name__
