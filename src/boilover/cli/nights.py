"""Commands of every night: policy explain, nightly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boilover.cli.options import AgainOption
from boilover.cli.speaking import counts_told, say, say_error, share_with_flags


def explain_policy(
    policy: Annotated[Path, typer.Argument(metavar="FILE", help="A policy, see docs/flagging.md.")],
) -> None:
    """Tell in plain sentences what a policy will do; tell every mistake in it.

    Example: boilover policy explain policy.toml
    """
    from boilover import pipeline

    typer.echo(pipeline.explain_policy(policy))


def nightly(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file, see docs/nightly.md.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Ask as of then; default: as [night] says, or the full hour."),
    ] = None,
    desk: Annotated[str | None, typer.Option(help="Only this desk of the configuration.")] = None,
    again: AgainOption = False,
) -> None:
    """Do the whole job unattended: ingest, score, flag, record, hand over, write, deliver; safe to run again.

    Prints one line per desk. A desk that fails does not stop the next; the first that failed gives the exit code.

    Example: boilover nightly nightly.toml --as-of 2026-03-03T06:00Z
    """
    from boilover import pipeline
    from boilover.evaluation.choice import hardly

    failed = []
    for run in pipeline.nightly(config, as_of=as_of, desk=desk, again=again, say=say):
        if run.error is None:
            told = counts_told(run.manifest["counts"])
            delivery = run.manifest["delivery"]
            sent = f"{delivery['sent']} notices sent, {delivery['kept']} wait"
            typer.echo(f"{run.desk} {run.manifest['as_of']}: {told}; {sent}; {run.file}")
            if said := hardly(share_with_flags(run.manifest["counts"])):
                say(f"{run.desk}: {said}")
        else:
            say(f"{run.desk} failed with exit code {run.manifest['exit_code']}")
            failed.append(run.error)
    for error in failed[1:]:
        say_error(error)
    if failed:
        raise failed[0]
