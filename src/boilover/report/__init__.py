"""The report: one HTML file that tells a desk what the model found and how far to trust it.

It loads nothing and runs nothing: plots are data, styles are pinned by hash, and the content security policy
allows nothing else. Ticket text is hostile until shown otherwise, so every value is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from boilover.files import replacing
from boilover.model.saved import Manifest
from boilover.plots import PLOTS, figure, figure_svg
from boilover.report import facts, figures, tickets
from boilover.report.words import number, percent, plain

CAPTIONS = {
    "precision_recall": "Precision over recall: the further above the base rate, the better.",
    "gain": "What looking at the riskiest tickets finds; the model is the line, its peers are dots.",
    "calibration": "Calibration: of tickets with a risk of 20 %, about 20 % should escalate.",
    "risk_by_age": "Mean risk beside what happened, by age of the ticket.",
}


def write_report(
    path: Path,
    *,
    evaluation: Mapping[str, Any],
    scores: pd.DataFrame | None,
    flags: pd.DataFrame | None,
    manifest: Manifest,
    title: str,
) -> None:
    """Write the report to ``path`` as one self-contained HTML file, moved into place when whole.

    Parameters
    ----------
    evaluation : `Evaluation.to_dict()`.
    scores : rows of `boilover.scoring.score`, or None for a report without tickets.
    flags : those rows of ``scores`` that are flagged, or None where no threshold was applied.
    title : heading of the page.

    Raises `UsageError` where ``path`` cannot be written to.
    """
    page = render_report(evaluation=evaluation, scores=scores, flags=flags, manifest=manifest, title=title)
    with replacing(path) as made:
        # A lone surrogate, which JSON may hold, has no UTF-8.
        made.write_bytes(page.encode("utf-8", errors="replace"))


def render_report(
    *,
    evaluation: Mapping[str, Any],
    scores: pd.DataFrame | None,
    flags: pd.DataFrame | None,
    manifest: Manifest,
    title: str,
) -> str:
    """Return the page of `write_report`; equal arguments give equal text."""
    css = files(__package__).joinpath("report.css").read_text("utf-8")
    images = {name: _image(figure_svg(figure(name, evaluation))) for name in PLOTS}
    template = _environment().get_template("report.html.j2")
    return template.render(
        title=title,
        # Our own file; a quote that is escaped would break both the rule and its hash.
        css=Markup(css),
        csp=_policy(css),
        evaluation=evaluation,
        verdict=figures.verdict(evaluation, manifest.horizons[0]),
        level=evaluation["level"],
        peers=figures.peers(evaluation),
        unavailable=figures.unavailable(evaluation),
        workloads=figures.workloads(evaluation),
        groups=figures.groups(evaluation),
        plots=[(name, CAPTIONS[name], image) for name, image in images.items()],
        tonight=None if scores is None else tickets.ranked(scores, flags),
        facts=facts.of(manifest),
        horizon=manifest.horizons[0],
    )


def _policy(css: str) -> str:
    """Return the content security policy: these styles, images inside the file, nothing else."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    allowed = ("default-src 'none'", f"style-src 'sha256-{digest}'", "img-src data:")
    return "; ".join((*allowed, "base-uri 'none'", "form-action 'none'"))


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("boilover.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(number=number, percent=percent, plain=plain)
    return made


def _image(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
