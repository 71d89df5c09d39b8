"""Cues of urgency: words that ask for haste or for somebody higher up."""

from __future__ import annotations

import re

LANGUAGES = frozenset({"en", "de", "fr", "es"})
"""The languages that the cues cover; in another one their number is unknown, not zero."""

CUES = (
    r"urgent(?:ly)?", r"asap", r"as soon as possible", r"immediate(?:ly)?", r"right away", r"right now",
    r"at once", r"emergency", r"critical(?:ly)?", r"production (?:is |system )?(?:down|stopped)",
    r"outage", r"deadline", r"high(?:est)? priority", r"top priority", r"blocker", r"showstopper",
    r"unacceptable", r"intolerable", r"(?:a|your|the|my) (?:manager|supervisor|superior)", r"lawyer",
    r"legal action", r"refund", r"compensation",
    r"cancel (?:our|my|the|this) (?:contract|subscription|account|order)", r"complaint",
    r"please escalate", r"escalate (?:this|it|my|now)",
    r"(?:want|need|asking|like) (?:you )?to escalate", r"still waiting",
    r"still no (?:answer|reply|response|news|update)", r"no one (?:answers|replies|responds)",
    r"nobody (?:answers|replies|responds)",
    r"(?:second|third|fourth|fifth|2nd|3rd|4th) time",
    r"(?:my|our) (?:second|third|fourth|2nd|3rd|4th) (?:reminder|request|message|ticket)",
    r"how (?:much )?long(?:er)?", r"losing (?:money|customers|business|sales)", r"is down", r"dringend",
    r"eilig", r"sofort", r"umgehend", r"unverzüglich", r"inakzeptabel", r"nicht akzeptabel",
    r"vorgesetzten?", r"immer noch keine", r"beschwerde", r"frist", r"urgente?s?", r"urgence",
    r"immédiatement", r"inacceptable", r"au plus vite", r"dès que possible", r"responsable",
    r"toujours pas", r"réclamation", r"délai", r"urgencia", r"inmediatamente", r"de inmediato",
    r"inaceptable", r"cuanto antes", r"lo antes posible", r"todavía no", r"queja", r"plazo",
)  # fmt: skip
"""One cue is one request or threat. Talk about escalation in general, as in policies and job titles, is none:
an automatic comment that says when a team "will escalate the ticket" would otherwise mark every ticket."""

_CUES = re.compile(rf"\b(?:{'|'.join(dict.fromkeys(CUES))})\b")


def count_urgency(text: str, language: str | None) -> int | None:
    """Return how many cues of urgency ``text`` holds; None in a language that the cues do not cover."""
    if language is not None and language not in LANGUAGES:
        return None
    return len(_CUES.findall(text.lower()))
