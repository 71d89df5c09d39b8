"""The program's table of contents: one function per command, each a few calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from boilover.capability import Survey
from boilover.config import Config
from boilover.errors import UsageError
from boilover.escalation import EscalationRule, parse_rule, rule_names
from boilover.flagging import Threshold, apply_threshold, choose_threshold
from boilover.inputs import Source, cut, open_log, read_points
from boilover.log import observed, write_log
from boilover.measuring import Measured, measure
from boilover.model.saved import SavedModel, load_model, save_model
from boilover.outputs import write_frame, write_json
from boilover.policy import parse_policy
from boilover.scoring import EXPLAINED, score
from boilover.store import upsert
from boilover.text import with_measures
from boilover.training import fit, held_out_evaluation, training_rows

if TYPE_CHECKING:
    from collections.abc import Generator

    from boilover.log import EventLog

DEMO_SHARE = 0.7
"""The demo trains on this share of its log's time and measures on the rest."""
DEMO_FILES = {
    "log": "log",
    "model": "model",
    "evaluation": "evaluation.json",
    "scores": "scores.csv",
    "flags": "flags.csv",
    "report": "report.html",
}


@dataclass(frozen=True)
class Demo:
    """What the demo made: figures, tonight's scores and flags, and where the files are."""

    measured: Measured
    scores: pd.DataFrame
    flags: pd.DataFrame
    threshold: Threshold
    files: Mapping[str, Path]


def ingest_log(
    sources: Sequence[Path],
    folder: Path,
    *,
    form: str = "auto",
    recipe: str | None = None,
    escalation: str | None = None,
    allow_cut: bool = False,
    hash_ids: bytes | None = None,
    max_dropped: float = 0.2,
    progress: Callable[[int, int], None] | None = None,
) -> Mapping[str, Any]:
    """Add an export to the log in ``folder``; return what was read (``export``), done (``log``) and can be told.

    The escalation that the recipe declares is kept with the log, its events are left as the source tells them.
    ``progress`` is called with a number of bytes whenever so many more are read, and how many there are in all.
    """
    from boilover.adapters import ingest_pieces

    ingestion = ingest_pieces(
        sources,
        format=form,
        recipe=recipe,
        allow_cut=allow_cut,
        hash_ids=hash_ids,
        max_dropped=max_dropped,
        progress=None if progress is None else lambda more: progress(more, ingestion.size),
    )
    with closing(cast("Generator[EventLog, None, None]", iter(ingestion))) as pieces:
        # An adapter may choose a recipe by what it reads first.
        first = next(pieces)
        declared = {} if ingestion.export.recipe is None else ingestion.export.recipe.escalation
        survey = Survey(parse_rule(declared, escalation) if declared else EscalationRule())
        done = upsert(
            folder,
            map(survey.seen, chain([first], pieces)),
            escalation=declared or None,
            escalation_name=escalation,
        )
    return {
        "export": ingestion.report().to_dict(),
        "log": done.to_dict(),
        "capability": survey.capability().to_dict(),
    }


def public_logs(name: str | None = None) -> list[dict[str, Any]]:
    """Return what is known of the public logs that a recipe ships for, or of one of them."""
    from boilover.adapters import load_recipe, recipe_names

    known = {each: load_recipe(each) for each in recipe_names()}
    known = {each: recipe for each, recipe in known.items() if recipe.traps}
    if name is not None and name not in known:
        raise UsageError(f"there is no public log '{name}'. There are: {', '.join(known)}")
    return [
        {
            "name": each,
            "title": recipe.title,
            "citation": recipe.citation,
            "format": recipe.format,
            "escalations": list(rule_names(recipe.escalation)),
            "traps": list(recipe.traps),
        }
        for each, recipe in known.items()
        if name in (None, each)
    ]


