"""What is made at most once for each key, whichever threads ask for it, and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any


class Once:
    """Values by key. Threads that ask for the same key wait for one of them to make it, and for nobody else."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._made: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, RLock] = {}
        self._lock = RLock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the value of ``key``, made by ``make`` when it is first asked for."""
        if key not in self._made:
            with self._lock:
                lock = self._locks.setdefault(key, RLock())
            with lock:
                if key not in self._made:
                    self._made[key] = make()
        return self._made[key]

    def known(self, key: Hashable) -> Any:
        """Return the value of ``key`` if it has been made, else none."""
        return self._made.get(key)
