"""What is said while kernels are compiled: one line, so that a long first run explains itself."""

from __future__ import annotations

import logging

from boilover.cli.speaking import say

KERNELS = "boilover.kernels.base"
"""The logger of `boilover.kernels.base`, by name: to import it takes NumPy."""


class _Told(logging.Handler):
    """Says it at the first kernel: which ones they are helps nobody who waits."""

    def __init__(self) -> None:
        super().__init__()
        self._said = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self._said:
            self._said = True
            say("compiling kernels, once: this takes seconds, in a first run a minute or more")


def tell_of_compiling() -> None:
    """Say from now on, once, that kernels are compiled."""
    logger = logging.getLogger(KERNELS)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_Told()]
