"""The command flag."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilover.cli.options import (
    AgainOption,
    ConfigOption,
    InputFormatOption,
    OutputFormatOption,
    OutputOption,
    RecipeOption,
    at_place,
    check_one_input,
    ledger_file,
    open_source,
    settings_of,
)
from boilover.cli.speaking import counts_told, say
from boilover.errors import UsageError

if TYPE_CHECKING:
    from boilover.flagging import Threshold


def flag(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="What `boilover score` wrote as CSV, JSON lines or Parquet; - for standard input.",
        ),
    ],
    model: Annotated[
        Path | None,
        at_place(
            "--model",
            help="The model that scored: its folder, or models:/NAME@champion of a registry. Needed where the threshold"
            " is chosen on its past points: by precision, by empirical cost, by capacity with a policy.",
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Decide by this policy, see docs/flagging.md; needs --ledger.")
    ] = None,
    ledger: Annotated[
        str | None, typer.Option(help="The ledger that remembers flags: a SQLite file, or postgresql://…")
    ] = None,
    log: Annotated[
        Path | None,
        at_place(help="The log of the scores, for triggers, segments, queues and weights."),
    ] = None,
    desk: Annotated[str, typer.Option(help="Whose flags they are in the ledger.")] = "desk",
    again: AgainOption = False,
    config: ConfigOption = None,
    output: OutputOption = Path("-"),
    form: OutputFormatOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
) -> None:
    """Flag scored tickets: by a policy and a ledger the flags that are new, rose, stand or were cleared tonight.

    Without them, the tickets that the [threshold] of the configuration picks; default: the riskiest tenth of a night's
    tickets, 10 at the most. With --model it says what that gave on the past points that the model kept.

    Example: boilover flag scores.csv --model models/desk --policy policy.toml --ledger ledger.db --log logs/desk
    """
    from boilover import pipeline
    from boilover.flagging import may_be_flagged
    from boilover.model.saved import load_model
    from boilover.outputs import check_target, read_frame, write_frame
    from boilover.scoring import model_name
    from boilover.tracking.located import located

    if (policy is None) != (ledger is None):
        raise UsageError("--policy and --ledger go together: a policy asks what was flagged before")
    if policy is None:
        _check_unread({"--log": log is not None, "--desk": desk != "desk", "--again": again}, "--policy")
    if log is None:
        _check_unread({"--recipe": recipe is not None, "--input-format": input_format != "auto"}, "--log")
    check_one_input({"SCORES": scores, "--log": log})
    check_target(output, form, read=(scores, log, model, policy, config, ledger_file(ledger)))
    saved = None if model is None else load_model(located(model))
    name = None if saved is None else model_name(saved)
    if policy is None or ledger is None:
        found = read_frame(scores, model=name)
        threshold, flags = pipeline.flag_scores(found, saved, settings_of(config).threshold, source=config)
        say(_told(threshold))
        _say_share(len(flags), int(may_be_flagged(found).sum()), "flagged")
        write_frame(flags, output, form)
        return
    if config is not None:
        raise UsageError("--config and --policy exclude each other: the policy has a [threshold] of its own")
    told = None
    if log is not None:
        source = open_source(log, input_format, recipe, None, settings_of(None))
        told = (source if saved is None else source.under(saved.rule)).log
    found = read_frame(scores, model=name)
    decided, blind = pipeline.flag_night(found, saved, policy, ledger, desk, log=told, again=again)
    if blind:
        say(f"the log holds nothing that {', '.join(blind)} could fire on")
    say(_told(decided.threshold))
    if decided.recorded.again:
        say("this night was recorded before, and nothing is changed")
    counts = decided.counts()
    say(counts_told(counts))
    _say_share(counts["new"] + counts["risen"] + counts["still"], counts["tickets"], "with a flag")
    write_frame(decided.flags, output, form)


def _check_unread(given: Mapping[str, bool], needed: str) -> None:
    """Refuse options that nothing would read without another one."""
    for option in (name for name, is_given in given.items() if is_given):
        raise UsageError(f"{option} is read with {needed} alone: name that, too, or leave {option} out")


def _say_share(flagged: int, tickets: int, how: str) -> None:
    """Say which share of the tickets at risk is flagged: drawn at random, so many hold that share of what escalates."""
    from boilover.evaluation.choice import hardly
    from boilover.words import percent

    share = flagged / tickets if tickets else 0.0
    chance = f"drawn at random, as many would catch {percent(share)} of what escalates"
    say(f"{flagged} of {tickets} tickets {how}, {percent(share)}: {chance}")
    if said := hardly(share, "of the tickets have a flag"):
        say(said)


def _told(threshold: Threshold) -> str:
    value = "by rank" if isnan(threshold.value) else f"{threshold.value:.4f}"
    return f"threshold {value}: {threshold.summary()}"
