"""Cues of urgency: words that ask for haste or for somebody higher up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from boilover.kernels import compiled
from boilover.text.characters import DOTTED, WORD, Array, Texts, as_points
from boilover.text.tokens import split
from boilover.text.vocabulary import Vocabulary, find, vocabulary

LANGUAGES = frozenset({"en", "de", "fr", "es"})
"""The languages that the cues cover; in another one their number is unknown, not zero."""

CUES = (
    "urgent|urgently", "asap", "as soon as possible", "immediate|immediately", "right away", "right now",
    "at once", "emergency", "critical|critically", "production |is|system down|stopped",
    "outage", "deadline", "high|highest priority", "top priority", "blocker", "showstopper",
    "unacceptable", "intolerable", "a|your|the|my manager|supervisor|superior", "lawyer",
    "legal action", "refund", "compensation",
    "cancel our|my|the|this contract|subscription|account|order", "complaint",
    "please escalate", "escalate this|it|my|now",
    "want|need|asking|like |you to escalate", "still waiting",
    "still no answer|reply|response|news|update", "no one answers|replies|responds",
    "nobody answers|replies|responds",
    "second|third|fourth|fifth|2nd|3rd|4th time",
    "my|our second|third|fourth|2nd|3rd|4th reminder|request|message|ticket",
    "how |much long|longer", "losing money|customers|business|sales", "is down", "dringend",
    "eilig", "sofort", "umgehend", "unverzüglich", "inakzeptabel", "nicht akzeptabel",
    "vorgesetzte|vorgesetzten", "immer noch keine", "beschwerde", "frist",
    "urgent|urgents|urgente|urgentes", "urgence",
    "immédiatement", "inacceptable", "au plus vite", "dès que possible", "responsable",
    "toujours pas", "réclamation", "délai", "urgencia", "inmediatamente", "de inmediato",
    "inaceptable", "cuanto antes", "lo antes posible", "todavía no", "queja", "plazo",
)  # fmt: skip
"""Words in their order, alternatives between bars. One cue is one request or threat. Talk about escalation in general,
as in policies and job titles, is none: an automatic comment that says when a team "will escalate the ticket" would
otherwise mark every ticket."""


class Cues(NamedTuple):
    """The words of the cues, and where each leads from the start, 0, and from each word said: -1 nowhere, 0 a cue."""

    words: Vocabulary
    steps: Array


def phrases() -> list[tuple[str, ...]]:
    """Return every wording of a cue, distinct; none begins with another."""
    wordings = (product(*(slot.split("|") for slot in cue.split(" "))) for cue in CUES)
    return list(dict.fromkeys(tuple(filter(None, wording)) for some in wordings for wording in some))


@cache
def cues() -> Cues:
    """Return the cues as a tree of words."""
    told = phrases()
    words = list(dict.fromkeys(word for phrase in told for word in phrase))
    places = {word: place for place, word in enumerate(words)}
    nodes: dict[tuple[str, ...], int] = {(): 0}
    for phrase in told:
        for length in range(1, len(phrase)):
            nodes.setdefault(phrase[:length], len(nodes))
    steps = np.full((len(nodes), len(words)), -1, np.int16)
    for phrase in told:
        for length in range(1, len(phrase) + 1):
            steps[nodes[phrase[: length - 1]], places[phrase[length - 1]]] = nodes.get(phrase[:length], 0)
    return Cues(vocabulary(words), steps)


def count_urgency(texts: Sequence[str], read: Texts) -> Array:
    """Return how many cues of urgency each of the ``texts`` holds, int64; ``read`` are they as code points.

    A word of one cue is not part of the next.
    """
    if (read.points == ord(DOTTED)).any():
        read = as_points([text.replace(DOTTED, DOTTED.lower()) for text in texts])
    tokens = split(read, WORD)
    words, steps = cues()
    counts = np.zeros(len(texts), np.int64)
    _count(read.points, tokens.starts, tokens.ends, tokens.first, find(tokens, read, words), steps, counts)
    return counts


@compiled
def _count(
    points: Array, starts: Array, ends: Array, first: Array, words: Array, steps: Array, counts: Array
) -> None:
    for text in range(len(counts)):
        token = first[text]
        while token < first[text + 1]:
            node, at = 0, token
            while True:
                node = steps[node, words[at]] if words[at] >= 0 else -1
                at += 1
                spaced = (
                    at < first[text + 1] and starts[at] == ends[at - 1] + 1 and points[ends[at - 1]] == 32
                )
                if node <= 0 or not spaced:
                    break
            counts[text] += node == 0
            token = at if node == 0 else token + 1
