"""What several commands share: their options, how they open a log and a configuration, and how they speak."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boilover.errors import BoiloverError, UsageError, without_secrets
from boilover.places import STANDARD, place, title
from boilover.tracking.located import is_registered

if TYPE_CHECKING:
    from boilover.config import Config
    from boilover.inputs import Source


def at_place(*names: str, help: str) -> Any:  # noqa: A002
    """Return an option that takes a path or a URL; named as its parameter where no other ``names`` are given."""
    return typer.Option(*names, parser=place, metavar="<path>", help=help)


LogArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LOG",
        parser=place,
        help="An event-log folder or an export, or its URL; - for an export on standard input.",
    ),
]
ModelOption = Annotated[
    Path,
    at_place("--model", help="The model's folder, or models:/NAME@champion of a registry."),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A TOML file, see docs/configuration.md.")
]
InputFormatOption = Annotated[
    str, typer.Option("--input-format", help="Format of LOG: auto, log, or that of an adapter: zendesk, …")
]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe", help="How to read an export: a shipped recipe's name, or a TOML file of your own."
    ),
]
EscalationOption = Annotated[
    str | None,
    typer.Option("--escalation", help="Which of several declared escalations to use, by its name."),
]
OutputOption = Annotated[Path, at_place("-o", "--output", help="A file, or - for standard output.")]


def beside(told: str | Path) -> Path:
    """Return where figures go beside standard output, which tells them; raise `UsageError` where that is meant."""
    if str(told) == str(STANDARD):
        raise UsageError(
            "-: standard output tells the figures anyway, or with --json all of them. Name a file"
        )
    return place(told)


def _new_model(told: str | Path) -> Path:
    """Return where a new model goes; raise `UsageError` for what is no folder."""
    if str(told) == str(STANDARD) or is_registered(told):
        raise UsageError(f"{told}: a model is a folder. Name one; `boilover promote` registers it")
    return place(told)


NewModelOption = Annotated[
    Path,
    typer.Option("--model", parser=_new_model, metavar="<path>", help="The folder to save the model to."),
]
ReportOption = Annotated[
    Path | None, typer.Option(parser=beside, metavar="<path>", help="Write a report as one HTML file.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OutputFormatOption = Annotated[str | None, typer.Option("--format", help="csv, jsonl, parquet or table.")]
AgainOption = Annotated[
    bool,
    typer.Option(
        "--again",
        help="Take the place of the latest night where it was recorded with another input, model or policy.",
    ),
]


def ledger_file(ledger: str | None) -> Path | None:
    """Return the file of a ledger, told as a path or a URL, which nothing may be written over."""
    return None if ledger is None else Path(re.sub("^sqlite[^/]*:///", "", ledger))


def open_source(
    log: Path,
    input_format: str,
    recipe: str | None,
    escalation: str | None,
    settings: Config,
    *,
    texts: bool = True,
    written: Iterable[Path | None] = (),
    read: Iterable[Path | None] = (),
) -> Source:
    """Open a log or an export as `open_log` does; say on standard error what it was read as, and what was mended.

    Raises `UsageError` where what is going to be ``written`` cannot be, or would take the place of what is read: the
    log, and what else is ``read``.
    """
    from boilover.files import check_writable
    from boilover.inputs import open_log
    from boilover.outputs import check_unread

    for target in filter(None, written):
        check_writable(target)
        check_unread(target, [log, *read])
    source = open_log(
        log,
        format=input_format,
        recipe=recipe,
        escalation=settings.escalation,
        escalation_name=escalation,
        texts=texts,
    )
    say(
        f"read {title(log)}: {source.format}, {len(source.log.events)} events of {len(source.log.tickets)} tickets"
    )
    for lack in source.lacks:
        say(lack)
    for warning in source.log.warnings:
        say(str(warning))
    return source


def settings_of(path: Path | None, **given: Any) -> Config:
    """Read a configuration file; what was ``given`` on the command line goes before it."""
    from boilover.config import load_config

    return load_config(path).model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )


def print_figures(figures: Mapping[str, Any], render: Callable[..., str], *, as_json: bool) -> None:
    """Print figures as JSON, or as tables: in colour and as wide as it is on a terminal."""
    if as_json:
        from boilover.outputs import write_json

        write_json(figures, STANDARD)
    else:
        typer.echo(render(figures, terminal=sys.stdout.isatty()), nl=False)


def say(text: str) -> None:
    """Say something on standard error."""
    typer.echo(without_secrets(text), err=True)


def say_error(error: Exception) -> int:
    """Say on standard error what went wrong, of a foreign error its place alone, since it may quote a ticket.

    Returns the exit code that stands for it.
    """
    from boilover.files import expected

    known, trace = expected(error), error.__traceback__
    if isinstance(known, BoiloverError):
        say(f"boilover: {known}")
        return known.exit_code
    last = traceback.extract_tb(trace)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    say(f"boilover: unexpected {type(error).__name__} at {where}; BOILOVER_DEBUG=1 shows all of it")
    return 1


@contextmanager
def reading() -> Iterator[Callable[[int, int], None] | None]:
    """Yield what draws a bar of the bytes read, with rate and time left, on standard error; None off a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress("reading", *columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda more, size: bar.update(task, advance=more, total=size)


@contextmanager
def counting() -> Iterator[Callable[[str, int, int], None]]:
    """Yield what draws a bar for each stage, with rate and time left, on standard error; none off a terminal."""
    if not sys.stderr.isatty():
        from boilover.scale.watching import silent

        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.completed:,.0f} of {task.total:,.0f} events, {task.fields[rate]}")
    stages: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bar.add_task(stage, total=total, rate="")
            task = bar.tasks[stages[stage]]
            # Rich knows a speed from the second look on, and a short stage has but one.
            speed = task.speed or done / max(task.elapsed or 0.0, 1e-3)
            bar.update(task.id, completed=done, rate=f"{speed:,.0f}/s")

        yield tell
