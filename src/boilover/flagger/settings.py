"""What all tables of a policy share: strict frozen models, spans of time, tiers, and mistakes in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from boilover.errors import UsageError
from boilover.flagger.night import Tier
from boilover.mistakes import worded
from boilover.policy import Strict
from boilover.times import parse_duration

TierName = Literal["watch", "warn", "critical"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS = get_args(Weekday)
MOST = 100.0
"""The largest multiple of a threshold or a limit that can be meant."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


S = TypeVar("S", bound=Strict)


def _span(text: str) -> str:
    try:
        parse_duration(text)
    except UsageError as error:
        raise ValueError(str(error)) from None
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone. Write a name such as Europe/Berlin") from None
    return name


def _clock(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        clock = time.fromisoformat(given)
    except ValueError:
        clock = None
    if clock is None or clock.tzinfo is not None:
        raise ValueError("is no time of day. Write hours and minutes, such as 22:00")
    return clock


Span = Annotated[str, AfterValidator(_span)]
"""A duration such as ``24h`` or ``7d``."""
Zone = Annotated[str, AfterValidator(_zone)]
Clock = Annotated[time, BeforeValidator(_clock)]
Words = Annotated[tuple[Annotated[str, Field(pattern=r"\S")], ...], Field(strict=False)]
"""A list of words."""
Risk = Annotated[float, Field(ge=0, le=1)]


class QuietHours(Strict):
    """Hours of the day, by a time zone's clock, in which nobody is alerted; they may span midnight.

    The beginning is quiet, the end is not. ``days`` are quiet from midnight to midnight.
    """

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="until")
    zone: Zone
    days: Annotated[tuple[Weekday, ...], Field(strict=False)] = ()
    unless: TierName | None = None
    """Flags of this tier or a higher one are raised nevertheless."""

    def holds(self, as_of: int) -> bool:
        """Return whether a moment, UTC microseconds, is quiet."""
        local = (EPOCH + timedelta(microseconds=as_of)).astimezone(ZoneInfo(self.zone))
        if WEEKDAYS[local.weekday()] in self.days:
            return True
        clock = local.time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def tier_code(name: TierName | None) -> int:
    """Return the code of a tier, one above the highest where there is none: what no flag reaches."""
    return int(max(Tier)) + 1 if name is None else int(Tier[name.upper()])


def percent(share: float) -> str:
    """Return a share that somebody set as it was set, not rounded to whole per cents."""
    return f"{100 * share:.6g}%"


def parsed(
    model: type[S],
    tables: Mapping[str, Any],
    contradictions: Callable[[S], Iterator[str]],
    *,
    what: str,
    source: object,
) -> S:
    """Return a file's tables as a model; raise `UsageError` with every problem in ``what`` it is, one a line.

    ``contradictions`` yields what does not fit together, though each key by itself is right.
    """
    try:
        read = model.model_validate(dict(tables))
        problems = list(contradictions(read))
    except ValidationError as error:
        problems = list(mistakes(error, model))
    if problems:
        where = f"{source}: " if source is not None else ""
        raise UsageError(f"{where}{len(problems)} problem(s) in the {what}:\n  " + "\n  ".join(problems))
    return read


def mistakes(error: ValidationError, known: type[BaseModel], secret: Collection[str] = ()) -> Iterator[str]:
    """Yield every problem, each with its key and without the value of a ``secret`` one; see `worded`."""
    for problem in error.errors(include_url=False):
        key, what = worded(problem, known, secret)
        yield f"{key or 'policy'}: {what}"
