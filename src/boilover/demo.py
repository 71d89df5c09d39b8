"""The demo: the whole job on a synthetic desk, from its log to a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from boilover.config import Config
from boilover.errors import UsageError
from boilover.flagging import Threshold
from boilover.inputs import open_log
from boilover.log import observed, write_log
from boilover.measuring import Measured
from boilover.model.saved import check_folder
from boilover.outputs import write_frame, write_json
from boilover.pipeline import evaluate_model, flag_scores, score_log, train_model
from boilover.text import with_measures

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
WRITTEN = {"events.parquet", "tickets.parquet"}
"""What the demo's log holds."""


@dataclass(frozen=True)
class Demo:
    """What the demo made: figures, tonight's scores and flags, and where the files are."""

    measured: Measured
    scores: pd.DataFrame
    flags: pd.DataFrame
    threshold: Threshold
    files: Mapping[str, Path]


def demo(
    folder: Path,
    *,
    n_tickets: int = 6000,
    seed: int = 0,
    track: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> Demo:
    """Run the whole job on a synthetic desk: ingest, train, evaluate, score, flag, report.

    Raises `UsageError` where the folder holds a log or a model that is none of a demo: it would be replaced.
    """
    from boilover.report import report_trial
    from boilover.synthetic import synthetic_desk

    files = {name: folder / path for name, path in DEMO_FILES.items()}
    if {each.name for each in files["log"].glob("*")} - WRITTEN:
        raise UsageError(f"{files['log']} is not the log of a demo. Name another folder")
    check_folder(files["model"])
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
    report_trial(files["report"], measured, saved, name="demo desk", scores=scores, flags=flags)
    return Demo(measured, scores, flags, threshold, files)
