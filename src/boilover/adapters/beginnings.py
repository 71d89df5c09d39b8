"""What the tickets of a table begin with: their creation, and the state then that no row of their own tells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boilover.adapters.base import Tally
from boilover.adapters.changes import normalise, state_block
from boilover.adapters.rows import Births
from boilover.adapters.table_mapping import TableMapping

CREATED, AT_CREATION, LATER = 0, 1, 2
"""The phases of a ticket."""


def created(births: Births) -> pd.DataFrame:
    """Return the steps that bring the tickets into being."""
    everyone = np.arange(len(births.frame))
    nothing = pd.Series(None, index=everyone, dtype="str")
    block = state_block(everyone, 0, None, nothing, nothing)
    block = block.assign(ticket=everyone, phase=CREATED, event_type="created", repeat=True)
    return _at_birth(block, births)


def rebuilt(
    steps: pd.DataFrame, tickets: pd.DataFrame, births: Births, mapping: TableMapping, tally: Tally
) -> pd.DataFrame:
    """Return the state at creation: the old value of the first change, or today's where nothing changed."""
    assert mapping.tickets is not None
    parts = [steps.iloc[:0]]
    hidden = mapping.hidden_targets()
    for step, (target, column) in enumerate(mapping.tickets.final.items()):
        raw = tickets[column].reindex(births.frame.index).reset_index(drop=True)
        changes = steps[steps["target"] == target]
        firsts = changes.sort_values("row", kind="stable").drop_duplicates("ticket")
        raw.loc[firsts["ticket"].to_numpy()] = firsts["old"].to_numpy()
        value = normalise(target, raw, mapping, tally)
        at = np.flatnonzero(value.notna())
        part = state_block(at, step, target, value.iloc[at], raw.iloc[at])
        parts.append(part.assign(ticket=at, row=-1, phase=AT_CREATION, hidden=target in hidden))
    return _at_birth(pd.concat(parts, ignore_index=True), births)


def defaults(steps: pd.DataFrame, births: Births, mapping: TableMapping) -> pd.DataFrame:
    """Return the declared initial state of the tickets whose rows at creation do not tell it."""
    parts = [steps.iloc[:0]]
    at_creation = steps[steps["phase"] == AT_CREATION]
    for step, (target, word) in enumerate(mapping.initial.items()):
        told = at_creation.loc[at_creation["target"] == target, "ticket"]
        at = np.setdiff1d(np.arange(len(births.frame)), told.to_numpy(dtype=np.int64))
        value = pd.Series(word, index=at, dtype="str")
        parts.append(state_block(at, step, target, value, value).assign(ticket=at, row=-1, phase=AT_CREATION))
    return _at_birth(pd.concat(parts, ignore_index=True), births)


def _at_birth(steps: pd.DataFrame, births: Births) -> pd.DataFrame:
    ticket = steps["ticket"].to_numpy(dtype=np.int64)
    created = births.of("_created", ticket)
    steps = steps.assign(occurred_at=created, observed_at=created, actor_id=births.of("_creator", ticket))
    return steps.assign(role=births.of("_role", ticket)) if "_role" in births.frame else steps
