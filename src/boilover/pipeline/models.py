"""What concerns a model: it is trained, measured, replayed over the past, watched and replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boilover.config import Config
from boilover.errors import UsageError
from boilover.files import check_writable
from boilover.inputs import Source, cut, declared_since
from boilover.model.saved import SavedModel, check_folder, load_model, save_model
from boilover.tracking.located import located

if TYPE_CHECKING:
    from boilover.backtest import Replay
    from boilover.log import EventLog
    from boilover.measuring import Measured
    from boilover.model.horizons import HorizonModel
    from boilover.monitoring.drift import Drift
    from boilover.renewal.promote import Promoted
    from boilover.training.rows import Doubts, TrainingRows


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
    all_columns: bool = False,
    track: bool = True,
    named: str = "LOG",
    say: Callable[[str], None] = lambda text: None,
) -> SavedModel:
    """Train on a log as it was at ``until``, save the model's folder, and log the run to MLflow.

    Attributes of tickets that know the future are named, with the command that has the evidence, where the log is
    ``named`` so.
    A store that refuses the run loses no model: it is saved by then, and what went wrong is said. Points whose labels a
    desk's answers in ``ledger`` may have changed are left out, and columns that carry little, unless ``all_columns``
    are wanted. With ``cluster`` trees are grown there. A ``folder`` that holds something else than a model, or cannot
    be written to, is refused before the work.
    """
    from boilover.scale.growing import grown_on
    from boilover.training import described, fit, held_out_evaluation
    from boilover.training.rows import training_rows

    check_folder(folder)
    log = source.log if until is None else cut(source.log, until)
    for told in _ahead(log, config, named):
        say(told)
    doubts = None if ledger is None else _doubts(ledger, desk, say)
    with grown_on(cluster):
        rows = training_rows(log, config.horizon, ages=config.asked_at, doubts=doubts)
        fitted = fit(
            log,
            source.rule,
            rows,
            seed=config.seed,
            tune_seconds=tune_seconds,
            all_columns=all_columns,
        )
    evaluation = held_out_evaluation(rows, fitted, seed=config.seed)
    saved = described(fitted, rows, evaluation)
    save_model(folder, saved)
    for told in _of_further_horizons(rows, saved.model):
        say(told)
    if track:
        from boilover.tracking.runs import log_run

        try:
            figures = None if evaluation is None else evaluation.to_dict()
            log_run(saved, folder, evaluation=figures, sample=rows.frame)
        except UsageError as error:
            say(f"the model is saved in {folder}; its run is not logged: {error}")
    return saved


def _ahead(log: EventLog, config: Config, named: str) -> Iterator[str]:
    """Tell which attributes that a model would read know the future: the part of the audit that takes seconds."""
    from boilover.annotations import Annotations
    from boilover.audit import audit, log_columns
    from boilover.history import History
    from boilover.tables import printable

    columns = log_columns(Annotations(History.from_log(log)))
    read = [each for each in columns if each.place == "attribute" and each.read]
    found = audit(log, columns=read, horizon=config.horizon[0], seed=config.seed)
    kinds = {each.column: each.kind for each in found.findings[::-1] if each.is_leak}
    if found.harmful:
        names = ", ".join(f"‘{printable(name)}’ ({kinds[name]})" for name in found.harmful)
        yield (
            f"KNOWS THE FUTURE: {names}. A model that reads what is told in the end is too good on paper and of no use"
            f" at night; ‘boilover audit {named}’ has the evidence and says how to take it out"
        )


def _of_further_horizons(rows: TrainingRows, model: HorizonModel) -> Iterator[str]:
    """Tell how well each horizon but the first ranks its calibration slice: the manifest keeps figures of the first."""
    from boilover.evaluation.held_out import held_out_metrics
    from boilover.split import CALIBRATE
    from boilover.words import number

    for horizon in model.horizons[1:]:
        y = rows.labels[horizon][rows.splits[horizon].slices == CALIBRATE]
        figures = held_out_metrics(y, model.models[horizon].held_out_risk_, {})
        if figures:
            precision, auc, rate = (
                number(figures[name]) for name in ("average_precision", "roc_auc", "base_rate")
            )
            yield f"held out, {horizon}: average precision {precision} at a base rate of {rate}, AUC {auc}"
        else:
            yield f"held out, {horizon}: no figures, as the log is too short to hold points out"


def _doubts(ledger: str, desk: str, say: Callable[[str], None]) -> Doubts:
    from boilover.flagger.doubts import doubts_of
    from boilover.flagger.ledger import Ledger

    return doubts_of(Ledger.open(ledger, create=False), desk, say)


def evaluate_model(
    source: Source,
    model: Path,
    config: Config,
    *,
    since: str | None = None,
    report: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Measure a saved model on the points of a log after its training window; say where it learnt another outcome."""
    from boilover.measuring import measure

    if report is not None:
        check_writable(report)
    saved = load_model(located(model))
    other = declared_since(saved.rule, source.rule)
    if other:
        say(other)
    source = source.under(saved.rule)
    measured = measure(source.log, saved, since=since, ages=config.asked_at, seed=config.seed)
    if report is not None:
        from boilover.report import report_trial

        report_trial(report, measured, saved, name=source.name, note=other)
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


def drift_of_log(
    source: Source, model: Path, *, say: Callable[[str], None] = lambda text: None, **options: Any
) -> Drift:
    """Compare what a model was trained on with what a log asks of it, with the ``options`` of `drift`."""
    from boilover.monitoring.drift import drift

    saved = load_model(located(model))
    if other := declared_since(saved.rule, source.rule):
        say(other)
    return drift(source.under(saved.rule).log, saved, **options)


def promote_model(source: Source, champion: Path, challenger: Path, **options: Any) -> Promoted:
    """Let a challenger take the champion's place unless it is worse, with the ``options`` of `promote`."""
    from boilover.renewal.promote import promote

    return promote(source, champion, challenger, **options)
