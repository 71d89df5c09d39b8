"""A desk's log as a run reads it: what is new and open of a log in partitions, and the whole where that is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from boilover.inputs import Source, declared_since, open_log, rule_of, serving
from boilover.job.settings import Desk
from boilover.model.saved import SavedModel
from boilover.observation import observed
from boilover.partitions import Manifest
from boilover.scale.tonight import Tonight, newest, open_tonight


@dataclass(frozen=True)
class Opened:
    """A desk's log, of which no more is read than is asked; ``manifest`` is none where it is not in partitions."""

    desk: Desk
    saved: SavedModel
    manifest: Manifest | None

    @cached_property
    def source(self) -> Source:
        """The whole log under the model's rule."""
        return open_log(self.desk.log, escalation_name=self.desk.tables.escalation).under(self.saved.rule)

    @property
    def other_outcome(self) -> str:
        """That the log declares since the training what escalated means, where the model left that to it."""
        if self.manifest is None:
            return ""
        return declared_since(self.saved.rule, rule_of(self.manifest, self.desk.tables.escalation))

    def newest(self, as_of: int) -> int | None:
        """Return when the last event up to ``as_of`` was observed, None where there is none."""
        if self.manifest is not None:
            return newest(self.desk.log, self.manifest, as_of)
        times = observed(self.source.told.events)
        known = times[times <= as_of]
        return int(known.max()) if len(known) else None

    def rows(self) -> tuple[int, int]:
        """Return how many events and tickets the log holds."""
        if self.manifest is None:
            return len(self.source.told.events), len(self.source.told.tickets)
        parts = self.manifest.partitions
        return sum(each.events.rows for each in parts), sum(each.tickets.rows for each in parts)

    def night(self, saved: SavedModel, as_of: int) -> Tonight | None:
        """Return the open tickets alone with what is kept of the others; None where the log has to be read whole."""
        if self.manifest is None:
            return None
        rule = serving(saved.rule, rule_of(self.manifest, self.desk.tables.escalation))
        try:
            return open_tonight(self.desk.log, self.manifest, rule, saved, as_of)
        except FileNotFoundError:
            # An import that ended meanwhile: read whole, the log is the one after it, or it is told what is missing.
            return None
