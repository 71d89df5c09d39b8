"""Names that are usual for what is known at the end only: a hint, and never proof by itself."""

from __future__ import annotations

import re

from boilover.nouns import parted

LATE = re.compile(
    r"(?:^|_)(?:re)?(?:solved|solution|closed?|closing|closure|opened_count|open_count|opens)(?:_|$)"
    r"|resolution|resolver|(?:^|_)final(?:_|$)|(?:^|_)current(?:_|$)|made_sla|sla_(?:met|missed|breached|result)"
    r"|(?:^|_)(?:reopens?|reopen_count|reopened|reassignments?|reassignment_count|metric_set|metrics?_set)(?:_|$)"
    r"|(?:^|_)(?:n_comments|n_hist|comment_count|reply_count|replies_count|total_updates|updated|updated_at|last_\w+)$"
    r"|(?:^|_)(?:duration|full_resolution\w*|time_to_\w+|csat|satisfaction\w*|escalated|is_escalated)(?:_|$)|variant"
)
"""``resolved_at``, ``closed_code``, ``reopen_count``, ``status_final``, ``current_status``, ``metric_set``, …"""


def is_late_name(name: str) -> bool:
    """Return whether a column is called like something of the end, in whatever way its words are joined."""
    return LATE.search(parted(name)) is not None
