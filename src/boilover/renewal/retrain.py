"""A challenger from time to time: trained on all but the last weeks, which then judge it beside the champion.

What is promoted is what was measured: it is not trained once more on the weeks that judged it. The price is that a
champion knows nothing of the last weeks; what it gains is a promise that somebody has checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from boilover.errors import InputError, MismatchError
from boilover.inputs import Source, cut
from boilover.model.saved import MANIFEST, SavedModel, check_folder, load_model, save_model
from boilover.monitoring.challenge import differ
from boilover.outputs import write_json
from boilover.points import AGES_HOURS
from boilover.renewal.promote import promote, same_model
from boilover.times import iso, parse_moment
from boilover.tracking.located import located
from boilover.training import train
from boilover.training.rows import Doubts

JUDGEMENT = "challenge.json"
"""In a challenger's folder: how it fared. A challenger without it waits for outcomes."""


@dataclass(frozen=True)
class Schedule:
    """When a challenger is trained; microseconds.

    ``every``: when it would know so much more than the champion and the last challenger; None: never by itself.
    ``rest``: the same where drift calls for it. ``hold_back``: the end of the log that judges, and does not train.
    """

    every: int | None
    rest: int
    hold_back: int

    def is_due(self, trained_until: int, as_of: int, *, drifted: bool) -> bool:
        """Return whether a challenger is due; ``trained_until`` is the latest that any model knows."""
        gained = as_of - self.hold_back - trained_until
        return (self.every is not None and gained >= self.every) or (drifted and gained >= self.rest)


def renew(
    source: Callable[[], Source],
    champion: Path,
    folder: Path,
    schedule: Schedule,
    as_of: int,
    *,
    drifted: bool = False,
    doubts: Doubts | None = None,
) -> dict[str, Any]:
    """Train a challenger if one is due, let it challenge the champion, and return what was done.

    Each step is done whole or not at all, and once: a challenger lies in ``folder`` until it is judged, and the
    judgement beside it. One with too few outcomes to be judged on waits: each run tries again, and none takes its place
    before, for that one would have to wait as long.

    Parameters
    ----------
    source : returns the log, under the champion's rule; called only where it is read.
    champion : a folder, or a model of a registry.
    as_of : nothing that was observed later is looked at. drifted : whether drift calls for a challenger.
    doubts : tells which points a challenger is not trained on, see `boilover.training.rows.training_rows`.

    Raises what `boilover.training.train` and `promote` raise, but for too few outcomes and a challenger that no longer
    fits the log.
    """
    serving, last = load_model(located(champion)), _challenger(folder)
    told: dict[str, Any] = {"challenger": None, "judged": "none is due"}
    if last is not None and same_model(folder, located(champion)) and not (folder / JUDGEMENT).exists():
        # A run was killed after it promoted: judged again, the model of before could not be put back.
        write_json({"challenger": last.manifest.fingerprint, "judged": "promoted"}, folder / JUDGEMENT)
    waits = last is not None and not (folder / JUDGEMENT).exists() and differ(serving, last) is None
    challenger = last if waits else None
    if challenger is None:
        known = max(parse_moment(each.manifest.trained_until) for each in (serving, last) if each is not None)
        if not schedule.is_due(known, as_of, drifted=drifted):
            return told
        check_folder(folder)
        until = as_of - schedule.hold_back
        challenger = _train(source(), serving, until, as_of, doubts)
        save_model(folder, challenger)
        told["trained"] = {"until": iso(until), "because": "of drift" if drifted else "it was due"}
    told["challenger"] = challenger.manifest.fingerprint
    try:
        found = promote(source(), champion, folder, as_of=as_of)
    except InputError as error:
        # Not enough has happened yet: neither promoted nor refused.
        return told | {"judged": f"waits: {error}"}
    except MismatchError as error:
        # It reads what the log no longer holds: it will never be judged, and another may be trained when one is due.
        told["judged"] = f"refused: {error}"
        write_json(told, folder / JUDGEMENT)
        return told
    promoted = found.promotion is not None
    told |= {"judged": "promoted" if promoted else "refused", **found.to_dict()}
    write_json(told, folder / JUDGEMENT)
    return told


def _train(source: Source, serving: SavedModel, until: int, as_of: int, doubts: Doubts | None) -> SavedModel:
    """Train as the champion was: on the same question, asked at the same ages, of all columns where it kept all."""
    ages = AGES_HOURS if serving.reference is None else serving.reference.ages
    return train(
        cut(source.log, until),
        serving.rule,
        horizons=serving.manifest.horizons,
        ages=ages,
        all_columns=serving.model.primary.get_params().get("keep", 1.0) == 1.0,
        doubts=doubts,
        created_at=datetime.fromtimestamp(as_of / 1_000_000, UTC),
    )


def _challenger(folder: Path) -> SavedModel | None:
    """Return the last challenger, None where there is none."""
    return load_model(folder) if (folder / MANIFEST).is_file() else None
