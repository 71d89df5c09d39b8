"""Promotion: a challenger that passed takes the champion's place, in a folder or in a registry."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from boilover.errors import UsageError
from boilover.files import replacing
from boilover.inputs import Source
from boilover.model.saved import MANIFEST, SavedModel, load_model
from boilover.monitoring.asked import Moment
from boilover.monitoring.challenge import Challenge, challenge
from boilover.tracking.located import is_registered, located

KEPT = ".previous"
"""Ending of the folder that holds the champion of before."""


class Promotion(NamedTuple):
    """Where the champion is now, and where the one is that it replaced; None where there was none."""

    champion: str
    previous: str | None


class Promoted(NamedTuple):
    """How a challenge ended: what was compared, None where there was no champion; the promotion, None if refused."""

    challenge: Challenge | None
    promotion: Promotion | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "challenge": None if self.challenge is None else self.challenge.to_dict(),
            "promotion": None if self.promotion is None else self.promotion._asdict(),
        }


def promote(
    source: Source,
    champion: Path,
    challenger: Path,
    *,
    since: Moment | None = None,
    as_of: Moment | None = None,
    sure: bool = False,
    seed: int = 0,
) -> Promoted:
    """Let a challenger take the champion's place if `challenge` lets it; where there is no champion, it does at once.

    champion : a folder, or ``models:/NAME`` of a registry, in which the challenger is registered first.

    Raises what `challenge` raises, and `UsageError` where the registry or the file system refuses.
    """
    folder = located(challenger)
    found = load_model(folder)
    if is_registered(champion):
        serving, take_place = _in_registry(str(champion), folder, found)
    else:
        serving = load_model(champion) if champion.exists() else None
        take_place = partial(promote_folder, champion, folder)
    if serving is None:
        return Promoted(None, take_place())
    log = source.under(serving.rule).log
    told = challenge(log, serving, found, since=since, as_of=as_of, sure=sure, seed=seed)
    return Promoted(told, take_place() if told.promotes else None)


def _in_registry(
    champion: str, folder: Path, found: SavedModel
) -> tuple[SavedModel | None, Callable[[], Promotion]]:
    """Register a challenger, once; return the champion, None where there is none yet, and what moves its alias."""
    from boilover.tracking.registry import CHAMPION, Registry, name_of

    registry, name = Registry.open(folder), name_of(champion)
    version = registry.enter(name, folder, found)
    held = registry.holder(name, CHAMPION)
    serving = None if held is None else load_model(registry.folder(f"models:/{name}/{held}"))

    def take_place() -> Promotion:
        before = registry.crown(name, version)
        return Promotion(f"models:/{name}/{version}", None if before is None else f"models:/{name}/{before}")

    return serving, take_place


def promote_folder(champion: Path, challenger: Path) -> Promotion:
    """Put a copy of the challenger's folder in the champion's place; the old one is kept beside it, as ``.previous``.

    Whoever reads the champion finds the old one or the new one, whole: the two change places in one step. Only on a
    system that cannot do that there is a moment without either. Nothing happens where they are the same already.

    Raises `UsageError` where the folder cannot be written.
    """
    if champion.absolute() == challenger.absolute():
        raise UsageError(f"{challenger} is champion and challenger at once. Name two folders")
    if same_model(champion, challenger):
        return Promotion(str(champion), None)
    # The champion of before is kept before it is replaced: a run that is killed in between loses neither.
    previous = _copied(champion, kept_beside(champion)) if champion.exists() else None
    _copied(challenger, champion)
    return Promotion(str(champion), previous)


def kept_beside(champion: Path) -> Path:
    """Return where the champion of before is kept."""
    return champion.with_name(f"{champion.name}{KEPT}")


def _copied(folder: Path, target: Path) -> str:
    with replacing(target) as made:
        shutil.copytree(folder, made)
    return str(target)


def same_model(first: Path, second: Path) -> bool:
    """Whether two folders hold the same model: its manifest holds the hashes of all else."""
    files = [each / MANIFEST for each in (first, second)]
    return all(file.is_file() for file in files) and files[0].read_bytes() == files[1].read_bytes()
