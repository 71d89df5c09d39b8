"""From a log to a night: what the triggers find, and the segments and weights of the tickets, as of their points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.errors import InputError, MismatchError
from boilover.features import Attribute, Feature, Sight
from boilover.flagger.night import QUEUE, Floats, Night, Objects
from boilover.flagger.policy import FlagPolicy
from boilover.flagger.triggers import Fired, look_all
from boilover.history import Coded
from boilover.points import Points

STATES = {
    QUEUE: "group",
    "group": "group",
    "assignee": "assignee",
    "priority": "priority",
    "status": "status",
}
"""Segment keys that are states of the ticket at its point; any other is an attribute fixed at its creation."""


def fire(policy: FlagPolicy, notes: Annotations, points: Points) -> Fired:
    """Return which of the policy's triggers fire at each point, with evidence.

    They read through the same view as features: nothing after a point's moment (`trigger_features`).
    """
    return look_all(policy.triggers_on, Sight(notes, points))


def night_of(
    policy: FlagPolicy, notes: Annotations, points: Points, risk: npt.ArrayLike
) -> tuple[Night, Fired]:
    """Return the night of n points of one moment, one per ticket, with their risks; and what fired.

    Raises
    ------
    InputError : points of several moments, or of unknown tickets; risks that differ in number.
    MismatchError : the policy asks for an attribute that the log does not have.
    """
    moments = np.unique(points.as_of)
    if len(moments) > 1:
        raise InputError(f"a night is of one moment, and the points are of {len(moments)}", column="as_of")
    if (points.ticket < 0).any():
        row = int(np.argmax(points.ticket < 0)) + 1
        raise InputError("is not known to the log", column="ticket_id", row=row, mend="Leave it out")
    sight = Sight(notes, points)
    ids = notes.history.ticket_ids.take(pa.array(points.ticket)).to_numpy(zero_copy_only=False)
    fired = look_all(policy.triggers_on, sight)
    night = Night(
        as_of=int(moments[0]) if len(moments) else notes.history.end,
        ticket_id=ids.astype(object),
        risk=np.asarray(risk, dtype=np.float64),
        segments={key: segment_words(sight, key) for key in segment_keys(policy)},
        weight=weights(policy, sight),
        fired=fired.fires,
        trigger_names=fired.names,
    )
    return night, fired


def segment_keys(policy: FlagPolicy) -> tuple[str, ...]:
    """Return the keys that a policy reads, the queue always."""
    return tuple(dict.fromkeys([QUEUE, *(key for each in policy.segments for key in each.where)]))


def segment_words(sight: Sight, key: str) -> Objects:
    """Return the word of a segment key at each point, None where there is none; numbers are words too."""
    if key in STATES:
        coded = sight.state(STATES[key])
    else:
        _known(sight, key, "segments")
        coded = sight.attribute(key)
    words: Objects = np.array([*coded.words, None], dtype=object)[coded.codes]
    return words


def weights(policy: FlagPolicy, sight: Sight) -> Floats:
    """Return the weight of each point's customer, 1 where the policy or the ticket does not tell his value."""
    cost = policy.cost
    if cost is None:
        return np.ones(len(sight.points))
    _known(sight, cost.attribute, "cost")
    value = Attribute(cost.attribute).compute(sight)
    if isinstance(value, Coded):
        raise MismatchError(f"[cost] weighs by '{cost.attribute}', which holds words. Name a number")
    return np.where(np.isnan(value), 1.0, np.clip(value / cost.unit, cost.least, cost.most))


@dataclass(frozen=True)
class Evidence(Feature):
    """What a trigger says at each point, as a category: a feature, so that `future_edit_test` guards triggers too."""

    policy: FlagPolicy
    trigger: str

    @property
    def name(self) -> str:
        """The trigger's name."""
        return f"trigger_{self.trigger}"

    def compute(self, sight: Sight) -> Coded:
        """Return the sentence of each point at which the trigger fires."""
        fired = look_all({self.trigger: self.policy.triggers_on[self.trigger]}, sight)
        said = [fired.evidence(row).get(self.trigger) for row in range(len(sight.points))]
        words = {word: code for code, word in enumerate(dict.fromkeys(filter(None, said)))}
        return Coded(np.array([words.get(word or "", -1) for word in said], dtype=np.int32), tuple(words))


def trigger_features(policy: FlagPolicy) -> tuple[Evidence, ...]:
    """Return the policy's triggers as features, for `boilover.future_edit_test`."""
    return tuple(Evidence(policy, name) for name in policy.triggers_on)


def _known(sight: Sight, attribute: str, table: str) -> None:
    names = sight.notes.history.attributes.column_names
    if attribute not in names:
        held = ", ".join(names) or "none"
        raise MismatchError(f"[{table}] asks for the attribute '{attribute}'. The log has {held}")
