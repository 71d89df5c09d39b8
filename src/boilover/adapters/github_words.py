"""What the words of GitHub mean: labels as status, priority and team, and who is on which side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from boilover.adapters.settings import MaybeStatus
from boilover.adapters.words import PRIORITIES, ident

STATUS_LABELS = {
    "triage": "new",
    "needs triage": "new",
    "waiting for customer": "pending",
    "waiting for response": "pending",
    "waiting for author": "pending",
    "awaiting response": "pending",
    "needs info": "pending",
    "needs more info": "pending",
    "more information needed": "pending",
    "need more information": "pending",
    "on hold": "on_hold",
    "blocked": "on_hold",
    "upstream": "on_hold",
}
LEVELS = {
    "critical": "urgent",
    "urgent": "urgent",
    "high": "high",
    "medium": "normal",
    "normal": "normal",
    "low": "low",
}
PRIORITY_LABELS = {
    **{f"p{level}": word for level, word in enumerate(PRIORITIES[::-1])},
    **{f"priority {level}": word for level, word in LEVELS.items()},
    **{f"{level} priority": word for level, word in LEVELS.items()},
    **{f"priority p{level}": word for level, word in enumerate(PRIORITIES[::-1])},
}
"""Usual labels, as `fold` writes them: ``P0``, ``priority: high``, ``Priority/High``, ``high-priority``, …"""
AGENTS = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))
Held = tuple[str | None, str | None]
"""What a part of the state is, and the label that says so."""
SEPARATORS = re.compile(r"[\s:/_-]+")


class GitHubOptions(BaseModel, frozen=True, extra="forbid"):
    """The ``[options]`` of a recipe for GitHub. Labels are known whatever their case and separators."""

    statuses: dict[str, MaybeStatus] = {}
    """Label to the status that an open issue has with it; ``""`` for a usual label that means none here."""
    priorities: dict[str, str] = {}
    """Label to priority; ``""`` for a usual label that means none here."""
    group_prefixes: tuple[str, ...] = ("team",)
    """``team`` makes ``team: billing`` and ``team/billing`` the group ``billing``."""
    agents: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    """Logins, where association and account type do not tell the side."""


class Labels:
    """What labels say of an issue; of several that say the same kind of thing, the one that came last."""

    def __init__(self, options: GitHubOptions) -> None:
        self._statuses = STATUS_LABELS | {fold(word): value for word, value in options.statuses.items()}
        self._priorities = PRIORITY_LABELS | {fold(word): value for word, value in options.priorities.items()}
        self._prefixes = tuple(f"{fold(each)} " for each in options.group_prefixes)

    def state(self, labels: Iterable[str]) -> dict[str, Held]:
        """Return status (of an open issue), priority, group and tags of labels in the order in which they came."""
        found: dict[str, Held] = {"status": ("open", None), "priority": (None, None), "group": (None, None)}
        labels = list(labels)
        for label in labels:
            word = fold(label)
            told = self._statuses.get(word), self._priorities.get(word), self._group(label, word)
            found |= {name: (value, label) for name, value in zip(found, told, strict=True) if value}
        return {**found, "tags": (tags(labels), None)}

    def _group(self, label: str, word: str) -> str | None:
        prefix = next((each for each in self._prefixes if word.startswith(each)), None)
        if prefix is None:
            return None
        # The rest as it is written: only the prefix is compared without regard of case and separators.
        parts = SEPARATORS.split(label.strip(), maxsplit=prefix.count(" "))
        return parts[-1].strip() or None


class People:
    """Who is on which side, as far as GitHub tells: today's association to the repository, and the account's type."""

    def __init__(self, options: GitHubOptions) -> None:
        named = (("agent", options.agents), ("customer", options.customers), ("bot", options.bots))
        self._named = {name.casefold(): role for role, names in named for name in names}

    def role(self, user: Mapping[str, Any], association: object) -> str | None:
        """Return the role of somebody; None where nothing is told of them."""
        login = (login_of(user) or "").casefold()
        if login in self._named:
            return self._named[login]
        if login.endswith("[bot]") or user.get("type") == "Bot" or user.get("is_bot") is True:
            return "bot"
        if not association:
            return None
        return "agent" if str(association) in AGENTS else "customer"


def login_of(user: object) -> str | None:
    """Return the login of an account, by which people go in labels and mentions."""
    return ident(user.get("login")) if isinstance(user, dict) else None


def named(held: object, key: str = "name") -> str | None:
    """Return the name of a label, type or milestone. Unlike an id, ``1.0`` is not ``1``."""
    name = held.get(key) if isinstance(held, dict) else held
    return name.strip() or None if isinstance(name, str) else None


def fold(label: str) -> str:
    """Return a label without regard of case and separators: ``Priority/High`` is ``priority high``."""
    return SEPARATORS.sub(" ", label).strip().casefold()


def tags(labels: Iterable[str]) -> str | None:
    """Return labels in order, parted by blanks; blanks within a label become hyphens."""
    return " ".join(sorted({"-".join(label.split()) for label in labels})) or None
