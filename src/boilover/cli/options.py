"""What several commands share: their options, and how they open a log and a configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boilover.cli.speaking import say
from boilover.errors import UsageError
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


def check_one_input(told: Mapping[str, Path | None]) -> None:
    """Raise `UsageError` where more than one of what is read, by its name, is standard input."""
    if list(told.values()).count(STANDARD) > 1:
        raise UsageError(
            f"{' and '.join(told)} are both -, and standard input holds one of them. Name a file for the other"
        )


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
