"""A feature is a small frozen value; its column name is derived from its class and what was changed in it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, cast, get_args, get_origin, get_type_hints

from boilover.errors import MismatchError, UsageError, shorten
from boilover.features import filters
from boilover.features.crossing import Need
from boilover.features.stream import Told, View
from boilover.features.view import TICKET, Sight
from boilover.history import Coded, Numbers
from boilover.times import parse_duration

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (filters.Flag, filters.Known, filters.Match, filters.Both, filters.Either, filters.Not)
}


@dataclass(frozen=True)
class Feature:
    """Base of all features. Subclasses are found by their name when a saved model is read."""

    def __init_subclass__(cls) -> None:
        """Register the class for `from_json`."""
        KINDS[cls.__name__] = cls

    @property
    def name(self) -> str:
        """The column's name."""
        raise NotImplementedError

    @property
    def shares(self) -> Hashable:
        """Features for which this is equal are computed together: what they read is selected and sorted once."""
        return self.name

    @property
    def rises(self) -> bool:
        """Whether more of it is held never to lower the risk, as all else stands; a model then learns no such thing."""
        return False

    @property
    def needs(self) -> tuple[Need, ...] | None:
        """What is read of events, by whose key; none where that is not told, and the whole log is held for it.

        A feature that reads nothing of other tickets needs nothing: ``()``.
        """
        return None

    def compute(self, sight: Sight) -> Numbers | Coded:
        """Return one value per point: a number, NaN for missing, or codes of a category."""
        raise NotImplementedError


@dataclass(frozen=True)
class Aggregate(Feature):
    """A primitive: one aggregate over the events that a point may see.

    Parameters
    ----------
    where : which events; for a feature with a value, those at which the value is known, where left out.
    window : only the last such span, as in ``24h`` or ``7d``: events in (as_of − window, as_of].
    key : whose events: the ``ticket``'s own, those of its present ``assignee`` or ``group``, of the whole ``desk``,
        or of all tickets that share an attribute, such as ``customer_id``.
    event_key : an annotation that tells whose an event is, where that is not ``key`` itself: ``group_before``.
    """

    where: filters.Filter | None = None
    window: str | None = None
    key: str = TICKET
    event_key: str | None = None

    verb: ClassVar[str]

    def __post_init__(self) -> None:
        """Check the window when the feature is written, not when it is computed."""
        if self.window is not None:
            parse_duration(self.window)

    @property
    def subject(self) -> str:
        """What is aggregated, as a part of the column's name."""
        return "" if self.where is None else self.where.name

    @property
    def name(self) -> str:
        """Key, verb, subject and window, joined."""
        parts = ["" if self.key == TICKET else self.key, self.verb, self.subject, self.window or ""]
        return "_".join(part for part in parts if part)

    @property
    def reads(self) -> filters.Filter:
        """Which events are read."""
        if self.where is None:
            raise UsageError(f"{type(self).__name__} needs `where`: which events?")
        return self.where

    @property
    def told(self) -> tuple[Told, ...]:
        """What is read of each event, besides its time; a primitive by another key than the ticket must name it."""
        return ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """The events that are read, and what of them."""
        return (Need(self.reads, self.key, self.event_key, self.told),)

    @property
    def shares(self) -> Hashable:
        """The events that are read."""
        return self.reads

    def compute(self, sight: Sight) -> Numbers | Coded:
        """Return the aggregate for each point, in the order in which the points were asked."""
        window = None if self.window is None else parse_duration(self.window)
        view = sight.view(self.reads, self.key, window, self.event_key)
        return view.asked.scatter(self._aggregate(view))

    def _aggregate(self, view: View) -> Numbers:
        """Return the aggregate for each point of the view."""
        raise NotImplementedError


def to_json(value: Any) -> Any:
    """Return a feature or filter as plain JSON: its class and the fields that were changed."""
    if not is_dataclass(value):
        return value
    changed = {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    return {"is": type(value).__name__} | {
        name: field for name, field in changed.items() if field is not None
    }


def from_json(value: Any) -> Any:
    """Return the feature or filter that `to_json` wrote.

    Raises `MismatchError` for a class that is not known, and for fields that it does not take.
    """
    if not isinstance(value, dict):
        return value
    kind = KINDS.get(str(value.get("is")))
    if kind is None:
        raise MismatchError(
            f"the model uses a feature of class {value.get('is')!r}, which is not known here."
            " Import the module that defines it first"
        )
    told = {name: from_json(field) for name, field in value.items() if name != "is"}
    try:
        _check_types(kind, told)
        return kind(**told)
    except (TypeError, UsageError) as error:
        raise MismatchError(
            f"the model's feature of class {kind.__name__} cannot be made: {error}. Train the model again"
        ) from error


def _check_types(kind: type[Any], told: Mapping[str, Any]) -> None:
    """Raise `TypeError` for a field that holds what its class does not allow, as far as annotations tell."""
    hints = _hints(cast(Hashable, kind))
    for name in told.keys() & hints.keys():
        if not _fits(told[name], hints[name]):
            raise TypeError(f"'{name}' holds {shorten(told[name])}")


def _fits(value: object, hint: Any) -> bool:
    """Return whether a value is of an annotation of plain types, features and filters; any is of another."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    plain = (str, int, float, NoneType, filters.Filter, Feature)
    if any(get_origin(kind) or not isinstance(kind, type) or not issubclass(kind, plain) for kind in kinds):
        return True
    # JSON tells no whole number from a float.
    return isinstance(value, (*kinds, int) if float in kinds else kinds)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """Return the annotations of a class's fields: evaluating them takes longer than all else of reading a feature."""
    names = {each.name for each in fields(cast(type[Any], kind))}
    # A class of one's own may be annotated with names that are there for the type checker alone.
    with suppress(NameError):
        return {name: hint for name, hint in get_type_hints(kind).items() if name in names}
    return {}
