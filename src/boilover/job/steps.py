"""The steps of a run, from exports to scores: each tells the account what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from boilover.adapters.sources import list_sources
from boilover.annotations import Annotations
from boilover.errors import InputError, StaleInputError, UsageError
from boilover.flagger import Fired, FlagPolicy, Night, load_policy, night_of
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.connection import name_of
from boilover.flagger.matrix import Matrix, load_matrix
from boilover.flagger.packet_text import check_folder
from boilover.ingesting import ingest_log
from boilover.inputs import Source, open_log
from boilover.job.deciding import at_moment
from boilover.job.manifest import Account, export_told, files_told
from boilover.job.settings import Desk
from boilover.log import observed
from boilover.model.saved import SavedModel, load_model
from boilover.points import Points, tonight
from boilover.scoring import ids_of, model_name, notes_for, score_points
from boilover.times import in_words, iso
from boilover.tracking.located import located

Say = Callable[[str], None]
HOUR = 3_600_000_000


@dataclass(frozen=True)
class Tools:
    """What a run works with, read before anything is done."""

    policy: FlagPolicy
    saved: SavedModel
    matrix: Matrix | None
    ledger: Ledger


@dataclass(frozen=True)
class Scored:
    """The n tickets that are at risk, one point and one row of scores each, in the same order."""

    notes: Annotations
    points: Points
    scores: pd.DataFrame


def open_tools(desk: Desk, account: Account) -> Tools:
    """Read the policy, the model and the matrix, and open the ledger."""
    policy, saved = load_policy(desk.policy), load_model(located(desk.model))
    matrix = None if desk.matrix is None else load_matrix(desk.matrix)
    for folder in desk.outputs("packets", account.as_of):
        check_folder(folder)
    ledger = Ledger.open(desk.ledger)
    account.facts["policy"] = {"file": str(desk.policy), "fingerprint": policy.fingerprint}
    account.facts["model"] = model_told(desk, saved)
    account.facts["ledger"] = name_of(ledger.engine)
    return Tools(policy, saved, matrix, ledger)


def ingest(desk: Desk, account: Account) -> None:
    """Add the exports to the log; without any the log is taken as it is."""
    sources = desk.sources()
    if not sources:
        return
    files = list_sources(sources)
    account.facts["inputs"] = files_told(files)
    told = ingest_log(
        sources,
        desk.log,
        form=desk.tables.format,
        recipe=desk.recipe,
        escalation=desk.tables.escalation,
        allow_cut=desk.tables.allow_cut,
        hash_ids=None if desk.hash_ids is None else _key(desk.hash_ids),
        max_dropped=desk.tables.limits.dropped,
        survey=False,
    )
    account.facts["export"] = export_told(told["export"])
    account.facts["import"] = {name: told["log"][name] for name in ("new", "known", "new_tickets", "notes")}


def read(desk: Desk, saved: SavedModel, account: Account) -> Source:
    """Open the log under the model's rule; raise `StaleInputError` where what it tells by the moment is too old."""
    source = open_log(desk.log, escalation_name=desk.tables.escalation).under(saved.rule)
    times = observed(source.log.events)
    known = times[times <= account.as_of]
    if not len(known):
        mend = "Take a later moment, or import what happened by then"
        raise InputError(f"holds no event up to {iso(account.as_of)}", file=desk.log, mend=mend)
    newest = int(known.max())
    account.facts["log"] = {
        "folder": str(desk.log),
        "events": len(source.log.events),
        "tickets": len(source.log.tickets),
        "newest_event": iso(newest),
    }
    age = account.as_of - newest
    if desk.stale is not None and age > desk.stale:
        raise StaleInputError(
            f"{desk.log}: the newest event, {iso(newest)}, is {in_words(age / HOUR)} older than {iso(account.as_of)};"
            f" the limit is {desk.tables.limits.stale}. Look whether the exports still come"
        )
    return source


def score_night(desk: Desk, saved: SavedModel, source: Source, as_of: int) -> Scored:
    """Score every ticket that is at risk."""
    notes = notes_for(source.log, saved)
    points = tonight(notes, as_of)
    return Scored(
        notes, points, score_points(notes, points, ids_of(notes, points), saved, explain=desk.tables.explain)
    )


def look(policy: FlagPolicy, scored: Scored, account: Account, say: Say) -> tuple[Night, Fired]:
    """Return the night and what fired; say which triggers the log cannot feed."""
    night, fired = night_of(policy, scored.notes, scored.points, scored.scores["risk"])
    account.facts["triggers"] = {"on": list(policy.triggers_on), "blind": list(fired.blind)}
    if fired.blind:
        say(f"{account.desk}: the log holds nothing that {', '.join(fired.blind)} could fire on")
    return at_moment(night, account.as_of), fired


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


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Name a file that holds a secret key") from error
