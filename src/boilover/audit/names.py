"""Names that are usual for what is known at the end only: a hint, and never proof by itself."""

from __future__ import annotations

import re
import unicodedata

from boilover.nouns import parted

LATE = {
    "en": r"(?:^|_)(?:re)?(?:solved|solution|closed?|closing|closure|opened_count|open_count|opens)(?:_|$)"
    r"|resolution|resolver|(?:^|_)final(?:_|$)|(?:^|_)current(?:_|$)|made_sla|sla_(?:met|missed|breached|result)"
    r"|(?:^|_)(?:reopens?|reopen_count|reopened|reassignments?|reassignment_count|metric_set|metrics?_set)(?:_|$)"
    r"|(?:^|_)(?:n_comments|n_hist|comment_count|reply_count|replies_count|total_updates|updated|updated_at|last_\w+)$"
    r"|(?:^|_)(?:duration|full_resolution\w*|time_to_\w+|csat|satisfaction\w*|escalated|is_escalated)(?:_|$)|variant",
    "de": r"(?:^|_)(?:wieder)?(?:geloest|behoben|erledigt|geschlossen|abgeschlossen|beendet)(?:_|$)"
    r"|(?:loesung|abschluss|schliessung|erledigung)s?_?(?:code|art|datum|zeit|dauer|grund|kategorie)"
    r"|bearbeitungs?_?(?:zeit|dauer|ende)"
    r"|(?:^|_)(?:loesung|abschluss|dauer|bearbeiter_zuletzt|zufriedenheit|eskaliert|wiedereroeffn\w+|wiedergeoeffnet)(?:_|$)"
    r"|(?:^|_)(?:letzter?|letztes|zuletzt|aktueller?|aktuelles|endgueltig\w*)(?:_|$)|(?:^|_)geaendert(?:_am|_von)?$"
    r"|(?:^|_)anzahl_(?:kommentare|antworten|aenderungen|wiedereroeffnungen|weiterleitungen|zuweisungen)|sla_(?:erfuellt|verletzt)",
    "fr": r"(?:^|_)(?:resolue?|cloturee?|fermee?|termine(?:e|_le)|reouverte?|escaladee?|duree|satisfaction)(?:_|$)"
    r"|(?:^|_)(?:cloture|fermeture|resolution|reouvertures?|derniere?|actuelle?|finale?|modifiee?_le)(?:_|$)"
    r"|(?:^|_)nombre_(?:de_|d_)?(?:commentaires|reponses|reouvertures|modifications|reaffectations)",
    "es": r"(?:^|_)(?:resuelt[oa]|cerrad[oa]|finalizad[oa]|reabiert[oa]|escalad[oa]|duracion|satisfaccion)(?:_|$)"
    r"|(?:^|_)(?:cierre|resolucion|solucion|reaperturas?|ultim[oa]|actual|final|modificado_el)(?:_|$)"
    r"|(?:^|_)(?:numero|cantidad)_de_(?:comentarios|respuestas|reaperturas|cambios|reasignaciones)",
    "it": r"(?:^|_)(?:risolt[oa]|chius[oa]|terminat[oa]|riapert[oa]|durata|soddisfazione|chiusura|risoluzione)(?:_|$)"
    r"|(?:^|_)(?:riaperture|ultim[oa]|attuale|finale|modificato_il)(?:_|$)",
    "nl": r"(?:^|_)(?:opgelost|gesloten|afgesloten|heropend|duur|tevredenheid|afsluiting|oplossing)(?:_|$)"
    r"|(?:^|_)(?:laatste?|huidige?|definitieve?|gewijzigd_op)(?:_|$)",
}
"""``resolved_at``, ``closed_code``, ``status_final``; ``Gelöst am``; ``Clôturé le``, …, by language."""
KNOWN = re.compile("|".join(LATE.values()))
TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


def is_late_name(name: str) -> bool:
    """Return whether a column is called like something of the end, in whatever way its words are joined."""
    told = name.lower() if name.isupper() else name
    composed = unicodedata.normalize("NFC", told).translate(TWO_LETTERS)
    letters = (each for each in unicodedata.normalize("NFKD", composed) if not unicodedata.combining(each))
    return KNOWN.search(parted("".join(letters))) is not None
