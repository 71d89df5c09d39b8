"""A real receiver on the loopback that does as it is told, and nights of a ledger that give it something to hear."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from boilover.delivery import Channel, parse_channels
from boilover.flagger.ledger import Facts, Ledger
from boilover.flagger.night import By, Decision, Night, Verdict

HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGIN = 1_700_000_000_000_000
SECRET = "a secret of the tests"
MOST_REQUESTS = 60
"""No test asks for more."""


@dataclass
class Receiver:
    """What was received; ``acts`` is what to do with the next requests, and then ``after`` with all others.

    An act is a status, or ``slow`` (answer too late), ``die`` (in the middle of the status line), ``cut`` (in the
    middle of the body of a 200), ``hang up`` (without a word),
    ``moved``, ``later`` (503, try again in 7 s), ``much later`` (429, in an hour).
    """

    url: str = ""
    acts: list[int | str] = field(default_factory=list)
    after: int | str = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lateness: float = 0.8

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for headers, _ in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Yield a receiver that runs in a thread."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            act = told.acts.pop(0) if told.acts else told.after
            if len(told.got) > MOST_REQUESTS:
                act = "hang up"
            match act:
                case "slow":
                    time.sleep(told.lateness)
                case "die":
                    self.wfile.write(b"HTTP/1.1 20")
                case "cut":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nha")
                case "moved":
                    self._answer(307, Location=told.url)
                case "later":
                    self._answer(503, **{"Retry-After": "7"})
                case "much later":
                    self._answer(429, **{"Retry-After": "3600"})
                case int():
                    self._answer(act)

        def _answer(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *told: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}/hook/very-secret-path"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def webhook(url: str, **more: Any) -> Channel:
    table = {"kind": "webhook", "url": url, "secret": SECRET, "timeout": 10.0, "backoff": 0.5, **more}
    return parse_channels({"hook": table})[0]


def night(
    ledger: Ledger, as_of: int, verdicts: dict[str, Verdict], *, tier: int = 2, replace: bool = False
) -> Any:
    """Record a night: a verdict per ticket."""
    n = len(verdicts)
    told = Night(
        as_of=as_of,
        ticket_id=np.array(list(verdicts), dtype=object),
        risk=np.full(n, 0.5 if not replace else 0.6),
        segments={},
        weight=np.ones(n),
        fired=np.zeros((n, 0), dtype=np.bool_),
        trigger_names=(),
    )
    decision = Decision(
        verdict=np.array(list(verdicts.values()), dtype=np.int8),
        tier=np.full(n, tier, dtype=np.int8),
        by=np.full(n, By.MODEL, dtype=np.int8),
        nights_above=np.ones(n, dtype=np.int32),
        nights_below=np.zeros(n, dtype=np.int32),
        why_not=np.zeros(n, dtype=np.int8),
        threshold=np.full(n, 0.25),
    )
    why = np.array([f"why {name}" for name in verdicts], dtype=object)
    return ledger.record("desk", told, decision, Facts("7d-ab", "p1", 0.25), why=why, replace=replace)
