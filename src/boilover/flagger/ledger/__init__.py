"""The ledger: every flag with its life, in SQLite or PostgreSQL; what a night knows of the nights before it."""

from boilover.flagger.ledger.effect import Arm, Effect
from boilover.flagger.ledger.feedback import Answer
from boilover.flagger.ledger.life import Happening
from boilover.flagger.ledger.nights import Facts, Recorded
from boilover.flagger.ledger.outcomes import Outcomes
from boilover.flagger.ledger.sheet import read_feedback
from boilover.flagger.ledger.store import Ledger

__all__ = ["Answer", "Arm", "Effect", "Facts", "Happening", "Ledger", "Outcomes", "Recorded", "read_feedback"]
