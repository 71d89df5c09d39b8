"""Causal facts about each event; importing this package registers all that ship with it."""

from boilover.annotations import fields, outcome, ownership, priority, queue, sla, status, text, waiting
from boilover.annotations.base import Annotations, annotates

__all__ = [
    "Annotations",
    "annotates",
    "fields",
    "outcome",
    "ownership",
    "priority",
    "queue",
    "sla",
    "status",
    "text",
    "waiting",
]
