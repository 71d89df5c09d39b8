"""Whatever an export holds where something else was expected, it is read or refused, and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boilover.adapters import ADAPTERS, ingest
from boilover.adapters.github_course import seconds
from boilover.checking import check
from boilover.errors import InputError

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
SYSTEMS = [name for name in ADAPTERS if list((SAMPLES / name).glob("*.json"))]
MOST = 12
"""So many records of a list are kept: enough for each of their keys to be odd in one of them."""
ODD = {"number": -1e18, "list": [1], "object": {"id": None}, "time": "9999-12-31T23:59:59-12:00"}


def few(value: Any) -> Any:
    """Return a document with short lists."""
    if isinstance(value, dict):
        return {key: few(each) for key, each in value.items()}
    return [few(each) for each in value[:MOST]] if isinstance(value, list) else value


def places(value: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield every value below the records: its keys without the numbers of lists, what holds it, and where there."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in held:
        below = where if isinstance(key, int) else (*where, key)
        if len(below) > 1 or (isinstance(each, str | int | float | None) and below):
            yield below, value, key
        yield from places(each, below)


def spoil(document: Any, odd: object) -> None:
    """Put an odd value once at each place of the document that differs by its keys, in as many records as there are."""
    met: set[tuple[str, ...]] = set()
    for where, holder, key in list(places(document)):
        if where not in met and where[-1] not in ("id", "key", "number", "ticket_id"):
            met.add(where)
            holder[key] = odd


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("system", SYSTEMS)
def test_an_odd_value_anywhere_is_read_or_refused(system: str, odd: str, tmp_path: Path) -> None:
    files = sorted((SAMPLES / system).iterdir())[-8:]
    for file in files:
        if file.suffix == ".json":
            document = few(json.loads(file.read_text("utf-8")))
            spoil(document, ODD[odd])
            (tmp_path / file.name).write_text(json.dumps(document), "utf-8")
        else:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    try:
        log, _ = ingest([tmp_path], format=system, allow_cut=True, max_dropped=1)
    except InputError:
        return
    assert not check(log)


def test_a_time_beyond_the_calendar_is_none() -> None:
    assert seconds("9999-12-31T23:59:59+00:00") == 253_402_300_799
    assert seconds("9999-12-31T23:59:59-12:00") is None
    assert seconds("0001-01-01T00:00:00+12:00") is None
    assert seconds("soon") is None
