"""A guard against work that grows with the square of its input, or worse, in code whose steps nobody can count."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable

SECONDS = 10
"""Of a processor, however busy the machine is: hundreds of times what such tests need."""


def assert_ends(work: Callable[[], object], seconds: int = SECONDS) -> None:
    """Run ``work`` in a child that the system kills after so many seconds of processor time; it must end by itself."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            work()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "it takes far too long, or failed"
