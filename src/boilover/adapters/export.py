"""An export as an adapter reads it: its members, its recipe, where facts go, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from boilover.adapters.base import Tally
from boilover.adapters.members import Member as Member
from boilover.adapters.recipe import Recipe
from boilover.errors import InputError, UsageError
from boilover.mistakes import worded
from boilover.scratch import scratch

if TYPE_CHECKING:
    from boilover.adapters.facts import Facts

M = TypeVar("M", bound=BaseModel)


@dataclass
class Export:
    """What an adapter reads: the members, the recipe, and the tally in which it counts what it leaves out."""

    members: tuple[Member, ...]
    recipe: Recipe | None = None
    tally: Tally = field(default_factory=Tally)
    allow_cut: bool = False

    def read_with(self, recipe: Recipe) -> None:
        """Keep in mind the recipe that an adapter chose itself."""
        self.recipe = recipe

    def options(self, model: type[M]) -> M:
        """Return the recipe's ``[options]`` as ``model``; raise `UsageError` naming the key that is wrong."""
        given = {} if self.recipe is None else self.recipe.options
        try:
            return model.model_validate(given)
        except ValidationError as error:
            key, what = worded(error.errors()[0], model)
            name = "?" if self.recipe is None else self.recipe.name
            raise UsageError(f"recipe '{name}', key 'options.{key}': {what}") from error

    @contextmanager
    def facts(self, *, time_format: str = "iso", timezone: str = "UTC") -> Iterator[Facts]:
        """Yield the `Facts` to tell what the export holds to; what they spill to disk is removed afterwards."""
        from boilover.adapters.facts import Facts

        self.tally.time_zone = timezone
        content = sum(member.content for member in self.members)
        with scratch() as folder:
            facts = Facts(self.tally, folder, content=content, time_format=time_format, timezone=timezone)
            try:
                yield facts
            finally:
                facts.close()

    def cut(self, ticket_id: str, what: str) -> None:
        """Say that the export truncates a history: `InputError` naming the ticket, unless that is allowed."""
        if not self.allow_cut:
            problem = f"the history of ticket {ticket_id} is truncated: {what}"
            mend = (
                "Export it whole, or import it without what is cut off: `boilover ingest --allow-cut`, or allow_cut ="
                " true of a night"
            )
            raise InputError(problem, mend=mend)
        self.tally.truncated[ticket_id] = None
