"""What a saved model says of itself, for programs; `boilover.card` says it for readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from boilover.errors import InputError, MismatchError, UsageError, shorten
from boilover.escalation import parse_rule
from boilover.model.damage import RETRAIN
from boilover.model.horizons import in_order
from boilover.times import parse_moment

SCHEMA_VERSION = 1


class Manifest(BaseModel):
    """What a saved model is. Times are ISO 8601 in UTC; the caller gives them all, none is read from a clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    boilover_version: str
    created_at: str
    horizons: tuple[str, ...]
    """The primary one first."""
    columns: tuple[str, ...]
    """Of the feature frame, in order."""
    categories: dict[str, tuple[str, ...]]
    """Kept categories of the categorical columns, by the primary horizon's model."""
    features: tuple[dict[str, Any], ...]
    """The specification of each feature, as `boilover.features` writes it."""
    escalation: dict[str, Any]
    """The rule that tells what counts as escalated."""
    trained_from: str
    trained_until: str
    split: dict[str, str]
    """Where each slice begins, by name."""
    base_rate: float
    metrics: dict[str, float | None]
    fingerprint: str
    """Of the log that it was trained on."""
    packages: dict[str, str]
    """Versions of the packages that fitted it."""
    held_out: dict[str, Any] = {}
    """Figures of the calibration slice with intervals and groups, in the manner of `Evaluation.to_dict`."""
    left_out: tuple[str, ...] = ()
    """Attributes of tickets that no feature was made of."""
    not_kept: tuple[str, ...] = ()
    """Columns that training looked at and left out, for they carry little."""


def check_fits(manifest: Manifest, columns: Sequence[str]) -> None:
    """Raise `MismatchError` naming the columns that the model was trained on and the frame lacks."""
    present = set(columns)
    missing = [shorten(name) for name in manifest.columns if name not in present]
    if missing:
        named = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise MismatchError(
            f"{len(missing)} of {len(manifest.columns)} columns that the model reads are missing: {named}. "
            "Score with the features of the training, or train the model again"
        )


def manifest_of(values: Mapping[str, Any], file: Path) -> Manifest:
    """Return the manifest that a file tells; raise `InputError` naming what is wrong in it."""
    try:
        manifest = Manifest.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(first["msg"], file=file, column=name, mend=RETRAIN) from error
    checks: dict[str, Callable[[Any], object]] = {
        "horizons": in_order,
        "escalation": parse_rule,
        "trained_from": parse_moment,
        "trained_until": parse_moment,
    }
    for name, check in checks.items():
        try:
            check(getattr(manifest, name))
        except UsageError as error:
            raise InputError(str(error), file=file, column=name, mend=RETRAIN) from error
    return manifest
