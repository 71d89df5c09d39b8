"""Causal facts about each event; importing this package registers all that ship with it."""

from boilover.annotations import outcome, ownership, priority, queue, sla, status, text, waiting
from boilover.annotations.base import Annotations, annotates

__all__ = [
    "Annotations",
    "annotates",
    "outcome",
    "ownership",
    "priority",
    "queue",
    "sla",
    "status",
    "text",
    "waiting",
]
