"""What each word of VADER's lexicon is worth among the words before and after it; see `boilover.text.sentiment`."""

from __future__ import annotations

from boilover.kernels import compiled
from boilover.text.characters import Array
from boilover.text.lexicon import (
    AT_VERY,
    BOOSTS,
    DOUBT,
    KIND,
    LEAST,
    NEGATES,
    NEVER,
    NO,
    OF,
    OR_NOR,
    PART,
    SO_THIS,
    VALUED,
    VOID,
    WITHOUT,
)

AROUND = 3
"""So many void words stand before each text and after the last: the rules look no farther."""
_NEGATED = -0.74
_CAPITALS = 0.733
_EMPHATIC = 1.25


@compiled
def valences(
    roles: Array, valence: Array, boost: Array, shouted: Array, set_to: Array, added: Array, worth: Array
) -> None:
    """Write into ``worth`` what each word adds to the score of its text, float64; it comes filled with zeros.

    ``roles``, ``valence`` and ``boost`` are those of the `Lexicon`, one for each word said; ``shouted`` are the words
    in capitals in a text that has others too.
    """
    for place in range(AROUND, len(roles) - AROUND):
        role = roles[place]
        if role & VALUED and not role & BOOSTS and not (role & KIND and roles[place + 1] & OF):
            said = _alone(place, roles, valence[place])
            if shouted[place]:
                said += _CAPITALS if said > 0 else -_CAPITALS
            said = _after(place, said, roles, boost, shouted, set_to, added)
            if roles[place - 1] & (LEAST | VALUED) == LEAST and not roles[place - 2] & AT_VERY:
                said *= _NEGATED
            worth[place] = said


@compiled
def _alone(place: int, roles: Array, valence: float) -> float:
    """Return the valence of the word itself, turned by a "no" before it; a "no" before another has none."""
    beyond = roles[place - 3] & NO and roles[place - 1] & OR_NOR
    if (roles[place - 1] | roles[place - 2]) & NO or beyond:
        return valence * _NEGATED
    if roles[place] & NO and roles[place + 1] & VALUED:
        return 0.0
    return valence


@compiled
def _after(
    place: int, said: float, roles: Array, boost: Array, shouted: Array, set_to: Array, added: Array
) -> float:
    """Return the valence ``said`` after what the three words before do to it."""
    for back in range(1, AROUND + 1):
        before = place - back
        if roles[before] & (VALUED | VOID):
            continue
        if roles[before] & BOOSTS:
            more = -boost[before] if said < 0 else boost[before]
            if shouted[before]:
                more += _CAPITALS if said > 0 else -_CAPITALS
            said += more * (1.0 if back == 1 else 0.95 if back == 2 else 0.9)
        said *= _turn(place, back, roles)
        if back == AROUND:
            said = _idiom(place, said, roles, set_to, added)
    return said


@compiled
def _turn(place: int, back: int, roles: Array) -> float:
    """Return what the word so many places ``back`` multiplies the valence with."""
    role = roles[place - back]
    if back > 1:
        nearest = roles[place - 1]
        between = roles[place - 2] if back == AROUND else nearest
        if (role & NEVER and between & SO_THIS) or (back == AROUND and nearest & SO_THIS):
            return _EMPHATIC
        if role & WITHOUT and (between | nearest) & DOUBT:
            return 1.0
    return _NEGATED if role & NEGATES else 1.0


@compiled
def _idiom(place: int, said: float, roles: Array, set_to: Array, added: Array) -> float:
    """Return what an idiom around the word sets, and what pairs of words before it add."""
    c, b, a = roles[place - 3] >> PART, roles[place - 2] >> PART, roles[place - 1] >> PART
    at, d, e = roles[place] >> PART, roles[place + 1] >> PART, roles[place + 2] >> PART
    value = set_to[a, at, 0]
    if value != value:
        value = set_to[b, a, at]
    if value != value:
        value = set_to[b, a, 0]
    if value != value:
        value = set_to[c, b, a]
    if value != value:
        value = set_to[c, b, 0]
    later = set_to[at, d, e]
    if later != later:
        later = set_to[at, d, 0]
    if later == later:
        said = later
    elif value == value:
        said = value
    return said + added[c, b] + added[b, a]
