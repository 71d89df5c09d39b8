"""The command about past nights: backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boilover.cli.options import (
    ConfigOption,
    EscalationOption,
    InputFormatOption,
    JsonOption,
    LogArgument,
    RecipeOption,
    ReportOption,
    open_source,
    settings_of,
)
from boilover.cli.speaking import print_figures, say
from boilover.places import local


def backtest(
    log: LogArgument,
    nights: Annotated[
        int | None, typer.Option(min=1, help="How many nights up to the last; 60 by default.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Begin with the first night from then on.")] = None,
    until: Annotated[
        str | None, typer.Option(help="End with the last night by then; default: the log's end.")
    ] = None,
    retrain: Annotated[str, typer.Option(help="Train anew when the model is so old.")] = "7d",
    policy: Annotated[
        Path | None,
        typer.Option(
            help="The policy of flags, see docs/flagging.md; default: [threshold] of the configuration."
        ),
    ] = None,
    horizon: Annotated[
        str | None,
        typer.Option(help="Within which spans: 7d, or several as in 24h,72h,7d; flags rest on the first."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            parser=local,
            metavar="<path>",
            help="A folder for the figures, tickets, flags and nights behind them.",
        ),
    ] = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    input_format: InputFormatOption = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same figures.")] = None,
) -> None:
    """Replay the nightly job over past nights, retraining as it would have: what it would have caught, and when.

    Example: boilover backtest logs/desk --nights 60 --policy policy.toml --report backtest.html
    """
    from boilover import pipeline
    from boilover.backtest.table import render

    settings = settings_of(
        config, horizon=tuple(horizon.split(",")) if horizon is not None else None, seed=seed
    )
    source = open_source(
        log,
        input_format,
        recipe,
        escalation,
        settings,
        written=(report, output, output and output / "tickets.csv"),
        read=(policy, config),
    )
    replay = pipeline.backtest_log(
        source,
        settings,
        policy=policy,
        nights=nights,
        since=since,
        until=until,
        retrain=retrain,
        folder=output,
        report=report,
        say=say,
    )
    print_figures(replay.result.to_dict(), render, as_json=as_json)
    if output is not None:
        say(f"written to {output}")
    if report is not None:
        say(f"report {report}")
