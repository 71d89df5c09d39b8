"""A job that is killed loses and doubles nothing; two jobs at once record a night once."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from functools import partial

import pytest
from ledger_nights import (
    BEGIN,
    CLEARED,
    DAY,
    HOUR,
    NEW,
    QUIET,
    RISEN,
    STILL,
    Plain,
    Told,
    assert_same,
    record,
)
from sqlalchemy import Engine, event

from boilover.errors import LockedError
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.connection import transaction

NIGHTS, TICKETS, KILLS = 20, 12, 50
NAMES = [f"t{number:02d}" for number in range(TICKETS)]


def told_on(night: int) -> dict[str, Told]:
    """Return a night of a flag's life that repeats: raised, still, risen, still, cleared, quiet."""
    course = (NEW, STILL, RISEN, STILL, CLEARED, QUIET)
    told = {}
    for place, name in enumerate(NAMES):
        age = night - place
        if age >= 0:
            verdict = course[age % len(course)]
            told[name] = Told(verdict, tier=2 if verdict == RISEN else 1, above=age % 3, below=age % 2)
    return told


def run(where: str, nights: int = NIGHTS) -> None:
    """Record every night that is missing, and acknowledge a flag after each: the nightly job."""
    ledger = Ledger.open(where)
    latest = ledger.latest("desk")
    first = 0 if latest is None else (latest["as_of"] - BEGIN) // DAY
    for night in range(first, nights):
        flag = record(ledger, BEGIN + night * DAY, told_on(night)).ids[0]
        if flag:
            ledger.acknowledge(flag, who="kim", when=BEGIN + night * DAY + HOUR)


def expected(nights: int = NIGHTS) -> Plain:
    plain = Plain()
    for night in range(nights):
        plain.night(BEGIN + night * DAY, told_on(night))
        if told_on(night)["t00"].verdict != QUIET:
            plain.answer("t00", "acknowledged", BEGIN + night * DAY + HOUR)
    return plain


def child(work: Callable[[], None]) -> int:
    """Do work in a forked process; return its id. It ends with 0, with 1 after an error, or by a signal."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except LockedError:
        code = LockedError.exit_code
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(pid: int) -> int:
    """Wait for a child; return its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_job_killed_at_fifty_random_moments_loses_and_doubles_nothing(where):
    moments, ledger = random.Random(7), Ledger.open(where)
    for _ in range(KILLS):
        latest = ledger.latest("desk")
        done = 0 if latest is None else (latest["as_of"] - BEGIN) // DAY
        # Two nights at a time, so that the kills are spread over all of them.
        pid = child(partial(run, where, min(NIGHTS, done + 2)))
        time.sleep(moments.uniform(0.0, 0.06))
        os.kill(pid, signal.SIGKILL)
        assert ended(pid) in (-signal.SIGKILL, 0)
        assert ledger.check() == ()
    run(where)
    assert_same(ledger, expected(), NAMES)


def test_a_job_killed_at_any_of_its_statements_loses_and_doubles_nothing(where):
    ledger, nights, deaths = Ledger.open(where), 3, 0
    for night in range(nights):
        for statement in itertools.count(2, 3):
            code = ended(child(partial(run_until, where, night + 1, statement)))
            if code == 0:
                break
            assert code == -signal.SIGKILL
            assert ledger.check() == ()
            deaths += 1
    assert deaths >= 10
    assert_same(ledger, expected(nights), NAMES)


def run_until(where: str, nights: int, statement: int) -> None:
    """Run, and die by one's own hand before the statement of that number."""
    count = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def die(*_: object) -> None:
        nonlocal count
        count += 1
        if count == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    run(where, nights)


def test_two_jobs_that_record_the_same_nights_record_each_once(where):
    Ledger.open(where)
    pids = [child(partial(run, where, 8)) for _ in range(2)]
    codes = sorted(ended(pid) for pid in pids)
    assert set(codes) <= {0, LockedError.exit_code}
    assert ended(child(partial(run, where, 8))) == 0
    assert_same(Ledger.open(where), expected(8), NAMES)


def test_two_jobs_that_make_the_ledger_make_one(where):
    pids = [child(partial(run, where, 2)) for _ in range(4)]
    assert {ended(pid) for pid in pids} <= {0, LockedError.exit_code}
    assert ended(child(partial(run, where, 2))) == 0
    assert_same(Ledger.open(where), expected(2), NAMES)


def test_who_waits_too_long_is_told_that_another_run_writes(where):
    ledger = Ledger.open(where)
    record(ledger, BEGIN, told_on(0))
    hurried = Ledger.open(where, wait=0.05)
    with transaction(ledger.engine, writes=True):
        with pytest.raises(LockedError, match="another run is writing to the ledger"):
            record(hurried, BEGIN + DAY, told_on(1))
        assert hurried.latest("desk")["as_of"] == BEGIN
    assert not record(hurried, BEGIN + DAY, told_on(1)).again


def test_a_decision_on_an_old_memory_is_refused(where):
    """Two jobs read the memory, both decide that a ticket is to be flagged; the second is refused."""
    first, second = Ledger.open(where), Ledger.open(where)
    record(first, BEGIN, {"a": Told(NEW)})
    with pytest.raises(LockedError, match="changed after its memory was read"):
        record(second, BEGIN + HOUR, {"a": Told(NEW)})
    assert len(first.export()) == 1
