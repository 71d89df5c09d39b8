"""Import into a log on disk: what is new is added, what is known stays, and only what changed is written.

The log is a folder of partitions, see `boilover.partitions`. A run that is killed leaves the log as it was before:
new files count from the moment at which ``log.json``, which names them, is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from boilover.errors import InputError, UsageError, shorten
from boilover.log import EventLog
from boilover.partitions import Manifest, read_manifest
from boilover.schema import Violation
from boilover.store.commit import commit, files_of, held
from boilover.store.scatter import scatter
from boilover.store.settle import Desk

MOST = 250_000
"""Events that a partition holds at most, unless they are of one ticket."""
ONE_READING = "For one reading of all, ingest the exports into a new folder"


@dataclass(frozen=True)
class Upserted:
    """What an import did to a log: events that are ``new`` or were ``known``, and which partitions it wrote.

    ``written`` counts files. ``notes`` counts what was left as it was, and what was taken out; ``warnings`` holds what
    was mended in the pieces, summed over them.
    """

    new: int
    known: int
    new_tickets: int
    partitions: int
    changed: tuple[str, ...]
    written: int
    notes: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Violation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return asdict(self) | {
            "changed": list(self.changed),
            "notes": dict(self.notes),
            "warnings": [str(warning) for warning in self.warnings],
        }


def upsert(
    folder: str | Path,
    pieces: Iterable[EventLog],
    *,
    reading: Mapping[str, str] | None = None,
    people: str | None = None,
    escalation: Mapping[str, Any] | None = None,
    escalation_name: str | None = None,
    most: int = MOST,
) -> Upserted:
    """Add what is new in ``pieces`` to the log in ``folder``, which is made where there is none.

    Parameters
    ----------
    pieces : logs, any number; a ticket may stand in several, as it does in overlapping exports. An event that the
        log holds is left as it is (`boilover.identity.event_keys`), but for what was known of a ticket's last update
        and a history tells now: that is taken out. Of an attribute the first value stands. Among events of a ticket
        that were observed at one instant, earlier imports come first.
    reading : the source of the pieces with the fingerprint of how it was read, kept in ``log.json``; None for a log.
    people : the fingerprint of the key by which ids of people are hashed in the pieces, kept in ``log.json``; empty
        where they are not, None where that cannot be told.
    escalation, escalation_name : the ``[escalation]`` table that comes with the log and the name of the one chosen;
        kept in ``log.json``. Left out, those of the last import stay.
    most : events in a partition, above which it is split.

    Memory holds one piece, or one partition with what is new in it, and 16 bytes per ticket. Raises `UsageError`
    where the folder holds something else, or ids of people that are hashed in another way, `LockedError` where another
    import is at work, `InputError` or `ContractError` for pieces that cannot be used, as those that were read in
    another way than what they stand beside: then the log is as it was.
    """
    folder = Path(folder)
    with held(folder) as staging:
        manifest = read_manifest(folder) or Manifest()
        _check_people(folder, manifest.people, people)
        piles, warnings = scatter(folder, manifest, pieces, staging)
        readings = {**manifest.readings, **(reading or {})}
        changed = [source for source, known in manifest.readings.items() if readings[source] != known]
        desk = Desk(folder, staging, most, is_changed=bool(changed))
        before = {each.name: each for each in manifest.partitions}
        after = dict(before)
        for name, pile in sorted(piles.items()):
            after.pop(name, None)
            after |= {each.name: each for each in desk.settle(name, before.get(name), pile)}
        if not any(each.events.rows for each in after.values()):
            raise InputError(
                "there is no event to import", file=folder, mend="Name an export that holds some"
            )
        if desk.otherwise:
            raise _mixed(folder, changed[0], desk.otherwise)
        partitions = tuple(after[name] for name in sorted(after))
        known = manifest.people if people is None else people
        made = replace(manifest, partitions=partitions, readings=readings, people=known)
        if escalation is not None:
            made = replace(made, escalation=escalation, escalation_name=escalation_name)
        commit(folder, staging, manifest, made)
    if desk.anew:
        problem = f"known tickets begin anew, later than they began: {len(desk.anew)}"
        mend = "Their first rows are read as their state at creation: export tickets whole, from their first row on"
        example = shorten(desk.anew[0])
        warnings += (Violation("events", problem, mend, "ticket_id", value=example, severity="warning"),)
    if changed:
        problem = (
            f"{changed[0]} is read by another recipe than before: what is known stays as it was read then"
        )
        warnings += (Violation("events", problem, ONE_READING, severity="warning"),)
    return Upserted(
        desk.new,
        desk.known,
        desk.new_tickets,
        len(after),
        tuple(name for name in sorted(after) if after[name] != before.get(name)),
        len(files_of(made) - files_of(manifest)),
        {note: count for note, count in desk.notes.items() if count},
        warnings,
    )


def _check_people(folder: Path, known: str | None, told: str | None) -> None:
    """Raise `UsageError` where the same person would get another id than the log has, as far as that is told."""
    if known is None or told is None or known == told:
        return
    anew = "or ingest all exports anew into another folder"
    if known and told:
        problem, mend = "are hashed with another key", f"Name the file with that key, {anew}"
    elif known:
        problem, mend = "are hashed with a key, and no key is named", "Name the file with the key: --hash-ids"
    else:
        problem, mend = "are not hashed, and a key is named", f"Leave the key out (--hash-ids), {anew}"
    raise UsageError(f"{folder}: its ids of people {problem}, so that one person would be two. {mend}")


def _mixed(folder: Path, source: str, tickets: Sequence[str]) -> InputError:
    told = f"{len(tickets)} new event{'' if len(tickets) == 1 else 's'}"
    return InputError(
        f"{source} is read by another recipe than before, and {told} would stand beside what was read then, of"
        f" ticket {shorten(tickets[0])} for one; the log is as it was",
        file=folder,
        mend=f"{ONE_READING}; a table's recipe under another name is another source",
    )
