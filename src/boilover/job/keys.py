"""The keys of the unattended job's configuration, as frozen values; `docs/nightly.md` tells each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from boilover.flagger.settings import Clock, Span, Words, Zone
from boilover.policy import Strict
from boilover.scoring import EXPLAINED


def several(given: object) -> object:
    """Return one word as a list of it."""
    return (given,) if isinstance(given, str) else given


def local(told: str) -> str:
    """Return a path; raise `ValueError` for a URL."""
    if "://" in told:
        raise ValueError("must lie in a local folder")
    return told


Sources = Annotated[Words, BeforeValidator(several)]
"""One path or URL, or a list of them."""
Name = Annotated[str, Field(pattern=r"\S"), AfterValidator(local)]
Names = Annotated[tuple[Name, ...], Field(strict=False), BeforeValidator(several)]
"""One path or a list of them."""
Reason = Literal["features", "risks", "base rate", "performance"]


class Limits(Strict):
    """``[limits]``: what the job refuses to go on with."""

    stale: Span | None = None
    """How old the newest event may be (exit code 4); no limit where left out."""
    dropped: float = Field(default=0.2, ge=0, le=1)
    """The share of an export that may be unusable (exit code 3)."""


class Outputs(Strict):
    """``[outputs]``: files to write, by their endings CSV, JSON lines or Parquet, and folders of packets."""

    scores: Names = ()
    flags: Names = ()
    packets: Names = ()
    """Folders of handoff packets, one per flag that stands; a run replaces what an earlier one wrote there."""
    manifest: Name = "runs/{desk}/{night}.json"


class Moment(Strict):
    """``[night]``: as of when a run asks that is told no moment: the latest of these times of day that has passed."""

    at: Annotated[tuple[Clock, ...], Field(strict=False), BeforeValidator(several)] = ()
    """Every full hour, where none is named."""
    zone: Zone = "UTC"


class Retrain(Strict):
    """``[retrain]``: when a challenger is trained, and judged beside the champion on what followed."""

    every: Span | None = None
    """When it would know so much more than the champion and the last challenger."""
    on_drift: bool = False
    """Also where something drifted, but not more often than every ``rest``."""
    rest: Span = "7d"
    hold_back: Span = "28d"
    """The end of the log that judges the two, and is not trained on."""
    folder: Name | None = None
    """Where the challenger lies; beside the model, with the ending .challenger, where left out."""


class Gate(Strict):
    """``[gate]``: what ends a run with exit code 7 after scoring, before any flag is decided."""

    on: Annotated[tuple[Reason, ...], Field(strict=False), BeforeValidator(several)] = ()
    window: Span = "28d"
    """So many of the last days are looked at, here and for ``on_drift``."""


class Tables(Strict):
    """All keys of a desk, as they are written."""

    log: Name
    model: Name
    policy: Name
    ledger: Annotated[str, Field(pattern=r"\S")]
    matrix: Name | None = None
    """An escalation matrix: where flags go."""
    sources: Sources = ()
    """Exports, folders, patterns or URLs; without any the log is taken as it is."""
    format: str = "auto"
    recipe: str | None = None
    escalation: str | None = None
    hash_ids: Name | None = None
    """A file with the secret key by which ids of people are replaced."""
    allow_cut: bool = False
    explain: int = Field(default=EXPLAINED, ge=0)
    """How many of the riskiest tickets get reasons."""
    expire: Span | None = None
    """Flags of tickets that were not at risk for this long are over."""
    lock: Name = "runs/{desk}/lock"
    limits: Limits = Field(default_factory=Limits)
    outputs: Outputs = Field(default_factory=Outputs)
    night: Moment = Field(default_factory=Moment)
    retrain: Retrain | None = None
    gate: Gate = Field(default_factory=Gate)
    channels: dict[str, Any] = Field(default_factory=dict)
    """``[channels.*]``: see `boilover.delivery.channels`; false switches off one that desks share."""