def train_model(
    source: Source,
    folder: Path,
    config: Config,
    *,
    until: str | None = None,
    track: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> SavedModel:
    """Train on a log as it was at ``until``, save the model's folder, and log the run to MLflow.

    A store that refuses the run loses no model: it is saved by then, and what went wrong is said.
    """
    log = source.log if until is None else cut(source.log, until)
    rows = training_rows(log, config.horizon, ages=config.asked_at)
    saved = fit(log, source.rule, rows, seed=config.seed)
    save_model(folder, saved)
    if track:
        from boilover.tracking.runs import log_run

        try:
            log_run(saved, folder, evaluation=held_out_evaluation(rows, saved, seed=config.seed).to_dict())
        except UsageError as error:
            say(f"the model is saved in {folder}; its run is not logged: {error}")
    return saved


def evaluate_model(
    source: Source, model: Path, config: Config, *, since: str | None = None, report: Path | None = None
) -> Measured:
    """Measure a saved model on the points of a log after its training window."""
    saved = load_model(model)
    source = source.under(saved.rule)
    measured = measure(source.log, saved, since=since, ages=config.asked_at, seed=config.seed)
    if report is not None:
        _report(report, measured, saved, source)
    return measured


def score_log(
    source: Source,
    model: Path,
    *,
    as_of: str | None = None,
    points: Path | None = None,
    explain: int = EXPLAINED,
) -> pd.DataFrame:
    """Score every ticket at risk as of a moment, or the points of a file."""
    saved = load_model(model)
    return score(
        source.under(saved.rule).log,
        saved,
        as_of=as_of,
        points=None if points is None else read_points(points),
        explain=explain,
        source=points,
    )


def flag_scores(
    scores: pd.DataFrame, saved: SavedModel, policy: Mapping[str, Any]
) -> tuple[Threshold, pd.DataFrame]:
    """Choose a threshold on the model's calibration slice; return it and the rows of ``scores`` that it flags."""
    held_out = saved.calibration
    threshold = choose_threshold(parse_policy(policy), held_out.risk, held_out.label, held_out.night)
    nights = pd.to_datetime(scores["as_of"], utc=True).dt.as_unit("s").astype("int64") // 86400
    flagged = apply_threshold(threshold, scores["risk"], nights, scores["ticket_id"].astype(str))
    return threshold, scores[flagged].sort_values(["as_of", "rank"], ignore_index=True)


def demo(
    folder: Path,
    *,
    n_tickets: int = 6000,
    seed: int = 0,
    track: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> Demo:
    """Run the whole job on a synthetic desk: ingest, train, evaluate, score, flag, report."""
    from boilover.synthetic import synthetic_desk

    files = {name: folder / path for name, path in DEMO_FILES.items()}
    say(f"a desk of {n_tickets} tickets: writing its log")
    write_log(with_measures(synthetic_desk(n_tickets=n_tickets, seed=seed)), files["log"])
    source = open_log(files["log"])
    times = observed(source.log.events)
    until = pd.Timestamp(int(times.min() + DEMO_SHARE * (times.max() - times.min())), unit="us")
    config = Config(seed=seed)
    say(f"training on what was known on {until:%d %B %Y}")
    saved = train_model(source, files["model"], config, until=until.isoformat(), track=track, say=say)
    say("measuring on what came after")
    measured = evaluate_model(source, files["model"], config)
    say("scoring and flagging the tickets that are open on the last night")
    scores = score_log(source, files["model"])
    threshold, flags = flag_scores(scores, saved, config.threshold)
    write_json(measured.evaluation.to_dict(), files["evaluation"])
    write_frame(scores, files["scores"])
    write_frame(flags, files["flags"])
    _report(files["report"], measured, saved, source, scores, flags)
    return Demo(measured, scores, flags, threshold, files)


def _report(
    path: Path,
    measured: Measured,
    saved: SavedModel,
    source: Source,
    scores: pd.DataFrame | None = None,
    flags: pd.DataFrame | None = None,
) -> None:
    from boilover.report import write_report

    figures = measured.evaluation.to_dict()
    title = f"Tickets at risk: {source.name}"
    write_report(path, evaluation=figures, scores=scores, flags=flags, manifest=saved.manifest, title=title)
