"""What is said while kernels are compiled: once per module, so that a long first run explains itself."""

from __future__ import annotations

import logging

from boilover.cli.options import say

KERNELS = "boilover.kernels.base"
"""The logger of `boilover.kernels.base`, by name: to import it takes NumPy."""


class _Told(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._modules: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        module = record.getMessage().rpartition(".")[0]
        if module not in self._modules:
            self._modules.add(module)
            say(f"compiling kernels, once: {module}")


def tell_of_compiling() -> None:
    """Say from now on which modules' kernels are compiled."""
    logger = logging.getLogger(KERNELS)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_Told()]
