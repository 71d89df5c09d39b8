"""The replay as a whole: nights, features, trainings, decisions, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from boilover.annotations import Annotations
from boilover.backtest.asked import Nights, Rows, ask
from boilover.backtest.book import Ends
from boilover.backtest.figures import Costs
from boilover.backtest.frames import flags_frame, nights_frame, tickets_frame
from boilover.backtest.measures import Window, outcomes, tickets_of
from boilover.backtest.replay import replay_policy
from boilover.backtest.result import Backtest, result_of
from boilover.backtest.rules import replay_beside
from boilover.backtest.schedule import Schedule, schedule
from boilover.backtest.trainings import Trained, train_at
from boilover.backtest.verdict import POLICY
from boilover.errors import InputError
from boilover.escalation import EscalationRule
from boilover.evaluation.bootstrap import ROUNDS
from boilover.features import Sight, default_features, from_json
from boilover.flagger import FlagPolicy
from boilover.history import Floats, History
from boilover.log import EventLog
from boilover.nights import NIGHTS
from boilover.outputs import write_frame, write_json
from boilover.points import AGES_HOURS, DAY, Points, ages_of, landmarks
from boilover.standing import first_escalations
from boilover.times import parse_duration, parse_moment
from boilover.training import LOG_SAYS, moment


@dataclass(frozen=True)
class Replay:
    """A replay's figures, and what they were computed from.

    One row of ``tickets`` per ticket at risk or escalated, of ``flags`` per flag of the policy, of ``nights`` per
    ticket and night, with risk and verdict. Times are UTC.
    """

    result: Backtest
    tickets: pd.DataFrame
    flags: pd.DataFrame
    nights: pd.DataFrame

    def save(self, folder: Path) -> None:
        """Write ``backtest.json``, ``tickets.csv``, ``flags.csv`` and ``nights.parquet``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(self.result.to_dict(), folder / "backtest.json")
        write_frame(self.tickets, folder / "tickets.csv")
        write_frame(self.flags, folder / "flags.csv")
        write_frame(self.nights, folder / "nights.parquet")


def backtest(
    log: EventLog,
    policy: FlagPolicy | None = None,
    rule: EscalationRule = LOG_SAYS,
    *,
    nights: int | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    retrain: str = "7d",
    horizons: Sequence[str] = ("7d",),
    ages: Sequence[float] | None = AGES_HOURS,
    costs: Costs | None = None,
    seed: int = 0,
    n_jobs: int = -1,
    rounds: int = ROUNDS,
    say: Callable[[str], None] = lambda text: None,
) -> Replay:
    """Replay the nightly job on ``log``, whose escalated events ``rule`` declared, and measure what it caught.

    Each night knows what was observed by then: the model was trained, and its threshold chosen, by the code of
    `boilover.training.train` and `boilover.flagging.choose_threshold` on the log cut at the night of the training; the
    policy decides with the memory of the nights before. The rules of desks run beside it on the same nights.

    Parameters
    ----------
    nights, since, until : which nights, see `boilover.backtest.schedule.schedule`.
    retrain : age at which a model is replaced, such as ``7d``.
    horizons, ages, seed, n_jobs : as for `boilover.training.train`; flags rest on the first horizon.
    costs : of a miss and a false alarm; those of the policy's threshold, or 10 to 1, where left out.
    rounds : of the bootstrap over tickets.

    Raises `InputError` where no night is left, or a training finds too little in the log as it was then.
    """
    policy = FlagPolicy() if policy is None else policy
    costs = Costs.of(policy.threshold) if costs is None else costs
    log = log.ordered()
    notes = Annotations(History.from_log(log))
    history = notes.history
    plan = schedule(
        int(history.time.min()),
        history.end,
        parse_duration(retrain),
        nights=nights,
        since=None if since is None else parse_moment(since),
        until=None if until is None else parse_moment(until),
    )
    asked = ask(history, plan.nights)
    if not len(asked.points):
        raise InputError("no ticket is at risk on any of the nights", mend="Name other nights")
    say(f"{len(plan.nights)} nights, {len(asked.points)} questions about open tickets: computing features")
    rows = _rows(notes, asked, ages, int(plan.trained[-1]))
    risk, rates, trained = _train_and_score(
        log, policy, rule, plan, asked, rows, say, horizons=horizons, ages=ages, seed=seed, n_jobs=n_jobs
    )
    over, escalated = np.flatnonzero(notes.flag("over")), first_escalations(notes.history)
    ends = Ends.of(escalated, history.ticket[over], history.time[over], plan.nights)
    window = Window(
        begin=int(plan.nights[0]),
        close=min(int(plan.nights[-1]) + DAY, history.end),
        known=history.end,
        horizon=parse_duration(horizons[0]),
    )
    sight = Sight(notes, asked.points)
    thresholds = [value for made in trained for value in made.thresholds]
    decided = replay_policy(policy, sight, asked, risk, thresholds, ends, window.close)
    beside, unavailable = replay_beside(sight, asked, rates, decided.by_night["new"], ends, window.close)
    raised = {POLICY: decided.flags, **beside}
    tickets = tickets_of(asked, escalated, window)
    came_to = {name: outcomes(flags, escalated, tickets, window, asked) for name, flags in raised.items()}
    result = result_of(
        plan,
        tickets,
        came_to,
        decided,
        trained,
        unavailable,
        horizon=horizons[0],
        retrain=retrain,
        costs=costs,
        rounds=rounds,
        seed=seed,
    )
    return Replay(
        result,
        tickets_frame(history.ticket_ids, tickets, came_to[POLICY], decided.flags),
        flags_frame(history.ticket_ids, decided.flags),
        nights_frame(history.ticket_ids, asked.points, risk, decided),
    )


