"""What customers write in German, French and Spanish; three levels of anger (calm, impatient, angry)."""

from __future__ import annotations

from dataclasses import dataclass

Levels = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Phrases:
    """Parts of a message in one language."""

    greetings: tuple[str, ...]
    problems: tuple[str, ...]
    requests: Levels
    nudges: Levels
    reopenings: Levels
    thanks: tuple[str, ...]
    answers: tuple[str, ...]
    subjects: tuple[str, ...]


FOREIGN = {
    "de": Phrases(
        ("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,"),
        (
            "seit heute Morgen können wir {product} nicht mehr öffnen.",
            "der Export aus {product} bricht nach kurzer Zeit ab.",
            "in {product} fehlen mehrere Einträge von letzter Woche.",
            "wie kann ich in {product} einen weiteren Benutzer anlegen?",
        ),
        (
            ("Vielen Dank für Ihre Hilfe!", "Könnten Sie sich das bitte ansehen?"),
            ("Bitte antworten Sie noch heute.", "Wir warten dringend auf eine Lösung."),
            ("Das ist nicht akzeptabel!", "Ich möchte sofort mit einem Vorgesetzten sprechen!"),
        ),
        (
            ("gibt es schon etwas Neues?", "konnten Sie sich das schon ansehen?"),
            ("wir warten immer noch auf eine Antwort.", "warum geht es hier nicht voran?"),
            (
                "seit {days} Tagen passiert NICHTS! Das ist eine Frechheit.",
                "so einen schlechten Service habe ich noch nie erlebt!",
            ),
        ),
        (
            ("leider ist der Fehler heute wieder aufgetreten.",),
            ("das Problem ist immer noch nicht gelöst.",),
            ("schon wieder geschlossen und nichts funktioniert! Unglaublich!",),
        ),
        ("Danke, jetzt funktioniert es.", "Super, vielen Dank!"),
        ("Wir haben es versucht, leider ohne Erfolg.", "Die Nummer lautet {reference}."),
        ("Problem mit {product}", "Frage zu {product}"),
    ),
    "fr": Phrases(
        ("Bonjour,", "Madame, Monsieur,", "Bonjour à tous,"),
        (
            "depuis ce matin nous ne pouvons plus ouvrir {product}.",
            "l'export de {product} s'arrête après quelques minutes.",
            "il manque plusieurs fiches de la semaine dernière dans {product}.",
            "comment ajouter un autre utilisateur dans {product} ?",
        ),
        (
            ("Merci beaucoup pour votre aide !", "Pourriez-vous regarder, s'il vous plaît ?"),
            ("Merci de répondre aujourd'hui.", "Nous attendons une solution au plus vite."),
            ("C'est inacceptable !", "Je veux parler à un responsable immédiatement !"),
        ),
        (
            ("avez-vous des nouvelles ?", "avez-vous pu regarder ?"),
            ("nous attendons toujours une réponse.", "pourquoi cela n'avance-t-il pas ?"),
            ("depuis {days} jours il ne se passe RIEN !", "je n'ai jamais vu un service aussi mauvais !"),
        ),
        (
            ("malheureusement l'erreur est revenue aujourd'hui.",),
            ("le problème n'est toujours pas résolu.",),
            ("encore fermé et rien ne fonctionne ! C'est une honte !",),
        ),
        ("Merci, cela fonctionne maintenant.", "Parfait, merci beaucoup !"),
        ("Nous avons essayé, sans succès.", "La référence est {reference}."),
        ("Problème avec {product}", "Question sur {product}"),
    ),
    "es": Phrases(
        ("Hola,", "Buenos días,", "Estimado equipo de soporte,"),
        (
            "desde esta mañana no podemos abrir {product}.",
            "la exportación de {product} se detiene a los pocos minutos.",
            "faltan varios registros de la semana pasada en {product}.",
            "¿cómo puedo añadir otro usuario en {product}?",
        ),
        (
            ("¡Muchas gracias por su ayuda!", "¿Podrían revisarlo, por favor?"),
            ("Por favor, respondan hoy mismo.", "Necesitamos una solución con urgencia."),
            ("¡Esto es inaceptable!", "¡Quiero hablar con un responsable de inmediato!"),
        ),
        (
            ("¿hay alguna novedad?", "¿han podido revisarlo?"),
            ("seguimos esperando una respuesta.", "¿por qué no hay ningún avance?"),
            ("¡llevamos {days} días y no pasa NADA!", "¡nunca he visto un servicio tan malo!"),
        ),
        (
            ("por desgracia el error ha vuelto hoy.",),
            ("el problema sigue sin resolverse.",),
            ("¡otra vez cerrado y nada funciona! ¡Es una vergüenza!",),
        ),
        ("Gracias, ya funciona.", "Perfecto, ¡muchas gracias!"),
        ("Lo hemos intentado sin éxito.", "La referencia es {reference}."),
        ("Problema con {product}", "Pregunta sobre {product}"),
    ),
}
