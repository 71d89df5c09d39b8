"""A guard against work that grows with the square of its input, or worse, in code whose steps nobody can count."""

from __future__ import annotations

import os
import resource
import signal
import traceback
from collections.abc import Callable

SECONDS = 10
"""Of a processor, however busy the machine is: hundreds of times what such tests need."""
STUCK = 300
"""Seconds after which a child that waits for something, and so needs no processor, is ended."""


def assert_ends(work: Callable[[], object], seconds: int = SECONDS) -> None:
    """Run ``work`` in a child that the system kills after so many seconds of processor time; it must end by itself."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(STUCK)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended == 0, "it failed" if ended > 0 else f"it took far too long: ended by signal {-ended}"
