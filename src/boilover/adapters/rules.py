"""What the rows of a table say: rules that turn a row into events."""

from __future__ import annotations

from pydantic import BaseModel, model_validator

from boilover.schema import EVENT_TYPES


class Emit(BaseModel, frozen=True, extra="forbid"):
    """One event that a row becomes; strings but ``target``, ``event_type`` and ``constant`` name columns."""

    target: str | None = None
    """The part of the state that is set: status, priority, group, assignee or the name of a field."""
    target_from: str | None = None
    """The column that holds the name of the field, for rows of many fields."""
    event_type: str | None = None
    """For what is no change of state: message, csat, merged, …"""
    value: str | None = None
    constant: str | None = None
    old: str | None = None
    """The value before the change: the state at creation is rebuilt from it."""
    number: str | None = None
    text: str | None = None
    public: bool | None = None
    repeat: bool = False
    """Keep an event that sets what is set already: it is an activity, not a state."""
    hidden: bool = False
    """Tell that it changed and not to what: the value is prose."""

    @model_validator(mode="after")
    def _names_one(self) -> Emit:
        if sum(each is not None for each in (self.target, self.target_from, self.event_type)) != 1:
            raise ValueError("give exactly one of target, target_from and event_type")
        if self.event_type is not None and self.event_type not in EVENT_TYPES:
            raise ValueError(f"unknown event_type '{self.event_type}'; there are: {', '.join(EVENT_TYPES)}")
        if self.value is not None and self.constant is not None:
            raise ValueError("give value or constant, not both")
        return self


class Rule(BaseModel, frozen=True, extra="forbid"):
    """What the rows that ``when`` describes become; a row belongs to the first rule that fits it."""

    when: dict[str, str | tuple[str, ...]] = {}
    """Column to the word, or the words, that it holds; an empty ``when`` fits every row."""
    emit: tuple[Emit, ...] = ()
    ignore: str | None = None
    """Why the rows are left out; they are counted under this reason."""

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if bool(self.emit) == bool(self.ignore):
            raise ValueError("give either emit or ignore, the reason why such rows are left out")
        return self
