"""The steps of a run, from exports to scores: each tells the account what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from boilover.adapters.people import key_in
from boilover.adapters.sources import list_sources
from boilover.annotations import Annotations
from boilover.errors import InputError, StaleInputError
from boilover.files import check_file, check_writable
from boilover.flagger import Fired, FlagPolicy, Night, load_policy, night_of
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.faults import name_of
from boilover.flagger.matrix import Matrix, load_matrix
from boilover.flagger.packet_text import check_folder
from boilover.history import HOUR
from boilover.ingesting import ingest_log
from boilover.job.deciding import check_moment
from boilover.job.manifest import Account, export_told, files_told
from boilover.job.opened import Opened
from boilover.job.outcomes import Beyond
from boilover.job.settings import Desk
from boilover.model.saved import SavedModel, load_model
from boilover.partitions import read_manifest
from boilover.places import fetched, title
from boilover.points import Points, tonight
from boilover.scoring import ids_of, model_name, notes_for, score_points, told_late
from boilover.times import in_words, iso
from boilover.tracking.located import located

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tools:
    """What a run works with, read before anything is done."""

    policy: FlagPolicy
    saved: SavedModel
    matrix: Matrix | None
    ledger: Ledger


@dataclass(frozen=True)
class Scored:
    """The n tickets that are at risk, one point and one row of scores each, in the same order.

    Where ``notes`` tell of open tickets alone, ``beyond`` returns those of others, and ``types`` are of all events.
    """

    notes: Annotations
    points: Points
    scores: pd.DataFrame
    beyond: Beyond | None = None
    types: frozenset[str] = frozenset()


def open_tools(desk: Desk, account: Account) -> Tools:
    """Read the policy, the model and the matrix, look whether outputs can be written, and open the ledger."""
    policy, saved = load_policy(desk.policy), load_model(located(desk.model))
    matrix = None if desk.matrix is None else load_matrix(desk.matrix)
    for kind in ("scores", "flags", "packets", "manifest"):
        for path in desk.outputs(kind, account.as_of):
            if kind == "packets":
                check_writable(path)
                check_folder(path)
            else:
                check_file(path)
    ledger = Ledger.open(desk.ledger)
    account.facts["policy"] = {"file": str(desk.policy), "fingerprint": policy.fingerprint}
    account.facts["model"] = model_told(desk, saved)
    account.facts["ledger"] = name_of(ledger.engine)
    return Tools(policy, saved, matrix, ledger)


def ingest(desk: Desk, account: Account, say: Say = lambda text: None) -> None:
    """Add the exports to the log, fetched where they are at URLs; without any the log is taken as it is.

    Says what is odd about them.
    """
    sources = desk.sources()
    if not sources:
        return
    with ExitStack() as opened:
        here = {opened.enter_context(fetched(each)): each for each in sources}
        account.facts["inputs"] = _inputs(here)
        told = ingest_log(
            list(here),
            desk.log,
            form=desk.tables.format,
            recipe=desk.recipe,
            escalation=desk.tables.escalation,
            allow_cut=desk.tables.allow_cut,
            hash_ids=None if desk.hash_ids is None else key_in(desk.hash_ids),
            max_dropped=desk.tables.limits.dropped,
            survey=False,
        )
    for warning in told["log"]["warnings"]:
        say(f"{desk.name}: {warning}")
    account.facts["export"] = export_told(told["export"])
    account.facts["import"] = {name: told["log"][name] for name in ("new", "known", "new_tickets", "notes")}


def _inputs(here: Mapping[Path, Path]) -> list[dict[str, Any]]:
    """Return what a manifest tells of files, by the places that they were fetched from."""
    return [
        {**each, "file": each["file"].replace(str(copy), title(source), 1)}
        for copy, source in here.items()
        for each in files_told(list_sources([copy]))
    ]


def read(desk: Desk, saved: SavedModel, account: Account, say: Say) -> Opened:
    """Look how far the log tells, and say where that is long before the moment.

    Raises `StaleInputError` where it is longer than the desk's limit, `UsageError` for a moment that lies beyond.
    """
    opened = Opened(desk, saved, read_manifest(desk.log))
    last = opened.newest(account.as_of)
    if last is None:
        mend = "Take a later moment, or import what happened by then"
        raise InputError(f"holds no event up to {iso(account.as_of)}", file=desk.log, mend=mend)
    events, tickets = opened.rows()
    account.facts["log"] = {
        "folder": str(desk.log),
        "events": events,
        "tickets": tickets,
        "newest_event": iso(last),
    }
    if opened.other_outcome:
        account.facts["log"]["note"] = opened.other_outcome
        say(f"{desk.name}: {opened.other_outcome}")
    age = account.as_of - last
    if desk.stale is not None and age > desk.stale:
        raise StaleInputError(
            f"{desk.log}: the newest event, {iso(last)}, is {in_words(age / HOUR)} older than {iso(account.as_of)};"
            f" the limit is {desk.tables.limits.stale}. Look whether the exports still come"
        )
    check_moment(account.as_of, last)
    late = told_late(last, account.as_of, saved)
    if desk.stale is None and late is not None:
        say(f"{desk.name}: {late}, and set limits.stale to refuse such a log")
    return opened


def score_night(desk: Desk, saved: SavedModel, opened: Opened, account: Account) -> Scored:
    """Score every ticket that is at risk: of a log in partitions, reading what is new and what is open."""
    night = opened.night(saved, account.as_of)
    if night is not None:
        account.facts["log"]["partitions"] = {"read": night.read, "of": night.of}
        return Scored(
            night.notes, night.points, night.score(desk.tables.explain), night.notes_of, night.types
        )
    notes = notes_for(opened.source.log, saved)
    points = tonight(notes.history, account.as_of)
    return Scored(
        notes, points, score_points(notes, points, ids_of(notes, points), saved, explain=desk.tables.explain)
    )


def look(policy: FlagPolicy, scored: Scored, account: Account, say: Say) -> tuple[Night, Fired]:
    """Return the night and what fired; say which triggers the log cannot feed."""
    night, fired = night_of(policy, scored.notes, scored.points, scored.scores["risk"])
    if scored.types:
        # What open tickets lack others may have: only a type of event is known to be lacking everywhere.
        needs = {name: policy.triggers_on[name].needs for name in fired.blind}
        lacks = (name for name, need in needs.items() if need is not None and need not in scored.types)
        fired = replace(fired, blind=tuple(lacks))
    account.facts["triggers"] = {"on": list(policy.triggers_on), "blind": list(fired.blind)}
    if fired.blind:
        say(f"{account.desk}: the log holds nothing that {', '.join(fired.blind)} could fire on")
    # Points of no ticket do not tell the moment.
    return replace(night, as_of=account.as_of), fired


def model_told(desk: Desk, saved: SavedModel) -> dict[str, Any]:
    """Return what a manifest tells of the model."""
    manifest = saved.manifest
    return {
        "folder": str(desk.model),
        "name": model_name(saved),
        "horizons": list(manifest.horizons),
        "trained_until": manifest.trained_until,
        "fingerprint": manifest.fingerprint,
    }
