"""The configuration of the unattended job: one TOML file, one frozen value per desk; `docs/nightly.md` tells every key.

What stands outside ``[desks.NAME]`` holds for every desk that does not say otherwise. Paths are relative to the file's
folder; ``{desk}`` in them is the desk's name and, in outputs, ``{night}`` the moment of the night.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from glob import glob, has_magic
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from boilover.delivery.channels import Channel, FileChannel
from boilover.delivery.settings import read_channels
from boilover.errors import InputError, UsageError
from boilover.files import read_toml
from boilover.flagger.settings import mistakes
from boilover.job.keys import Tables, several
from boilover.places import filesystem_of, place
from boilover.renewal.promote import kept_beside
from boilover.renewal.retrain import Schedule
from boilover.times import parse_duration, parse_moment, stamp
from boilover.tracking.located import is_registered

ONLY_DESK = "desk"
"""The name of the desk of a file without ``[desks]``."""


class Desk:
    """One desk's configuration, with paths that can be opened."""

    def __init__(self, name: str, tables: Tables, folder: Path, channels: tuple[Channel, ...] = ()) -> None:
        self.name, self.tables, self.channels, self._folder = name, tables, channels, folder
        self.log = self._path(tables.log)
        self.model = (
            Path(self._named(tables.model)) if is_registered(tables.model) else self._path(tables.model)
        )
        self.policy = self._path(tables.policy)
        self.lock = self._path(tables.lock)
        self.matrix = None if tables.matrix is None else self._path(tables.matrix)
        self.hash_ids = None if tables.hash_ids is None else self._path(tables.hash_ids)
        self.expire = None if tables.expire is None else parse_duration(tables.expire)
        self.stale = None if tables.limits.stale is None else parse_duration(tables.limits.stale)

    @property
    def ledger(self) -> str:
        """The ledger's path or URL."""
        told = self._named(self.tables.ledger)
        return told if "://" in told else str(self._folder / told)

    @property
    def retrain(self) -> Schedule | None:
        """When a challenger is trained, None for never."""
        told = self.tables.retrain
        if told is None:
            return None
        every = None if told.every is None else parse_duration(told.every)
        return Schedule(every, parse_duration(told.rest), parse_duration(told.hold_back))

    @property
    def challenger(self) -> Path:
        """Where the challenger lies."""
        told = None if self.tables.retrain is None else self.tables.retrain.folder
        if told is not None:
            return self._path(told)
        if is_registered(self.model):
            raise UsageError("retrain.folder: name where the challenger of a registered model lies")
        return self.model.with_name(f"{self.model.name}.challenger")

    @property
    def models(self) -> list[Path]:
        """The folders that a retraining writes: the challenger, the champion and the one that this replaced."""
        own = [] if is_registered(self.model) else [self.model, kept_beside(self.model)]
        return [self.challenger, *own]

    @property
    def window(self) -> int:
        """What a gate looks at, microseconds."""
        return parse_duration(self.tables.gate.window)

    @property
    def recipe(self) -> str | None:
        """A shipped recipe's name, or the path of one's own."""
        told = self.tables.recipe
        return str(self._path(told)) if told is not None and told.endswith(".toml") else told

    def sources(self) -> list[Path]:
        """Return the exports that are there, or at URLs; raise `InputError` for a pattern that fits none."""
        found: list[Path] = []
        for told in self.tables.sources:
            path = place(self._named(told)) if "://" in told else self._path(told)
            if filesystem_of(path) is None and has_magic(str(path)):
                fitting = [Path(each) for each in sorted(glob(str(path)))]
                if not fitting:
                    mend = "Look whether the export was made"
                    raise InputError("no file fits the pattern", file=path, mend=mend)
            else:
                fitting = [path]
            found += [each for each in fitting if each not in found]
        return found

    def outputs(self, kind: str, as_of: int) -> list[Path]:
        """Return the files of ``scores``, ``flags`` or the ``manifest`` of a night, or the folders of ``packets``."""
        told = several(getattr(self.tables.outputs, kind))
        assert isinstance(told, tuple)
        return [self._path(each.replace("{night}", stamp(as_of))) for each in told]

    def moment(self, now: datetime) -> int:
        """Return as of when to ask at ``now``, UTC microseconds: a run that is repeated soon asks the same."""
        told = self.tables.night
        if not told.at:
            return parse_moment(now.replace(minute=0, second=0, microsecond=0))
        zone = ZoneInfo(told.zone)
        today = now.astimezone(zone).date()
        days = [today - timedelta(days=back) for back in (0, 1)]
        passed = [datetime.combine(day, at, zone) for day in days for at in told.at]
        return max(parse_moment(each) for each in passed if each.astimezone(UTC) <= now)

    def written(self) -> Iterator[str]:
        """Yield the names of all that the desk alone may write, as they are told."""
        told = self.tables.outputs
        files = [each.path for each in self.channels if isinstance(each, FileChannel)]
        for each in (*told.scores, *told.flags, *told.packets, told.manifest, self.tables.lock, *files):
            yield str(self._path(each))
        if self.tables.retrain is not None:
            yield from map(str, self.models)
            if is_registered(self.model):
                yield str(self.model)

    def reads(self, file: str) -> bool:
        """Whether a file is read: an export or within one, of the log, the ledger, or a file of settings."""
        files = [self._folder / self.ledger, self.policy, self.matrix, self.hash_ids]
        files += [self.log / each for each in ("events", "tickets", "log.json")]
        files += [self._path(told) for told in self.tables.sources if "://" not in told]
        if self.recipe is not None and self.recipe.endswith(".toml"):
            files.append(Path(self.recipe))
        return Path(file) == self.log or any(
            Path(file).is_relative_to(each) or Path(file).match(str(each)) for each in filter(None, files)
        )

    def _named(self, told: str) -> str:
        return told.replace("{desk}", self.name)

    def _path(self, told: str) -> Path:
        return self._folder / self._named(told)