def _rows(notes: Annotations, asked: Nights, ages: Sequence[float] | None, last_training: int) -> Rows:
    """Return what keeps the features of all nights and of all points that a training may ask."""
    learnt = landmarks(notes.history, ages)
    learnt = learnt.take(learnt.as_of <= last_training)
    before = ask(notes.history, asked.moments[0] - DAY * np.arange(NIGHTS, 0, -1)).points
    parts = (asked.points, learnt, before)
    rows = Rows(
        notes,
        Points(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("ticket", "as_of"))),
    )
    # Most of what the logs that are cut will choose; the rest is computed when one of them asks for it.
    rows.prepare(default_features(notes))
    return rows


def _train_and_score(
    log: EventLog,
    policy: FlagPolicy,
    rule: EscalationRule,
    plan: Schedule,
    asked: Nights,
    rows: Rows,
    say: Callable[[str], None],
    **options: object,
) -> tuple[Floats, Floats, list[Trained]]:
    """Return the risk of each point by the model in service, the rate of its age, and all trainings."""
    risk, rates, trained = np.empty(len(asked.points)), np.empty(len(asked.points)), []
    ages = ages_of(rows.notes.history, asked.points)
    # Training reads measures of texts, never the texts: without them a cut is quick.
    if "text" in log.events.column_names:
        log = replace(log, events=log.events.drop_columns(["text"]))
    for model, night in enumerate(plan.trained.tolist()):
        begun = perf_counter()
        at_risk = np.diff(asked.starts)[plan.served(model)].tolist()
        made = train_at(log, rule, night, rows, policy.threshold, at_risk, **options)  # type: ignore[arg-type]
        served = np.isin(asked.night, plan.served(model))
        if served.any():
            features = [from_json(spec) for spec in made.saved.manifest.features]
            frame = rows.frame(features, rows.notes, asked.points.take(served))
            risk[served] = made.saved.model.risks(frame)[:, 0]
            rates[served] = made.age_rates.predict(ages[served])
        trained.append(made)
        say(
            f"training {model + 1} of {len(plan.trained)}, as of {moment(night)}:"
            f" threshold {made.thresholds[0]:.4f}, {perf_counter() - begun:.0f} s"
        )
    return risk, rates, trained
