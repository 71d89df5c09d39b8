"""Drift in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from boilover.errors import shorten
from boilover.evaluation.interval import Interval
from boilover.monitoring.shifts import Rate, Shift

if TYPE_CHECKING:
    from boilover.monitoring.drift import Performance

NAMED = 5
"""So many of the features that drifted are named."""
SHARE_MOVES = 0.05


def verdict_of(
    shifts: Sequence[Shift], risk: Shift, rate: Rate | None, performance: Performance, windows: int
) -> tuple[str, ...]:
    """Return what has drifted, what has not, and how good the model still is."""
    return (*_features(shifts, windows), _risk(risk), _rate(rate), *_performance(performance))


def moved(shift: Shift) -> str:
    """Return how a column moved, as a clause: what is missing, what is new, or the typical value then and now."""
    if abs(shift.missing_now - shift.missing_then) >= SHARE_MOVES:
        return f"missing in {shift.missing_now:.0%} of rows, {shift.missing_then:.0%} in training"
    if shift.unseen_now - shift.unseen_then >= SHARE_MOVES:
        rows = f"{shift.unseen_now:.0%} of rows, {shift.unseen_then:.0%} in training"
        return f"words new to training or rare there in {rows}"
    if shift.mover is not None:
        return f"{shorten(shift.mover)} {shift.mover_now:.0%} of rows, {shift.mover_then:.0%} in training"
    if shift.mean_now is not None and shift.mean_then is not None:
        return f"mean {shift.mean_now:.4g}, {shift.mean_then:.4g} in training"
    return "no value in training" if shift.mean_then is None else "no value now"


def _features(shifts: Sequence[Shift], windows: int) -> Iterator[str]:
    if not windows:
        yield (
            "The training is too short to tell how far features move anyway: none is called drifted or stable."
        )
        return
    yield _drifted(shifts, windows)
    wanders = [each.name for each in shifts if each.wanders]
    if wanders:
        named = ", ".join(wanders[:NAMED]) + (" …" if len(wanders) > NAMED else "")
        yield (
            f"Of {len(wanders)} nothing can be told: windows of the training differ by as much as any move could, as"
            f" what is the same for all tickets of a night, or grows with the log, does ({named})."
        )


def _drifted(shifts: Sequence[Shift], windows: int) -> str:
    drifted, judged = [each for each in shifts if each.drifted], sum(not each.wanders for each in shifts)
    if not drifted:
        return (
            f"No feature has drifted: each of the {judged} of {len(shifts)} that can be judged lies within what"
            f" {windows} windows of the training differ among themselves."
        )
    worst = "; ".join(
        f"{each.name} (PSI {each.psi:.2f}, up to {each.bound:.2f} is usual: {moved(each)})"
        for each in drifted[:NAMED]
    )
    more = f"; and {len(drifted) - NAMED} more" if len(drifted) > NAMED else ""
    verb = "has" if len(drifted) == 1 else "have"
    return f"{len(drifted)} of the {judged} features that can be judged {verb} DRIFTED: {worst}{more}."


def _risk(risk: Shift) -> str:
    if risk.bound != risk.bound:
        return "Whether the risks have drifted cannot be told: the calibration slice is too short."
    figures = f"PSI {risk.psi:.2f}, up to {risk.bound:.2f} is usual"
    return (
        f"The risks have DRIFTED ({figures})." if risk.drifted else f"The risks have not drifted ({figures})."
    )


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "The base rate cannot be told yet: no outcome is known."
    now = f"{rate.now.estimate:.1%} escalate ({rate.now.low:.1%} to {rate.now.high:.1%}), {rate.then:.1%} in training"
    if rate.drifted:
        return f"The base rate has DRIFTED: {now}."
    if rate.now.low <= rate.then <= rate.now.high:
        return f"The base rate has not drifted: {now}."
    return (
        f"The base rate is another, {now}; that is not called drift: it moved by less than a fifth, or spans of the"
        " training as long as this one differ as much, or are too few to tell."
    )


def _performance(performance: Performance) -> Iterator[str]:
    if performance.open is not None:
        yield (
            f"Where outcomes are not known yet, an average precision of {_told(performance.open)} is expected,"
            " provided that the risks are calibrated."
        )
    if performance.expected is None:
        return
    if performance.realised is None:
        yield "Too few of the outcomes that are known are escalations to measure the model on them."
        return
    if performance.levelled is None or performance.level is None:
        return
    yield performance.level
    against = (
        f"{_told(performance.realised)} came true, {_told(performance.levelled)} is expected at that rate"
    )
    if performance.fell:
        yield f"The model ranks worse than it promises and has FALLEN OFF: {against}. Its estimates are too good, too."
    else:
        yield f"Where outcomes are known, its ranking keeps its promise: {against}."


def _told(figures: Mapping[str, Interval]) -> str:
    found = figures["average_precision"]
    return f"{found.estimate:.3f} ({found.low:.3f} to {found.high:.3f})"
