"""Promotion: a challenger that passed takes the champion's place, in a folder or in a registry."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from boilover.errors import UsageError
from boilover.files import replacing
from boilover.inputs import Source
from boilover.model.saved import MANIFEST, SavedModel, load_model
from boilover.monitoring.asked import Moment
from boilover.monitoring.challenge import Challenge, challenge
from boilover.tracking.located import is_registered, located

if TYPE_CHECKING:
    from boilover.tracking.registry import Registry

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
    found = load_model(located(challenger))
    if is_registered(champion):
        place: Folder | Registered = Registered.enter(champion, located(challenger), found)
    else:
        place = Folder(champion, located(challenger))
    serving = place.serving()
    if serving is None:
        return Promoted(None, place.promote())
    log = source.under(serving.rule).log
    told = challenge(log, serving, found, since=since, as_of=as_of, sure=sure, seed=seed)
    return Promoted(told, place.promote() if told.promotes else None)


@dataclass(frozen=True)
class Folder:
    """A champion that is a folder, and the challenger that would take its place."""

    champion: Path
    challenger: Path

    def serving(self) -> SavedModel | None:
        """Return the champion, None where there is none yet."""
        return load_model(self.champion) if self.champion.exists() else None

    def promote(self) -> Promotion:
        """Put the challenger in the champion's place."""
        return promote_folder(self.champion, self.challenger)


@dataclass(frozen=True)
class Registered:
    """A champion of a registry, and the version that would take its place."""

    registry: Registry
    name: str
    version: str

    @classmethod
    def enter(cls, champion: Path, folder: Path, challenger: SavedModel) -> Registered:
        """Register the challenger, once."""
        from boilover.tracking.registry import Registry, name_of

        registry, name = Registry.open(folder), name_of(str(champion))
        return cls(registry, name, registry.enter(name, folder, challenger))

    def serving(self) -> SavedModel | None:
        """Return the champion, None where there is none yet."""
        version = self.registry.holder(self.name, "champion")
        return None if version is None else load_model(self.registry.folder(f"models:/{self.name}/{version}"))

    def promote(self) -> Promotion:
        """Move the alias to the challenger's version."""
        before = self.registry.crown(self.name, self.version)
        told = [f"models:/{self.name}/{version}" for version in (self.version, before)]
        return Promotion(told[0], None if before is None else told[1])


def promote_folder(champion: Path, challenger: Path) -> Promotion:
    """Put a copy of the challenger's folder in the champion's place; the old one is kept beside it, as ``.previous``.

    Whoever reads the champion finds the old one or the new one, whole: the two change places in one step. Only on a
    system that cannot do that there is a moment without either. Nothing happens where they are the same already.

    Raises `UsageError` where the folder cannot be written, and what `load_model` raises for a challenger that is none.
    """
    load_model(challenger)
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
