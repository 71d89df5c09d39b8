"""The steps of a run from flags to people: what is decided is recorded, handed over, written and delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from boilover.delivery import Notice, deliver, happenings, shown
from boilover.flagger import Fired, Night
from boilover.flagger.handoff import hand_over
from boilover.flagger.load import destinations_of
from boilover.flagger.packet import Packet
from boilover.flagger.packet_text import write_packets
from boilover.flagging import threshold_for
from boilover.job.deciding import Decided, decide_night
from boilover.job.manifest import Account, files_told
from boilover.job.outcomes import settle
from boilover.job.settings import Desk
from boilover.job.steps import Say, Scored, Tools
from boilover.outputs import write_frame
from boilover.scoring import REASON_COLUMNS, model_name

STANDING = ("new", "risen", "still")
"""The verdicts of flags that stand, each of which has a packet."""
PLACE = ("kind", "team", "contact", "response")


def decide_and_record(
    desk: Desk, tools: Tools, scored: Scored, night: Night, fired: Fired, account: Account, *, again: bool
) -> Decided:
    """Tell the ledger what became of its flags, decide the night and record it."""
    told = settle(tools.ledger, desk.name, scored.notes, account.as_of, beyond=scored.beyond)
    account.facts["outcomes"] = {
        name: getattr(told, name) for name in ("escalated_anyway", "resolved", "held_out")
    }
    if desk.expire is not None:
        since = account.as_of - desk.expire
        is_first = tools.ledger.latest(desk.name) is None
        expired = 0 if is_first else tools.ledger.expire(desk.name, unseen_since=since, when=account.as_of)
        account.facts["outcomes"]["expired"] = expired
    threshold = threshold_for(tools.policy.threshold, tools.saved, at_risk=len(night))
    model = model_name(tools.saved)
    decided = decide_night(
        tools.ledger, desk.name, tools.policy, threshold, model, night, scored.scores, fired, again=again
    )
    account.facts["threshold"] = decided.threshold.to_dict()
    account.facts["recorded_before"] = decided.recorded.again
    account.facts["counts"] = decided.counts()
    return decided


def hand_over_night(
    desk: Desk, tools: Tools, scored: Scored, night: Night, fired: Fired, decided: Decided
) -> tuple[tuple[Notice, ...], dict[int, Packet]]:
    """Return what channels are to be told, and the packets of flags that they, the matrix or files ask for."""
    notices = happenings(tools.ledger, desk.name)
    asked = shown(desk.channels, notices)
    if tools.matrix is not None:
        asked |= {notice.flag_id for notice in notices if notice.happening != "cleared"}
    if desk.tables.outputs.packets:
        asked |= set(_standing(decided.flags))
    packets = hand_over(
        tools.ledger,
        tools.matrix,
        scored.notes,
        scored.points,
        night,
        decided.decision,
        decided.recorded.ids,
        shown=asked,
        reasons=scored.scores[list(REASON_COLUMNS)].fillna("").to_numpy(dtype=object),
        fired=fired,
        model=model_name(tools.saved),
    )
    return notices, packets


def write_night(
    desk: Desk,
    tools: Tools,
    scored: Scored,
    decided: Decided,
    packets: Mapping[int, Packet],
    account: Account,
) -> None:
    """Write scores, flags with where they go, and packets."""
    flags = with_places(tools, decided.flags)
    written = write_scores(desk, scored, account)
    for path in desk.outputs("flags", account.as_of):
        write_frame(flags, path)
        written.append(path)
    standing = {flag: packets[flag] for flag in _standing(flags) if flag in packets}
    for folder in desk.outputs("packets", account.as_of):
        write_packets(standing, folder)
        written += sorted(folder.iterdir())
    account.facts["outputs"] = files_told(written)


def write_scores(desk: Desk, scored: Scored, account: Account) -> list[Path]:
    """Write scores, the riskiest first; return their files."""
    ranked = scored.scores.sort_values("rank", ignore_index=True)
    written = desk.outputs("scores", account.as_of)
    for path in written:
        write_frame(ranked, path)
    account.facts["outputs"] = files_told(written)
    return written


def with_places(tools: Tools, flags: pd.DataFrame) -> pd.DataFrame:
    """Return flags with the likely kind, team, contact and response target; empty where no matrix placed them."""
    places = destinations_of(tools.ledger, flags["flag_id"].tolist())
    told = [places.get(flag, {}) for flag in flags["flag_id"].tolist()]
    columns = {name: pd.Series([each.get(name, "") for each in told], dtype="str") for name in PLACE}
    return flags.assign(**columns)


def deliver_night(
    desk: Desk,
    tools: Tools,
    notices: Sequence[Notice],
    packets: Mapping[int, Packet],
    account: Account,
    say: Say,
) -> None:
    """Send what is to be told and what waits since earlier runs; what cannot be sent is kept, and said."""
    delivered = deliver(tools.ledger, desk.channels, notices, packets, desk=desk.name)
    account.facts["delivery"] = asdict(delivered)
    if delivered.kept:
        say(f"{desk.name}: {delivered.kept} notices could not be delivered and are kept for the next run")
    if delivered.failed:
        say(f"{desk.name}: {delivered.failed} notices were given up")
    for problem in delivered.problems:
        say(f"{desk.name}: {problem}")


def _standing(flags: pd.DataFrame) -> list[int]:
    found: list[int] = flags.loc[flags["verdict"].isin(STANDING), "flag_id"].tolist()
    return found
