"""The program's table of contents: one function per command, each a few calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boilover.config import Config
from boilover.errors import UsageError
from boilover.files import check_writable
from boilover.flagging import Threshold, apply_threshold, choose_threshold
from boilover.inputs import Source, cut, read_points, read_rows
from boilover.model.saved import SavedModel, check_folder, load_model, save_model
from boilover.policy import parse_policy
from boilover.scoring import EXPLAINED, Explained, score
from boilover.times import parse_moment
from boilover.tracking.located import located

if TYPE_CHECKING:
    from boilover.audit import Audit
    from boilover.backtest import Replay
    from boilover.explaining import Explanation
    from boilover.flagger.ledger import Outcomes
    from boilover.job import Decided, Run
    from boilover.kpi import Kpis
    from boilover.log import EventLog
    from boilover.measuring import Measured
    from boilover.monitoring.drift import Drift
    from boilover.monitoring.promote import Promoted
    from boilover.training import Doubts


def ingest_log(sources: Sequence[Path], folder: Path, **options: Any) -> Mapping[str, Any]:
    """Import exports into a log, with the ``options`` of `boilover.ingesting.ingest_log`."""
    from boilover import ingesting

    return ingesting.ingest_log(sources, folder, **options)


def public_logs(name: str | None = None) -> list[dict[str, Any]]:
    """Return what is known of the public logs that a recipe ships for, or of one of them."""
    from boilover import ingesting

    return ingesting.public_logs(name)


def audit_log(source: Source, config: Config, *, path: Path, recipe: str | None = None) -> Audit:
    """Look for columns that know the future, in a log or in all columns of a table's export."""
    from boilover.audit import audit_source

    return audit_source(source, path, recipe=recipe, horizon=config.horizon[0], seed=config.seed)


def train_model(
    source: Source,
    folder: Path,
    config: Config,
    *,
    until: str | None = None,
    ledger: str | None = None,
    desk: str = "desk",
    tune_seconds: float = 0.0,
    cluster: str | None = None,
    track: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> SavedModel:
    """Train on a log as it was at ``until``, save the model's folder, and log the run to MLflow.

    A store that refuses the run loses no model: it is saved by then, and what went wrong is said. Points whose labels a
    desk's answers in ``ledger`` may have changed are left out. With ``cluster`` trees are grown there. A ``folder``
    that holds something else than a model, or cannot be written to, is refused before the work.
    """
    from boilover.scale.growing import grown_on
    from boilover.training import described, fit, held_out_evaluation, training_rows

    check_folder(folder)
    log = source.log if until is None else cut(source.log, until)
    doubts = None if ledger is None else _doubts(ledger, desk, say)
    with grown_on(cluster):
        rows = training_rows(log, config.horizon, ages=config.asked_at, doubts=doubts)
        fitted = fit(log, source.rule, rows, seed=config.seed, tune_seconds=tune_seconds)
    evaluation = held_out_evaluation(rows, fitted, seed=config.seed)
    saved = described(fitted, rows, evaluation)
    save_model(folder, saved)
    if track:
        from boilover.tracking.runs import log_run

        try:
            figures = None if evaluation is None else evaluation.to_dict()
            log_run(saved, folder, evaluation=figures, sample=rows.frame)
        except UsageError as error:
            say(f"the model is saved in {folder}; its run is not logged: {error}")
    return saved


def _doubts(ledger: str, desk: str, say: Callable[[str], None]) -> Doubts:
    from boilover.flagger.doubts import doubts_of
    from boilover.flagger.ledger import Ledger

    return doubts_of(Ledger.open(ledger, create=False), desk, say)


def evaluate_model(
    source: Source, model: Path, config: Config, *, since: str | None = None, report: Path | None = None
) -> Measured:
    """Measure a saved model on the points of a log after its training window."""
    from boilover.measuring import measure

    if report is not None:
        check_writable(report)
    saved = load_model(located(model))
    source = source.under(saved.rule)
    measured = measure(source.log, saved, since=since, ages=config.asked_at, seed=config.seed)
    if report is not None:
        from boilover.report import report_trial

        report_trial(report, measured, saved, name=source.name)
    return measured


def backtest_log(
    source: Source,
    config: Config,
    *,
    policy: Path | None = None,
    folder: Path | None = None,
    report: Path | None = None,
    **options: Any,
) -> Replay:
    """Replay the nightly job over past nights of a log, with the ``options`` of `backtest`; keep all in ``folder``."""
    from boilover.backtest import backtest
    from boilover.flagger import load_policy, parse_flag_policy

    for target in filter(None, (folder, report)):
        check_writable(target)
    told = parse_flag_policy({"threshold": config.threshold}) if policy is None else load_policy(policy)
    replay = backtest(
        source.log,
        told,
        source.rule,
        horizons=config.horizon,
        ages=config.asked_at,
        seed=config.seed,
        **options,
    )
    if folder is not None:
        replay.save(folder)
    if report is not None:
        from boilover.report import write_backtest_report

        write_backtest_report(report, replay, title=f"What would have been caught: {source.name}")
    return replay


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
        source=points,
    )


