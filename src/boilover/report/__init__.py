"""The report: one HTML file that tells a desk what the model found and how far to trust it.

It loads nothing: drawings, data, styles and scripts are in the file, styles and scripts are pinned by their hashes, and
the content security policy allows nothing else. Ticket text is hostile until shown otherwise: every value is escaped,
and what scripts show they show as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boilover.backtest import Replay
from boilover.files import replacing
from boilover.model.manifest import Manifest
from boilover.model.saved import SavedModel
from boilover.report.kpi_page import render_kpis
from boilover.report.replay_page import render_replay
from boilover.report.trial_page import render_report

if TYPE_CHECKING:
    from boilover.kpi import Kpis
    from boilover.measuring import Measured
    from boilover.report.evidence import Evidence

__all__ = [
    "render_kpis",
    "render_replay",
    "render_report",
    "report_trial",
    "write_backtest_report",
    "write_kpi_report",
    "write_report",
]


def write_report(
    path: Path,
    *,
    evaluation: Mapping[str, Any],
    scores: pd.DataFrame | None,
    flags: pd.DataFrame | None,
    manifest: Manifest,
    title: str,
    evidence: Evidence | None = None,
    threshold: float | None = None,
    note: str = "",
) -> None:
    """Write the report of an evaluation to ``path`` as one self-contained HTML file, moved into place when whole.

    Parameters
    ----------
    evaluation : `Evaluation.to_dict()`.
    scores : rows of `boilover.scoring.score`, or None for a report without tickets.
    flags : those rows of ``scores`` that are flagged, or None where no threshold was applied.
    manifest : of the model that was evaluated.
    title : heading of the page.
    evidence : `boilover.report.evidence.gather`; without it, shifts, features and single tickets are left out.
    threshold : risk at which the slider stands; else where it flags about a seventh of what it can.
    note : a warning that stands above all figures.

    Raises `UsageError` where ``path`` cannot be written to.
    """
    page = render_report(
        evaluation=evaluation,
        scores=scores,
        flags=flags,
        manifest=manifest,
        title=title,
        evidence=evidence,
        threshold=threshold,
        note=note,
    )
    _write(path, page)


def report_trial(
    path: Path,
    measured: Measured,
    saved: SavedModel,
    *,
    name: str,
    scores: pd.DataFrame | None = None,
    flags: pd.DataFrame | None = None,
    threshold: float | None = None,
    note: str = "",
) -> None:
    """Write the report of a model that was measured on the log called ``name``, with the evidence behind it."""
    from boilover.report.evidence import gather

    write_report(
        path,
        evaluation=measured.evaluation.to_dict(),
        scores=scores,
        flags=flags,
        manifest=saved.manifest,
        title=f"{'What the risks are worth' if scores is None else 'Tickets at risk'}: {name}",
        evidence=gather(measured, saved),
        threshold=threshold,
        note=note,
    )


def write_backtest_report(path: Path, replay: Replay, *, title: str) -> None:
    """Write the report of a replay to ``path`` as one self-contained HTML file, moved into place when whole.

    Raises `UsageError` where ``path`` cannot be written to.
    """
    _write(path, render_replay(replay, title=title))


def write_kpi_report(path: Path, figures: Kpis, *, title: str) -> None:
    """Write the figures of a desk to ``path`` as one self-contained HTML file, moved into place when whole.

    Raises `UsageError` where ``path`` cannot be written to.
    """
    _write(path, render_kpis(figures, title=title))


def _write(path: Path, page: str) -> None:
    with replacing(path) as made:
        # A lone surrogate, which JSON may hold, has no UTF-8.
        made.write_bytes(page.encode("utf-8", errors="replace"))
