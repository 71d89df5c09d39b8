"""The escalation matrix: to which team a flag goes, by category, group, kind and tier, and by how much each bears.

::

    [teams."Second line"]        [[rows]]                       [default]
    contact = "second@desk"      category = ["billing"]         team = "Support lead"
    capacity = 10                kind = ["functional"]          response = "8h"
                                 team = "Second line"
                                 response = "4h"
                                 then = "Support lead"

The first row that fits counts. Where its team has as many open flags as its capacity, the flag goes to ``then``,
however full that is; without a ``then`` it stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from boilover.files import read_toml
from boilover.flagger.kinds import Kind
from boilover.flagger.night import Tier
from boilover.flagger.settings import Span, TierName, Words, parsed
from boilover.policy import Strict

Name = Annotated[str, Field(pattern=r"\S", max_length=200)]
DEFAULT = "default"


class Team(Strict):
    """``[teams.*]``: whom to reach, and how many open flags the team bears."""

    contact: str = Field(default="", max_length=500)
    capacity: int | None = Field(default=None, ge=0)
    """No limit where left out."""


class Target(Strict):
    """``[default]``: where a flag goes that no row fits."""

    team: Name
    contact: str = Field(default="", max_length=500)
    """The team's own where left out."""
    response: Span | None = None
    """Within which span somebody is to answer."""
    then: Name | None = None
    """The team that takes what is too much for the first."""


class Row(Target):
    """``[[rows]]``: which flags go there; what is left out fits all."""

    category: Words = ()
    group: Words = ()
    kind: Annotated[tuple[Kind, ...], Field(strict=False)] = ()
    tier: Annotated[tuple[TierName, ...], Field(strict=False)] = ()

    def fits(self, asked: Asked) -> bool:
        """Return whether a flag is one of these; words are compared whatever their case."""
        return (
            _among(asked.category, self.category)
            and _among(asked.group, self.group)
            and (not self.kind or asked.kind in self.kind)
            and (not self.tier or Tier(asked.tier).name.lower() in self.tier)
        )


class Matrix(Strict):
    """Teams, rows in their order, and the row for all others."""

    teams: dict[Name, Team] = Field(default_factory=dict)
    rows: Annotated[tuple[Row, ...], Field(strict=False)] = ()
    default: Target

    @property
    def targets(self) -> dict[str, Target]:
        """Every row by the name that messages call it."""
        return {**{f"rows.{place}": row for place, row in enumerate(self.rows)}, DEFAULT: self.default}


@dataclass(frozen=True)
class Asked:
    """A flag that asks where to go. ``tier`` is a code of `Tier`; ``risk`` NaN where unknown."""

    flag_id: int
    ticket_id: str
    tier: int
    risk: float
    kind: Kind | None = None
    category: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Destination:
    """Where a flag goes. ``row`` names the row of the matrix, ``overflow`` the team that was full, if one was."""

    team: str
    contact: str = ""
    response: str = ""
    row: str = DEFAULT
    overflow: str = ""


def route(matrix: Matrix, asked: Sequence[Asked], load: Mapping[str, int]) -> dict[int, Destination]:
    """Return where flags go, by flag; a pure function of its arguments, whatever their order.

    ``load`` is how many open flags each team bears already. The most urgent choose first: by tier, then by risk, then
    by ticket id.
    """
    borne = Counter(load)
    found = {}
    for each in sorted(
        asked, key=lambda one: (-one.tier, -one.risk if one.risk == one.risk else 1.0, one.ticket_id)
    ):
        name, target = next(
            ((name, row) for name, row in matrix.targets.items() if isinstance(row, Row) and row.fits(each)),
            (DEFAULT, matrix.default),
        )
        place = _place(matrix, name, target, borne)
        borne[place.team] += 1
        found[each.flag_id] = place
    return found


def load_matrix(path: str | Path) -> Matrix:
    """Read a matrix's file; raise `UsageError` with every problem in it."""
    return parse_matrix(read_toml(Path(path)), source=path)


def parse_matrix(tables: Mapping[str, Any], *, source: object = None) -> Matrix:
    """Return the matrix of a file's tables; raise `UsageError` with every problem in it, one a line."""
    return parsed(Matrix, tables, _contradictions, what="escalation matrix", source=source)


def _contradictions(matrix: Matrix) -> Iterator[str]:
    held = ", ".join(matrix.teams) or "none"
    for name, target in matrix.targets.items():
        told = {"team": target.team} if target.then is None else {"team": target.team, "then": target.then}
        for key, team in told.items():
            if team not in matrix.teams:
                yield f"{name}.{key}: there is no team '{team}'. Teams are {held}"
        if target.then == target.team:
            yield f"{name}.then: is the team itself"
        if (
            target.then is not None
            and (team_of := matrix.teams.get(target.team))
            and team_of.capacity is None
        ):
            yield f"{name}.then: nothing overflows, since team '{target.team}' has no capacity"
        if not target.contact and (team_of := matrix.teams.get(target.team)) and not team_of.contact:
            yield f"{name}.contact: neither the row nor team '{target.team}' has one"
        if target.then and (team_of := matrix.teams.get(target.then)) and not team_of.contact:
            yield f"teams.{target.then}.contact: is missing, and {name} overflows there"
    for place, row in enumerate(matrix.rows):
        hidden = next((earlier for earlier in range(place) if _covers(matrix.rows[earlier], row)), None)
        if hidden is not None:
            yield f"rows.{place}: never fits, since rows.{hidden} takes all of it before"


def _covers(earlier: Row, row: Row) -> bool:
    """Return whether every flag that fits a row fits an earlier one."""
    for key in ("category", "group", "kind", "tier"):
        wide = {word.strip().lower() for word in getattr(earlier, key)}
        narrow = {word.strip().lower() for word in getattr(row, key)}
        if wide and (not narrow or narrow - wide):
            return False
    return True


def _place(matrix: Matrix, name: str, target: Target, borne: Mapping[str, int]) -> Destination:
    team = matrix.teams[target.team]
    response = target.response or ""
    full = team.capacity is not None and borne.get(target.team, 0) >= team.capacity
    if full and target.then is not None:
        return Destination(target.then, matrix.teams[target.then].contact, response, name, target.team)
    return Destination(target.team, target.contact or team.contact, response, name)


def _among(word: str | None, words: Sequence[str]) -> bool:
    return not words or (
        word is not None and word.strip().lower() in {each.strip().lower() for each in words}
    )
