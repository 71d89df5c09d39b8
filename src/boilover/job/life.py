"""The steps of a run that look after the model: a challenger now and then, and a gate that stops a bad night."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from boilover.errors import GateError, InputError, MismatchError
from boilover.files import sweep
from boilover.flagger.doubts import doubts_of
from boilover.job.manifest import Account, told_of
from boilover.job.opened import Opened
from boilover.job.settings import Desk
from boilover.job.steps import Say, Scored, Tools, model_told
from boilover.job.telling import write_scores
from boilover.model.saved import SavedModel, load_model
from boilover.monitoring.drift import Drift, drift
from boilover.renewal.retrain import renew
from boilover.times import iso, parse_moment
from boilover.tracking.located import located
from boilover.training.rows import Doubts

NAMED = 5
"""So many of the features that drifted are named in the manifest."""


def look_after_model(desk: Desk, tools: Tools, opened: Opened, account: Account, say: Say) -> Tools:
    """Train and judge a challenger if one is due; return the tools with the model that serves now.

    What fails here is told and costs nothing: the night goes on with the champion.
    """
    told = desk.retrain
    if told is None:
        return tools
    found = None
    try:
        for folder in desk.models:
            sweep(folder)
        if desk.tables.retrain is not None and desk.tables.retrain.on_drift:
            found = _drift(desk, tools.saved, opened, account, "drift_before")
        drifted = found is not None and found.drifted
        done = renew(
            lambda: opened.source,
            desk.model,
            desk.challenger,
            told,
            account.as_of,
            drifted=drifted,
            doubts=_doubts(desk, tools, say),
        )
    # Flags must come out whatever happens here: a full disk, a store that is away, a fault in a library.
    except Exception as error:
        account.facts["retrain"] = {"judged": f"failed: {told_of(error)}"}
        say(f"{desk.name}: no challenger was trained or judged: {told_of(error)}")
        return tools
    account.facts["retrain"] = done
    if done["judged"] != "promoted":
        return tools
    say(f"{desk.name}: a new champion serves from tonight on")
    saved = load_model(located(desk.model))
    account.facts["model"] = model_told(desk, saved)
    return replace(tools, saved=saved)


def _doubts(desk: Desk, tools: Tools, say: Say) -> Doubts | None:
    """Return what marks points whose labels answers to this desk's flags may have changed; None before any night."""
    if tools.ledger.latest(desk.name) is None:
        return None
    return doubts_of(tools.ledger, desk.name, lambda told: say(f"{desk.name}: retraining: {told}"))


def gate(desk: Desk, tools: Tools, opened: Opened, scored: Scored, account: Account) -> None:
    """Stop the night where what the model is asked has drifted in a way that the desk does not accept.

    Scores are written then, for people to look at; nothing is decided, recorded or delivered, flags stay as they were,
    and the night can be run again once the gate is opened or the model replaced. Raises `GateError`. What cannot be
    told stops nothing.
    """
    stops = desk.tables.gate.on
    if not stops:
        return
    found = _drift(desk, tools.saved, opened, account, "drift")
    crossed = [] if found is None else [reason for reason in found.reasons if reason in stops]
    if crossed:
        write_scores(desk, scored, account)
        raise GateError(
            f"{desk.name}: the gate is shut: {', '.join(crossed)} drifted. Scores are written and no flag is decided;"
            " look at `boilover drift`, train or promote a model, or take it from [gate] on"
        )


def _drift(desk: Desk, saved: SavedModel, opened: Opened, account: Account, name: str) -> Drift | None:
    """Return what drifted in the last days, None where that cannot be told, and tell it in the manifest."""
    since = max(parse_moment(saved.manifest.trained_until), account.as_of - desk.window)
    try:
        found = drift(opened.source.log, saved, since=since, as_of=account.as_of)
    except (InputError, MismatchError) as error:
        account.facts[name] = {"drifted": None, "why": str(error)}
        return None
    account.facts[name] = _told(found, since)
    return found


def _told(found: Drift, since: int) -> dict[str, Any]:
    """Return drift for a manifest: figures and names of features, no word of a ticket."""
    return {
        "drifted": found.drifted,
        "reasons": list(found.reasons),
        "since": iso(since),
        "points": found.points,
        "features": {each.name: round(each.psi, 4) for each in found.features[:NAMED] if each.drifted},
    }
