"""What concerns flags: they are chosen, decided by a policy, kept in a ledger, and told every night."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boilover.errors import UsageError
from boilover.flagging import Threshold, apply_threshold, may_be_flagged, threshold_for
from boilover.inputs import Source, read_rows
from boilover.mistakes import listed
from boilover.model.saved import SavedModel
from boilover.outputs import model_told
from boilover.policy import parse_policy
from boilover.scoring import model_name
from boilover.times import parse_moment

if TYPE_CHECKING:
    from boilover.flagger.ledger import Outcomes
    from boilover.job import Decided, Run
    from boilover.log import EventLog


def flag_scores(
    scores: pd.DataFrame, saved: SavedModel | None, policy: Mapping[str, Any], *, source: object = None
) -> tuple[Threshold, pd.DataFrame]:
    """Choose a threshold on the model's calibration slice; return it and the rows of ``scores`` that it flags.

    Tickets that were solved as of their moment are none of them. Without a model the policy has to tell a risk, or how
    many tickets a night; ``source`` is the file that messages name.
    """
    scores = scores[may_be_flagged(scores)]
    threshold = threshold_for(parse_policy(policy, source=source), saved, by_rank=True)
    nights = pd.to_datetime(scores["as_of"], utc=True).dt.as_unit("s").astype("int64") // 86400
    flagged = apply_threshold(threshold, scores["risk"], nights, scores["ticket_id"].astype(str))
    return threshold, scores[flagged].sort_values(["as_of", "rank"], ignore_index=True)


def explain_policy(path: Path) -> str:
    """Return what a policy will do, in plain sentences."""
    from boilover.flagger import explain, load_policy

    return explain(load_policy(path))


def flag_night(
    scores: pd.DataFrame,
    saved: SavedModel | None,
    policy: Path,
    ledger: str,
    desk: str,
    *,
    log: EventLog | None = None,
    again: bool = False,
) -> tuple[Decided, Sequence[str]]:
    """Decide a night of scores by a policy and record it in a ledger; also name triggers that the log cannot feed.

    Without a model the policy has to tell a risk, and the scores tell the model's name, or nothing does.
    """
    from boilover.flagger import load_policy
    from boilover.flagger.ledger import Ledger
    from boilover.job import check_moment, decide_night, night_of_scores
    from boilover.observation import observed

    told = load_policy(policy)
    model = model_told(scores) if saved is None else model_name(saved)
    night, rows, fired = night_of_scores(told, scores, saved, log)
    threshold = threshold_for(told.threshold, saved, at_risk=len(night))
    check_moment(night.as_of, None if log is None else int(observed(log.events).max()))
    opened = Ledger.open(ledger)
    decided = decide_night(opened, desk, told, threshold, model, night, rows, fired, again=again)
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
        return opened.outcomes(desk, outcomes_of(Annotations(history), history.end), until=history.end)
    if file is None:
        raise UsageError("name a file of outcomes or a log")
    rows = read_rows(file, "outcomes", ("ticket_id", "escalated_at", "resolved_at"))
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
        raise UsageError(f"{config}: there is no desk '{desk}'. There are: {listed(desk, desks)}")
    chosen = [each for name, each in desks.items() if desk in (None, name)]
    now = datetime.now(UTC)
    moments = {each.name: each.moment(now) if as_of is None else parse_moment(as_of) for each in chosen}
    return run_desks(chosen, moments, again=again, say=say)
