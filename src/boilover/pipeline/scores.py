"""What concerns scores: open tickets, in memory or in parts, and one ticket in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boilover.inputs import Source, read_points
from boilover.model.saved import load_model
from boilover.places import title
from boilover.scoring import EXPLAINED, Explained, score
from boilover.tracking.located import located

if TYPE_CHECKING:
    from boilover.explaining import Explanation


def score_log(
    source: Source,
    model: Path,
    *,
    as_of: str | None = None,
    points: Path | None = None,
    explain: Explained = EXPLAINED,
) -> pd.DataFrame:
    """Score every ticket at risk as of a moment, or the points of a file."""
    saved = load_model(located(model))
    return score(
        source.under(saved.rule).log,
        saved,
        as_of=as_of,
        points=None if points is None else read_points(points),
        explain=explain,
        source=None if points is None else title(points),
    )


def score_in_parts(
    log: Path, model: Path, *, memory: str | None = None, cluster: str | None = None, **options: Any
) -> pd.DataFrame:
    """Score a log partition by partition, within so much memory or on a cluster, with ``as_of`` and ``explain``."""
    from boilover.scale import check_memory, engine, parse_size, score_in_pieces

    limit = None if memory is None else parse_size(memory)
    if limit is not None:
        check_memory(log, limit)
    return score_in_pieces(log, located(model), run=engine(cluster, limit), **options)


def explain_log(
    source: Source, model: Path, ticket: str, *, as_of: str | None = None, output: Path | None = None
) -> Explanation:
    """Explain one ticket of a log by a saved model; write it to ``output``, whose ending tells the form."""
    from boilover.explaining import explain_ticket
    from boilover.explaining.files import check_output, write_explanation

    if output is not None:
        check_output(output)
    saved = load_model(located(model))
    explanation = explain_ticket(source.under(saved.rule).log, saved, ticket, as_of=as_of)
    if output is not None:
        write_explanation(explanation, output)
    return explanation
