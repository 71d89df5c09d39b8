"""Where notices go: the ``[channels.*]`` tables of a configuration, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from boilover.delivery.notices import Notice
from boilover.flagger.night import Tier
from boilover.flagger.settings import Span, TierName, tier_code
from boilover.policy import Strict

LOCAL = ("localhost", "127.0.0.1", "::1")
SHORTEST_SECRET = 16
SUFFIXES = {"csv": ".csv", "jsonl": ".jsonl", "parquet": ".parquet"}


def _reachable(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    try:
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    text = url.get_secret_value()
    if not known or not text.isascii() or any(each.isspace() or not each.isprintable() for each in text):
        raise ValueError("is no address. Write https://host/path")
    if parts.username is not None:
        raise ValueError("holds a user or a password, which would stand in logs of proxies; sign instead")
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ValueError("would send customers' words in the clear. Write https")
    return url


def _database(url: SecretStr) -> SecretStr:
    try:
        make_url(url.get_secret_value()).get_backend_name()
    except ArgumentError:
        raise ValueError(
            "is no address of a database. Write sqlite:///path or postgresql+psycopg://host/name"
        ) from None
    return url


def _of_each_night(path: str) -> str:
    if "{night}" not in path:
        raise ValueError("has no {night} in it, so that a night would overwrite another one")
    return path


Address = Annotated[SecretStr, AfterValidator(_reachable), Field(strict=False)]
"""Kept secret: whoever knows the address of an incoming webhook may write to it."""
Happenings = Annotated[
    tuple[Literal["raised", "tier", "still", "cleared"], ...], Field(strict=False, min_length=1)
]


class Channel(Strict):
    """What all channels share. ``happenings``: what it is told of; ``least_tier``: from which tier on."""

    name: str = Field(pattern=r"\S", max_length=100)
    happenings: Happenings = ("raised", "tier", "still", "cleared")
    least_tier: TierName = "watch"
    give_up: Span = "7d"
    """A notice that could not be delivered for so long has failed, and is not tried again."""

    def wants(self, notice: Notice) -> bool:
        """Return whether a notice goes here."""
        tier = Tier[notice.tier.upper()]
        return notice.happening in self.happenings and tier >= tier_code(self.least_tier)


class FileChannel(Channel):
    """A file of rows per night: CSV, JSON lines or Parquet, moved into place when whole."""

    kind: Literal["csv", "jsonl", "parquet"]
    path: Annotated[str, AfterValidator(_of_each_night)]
    """``{night}`` is the moment of the night, ``{desk}`` the desk."""
    packets: bool = False
    """Whether rows hold the packet as Markdown."""


class SqlChannel(Channel):
    """A table of a database, made where it is not there; a row per notice, its key the primary key."""

    kind: Literal["sql"]
    url: Annotated[SecretStr, AfterValidator(_database), Field(strict=False)]
    table: str = Field(default="boilover_flags", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
    packets: bool = False


class HttpChannel(Channel):
    """What is posted: one request per notice."""

    url: Address
    timeout: float = Field(default=10.0, gt=0, le=120)
    """Seconds of silence after which the receiver counts as down."""
    tries: int = Field(default=3, ge=1, le=6)
    """In one run; what fails then is kept for the next."""
    backoff: float = Field(default=1.0, ge=0, le=30)
    """Seconds before the second try; they double with each further one."""

    @property
    def host(self) -> str:
        """The receiver's name, for messages; the rest of the address is secret."""
        return str(urlsplit(self.url.get_secret_value()).hostname)


class Webhook(HttpChannel):
    """A signed webhook: the notice with its packet as JSON."""

    kind: Literal["webhook"]
    secret: Annotated[SecretStr, Field(strict=False, min_length=SHORTEST_SECRET)]
    packets: bool = True


class Chat(HttpChannel):
    """A message in the common incoming-webhook shape: no packet, and no message of the customer."""

    kind: Literal["chat"]
    happenings: Happenings = ("raised", "tier", "still")
    blocks: bool = False
    """Whether the message has ``blocks`` beside its ``text``."""
    link: Annotated[str, Field(pattern=r"^https?://[^\s<>|]*\{ticket_id\}[^\s<>|]*$")] | None = None
    """Address of a ticket, with ``{ticket_id}`` in it."""


KINDS: Mapping[str, type[Channel]] = {
    **dict.fromkeys(SUFFIXES, FileChannel),
    "sql": SqlChannel,
    "webhook": Webhook,
    "chat": Chat,
}


def shown(channels: tuple[Channel, ...], notices: tuple[Notice, ...]) -> set[int]:
    """Return the flags of which a channel shows a packet: those that it is told of, and that did not just end."""
    return {
        notice.flag_id
        for notice in notices
        if notice.happening != "cleared" and any(channel.wants(notice) for channel in channels)
    }
