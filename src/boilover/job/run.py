"""One run of the job: each step is done whole or not at all, so that a run that was killed can be repeated.

The log is replaced in one step, the night is one transaction, files are moved into place, what is to be told waits in
the ledger's outbox until it was sent, and the manifest comes last. A run of the same moment finds its night in the
ledger and writes the same files again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilover.files import sweep
from boilover.job.life import gate, look_after_model
from boilover.job.lock import held
from boilover.job.manifest import Account, exit_code, failed_file, tells_night, told_of
from boilover.job.settings import Desk
from boilover.job.steps import Say, ingest, look, open_tools, read, score_night
from boilover.job.telling import decide_and_record, deliver_night, hand_over_night, write_night
from boilover.outputs import write_json


@dataclass(frozen=True)
class Run:
    """How the run of a desk ended: its manifest's file and content; ``error`` where it failed.

    The ``file`` of a run that failed is where it is told; of one that is told nowhere, where its manifest would lie.
    """

    desk: str
    manifest: Mapping[str, Any]
    file: Path
    error: Exception | None = None


def run_desks(desks: Iterable[Desk], as_of: Mapping[str, int], *, again: bool = False, say: Say) -> list[Run]:
    """Run one desk after the other; one that fails does not stop the next."""
    runs = []
    for desk in desks:
        try:
            runs.append(_run(desk, as_of[desk.name], again, say))
        except Exception as error:
            (file,) = desk.outputs("manifest", as_of[desk.name])
            runs.append(Run(desk.name, {"exit_code": exit_code(error)}, file, error))
    return runs


def run_desk(desk: Desk, as_of: int, *, again: bool = False, say: Say = lambda text: None) -> Run:
    """Do the whole job of a desk as of a moment, and write its manifest whether it succeeds or fails.

    The manifest of a recorded night stays: a later run of its moment that fails is told beside it, until one succeeds.
    ``again`` lets it take the place of a night of that moment that was recorded with another input, model or policy.
    Raises what any step raises, and `LockedError`, without a manifest, where another run holds the desk's lock.
    """
    run = _run(desk, as_of, again, say)
    if run.error is not None:
        raise run.error
    return run


def _run(desk: Desk, as_of: int, again: bool, say: Say) -> Run:
    """Do what `run_desk` does, and return what a step raised; raise what keeps the run from beginning."""
    (file,) = desk.outputs("manifest", as_of)
    with held(desk.lock, say):
        account = Account(desk.name, as_of)
        for kind in ("scores", "flags", "packets", "manifest"):
            for path in desk.outputs(kind, as_of):
                sweep(path)
        failed = failed_file(file)
        if failed is not None:
            sweep(failed)
        try:
            _work(desk, account, again, say)
        except Exception as error:
            where = file
            try:
                where = _tell_failure(file, account, error, say)
            # What stopped the run is told, whatever stops its manifest.
            except Exception as other:
                say(f"{desk.name}: the manifest was not written: {told_of(other)}")
            return Run(desk.name, {"exit_code": exit_code(error)}, where, error)
        manifest = account.close()
        write_json(manifest, file)
        if failed is not None:
            failed.unlink(missing_ok=True)
    return Run(desk.name, manifest, file)


def _tell_failure(file: Path, account: Account, error: Exception, say: Say) -> Path:
    """Write the manifest of a run that failed, and return where: beside that of a recorded night, which stays."""
    failed = failed_file(file)
    # A run that recorded the night anew, and then failed, is what became of it.
    is_anew = account.facts.get("recorded_before") is False
    if failed is not None and not is_anew and tells_night(file, account.as_of):
        write_json(account.close(error), failed)
        say(f"{account.desk}: the manifest of the recorded night stays, and {failed} tells of this run")
        return failed
    write_json(account.close(error), file)
    if failed is not None:
        failed.unlink(missing_ok=True)
    return file


def _work(desk: Desk, account: Account, again: bool, say: Say) -> None:
    with account.step("open"):
        tools = open_tools(desk, account)
    with account.step("ingest"):
        ingest(desk, account, say)
    with account.step("read"):
        opened = read(desk, tools.saved, account, say)
    with account.step("retrain"):
        tools = look_after_model(desk, tools, opened, account, say)
    with account.step("score"):
        scored = score_night(desk, tools.saved, opened, account)
    # Everything is scored, and nothing is decided, recorded or told yet.
    with account.step("gate"):
        gate(desk, tools, opened, scored, account)
    with account.step("triggers"):
        night, fired = look(tools.policy, scored, account, say)
    with account.step("decide"):
        decided = decide_and_record(desk, tools, scored, night, fired, account, again=again)
    with account.step("hand over"):
        notices, packets = hand_over_night(desk, tools, scored, night, fired, decided)
    with account.step("write"):
        write_night(desk, tools, scored, decided, packets, account)
    with account.step("deliver"):
        deliver_night(desk, tools, notices, packets, account, say)
