"""Where a model lies: a folder, or a name in a registry; only the latter imports MLflow."""

from __future__ import annotations

from pathlib import Path

from boilover.places import place

SCHEME = "models:/"


def is_registered(model: Path | str) -> bool:
    """Whether a model is told as of a registry, as in ``models:/desk@champion``."""
    return str(model).startswith(SCHEME)


def located(model: Path | str) -> Path:
    """Return the folder of a model; one of a registry, ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``, is fetched.

    Without alias and version it is the champion. Nothing of it is unpickled. Raises `UsageError` where the registry
    refuses or does not know it.
    """
    if not is_registered(model):
        return place(model)
    from boilover.tracking.registry import Registry

    return Registry.open().folder(str(model))
