"""The demo: the whole job on a synthetic desk, from its export to a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from boilover.config import Config
from boilover.errors import InputError, UsageError
from boilover.files import check_file, replacing
from boilover.inputs import open_log
from boilover.measuring import Measured
from boilover.model.saved import check_folder
from boilover.observation import observed
from boilover.outputs import write_frame, write_json
from boilover.partitions import read_manifest
from boilover.pipeline import evaluate_model, flag_scores, ingest_log, score_log, train_model

DEMO_SHARE = 0.7
"""The demo trains on this share of its log's time and measures on the rest."""
NAME = "demo_desk"
"""What the export and its recipe are called; a log remembers the recipes that it was read with."""
DEMO_FILES = {
    "export": f"export/{NAME}.csv",
    "recipe": f"export/{NAME}.toml",
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

    Raises `UsageError` before any work where something that is none of a demo would be replaced.
    """
    from boilover.capability.table import headline
    from boilover.report import report_trial
    from boilover.synthetic import synthetic_desk
    from boilover.synthetic.export import write_export

    files = {name: folder / path for name, path in DEMO_FILES.items()}
    _check(files)
    say(f"a desk of {n_tickets} tickets: writing its export")
    with replacing(files["export"].parent) as made:
        made.mkdir()
        write_export(synthetic_desk(n_tickets=n_tickets, seed=seed), made, NAME)
    # Another seed's desk has the same numbers of tickets: its log is replaced, not added to.
    with replacing(files["log"]) as made:
        told = ingest_log([files["export"]], made, recipe=str(files["recipe"]))
    for sentence in (headline(told["export"]), *told["capability"]["sentences"]):
        say(sentence)
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
    _, flags = flag_scores(scores, saved, config.threshold)
    write_json(measured.evaluation.to_dict(), files["evaluation"])
    write_frame(scores, files["scores"])
    write_frame(flags, files["flags"])
    report_trial(files["report"], measured, saved, name="demo desk", scores=scores, flags=flags)
    return Demo(measured, scores, flags, files)


def _check(files: Mapping[str, Path]) -> None:
    """Raise `UsageError` where a file cannot be written, or a folder is there that no demo wrote."""
    for file in files.values():
        if file.suffix:
            check_file(file)
    for name, folder, is_own in (
        ("export", files["export"].parent, _is_export),
        ("log", files["log"], _is_log),
    ):
        if folder.exists() and not (folder.is_dir() and is_own(folder)):
            raise UsageError(f"{folder} is not the {name} of a demo. Name another folder")
    check_folder(files["model"])


def _is_export(folder: Path) -> bool:
    return {each.name for each in folder.iterdir()} <= {f"{NAME}.csv", f"{NAME}.toml"}


def _is_log(folder: Path) -> bool:
    """Return whether a folder is empty, or a log that was read with the demo's recipe alone."""
    try:
        manifest = read_manifest(folder)
    except InputError:
        return False
    if manifest is None:
        return not any(folder.iterdir())
    return set(manifest.readings) == {f"table {NAME}"}
