"""A saved model is a folder of text; nothing in it is run or unpickled when it is read.

::

    manifest.json      what the model is: columns, horizons, escalation rule, training window, figures
    CARD.md            the same for readers, see `boilover.card`; never read, so it may be edited or removed
    model-7d.txt       the trees of one horizon, LightGBM's text format
    model-7d.json      categories, linear partner and calibrator of that horizon
    calibration.csv    night, risk, label of the calibration slice, to choose thresholds on; no ticket is named
    reference.json     counts of what it was trained on, to notice drift
    nights.json        how risks rose from night to night, to find the threshold of a capacity

A model of a version that did not keep the last two is read all the same.

The manifest holds a SHA-256 of every other file: LightGBM's reader does not survive a damaged text, so it
never sees one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilover.card import model_card
from boilover.errors import InputError, MismatchError, UsageError
from boilover.escalation import EscalationRule
from boilover.files import check_writable, replacing
from boilover.model.calibration_slice import CalibrationSlice
from boilover.model.damage import RETRAIN, read_as
from boilover.model.fitted import Fitted
from boilover.model.horizons import HorizonModel
from boilover.model.manifest import SCHEMA_VERSION, Manifest, manifest_of
from boilover.model.reached import Reached
from boilover.model.reference import Reference
from boilover.model.walk_text import UnknownTreesError
from boilover.places import is_there, place

MANIFEST, CALIBRATION, CARD = "manifest.json", "calibration.csv", "CARD.md"
REFERENCE = "reference.json"
NIGHTS = "nights.json"
OF_A_MODEL = re.compile(
    r"(manifest|reference|nights|challenge|model-.+)\.json|model-.+\.txt|calibration\.csv|CARD\.md"
)
"""The names of files that Boilover writes to the folder of a model; `boilover.renewal` adds the challenge."""


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A fitted model with all that is known about it."""

    model: HorizonModel
    manifest: Manifest
    calibration: CalibrationSlice
    reference: Reference | None = None
    """What it was trained on; None for a model of a version that did not keep it."""
    reached: Reached | None = None
    """How risks rose from night to night; None for such a model, and where the calibration slice is too short."""

    def __repr__(self) -> str:
        """Return the key facts: all of them fill pages."""
        told, found = self.manifest, self.manifest.metrics.get("average_precision")
        held_out = "undefined" if found is None else f"{found:.4g}"
        return (
            f"SavedModel(horizons={told.horizons}, columns={len(told.columns)}, trained_from='{told.trained_from}',"
            f" trained_until='{told.trained_until}', base_rate={told.base_rate:.4g}, average_precision={held_out})"
        )

    @property
    def rule(self) -> EscalationRule:
        """What escalated meant when it was trained."""
        return EscalationRule.model_validate(self.manifest.escalation)


def check_folder(folder: Path) -> None:
    """Raise `UsageError` where a folder holds anything but a model, as it is replaced, or cannot be written to."""
    check_writable(folder)
    if not is_there(folder):
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder for the model")
    others = sorted(each.name for each in folder.iterdir() if not OF_A_MODEL.fullmatch(each.name))
    if others:
        mend = "Name a folder for the model alone"
        raise UsageError(f"{folder} holds {others[0]}, which is no part of a model. {mend}")


def save_model(folder: str | Path, saved: SavedModel) -> None:
    """Write the model to ``folder``, which is replaced as a whole; raise `MismatchError` if the parts do
    not agree."""
    folder = place(folder)
    _check_agreement(saved.model, saved.manifest, folder / MANIFEST)
    texts = {CALIBRATION: saved.calibration.to_text()}
    for horizon, model in saved.model.models.items():
        texts[f"model-{horizon}.txt"] = model.trees_.text
        texts[f"model-{horizon}.json"] = json.dumps(model.to_dict(), indent=1, allow_nan=False)
    if saved.reference is not None:
        texts[REFERENCE] = saved.reference.to_text()
    if saved.reached is not None:
        texts[NIGHTS] = saved.reached.to_text()
    described = saved.manifest.model_dump(mode="json")
    described["files"] = {name: _digest(text.encode()) for name, text in texts.items()}
    texts[MANIFEST] = json.dumps(described, indent=1, allow_nan=False)
    texts[CARD] = model_card(saved).to_markdown()
    with replacing(folder) as made:
        made.mkdir()
        for name, text in texts.items():
            (made / name).write_bytes(text.encode())


