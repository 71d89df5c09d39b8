"""One run of the job: each step is done whole or not at all, so that a run that was killed can be repeated.

The log is replaced in one step, the night is one transaction, files are moved into place, and the manifest comes last.
A run of the same moment finds its night in the ledger and writes the same files again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from boilover.adapters.sources import list_sources
from boilover.errors import InputError, StaleInputError, UsageError
from boilover.files import sweep
from boilover.flagger import FlagPolicy, load_policy, night_of
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.connection import name_of
from boilover.ingesting import ingest_log
from boilover.inputs import Source, open_log
from boilover.job.deciding import Decided, at_moment, decide_night
from boilover.job.lock import held
from boilover.job.manifest import Account, exit_code, export_told, files_told
from boilover.job.outcomes import settle
from boilover.job.settings import Desk
from boilover.log import observed
from boilover.model.saved import SavedModel, load_model
from boilover.outputs import write_frame, write_json
from boilover.points import tonight
from boilover.scoring import ids_of, model_name, notes_for, score_points
from boilover.times import in_words, iso

Say = Callable[[str], None]
HOUR = 3_600_000_000


@dataclass(frozen=True)
class Run:
    """How the run of a desk ended: its manifest's file and content; ``error`` where it failed."""

    desk: str
    manifest: Mapping[str, Any]
    file: Path
    error: Exception | None = None


def run_desks(desks: Iterable[Desk], as_of: Mapping[str, int], *, again: bool = False, say: Say) -> list[Run]:
    """Run one desk after the other; one that fails does not stop the next."""
    runs = []
    for desk in desks:
        try:
            runs.append(run_desk(desk, as_of[desk.name], again=again, say=say))
        except Exception as error:
            (file,) = desk.outputs("manifest", as_of[desk.name])
            runs.append(Run(desk.name, {"exit_code": exit_code(error)}, file, error))
    return runs


def run_desk(desk: Desk, as_of: int, *, again: bool = False, say: Say = lambda text: None) -> Run:
    """Do the whole job of a desk as of a moment, and write its manifest whether it succeeds or fails.

    ``again`` lets it take the place of a night of that moment that was recorded with another input, model or policy.
    Raises what any step raises, and `LockedError`, without a manifest, where another run holds the desk's lock.
    """
    (file,) = desk.outputs("manifest", as_of)
    with held(desk.lock, say):
        account = Account(desk.name, as_of)
        for kind in ("scores", "flags", "manifest"):
            for path in desk.outputs(kind, as_of):
                sweep(path)
        try:
            _work(desk, account, again, say)
        except Exception as error:
            write_json(account.close(error), file)
            raise
        manifest = account.close()
        write_json(manifest, file)
    return Run(desk.name, manifest, file)


def _work(desk: Desk, account: Account, again: bool, say: Say) -> None:
    as_of = account.as_of
    with account.step("open"):
        policy, saved = load_policy(desk.policy), load_model(desk.model)
        ledger = Ledger.open(desk.ledger)
        account.facts["policy"] = {"file": str(desk.policy), "fingerprint": policy.fingerprint}
        account.facts["model"] = _model_told(desk, saved)
        account.facts["ledger"] = name_of(ledger.engine)
    with account.step("ingest"):
        _ingest(desk, account)
    with account.step("read"):
        source = _read(desk, saved, account)
    with account.step("score"):
        notes = notes_for(source.log, saved)
        points = tonight(notes, as_of)
        scores = score_points(notes, points, ids_of(notes, points), saved, explain=desk.tables.explain)
    with account.step("triggers"):
        night, fired = night_of(policy, notes, points, scores["risk"])
        _say_blind(fired.blind, policy, account, say)
    with account.step("decide"):
        account.facts["outcomes"] = _settled(settle(ledger, desk.name, notes, as_of))
        if desk.expire is not None:
            expired = ledger.expire(desk.name, unseen_since=as_of - desk.expire, when=as_of)
            account.facts["outcomes"]["expired"] = expired
        night = at_moment(night, as_of)
        decided = decide_night(ledger, desk.name, policy, saved, night, scores, fired, again=again)
        account.facts["threshold"] = decided.threshold.to_dict()
        account.facts["recorded_before"] = decided.recorded.again
        account.facts["counts"] = decided.counts()
    with account.step("write"):
        _write(desk, as_of, scores, decided, account)
    # Deliveries leave from here: the night is recorded and its files stand, and the manifest can still tell of them.


def _ingest(desk: Desk, account: Account) -> None:
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


def _read(desk: Desk, saved: SavedModel, account: Account) -> Source:
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


def _write(desk: Desk, as_of: int, scores: pd.DataFrame, decided: Decided, account: Account) -> None:
    ranked = scores.sort_values("rank", ignore_index=True)
    written: list[Path] = []
    for kind, frame in (("scores", ranked), ("flags", decided.flags)):
        for path in desk.outputs(kind, as_of):
            write_frame(frame, path)
            written.append(path)
    account.facts["outputs"] = files_told(written)


def _model_told(desk: Desk, saved: SavedModel) -> dict[str, Any]:
    manifest = saved.manifest
    return {
        "folder": str(desk.model),
        "name": model_name(saved),
        "horizons": list(manifest.horizons),
        "trained_until": manifest.trained_until,
        "fingerprint": manifest.fingerprint,
    }


def _say_blind(blind: tuple[str, ...], policy: FlagPolicy, account: Account, say: Say) -> None:
    account.facts["triggers"] = {"on": list(policy.triggers_on), "blind": list(blind)}
    if blind:
        say(f"{account.desk}: the log holds nothing that {', '.join(blind)} could fire on")


def _settled(told: Any) -> dict[str, int]:
    return {name: getattr(told, name) for name in ("escalated_anyway", "resolved", "held_out")}


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Name a file that holds a secret key") from error