def score_in_parts(
    log: Path, model: Path, *, memory: str | None = None, cluster: str | None = None, **options: Any
) -> pd.DataFrame:
    """Score a log partition by partition, within so much memory or on a cluster, with ``as_of`` and ``explain``."""
    from boilover.scale import check_memory, engine, parse_size, score_in_pieces

    if memory is not None:
        check_memory(log, parse_size(memory))
    return score_in_pieces(log, located(model), run=engine(cluster), **options)


def explain_log(source: Source, model: Path, ticket: str, **options: Any) -> Explanation:
    """Explain one ticket by a saved model, with the ``options`` of `boilover.explaining.files.explain_log`."""
    from boilover.explaining import files

    return files.explain_log(source, model, ticket, **options)


def drift_of_log(source: Source, model: Path, **options: Any) -> Drift:
    """Compare what a model was trained on with what a log asks of it, with the ``options`` of `drift`."""
    from boilover.monitoring.drift import drift

    saved = load_model(located(model))
    return drift(source.under(saved.rule).log, saved, **options)


def promote_model(source: Source, champion: Path, challenger: Path, **options: Any) -> Promoted:
    """Let a challenger take the champion's place unless it is worse, with the ``options`` of `promote`."""
    from boilover.monitoring.promote import promote

    return promote(source, champion, challenger, **options)


def kpis_of_log(
    source: Source,
    *,
    by: Sequence[str] = (),
    since: str | None = None,
    ledger: str | None = None,
    desk: str = "desk",
) -> Kpis:
    """Tell a log's escalations; with a ledger, also how many of them a flag of a desk preceded."""
    from boilover.kpi import kpis

    flags = None
    if ledger is not None:
        from boilover.flagger.ledger import Ledger

        flags = Ledger.open(ledger, create=False).export("flags", desk=desk)
    return kpis(source.log, by=by, since=since, flags=flags)


def flag_scores(
    scores: pd.DataFrame, saved: SavedModel, policy: Mapping[str, Any]
) -> tuple[Threshold, pd.DataFrame]:
    """Choose a threshold on the model's calibration slice; return it and the rows of ``scores`` that it flags."""
    held_out = saved.calibration
    threshold = choose_threshold(
        parse_policy(policy), held_out.risk, held_out.label, held_out.night, saved.reached
    )
    nights = pd.to_datetime(scores["as_of"], utc=True).dt.as_unit("s").astype("int64") // 86400
    flagged = apply_threshold(threshold, scores["risk"], nights, scores["ticket_id"].astype(str))
    return threshold, scores[flagged].sort_values(["as_of", "rank"], ignore_index=True)


def explain_policy(path: Path) -> str:
    """Return what a policy will do, in plain sentences."""
    from boilover.flagger import explain, load_policy

    return explain(load_policy(path))


def flag_night(
    scores: pd.DataFrame,
    saved: SavedModel,
    policy: Path,
    ledger: str,
    desk: str,
    *,
    log: EventLog | None = None,
    again: bool = False,
) -> tuple[Decided, Sequence[str]]:
    """Decide a night of scores by a policy and record it in a ledger; also name triggers that the log cannot feed."""
    from boilover.flagger import load_policy
    from boilover.flagger.ledger import Ledger
    from boilover.job import decide_night, night_of_scores

    told = load_policy(policy)
    night, rows, fired = night_of_scores(told, scores, saved, log)
    opened = Ledger.open(ledger)
    decided = decide_night(opened, desk, told, saved, night, rows, fired, again=again)
    return decided, () if fired is None else fired.blind


def tell_outcomes(
    ledger: str, desk: str, *, file: Path | None = None, source: Source | None = None
) -> Outcomes:
    """Tell a ledger which tickets escalated or were resolved, by a file of outcomes or by a log."""
    from boilover.annotations import Annotations
    from boilover.flagger.ledger import Ledger
    from boilover.history import History
    from boilover.job import outcomes_of

    opened = Ledger.open(ledger, create=False)
    if source is not None:
        history = History.from_log(source.log)
        return opened.outcomes(desk, outcomes_of(Annotations(history), history.end))
    if file is None:
        raise UsageError("name a file of outcomes or a log")
    rows = read_rows(file, "outcomes", mend="Outcomes are rows of ticket_id, escalated_at, resolved_at")
    return opened.outcomes(desk, rows, source=file)


def nightly(
    config: Path,
    *,
    as_of: str | None = None,
    desk: str | None = None,
    again: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> list[Run]:
    """Run the unattended job of every desk of a configuration, or of one."""
    from boilover.job import load_job, run_desks

    desks = load_job(config)
    if desk is not None and desk not in desks:
        raise UsageError(f"{config}: there is no desk '{desk}'. There are: {', '.join(desks)}")
    chosen = [each for name, each in desks.items() if desk in (None, name)]
    now = datetime.now(UTC)
    moments = {each.name: each.moment(now) if as_of is None else parse_moment(as_of) for each in chosen}
    return run_desks(chosen, moments, again=again, say=say)
