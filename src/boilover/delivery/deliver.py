"""Delivering: notices go into the outbox first, then each channel is sent what is kept for it, old and new.

One run at a time delivers for a desk (`boilover nightly` holds the desk's lock). A channel that fails stops no other;
what it was to be sent is kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from boilover.delivery import outbox
from boilover.delivery.channels import Channel, FileChannel, HttpChannel, SqlChannel
from boilover.delivery.messages import body_of
from boilover.delivery.notices import Notice
from boilover.delivery.post import post
from boilover.delivery.tables import path_of, write_file, write_rows
from boilover.errors import InputError, UsageError
from boilover.files import sweep
from boilover.flagger.beside import KEPT
from boilover.flagger.ledger import Ledger
from boilover.flagger.packet import Packet
from boilover.times import parse_duration

FORGOTTEN_AFTER = "7d"
"""What is kept for a channel that the configuration no longer has fails after this span."""
SECOND = 1_000_000


@dataclass(frozen=True)
class Delivered:
    """What a delivery came to, counted per channel and notice.

    ``sent``: now. ``kept``: waits for the next time, whenever it was put in. ``failed``: was given up now.
    ``problems``: one sentence per channel that could not be sent all, without addresses and customers' words.
    """

    sent: int
    kept: int
    failed: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Run:
    engine: Engine
    desk: str
    clock: Callable[[], float]
    pause: Callable[[float], None]

    @property
    def now(self) -> int:
        return round(self.clock() * SECOND)


def deliver(
    ledger: Ledger | Engine,
    channels: Sequence[Channel],
    notices: Sequence[Notice],
    packets: Mapping[int, Packet],
    *,
    desk: str,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> Delivered:
    """Send notices to the channels that want them, with what earlier runs could not send; nothing is sent twice.

    Parameters
    ----------
    notices : of one desk, as `happenings` returns them; those that were put into the outbox before are known there.
    packets : by flag; a notice whose flag has none goes without.
    clock, pause : seconds since 1970, and how to wait for some.

    Raises
    ------
    InputError : a notice of another desk.
    UsageError : two channels of one name.
    LockedError : the ledger is held by another run. What was put in or sent by then stays so.
    """
    run = _Run(ledger.engine if isinstance(ledger, Ledger) else ledger, desk, clock, pause)
    names = [channel.name for channel in channels]
    if len(set(names)) < len(names):
        raise UsageError("two channels have the same name, so that their outboxes would be one")
    if wrong := next((notice for notice in notices if notice.desk != desk), None):
        raise InputError(f"is not the desk {desk!r} that is delivered for", column="desk", value=wrong.desk)
    letters = [
        outbox.Letter(
            channel.name,
            notice.key,
            notice.flag_id,
            notice.happening,
            notice.at,
            body_of(channel, notice, packets.get(notice.flag_id)),
        )
        for notice in notices
        for channel in channels
        if channel.wants(notice)
    ]
    up_to = max((notice.at for notice in notices), default=None)
    outbox.put(run.engine, desk, letters, up_to=up_to, now=run.now)
    failed = _give_up(run, channels)
    ends = [_send(run, channel) for channel in channels]
    return Delivered(
        sent=sum(sent for sent, _ in ends),
        kept=outbox.counts(run.engine, desk)[KEPT],
        failed=failed,
        problems=tuple(
            f"{channel.name}: {said}" for channel, (_, said) in zip(channels, ends, strict=True) if said
        ),
    )


def _give_up(run: _Run, channels: Sequence[Channel]) -> int:
    spans = {channel.name: channel.give_up for channel in channels}
    gone = [name for name in outbox.channels_of(run.engine, run.desk) if name not in spans]
    spans |= dict.fromkeys(gone, FORGOTTEN_AFTER)
    now = run.now
    return sum(
        outbox.give_up(run.engine, run.desk, name, kept_before=now - parse_duration(span))
        for name, span in spans.items()
    )


def _send(run: _Run, channel: Channel) -> tuple[int, str]:
    """Send what is kept for a channel; return how many were sent, and the first problem."""
    if isinstance(channel, HttpChannel):
        return _post_all(run, channel)
    if isinstance(channel, FileChannel):
        return _write_files(run, channel)
    assert isinstance(channel, SqlChannel)
    return _write_table(run, channel)


def _post_all(run: _Run, channel: HttpChannel) -> tuple[int, str]:
    sent, last, first_problem = 0, 0, ""
    # One by one from the outbox, so that what was sent meanwhile is not sent again.
    while rows := outbox.kept(run.engine, run.desk, channel.name, after=last, limit=1):
        letter = rows[0]
        last = letter.id
        answer = post(channel, letter.body, letter.key, clock=run.clock, pause=run.pause)
        if answer.is_sent:
            outbox.mark_sent(run.engine, [last], answer.receipt, now=run.now, forget=True)
            sent += 1
            continue
        outbox.mark_tried(run.engine, [last], answer.problem)
        first_problem = first_problem or answer.problem
        if answer.stops:
            break
    return sent, first_problem


def _write_files(run: _Run, channel: FileChannel) -> tuple[int, str]:
    waiting = outbox.kept(run.engine, run.desk, channel.name)
    sent = 0
    for night in dict.fromkeys(row.as_of for row in waiting):
        rows = outbox.of_night(run.engine, run.desk, channel.name, night)
        ids = [row.id for row in rows if row.state == KEPT]
        path = path_of(channel, run.desk, night)
        # What a killed run has not said to be sent is written again.
        sweep(path)
        try:
            write_file(channel, path, [json.loads(row.body) for row in rows])
        except (OSError, UsageError) as error:
            outbox.mark_tried(
                run.engine, ids, problem := f"cannot write {path.name} ({type(error).__name__})"
            )
            return sent, problem
        outbox.mark_sent(run.engine, ids, f"{len(rows)} rows in {path.name}", now=run.now)
        sent += len(ids)
    return sent, ""


def _write_table(run: _Run, channel: SqlChannel) -> tuple[int, str]:
    rows = outbox.kept(run.engine, run.desk, channel.name)
    if not rows:
        return 0, ""
    ids = [row.id for row in rows]
    try:
        write_rows(channel, [json.loads(row.body) for row in rows])
    except (SQLAlchemyError, ImportError) as error:
        outbox.mark_tried(
            run.engine, ids, problem := f"cannot write table {channel.table} ({type(error).__name__})"
        )
        return 0, problem
    outbox.mark_sent(run.engine, ids, f"table {channel.table}", now=run.now, forget=True)
    return len(rows), ""
