"""What a file of a model raises that is not what was saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from boilover.errors import InputError

RETRAIN = "Train the model again"


@contextmanager
def read_as(what: str, file: object = None) -> Iterator[None]:
    """Raise `InputError` with ``what`` a file is not, where the block cannot make sense of its content."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{what}: {error!r}", file=file, mend=RETRAIN) from error
