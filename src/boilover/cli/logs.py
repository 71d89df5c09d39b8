"""Commands about logs: ingest, datasets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from boilover.cli.options import EscalationOption, JsonOption, RecipeOption
from boilover.cli.speaking import print_figures, reading, say
from boilover.errors import UsageError
from boilover.places import local, place

AllowCutOption = Annotated[
    bool,
    typer.Option("--allow-cut", help="Take tickets whose history the export truncates, and count them."),
]
HashIdsOption = Annotated[
    Path | None,
    typer.Option(
        "--hash-ids",
        metavar="KEYFILE",
        help="Replace ids of people by hashes keyed with the secret in this file, 1 to 64 bytes.",
    ),
]
MaxDroppedOption = Annotated[
    float,
    typer.Option("--max-dropped", min=0, max=1, help="Refuse an export of which a larger share is unusable."),
]


def ingest(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SRC…", parser=place, help="The files or folders of one export or their URLs, or a log."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", parser=local, metavar="LOG", help="The log to add to; made where there is none."
        ),
    ],
    input_format: Annotated[
        str, typer.Option("--format", help="auto, or that of an adapter: zendesk, jira, table, xes, …")
    ] = "auto",
    recipe: RecipeOption = None,
    escalation: EscalationOption = None,
    hash_ids: HashIdsOption = None,
    allow_cut: AllowCutOption = False,
    max_dropped: MaxDroppedOption = 0.2,
    as_json: JsonOption = False,
) -> None:
    """Add an export to an event log; tell what was read, dropped and not understood, and what it cannot tell.

    Importing again, or an export that overlaps, adds only what is new. The escalation that the recipe declares is
    kept with the log, for train and score.

    Example: boilover ingest incident_event_log.csv.gz --recipe uci_servicenow -o logs/uci
    """
    from boilover import pipeline
    from boilover.adapters.people import key_in
    from boilover.capability.table import render

    key = None if hash_ids is None else key_in(hash_ids)
    with reading() as progress:
        account = pipeline.ingest_log(
            sources,
            output,
            form=input_format,
            recipe=recipe,
            escalation=escalation,
            allow_cut=allow_cut,
            hash_ids=key,
            max_dropped=max_dropped,
            progress=progress,
        )
    print_figures(account, render, as_json=as_json)


def datasets(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A public log.")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE…]", parser=place, help="Your copy of it, as it was published."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=local, metavar="LOG", help="The event-log folder to write."),
    ] = None,
    escalation: EscalationOption = None,
    as_json: JsonOption = False,
) -> None:
    """List public logs with where they come from and what misleads in them; turn a copy of one into an event log.

    Example: boilover datasets uci_servicenow incident_event_log.csv -o logs/uci
    """
    from boilover import pipeline
    from boilover.capability.table import render

    if not files:
        if output is not None:
            raise UsageError("name a public log and the files of your copy before -o")
        print_figures({"datasets": pipeline.public_logs(name)}, _listed, as_json=as_json)
        return
    if output is None:
        raise UsageError("say with -o where the event log goes")
    (known,) = pipeline.public_logs(name)
    with reading() as progress:
        account = pipeline.ingest_log(
            files, output, recipe=known["name"], escalation=escalation, progress=progress
        )
    for trap in known["traps"]:
        say(f"mind: {trap}")
    print_figures(account, render, as_json=as_json)


def _listed(told: Mapping[str, Any], *, terminal: bool) -> str:
    from boilover.tables import terminal_width

    width = min(100, terminal_width()) if terminal else 100
    return "\n\n".join(_entry(each, width) for each in told["datasets"]) + "\n"


def _entry(known: Mapping[str, Any], width: int) -> str:
    import textwrap

    traps = (
        textwrap.fill(trap, width, initial_indent="  - ", subsequent_indent="    ") for trap in known["traps"]
    )
    cited = textwrap.fill(known["citation"], width, initial_indent="  ", subsequent_indent="  ")
    escalations = f"  escalations: {', '.join(known['escalations'])}" if known["escalations"] else None
    return "\n".join(filter(None, [f"{known['name']}: {known['title']}", cited, escalations, *traps]))
