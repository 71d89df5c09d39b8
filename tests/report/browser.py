"""A headless Chromium that tests drive through its debugging pipe: JSON messages, each ended by a zero byte."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-pipe",
)
PATIENCE = 60
"""Seconds after which a browser that is silent is taken for dead."""


class Browser:
    """One page of one browser."""

    def __init__(self, write: int, read: int) -> None:
        """Speak over two pipes, and open a page."""
        self._write, self._read = write, read
        self._waiting = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.page(f"{domain}.enable")

    def send(self, method: str, session: str | None = None, **params: Any) -> Any:
        """Call a method of the protocol and return its result; events that come before it are kept."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def page(self, method: str, **params: Any) -> Any:
        """Call a method of the page."""
        return self.send(method, self._session, **params)

    def open(self, path: Path) -> None:
        """Load a file and wait until it is loaded."""
        self.events.clear()
        self.page("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def run(self, code: str) -> Any:
        """Return the value of an expression, or of the promise that it is."""
        found = self.page("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"])[:2000])
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, such as ``Tab`` or ``ArrowRight``."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35}
        told = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.page("Input.dispatchKeyEvent", type="keyDown", **told, **({"text": text} if text else {}))
        self.page("Input.dispatchKeyEvent", type="keyUp", **told)

    def look(
        self, width: int = 1280, height: int = 900, *, dark: bool = False, calm: bool = False, media: str = ""
    ) -> None:
        """Take a size, a colour scheme, a wish for calm, and a medium such as ``print``."""
        self.page(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}
        self.page("Emulation.setEmulatedMedia", media=media, features=[scheme, motion])

    def frame(self) -> None:
        """Wait for the next frame: only then does a page hear that the reader wishes another scheme or size."""
        self.run("new Promise(requestAnimationFrame).then(() => true)")

    def shot(self, path: Path, *, whole: bool = False) -> None:
        """Write a picture of what is seen, or of the ``whole`` page."""
        path.write_bytes(b64decode(self.page("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        return b64decode(self.page("Page.printToPDF", printBackground=False, preferCSSPageSize=True)["data"])

    def complaints(self) -> list[str]:
        """Return errors, refusals of the policy, and requests other than for the file itself."""
        found = []
        for event in self.events:
            told = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"]))
            if event["method"] == "Log.entryAdded" and told["entry"]["level"] == "error":
                found.append(told["entry"]["text"])
            if event["method"] == "Network.requestWillBeSent" and told["type"] != "Document":
                found.append(f"asked for {told['request']['url'][:200]}")
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._waiting:
            part = os.read(self._read, 1 << 20)
            if not part:
                raise RuntimeError("the browser has gone")
            self._waiting += part
        message, self._waiting = self._waiting.split(b"\0", 1)
        told: dict[str, Any] = json.loads(message)
        return told


def _above_nine(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10)
    os.close(descriptor)
    return moved


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """Start a browser with a fresh profile, and end it with all of its processes."""
    to_browser, from_test = os.pipe()
    to_test, from_browser = os.pipe()
    # The browser reads commands on descriptor 3 and answers on 4, which must not be those that are passed on: these are
    # above 9, where dash knows no descriptor and bash does.
    to_browser, from_browser = (_above_nine(each) for each in (to_browser, from_browser))
    command = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
    process = subprocess.Popen(
        ["bash", "-c", command, str(CHROMIUM), *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(to_browser, from_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Browser(from_test, to_test)
    finally:
        os.close(from_test)
        os.close(to_test)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
