"""Scoring a log partition by partition, in memory bounded by the largest one, here or on a cluster's workers."""

from boilover.scale.engines import engine
from boilover.scale.memory import check_memory, parse_size
from boilover.scale.score import score_in_pieces

__all__ = ["check_memory", "engine", "parse_size", "score_in_pieces"]
