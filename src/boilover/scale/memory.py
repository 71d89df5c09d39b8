"""How much memory a scoring in pieces may take, and whether it will do."""

from __future__ import annotations

import re
from pathlib import Path

from boilover.errors import UsageError
from boilover.partitions import read_manifest
from boilover.places import is_there

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?\s*$", re.IGNORECASE)
BASE = 400 * 2**20
"""What the program itself takes, with the model and compiled kernels."""
PER_EVENT = 300
"""Bytes that an event of the partition at work takes, with all that is computed of it."""
PER_TICKET = 450
"""Bytes that a ticket of the log takes while what crosses tickets is joined."""


def parse_size(told: str) -> int:
    """Return the bytes of ``4GB``, ``512M`` or ``2.5g``; raise `UsageError` for anything else."""
    found = SIZE.match(told)
    if found is None:
        raise UsageError(f"'{told}' is no amount of memory. Write it as 4GB or 512MB")
    return int(float(found.group(1)) * UNITS[found.group(2).upper()])


def to_look(events: int) -> int:
    """Return the bytes that a partition of so many events takes at work."""
    return PER_EVENT * events


def to_join(tickets: int) -> int:
    """Return the bytes that joining takes of so many tickets."""
    return PER_TICKET * tickets


def check_memory(folder: Path, limit: int) -> None:
    """Raise `UsageError` where a log in partitions cannot be expected to be scored within ``limit`` bytes."""
    # Whether it is there, and can be reached, is told where it is scored.
    manifest = read_manifest(folder) if is_there(folder) else None
    if manifest is None or not manifest.partitions:
        return
    largest = max(manifest.partitions, key=lambda each: each.events.rows)
    tickets = sum(each.tickets.rows for each in manifest.partitions)
    need = BASE + max(to_look(largest.events.rows), to_join(tickets))
    if need > limit:
        raise UsageError(
            f"{folder}: {limit / 2**30:.1f} GiB will not do: about {need / 2**30:.1f} GiB are needed for partition"
            f" {largest.name} of {largest.events.rows:,} events, and for {tickets:,} tickets. Allow more memory"
        )
