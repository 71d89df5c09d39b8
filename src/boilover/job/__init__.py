"""The unattended job: ingest, score, decide, record, write; one run per desk and moment, safe to run again."""

from boilover.job.deciding import Decided, check_moment, decide_night, night_of_scores
from boilover.job.lock import held
from boilover.job.outcomes import outcomes_of
from boilover.job.run import Run, run_desk, run_desks
from boilover.job.settings import Desk, load_job

__all__ = [
    "Decided",
    "Desk",
    "Run",
    "check_moment",
    "decide_night",
    "held",
    "load_job",
    "night_of_scores",
    "outcomes_of",
    "run_desk",
    "run_desks",
]
