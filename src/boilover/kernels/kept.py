"""Where compiled kernels are kept, and who is told when one has to be compiled.

Numba keeps machine code beside the source if it can write there, else in the user's cache folder, and fails where it
can write nowhere. Two things are added: code that lies beside the source is used where the installation cannot be
written, so that an image or a shared installation compiles once, when it is made; and without any place to write,
kernels are compiled in each process. ``NUMBA_CACHE_DIR`` comes first, as ever.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from numba.core import caching

LOGGER = logging.getLogger(__name__)
"""Says at level INFO which kernel is compiled: its full name, before the work begins."""


class _Nowhere(caching.InTreeCacheLocator):  # type: ignore[misc]
    """The last resort: nothing is kept."""

    def ensure_cache_path(self) -> None:
        """Nothing is written, so there is nothing to ensure."""


class _Places(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (*caching.CompileResultCacheImpl._locator_classes, _Nowhere)


class KernelCache(caching.FunctionCache):  # type: ignore[misc]
    """The cache of one kernel."""

    _impl_class = _Places

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the kernel's code for these types; None if it has to be compiled, which is told."""
        found = super().load_overload(sig, target_context)
        if found is None:
            LOGGER.info("%s.%s", self._py_func.__module__, self._py_func.__qualname__)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code, where anything can be kept."""
        if not isinstance(self._impl.locator, _Nowhere):
            super().save_overload(sig, data)

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        found = super()._load_overload(sig, target_context)
        beside = os.path.join(os.path.dirname(self._py_func.__code__.co_filename), "__pycache__")
        if found is not None or beside == self.cache_path:
            return found
        shipped = caching.IndexDataCacheFile(
            beside, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )
        data = shipped.load(self._index_key(sig, target_context.codegen()))
        return None if data is None else self._impl.rebuild(target_context, data)