def load_model(folder: str | Path) -> SavedModel:
    """Read the model in ``folder``; its predictions are those of the saved one to the last bit.

    Raises `InputError` for a missing or damaged file, `MismatchError` for a model of another version, or
    one whose parts do not agree; each names the file.
    """
    folder = place(folder)
    if not (is_there(folder) and folder.is_dir()):
        raise InputError(
            "is no folder of a model", file=folder, mend="Name a folder that `boilover train` wrote"
        )
    file = folder / MANIFEST
    values = _json(file, _read(file))
    version = values.get("schema_version")
    if version != SCHEMA_VERSION:
        raise MismatchError(
            f"{file}: schema version {version!r}, this Boilover reads {SCHEMA_VERSION}. {RETRAIN}"
        )
    digests = values.pop("files", None)
    if not isinstance(digests, dict):
        raise InputError("does not list the files of the model", file=file, mend=RETRAIN)
    manifest = manifest_of(values, file)
    needed = {f"model-{horizon}.{kind}" for horizon in manifest.horizons for kind in ("txt", "json")}
    if set(digests) - {REFERENCE, NIGHTS} != needed | {CALIBRATION}:
        raise MismatchError(f"{file}: lists files of other horizons than its own. {RETRAIN}")
    models = {horizon: _load_classifier(folder, horizon, digests) for horizon in manifest.horizons}
    model = HorizonModel(models)
    _check_agreement(model, manifest, file)
    calibration, reference, reached = (folder / name for name in (CALIBRATION, REFERENCE, NIGHTS))
    return SavedModel(
        model,
        manifest,
        CalibrationSlice.from_text(_read_intact(calibration, digests), calibration),
        Reference.from_text(_read_intact(reference, digests), reference) if REFERENCE in digests else None,
        Reached.from_text(_read_intact(reached, digests), reached) if NIGHTS in digests else None,
    )


def _load_classifier(folder: Path, horizon: str, digests: Mapping[str, str]) -> Fitted:
    file = folder / f"model-{horizon}.json"
    values = _json(file, _read_intact(file, digests))
    trees = folder / f"model-{horizon}.txt"
    text = _read_intact(trees, digests).decode()
    with read_as("is no model of this version", file):
        fitted = Fitted.from_dict(values, text)
    try:
        fitted.trees_.n_features  # noqa: B018 - the trees are read when they are first asked
    except UnknownTreesError as error:
        raise InputError(str(error), file=trees, mend=RETRAIN) from error
    return fitted


def _check_agreement(model: HorizonModel, manifest: Manifest, file: Path) -> None:
    if manifest.horizons != model.horizons:
        raise MismatchError(f"{file}: lists other horizons than the model has. {RETRAIN}")
    for classifier in model.models.values():
        if manifest.columns != classifier.encoding_.columns:
            raise MismatchError(f"{file}: lists other columns than the model was fitted on. {RETRAIN}")
        if classifier.trees_.n_features != len(manifest.columns):
            raise MismatchError(f"{file}: lists other columns than the trees were grown on. {RETRAIN}")
    if manifest.categories != model.primary.categories_:
        raise MismatchError(f"{file}: lists other categories than the model was fitted on. {RETRAIN}")


def _read_intact(file: Path, digests: Mapping[str, str]) -> bytes:
    content = _read(file)
    if _digest(content) != digests.get(file.name):
        raise InputError("is damaged: its content is not what was saved", file=file, mend=RETRAIN)
    return content


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", file=file, mend="Name a folder that `boilover train` wrote"
        ) from error


def _json(file: Path, content: bytes) -> dict[str, Any]:
    try:
        values = json.loads(content)
    except ValueError as error:
        raise InputError(f"is no JSON: {error}", file=file, mend=RETRAIN) from error
    if not isinstance(values, dict):
        raise InputError("is no JSON object", file=file, mend=RETRAIN)
    return values


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
