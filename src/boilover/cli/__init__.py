"""The command line: it parses, calls one function of the pipeline and prints."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from boilover import __version__
from boilover.cli import ledgers
from boilover.cli.audits import audit
from boilover.cli.backtests import backtest
from boilover.cli.compiling import tell_of_compiling
from boilover.cli.explains import explain
from boilover.cli.flags import flag
from boilover.cli.logs import datasets, ingest
from boilover.cli.models import demo, evaluate, train
from boilover.cli.monitoring import drift, kpis, promote
from boilover.cli.nights import explain_policy, nightly
from boilover.cli.scores import score
from boilover.cli.speaking import say, say_error
from boilover.cli.streams import open_streams
from boilover.errors import BoiloverError

COMMANDS = (
    *(demo, ingest, datasets, audit, train, evaluate, backtest),
    *(score, explain, flag, nightly, drift, promote, kpis),
)
"""In the order in which ``boilover --help`` lists them."""
GROUPS = {
    "policy": ("Read a policy of flags.", {"explain": explain_policy}),
    "ledger": ("Read and answer the flags that a ledger keeps.", ledgers.COMMANDS),
}
"""Commands of two words: the first word, its help, and the second words with their commands."""


class _Commands(TyperGroup):
    """The commands; a pipe to a server that broke is told as any other error."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            # Readers of standard streams raise none. Of another pipe typer would say nothing, and end with code 1.
            raise SystemExit(say_error(error)) from None


app = typer.Typer(
    name="boilover",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Predict which open support tickets are about to escalate.",
    epilog="Exit codes: 0 done, 1 unexpected, 2 usage, 3 invalid input, 4 stale input, 5 model and data do not fit,"
    " 6 another run holds the lock, 7 a quality or drift gate failed.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version


for _command in COMMANDS:
    app.command()(_command)
for _name, (_help, _commands) in GROUPS.items():
    _group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=_help)
    for _second, _told in _commands.items():
        _group.command(_second)(_told)
    app.add_typer(_group, name=_name)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    say("boilover: interrupted; what was being written is dropped")
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line; every error becomes a message on standard error and its exit code."""
    # Whoever asks a run to end, as a scheduler does, is not to find texts of tickets in temporary folders.
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    # What is started to run on by itself ignores them.
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    try:
        for number in heard:
            signal.signal(number, _end)
        _run()
    finally:
        for number in heard:
            signal.signal(number, before[number])


def _run() -> None:
    open_streams()
    tell_of_compiling()
    try:
        app()
    except Exception as error:
        if os.environ.get("BOILOVER_DEBUG") and not isinstance(error, BoiloverError):
            raise
        raise SystemExit(say_error(error)) from None
