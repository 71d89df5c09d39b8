"""A receiver of webhooks that counts what it hears."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any


@dataclass
class Receiver:
    """What was heard: the bodies by their keys, and how often each key came and was accepted."""

    url: str = ""
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    fails: float = 0.0
    """The share of requests that it answers with 503."""


@contextmanager
def receiving(fails: float, seed: int) -> Iterator[Receiver]:
    """Yield a receiver in a thread, which refuses that share of requests for the moment."""
    told, random = Receiver(fails=fails), Random(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            accepts = random.random() >= told.fails
            if accepts:
                key = self.headers["Idempotency-Key"]
                told.heard[key] += 1
                told.bodies[key] = json.loads(body)
            told.refused += not accepts
            self.send_response(200 if accepts else 503)
            self.end_headers()

        def log_message(self, *told: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
