"""The measures of one text after another, by regular expressions and the libraries themselves: the slow oracle."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from slow_clean import clean
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from boilover.text.urgency import LANGUAGES

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FUNCTION = """
the and you your yours we our ours they them their this that these those there here i my mine she it its is
are were been being do does did done have has had having will would can could should shall may might must to
from with without for by at into about after before between under through if then than because while when
where what which who why how not yes but too very just still again already any some every each more most
other another only also now today yesterday tomorrow i'm i've i'd it's that's don't doesn't didn't can't
cannot won't isn't aren't wasn't haven't hasn't couldn't wouldn't please us him up out off
"""
_DESK = """
thanks thank works working work worked hi hello hey dear great perfect good fine ok okay sorry help issue
issues problem problems fixed solved resolved closed close open error errors login password update updates
updated news waiting urgent asap account invoice email team support done ticket request again regards cheers
"""
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
_CUES = re.compile(rf"\b(?:{'|'.join(dict.fromkeys(CUES))})\b")


def measure_text(text: str, language: str | None = None) -> tuple[float, ...]:
    """Return the measures of one text, in the order of `schema.MEASURES`; NaN where one is unknown."""
    written = clean(text)
    words = WORD.findall(written)
    language = language or detect_language(written, words)
    is_scored = words and language == "en"
    long = [word for word in words if len(word) > 1]
    covered = language is None or language in LANGUAGES
    return (
        analyzer().polarity_scores(written)["compound"] if is_scored else np.nan,
        len(words),
        written.count("!"),
        written.count("?"),
        sum(word.isupper() for word in long) / len(long) if long else 0.0,
        len(_CUES.findall(written.lower())) if covered else np.nan,
    )


def detect_language(text: str, words: list[str]) -> str | None:
    if not words:
        return None
    lower = [word.lower().replace("’", "'") for word in words]
    known = sum(word in _FUNCTION.split() for word in lower)
    if known >= 3 and known >= 0.3 * len(lower):
        return "en"
    if sum(map(len, lower)) >= 20:
        return identifier().classify(text)[0]
    desk = sum(word in _DESK.split() for word in lower)
    if known + desk >= 0.5 * len(lower):
        return "en"
    code, confidence = identifier().classify(text)
    return "en" if code == "en" and confidence >= 0.5 else None


@cache
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
