"""How fast, and in how much memory, a large export becomes the event log: a generated Zendesk export, piece by piece.

python -m benchmarks.speed.ingest --size 2000

Writes the full export (a ticket a line with its audits) to a temporary folder, from a seed, and reads it in a process
of its own. Prints one line of JSON: bytes, seconds, MB/s, peak resident memory, and what came out.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

MEGA = 1_000_000
START = datetime(2025, 1, 1, tzinfo=UTC)
PARTS = (
    "I still cannot log in after the update",
    "could you send us the logs of last night",
    "the invoice of March shows the wrong amount",
    "we have escalated this to our second line",
    "thank you, that solved it for one of us",
    "this is the third time that it happens",
    "please look at the attached screenshot",
    "our customers are waiting, this is urgent",
)
FIELDS = {
    "status": ("open", "pending", "hold", "solved"),
    "priority": ("low", "normal", "high", "urgent"),
    "assignee_id": ("501", "502", "503", "504"),
    "group_id": ("31", "32", "33"),
}
Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=2000, help="megabytes of the export")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read is not None:
        print(json.dumps(read(options.read)))
        return
    with tempfile.TemporaryDirectory(prefix="boilover-") as folder:
        path = Path(folder).absolute() / "tickets.ndjson"
        write(path, options.size * MEGA, options.seed)
        command = [sys.executable, "-m", "benchmarks.speed.ingest", "--read", str(path)]
        root = Path(__file__).resolve().parents[2]
        print(subprocess.run(command, check=True, capture_output=True, text=True, cwd=root).stdout, end="")


def write(path: Path, size: int, seed: int) -> None:
    """Write tickets, one a line, until the file has ``size`` bytes."""
    rng = np.random.default_rng(seed)
    written = 0
    with path.open("w", encoding="utf-8") as out:
        while written < size:
            written += out.write(json.dumps(ticket(rng, 100_000 + written), separators=(",", ":")) + "\n")


def ticket(rng: np.random.Generator, number: int) -> Record:
    """Return a ticket with its audits; ``number`` leaves room for the ids of its audits and events."""
    created = START + timedelta(seconds=int(rng.integers(0, 300 * 86_400)))
    state = {name: str(rng.choice(words)) for name, words in FIELDS.items()} | {"status": "new"}
    customer = int(rng.integers(10_000, 60_000))
    first = state.copy()
    audits = list(_audits(rng, number, created, customer, state))
    return {
        "id": number,
        "created_at": _time(created),
        "updated_at": audits[-1]["created_at"],
        "subject": str(rng.choice(PARTS)),
        "description": audits[0]["events"][-1]["body"],
        "requester_id": customer,
        "submitter_id": customer,
        "organization_id": customer // 50,
        "via": {"channel": "email"},
        "tags": ["vip"] if rng.random() < 0.1 else [],
        **{name: int(word) if name.endswith("_id") else word for name, word in (first | state).items()},
        "audits": audits,
    }


def _audits(
    rng: np.random.Generator, number: int, created: datetime, customer: int, state: dict[str, str]
) -> Iterator[Record]:
    at = created
    opening = [{"type": "Create", "field_name": name, "value": word} for name, word in state.items()]
    yield _audit(number, 0, at, customer, [*opening, _comment(rng, customer, public=True)])
    for place in range(1, 2 + int(8 * rng.pareto(2.2))):
        at += timedelta(seconds=1 + int(rng.exponential(30_000)))
        author = customer if rng.random() < 0.35 else int(rng.integers(501, 505))
        events = [_comment(rng, author, public=rng.random() < 0.8)] if rng.random() < 0.7 else []
        if not events or rng.random() < 0.4:
            name = str(rng.choice(list(FIELDS)))
            word = str(rng.choice(FIELDS[name]))
            events.append(
                {"type": "Change", "field_name": name, "value": word, "previous_value": state[name]}
            )
            state[name] = word
        yield _audit(number, place, at, author, events)


def _audit(number: int, place: int, at: datetime, author: int, events: list[Record]) -> Record:
    first = number * 1000 + place * 20
    named = [{"id": first + 1 + place, **event} for place, event in enumerate(events)]
    shared = {"ticket_id": number, "author_id": author, "via": {"channel": "web", "source": {"rel": None}}}
    return {"id": first, "created_at": _time(at), **shared, "metadata": {"system": {}}, "events": named}


def _comment(rng: np.random.Generator, author: int, *, public: bool) -> Record:
    body = ". ".join(rng.choice(PARTS, 1 + int(rng.exponential(6))))
    html = f"<div>{body}</div>"
    return {
        "type": "Comment",
        "author_id": author,
        "public": public,
        "body": body,
        "html_body": html,
        "plain_body": body,
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(path: Path) -> Record:
    """Ingest the export piece by piece; return the figures of it and of this process."""
    from boilover.adapters import ingest_pieces

    began = time.perf_counter()
    ingestion = ingest_pieces([path])
    pieces = sum(1 for _ in ingestion)
    seconds = time.perf_counter() - began
    report = ingestion.report()
    size, used = path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "format": report.format,
        "megabytes": round(size / MEGA),
        "seconds": round(seconds, 1),
        "megabytes_a_second": round(size / MEGA / seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mebibytes": used.ru_maxrss // 1024,
        "tickets": report.tickets,
        "events": report.events,
        "pieces": pieces,
        "dropped": dict(report.dropped),
    }


if __name__ == "__main__":
    main()
