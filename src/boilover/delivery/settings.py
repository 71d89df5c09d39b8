"""The ``[channels]`` table of a configuration, read with what the environment holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from boilover.delivery.channels import KINDS, Channel, FileChannel
from boilover.errors import UsageError, shorten
from boilover.flagger.settings import mistakes

ENVIRONMENT = ("url", "secret")
"""Keys whose value may stand in the environment instead, under the name that ``<key>_env`` gives."""


def parse_channels(
    table: Mapping[str, Any], *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> tuple[Channel, ...]:
    """Return the channels of a ``[channels]`` table, by name; raise `UsageError` with every problem in it.

    ``url_env`` and ``secret_env`` name variables of the environment (``environ``; that of the process where left out)
    that hold what is not to stand in a file. ``folder`` is that which paths of files are relative to.
    """
    channels, problems = read_channels(table, folder=folder, environ=environ)
    if problems:
        raise UsageError(f"{len(problems)} problem(s) in the channels:\n  " + "\n  ".join(problems))
    return channels


def read_channels(
    table: Mapping[str, Any], *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> tuple[tuple[Channel, ...], list[str]]:
    """Return the channels of a table that can be read, and every problem in the others; see `parse_channels`."""
    channels: list[Channel] = []
    problems: list[str] = []
    for name, given in table.items():
        if not isinstance(given, Mapping):
            problems.append(f"channels.{name}: is no table")
            continue
        told = {**given, "name": name}
        kind = KINDS.get(told["kind"]) if isinstance(told.get("kind"), str) else None
        if kind is None:
            problems.append(
                f"channels.{name}.kind: is none of {', '.join(KINDS)}, not {shorten(told.get('kind'))}"
            )
            continue
        missing = list(_from_environment(name, told, kind, os.environ if environ is None else environ))
        problems += missing
        if isinstance(told.get("path"), str) and folder is not None:
            told["path"] = str(folder / told["path"])
        try:
            channels.append(kind.model_validate(told))
        except ValidationError as error:
            hidden = {f"{key}: is required" for key in ENVIRONMENT} if missing else set()
            found = [each for each in mistakes(error, kind, ENVIRONMENT) if each not in hidden]
            problems += [f"channels.{name}.{each}" for each in found]
    return tuple(channels), [*problems, *_collisions(channels)]


def _from_environment(
    name: str, told: dict[str, Any], kind: type[Channel], environ: Mapping[str, str]
) -> Iterator[str]:
    """Put what the environment holds into a channel's table; yield what is wrong."""
    for key in ENVIRONMENT:
        if key not in kind.model_fields or f"{key}_env" not in told:
            continue
        variable = told.pop(f"{key}_env")
        if key in told:
            yield f"channels.{name}.{key}_env: stands beside {key}; keep one of them"
        elif not isinstance(variable, str) or not environ.get(variable):
            yield f"channels.{name}.{key}_env: the environment has no {shorten(variable)}"
        else:
            told[key] = environ[variable]


def _collisions(channels: list[Channel]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for channel in channels:
        if isinstance(channel, FileChannel):
            other = owners.setdefault(channel.path, channel.name)
            if other != channel.name:
                yield f"channels.{channel.name}.path: is that of channels.{other}"
