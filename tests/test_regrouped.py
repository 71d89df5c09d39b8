"""Tables of whole tickets are put in the order of their ids as pyarrow's own sort puts them, whatever their columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from boilover.regrouped import by_ticket

KINDS = {
    "word": pa.dictionary(pa.int32(), pa.string()),
    "whole": pa.int64(),
    "moment": pa.timestamp("us", tz="UTC"),
    "single": pa.float32(),
    "double": pa.float64(),
    "flag": pa.bool_(),
    "text": pa.string(),
    "nothing": pa.float32(),
}


def cell(rng, name):
    if name == "nothing" or rng.random() < 0.2:
        return None
    if name in {"word", "text"}:
        return str(rng.choice(["", "a", "bb", "é"]))
    if name == "flag":
        return bool(rng.random() < 0.5)
    return float(rng.integers(99)) if name in {"single", "double"} else int(rng.integers(99))


def piece(rng, ids, *, given):
    """Return some events of each of the ids, in the order of ids, with every column known or some not."""
    named = [name for name in ids for _ in range(rng.integers(1, 4))]
    columns = {"ticket_id": pa.array(named).dictionary_encode()}
    for name, kind in KINDS.items():
        cells = pa.array([cell(rng, name) for _ in named], kind.value_type if name == "word" else kind)
        if given:
            cells = pc.fill_null(cells, False if name == "flag" else "" if name in {"word", "text"} else 0)
            cells = cells.cast(kind.value_type if name == "word" else kind)
        columns[name] = cells.dictionary_encode() if name == "word" else cells
    return pa.table(columns)


def in_chunks(rng, events):
    """Return the events in chunks that end anywhere, within a ticket, too, as row groups of a file do."""
    cuts = sorted(rng.integers(0, len(events) + 1, 6))
    return pa.concat_tables(
        events.slice(lo, hi - lo) for lo, hi in zip([0, *cuts], [*cuts, len(events)], strict=True)
    )


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_sorting_gives(seed):
    rng = np.random.default_rng(seed)
    ids = rng.permutation([f"T{number}" for number in range(30)])
    shares = [sorted(part) for part in np.array_split(ids, rng.integers(1, 5))]
    events = in_chunks(rng, pa.concat_tables([piece(rng, part, given=seed % 2 == 0) for part in shares]))
    tickets = pa.table({"ticket_id": rng.permutation(ids)})
    place = pa.array(np.arange(len(events)))
    order = pc.sort_indices(
        pa.table({"id": events["ticket_id"].cast(pa.string()), "place": place}),
        [("id", "ascending"), ("place", "ascending")],
    )
    expected = events.take(order)
    found, listed = by_ticket(events, tickets)
    assert found.schema == events.schema
    assert found.to_pylist() == expected.to_pylist()
    assert {name: found[name].null_count for name in KINDS} == {
        name: expected[name].null_count for name in KINDS
    }
    assert listed["ticket_id"].to_pylist() == sorted(ids)


def test_a_table_in_order_is_left_as_it_is():
    events = piece(np.random.default_rng(1), ["A", "B", "C"], given=False)
    found, _ = by_ticket(events, pa.table({"ticket_id": ["A", "B", "C"]}))
    assert found is events


def test_no_events():
    events = piece(np.random.default_rng(1), ["A"], given=False).slice(0, 0)
    found, listed = by_ticket(events, pa.table({"ticket_id": ["B", "A"]}))
    assert len(found) == 0
    assert listed["ticket_id"].to_pylist() == ["A", "B"]