def load_job(path: Path) -> dict[str, Desk]:
    """Read a configuration; return its desks by name; raise `UsageError` with every problem in it."""
    tables = read_toml(path)
    shared = {name: value for name, value in tables.items() if name != "desks"}
    own = tables.get("desks", {ONLY_DESK: {}})
    if not isinstance(own, dict) or not own or not all(isinstance(each, dict) for each in own.values()):
        raise UsageError(f"{path}: desks: write a table [desks.NAME] for each desk")
    desks: dict[str, Desk] = {}
    problems: list[str] = []
    for name, table in own.items():
        if not name.strip() or {"/", "\\", "\0"} & set(name) or name in (".", ".."):
            problems.append(f"desks.{name}: is no name that a file can have")
            continue
        where = f"desks.{name}." if "desks" in tables else ""
        folder = path.absolute().parent
        try:
            keys = Tables.model_validate(_merged(shared, table))
        except ValidationError as error:
            problems += [f"{where}{mistake}" for mistake in mistakes(error, Tables)]
            continue
        told = {each: of_it for each, of_it in keys.channels.items() if of_it is not False}
        channels, wrong = read_channels(told, folder=folder)
        problems += [f"{where}{each}" for each in wrong]
        desks[name] = Desk(name, keys, folder, channels)
    problems += _collisions(desks)
    if problems:
        listed = "\n  ".join(dict.fromkeys(problems))
        raise UsageError(f"{path}: {len(problems)} problem(s) in the configuration:\n  {listed}")
    return desks


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of both, those of a desk's own before the shared ones, table by table."""
    both = {
        name: {**shared[name], **own[name]}
        for name in shared.keys() & own.keys()
        if isinstance(shared[name], dict) and isinstance(own[name], dict)
    }
    return {**shared, **own, **both}


def _collisions(desks: Mapping[str, Desk]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, desk in desks.items():
        for file in desk.written():
            other = owners.setdefault(file, name)
            if other != name:
                yield f"desks.{name}: writes {file}, as desks.{other} does; put {{desk}} into the name"
        if len(set(desk.written())) < len(list(desk.written())):
            yield f"desks.{name}: writes two outputs to one file"
        yield from (
            f"desks.{name}: writes {file}, which it reads" for file in desk.written() if desk.reads(file)
        )
