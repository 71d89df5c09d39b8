"""How commands speak: figures on standard output, what happens, errors and bars on standard error."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from boilover.errors import BoiloverError, without_secrets
from boilover.places import STANDARD


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


def counts_told(counts: Mapping[str, int]) -> str:
    """Return counts of a night in a line; what held tickets back tells them all once more, by its name."""
    return ", ".join(f"{number} {name}" for name, number in counts.items() if name != "suppressed")


def share_with_flags(counts: Mapping[str, int]) -> float:
    """Return the share of a night's tickets at risk that have a flag after it."""
    return sum(counts[name] for name in ("new", "risen", "still")) / max(counts["tickets"], 1)
