"""Night by night, what is kept of a growing log gives the rows of a scoring of the whole log, to the last bit."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from boilover.errors import InputError, MismatchError
from boilover.features import Attribute, to_json
from boilover.fitting import check_attributes, fit_attributes
from boilover.inputs import open_log, rule_of, serving
from boilover.log import EventLog
from boilover.model.saved import load_model
from boilover.observation import observed
from boilover.partitions import attributes_of, read_manifest
from boilover.scale import score_in_pieces
from boilover.scale.keeping import FOLDER
from boilover.scale.packed import restored, squeezed
from boilover.scale.tonight import newest, open_tonight
from boilover.scoring import score
from boilover.store import upsert

DAY = 86_400_000_000
NIGHTS = 3


@pytest.fixture(scope="module")
def saved(desk):
    return load_model(desk[1])


@pytest.fixture(scope="module")
def growing(desk):
    """Return the nights, and a function that imports into a folder what was known by one of them, some of it late."""
    told = open_log(desk[0]).told
    end, times = int(observed(told.events).max()), observed(told.events)
    rng = np.random.default_rng(3)
    known = times + np.where(rng.random(len(times)) < 0.05, rng.integers(0, 30 * DAY, len(times)), 0)
    nights = end - 2 * DAY * np.arange(NIGHTS)[::-1]

    def grow(folder, night):
        events = told.events.filter(pa.array(known <= night))
        there = pc.is_in(told.tickets["ticket_id"], pc.unique(events["ticket_id"].cast(pa.string())))
        return upsert(folder, [EventLog(events, told.tickets.filter(there))], most=2500)

    return nights, grow


@pytest.fixture(scope="module")
def grown(growing, tmp_path_factory):
    """Return the folder of a log that has grown for some nights, and the last of them."""
    folder, (nights, grow) = tmp_path_factory.mktemp("grown") / "log", growing
    for night in nights:
        grow(folder, night)
    return folder, nights[-1]


def under(saved, condition, **others):
    """Return a model of another rule."""
    rule = {"any": [condition], **others}
    return replace(saved, manifest=saved.manifest.model_copy(update={"escalation": rule}))


def opened(folder, saved, as_of):
    manifest = read_manifest(folder)
    return open_tonight(folder, manifest, serving(saved.rule, rule_of(manifest)), saved, as_of)


EXPECTED = {}


def of_the_whole(folder, saved, as_of):
    asked = (repr(read_manifest(folder)), repr(saved.rule), as_of)
    if asked not in EXPECTED:
        EXPECTED[asked] = score(open_log(folder).under(saved.rule).log, saved, as_of=int(as_of), explain=2)
    return EXPECTED[asked]


def equal(folder, saved, as_of):
    """Compare tonight's rows with those of the whole log, and return how many partitions were read for them."""
    found = opened(folder, saved, as_of)
    expected = of_the_whole(folder, saved, as_of)
    assert len(expected) > 5
    rows = found.score(explain=2).sort_values("rank", ignore_index=True)
    pd.testing.assert_frame_equal(rows, expected, check_exact=True)
    return found.read


def test_rows_are_those_of_the_whole_log_night_after_night(growing, saved, tmp_path, monkeypatch):
    folder, (nights, grow) = tmp_path / "log", growing
    read, changed = [], []
    for as_of in nights:
        changed.append(len(grow(folder, as_of).changed))
        read.append(equal(folder, saved, as_of))
        assert newest(folder, read_manifest(folder), as_of) == observed(open_log(folder).told.events).max()
    partitions = len(read_manifest(folder).partitions)
    # What is new or came late is read, and nothing else; a night that is asked again reads nothing.
    assert read == changed
    assert 8 < read[0] <= partitions
    assert 0 < max(read[1:]) < partitions
    assert equal(folder, saved, nights[-1]) == 0
    assert equal(folder, saved, nights[-1] + 40 * DAY) == 0
    # Another rule, another model: nothing that was kept counts, until its own parts are kept beside.
    other = under(saved, {"reassignments": 2})
    assert [equal(folder, other, nights[-1]) for _ in range(2)] == [partitions, 0]
    features = saved.manifest.features
    fewer = replace(
        saved, manifest=saved.manifest.model_copy(update={"features": features[: len(features) // 2]})
    )
    assert [opened(folder, fewer, nights[-1]).read for _ in range(2)] == [partitions, 0]
    assert equal(folder, saved, nights[-1]) == 0
    # So with other code, which leaves nothing that this one kept.
    monkeypatch.setattr("boilover.scale.keeping._code", lambda: "of tomorrow")
    assert [opened(folder, saved, nights[-1]).read for _ in range(2)] == [partitions, 0]
    assert len(list((folder / FOLDER).iterdir())) == partitions
    # As of the past, partitions are read whole whose tickets were not over then.
    assert equal(folder, saved, nights[0] - 40 * DAY) > 1


def test_what_is_damaged_or_gone_is_computed_anew(grown, saved):
    folder, last = grown
    equal(folder, saved, last)
    kept = sorted((folder / FOLDER).iterdir())
    (kept[0] / "about.json").unlink()
    for place, name in enumerate(("about.json", "open.parquet", "tickets.parquet", "over.arrays"), 1):
        file = kept[place] / name
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    shutil.rmtree(kept[5])
    (folder / FOLDER / "2020-01.0123456789abcdef").mkdir()
    (folder / FOLDER / ".2020-01.killed").mkdir()
    assert equal(folder, saved, last) == 6
    assert equal(folder, saved, last) == 0
    assert sorted((folder / FOLDER).iterdir()) == kept


def test_a_folder_that_cannot_be_written_keeps_nothing(grown, saved):
    folder, last = grown
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    (folder / FOLDER).write_text("a file where a folder would have to be")
    try:
        assert equal(folder, saved, last) == equal(folder, saved, last) > 8
    finally:
        (folder / FOLDER).unlink()


def test_tickets_that_are_over_are_found_again(grown, saved):
    folder, last = grown
    night = opened(folder, saved, last)
    whole = open_log(folder).under(saved.rule).log
    some = [each.as_py() for each in (night.over[0].ids[0], night.over[0].ids[-1], night.over[-1].ids[0])]
    told = night.notes_of({*some, "nobody"}).history
    assert told.ticket_ids.to_pylist() == sorted(some)
    of_these = [row in some for row in whole.events["ticket_id"].to_pylist()]
    assert len(told.time) == sum(of_these)
    assert night.notes_of({"nobody"}) is None
    # An import that ends meanwhile replaces the file in which they stand.
    file = folder / "events" / night.homes[0].events.file
    away = file.rename(file.with_suffix(".away"))
    try:
        with pytest.raises(InputError, match=rf"{file.name}: is missing\. Run again"):
            night.notes_of(some)
        manifest = read_manifest(folder)
        with pytest.raises(InputError, match=r"is missing\. Run again"):
            newest(folder, manifest, int(pd.Timestamp(night.homes[0].last).value // 1000) - 1)
    finally:
        away.rename(file)


def test_what_only_later_exports_tell_of_tickets_is_missing_before(desk, saved, tmp_path):
    told, folder = open_log(desk[0]).told, tmp_path / "log"
    times = observed(told.events)
    moment = int(np.median(times))
    before = told.events.filter(pa.array(times <= moment))
    for events, left_out in ((before, ["category"]), (told.events.filter(pa.array(times > moment)), [])):
        there = pc.is_in(told.tickets["ticket_id"], pc.unique(events["ticket_id"].cast(pa.string())))
        upsert(folder, [EventLog(events, told.tickets.filter(there).drop_columns(left_out))], most=2500)
    partitions = read_manifest(folder).partitions
    assert 0 < sum("category" in attributes_of(folder, each) for each in partitions) < len(partitions)
    for as_of in (int(times.max()), moment - 30 * DAY):
        equal(folder, saved, as_of)
        found = score_in_pieces(folder, desk[1], as_of=as_of, explain=2)
        pd.testing.assert_frame_equal(found, of_the_whole(folder, saved, as_of), check_exact=True)


def test_an_attribute_that_no_partition_holds_is_missed(desk, saved, tmp_path):
    told = open_log(desk[0]).told
    upsert(tmp_path, [EventLog(told.events, told.tickets.drop_columns(["category"]))])
    for asked in (lambda: opened(tmp_path, saved, 0), lambda: score_in_pieces(tmp_path, desk[1])):
        with pytest.raises(
            MismatchError, match="tickets with 'category', which this log's tickets do not have"
        ):
            asked()


def test_solved_tickets_are_open_where_the_rule_asks_about_them(grown, saved):
    folder, last = grown
    longer = under(saved, {"event": "escalated"}, at_risk_until="escalated")
    equal(folder, longer, last)
    assert equal(folder, longer, last) == 0
    assert len(of_the_whole(folder, longer, last)) > len(of_the_whole(folder, saved, last))


@pytest.mark.parametrize(("word", "refused"), [("plenty", True), ("12", False)])
def test_texts_where_numbers_were_are_refused_in_parts_as_in_memory(desk, saved, tmp_path, word, refused):
    told = open_log(desk[0]).told
    number = pa.array([word] + ["plenty"] * (len(told.tickets) - 1))
    upsert(tmp_path, [EventLog(told.events, told.tickets.append_column("seats", number))], most=2500)
    seats = to_json(Attribute("seats"))
    asks = saved.manifest.model_copy(update={"features": [*saved.manifest.features, seats]})
    asked = [
        lambda: fit_attributes(open_log(tmp_path).told, asks),
        lambda: check_attributes(tmp_path, read_manifest(tmp_path).partitions, asks),
    ]
    assert len(read_manifest(tmp_path).partitions) > 1
    for ask in asked:
        if refused:
            with pytest.raises(MismatchError, match="'seats' holds texts such as 'plenty', but held numbers"):
                ask()
        else:
            ask()


def test_a_rule_that_reads_the_end_of_the_log_is_asked_of_the_whole(desk, saved):
    end = int(observed(open_log(desk[0]).told.events).max())
    assert opened(desk[0], saved, end) is not None
    assert opened(desk[0], under(saved, {"sla_missed": True}), end) is None


@pytest.mark.parametrize(
    "values",
    [
        np.array([], np.int32),
        np.array([-1, 5, 2**31 - 1, -(2**31), 0], np.int32),
        np.array([2**63 - 1, -(2**63), 0, 1_750_000_000_000_000]),
        np.array([-128, 127, 3], np.int8),
        np.array([np.nan, -0.0, 1e300, -np.inf]),
        np.array([0.5, np.nan], np.float32),
        np.array([True, False, True]),
        np.frombuffer(b"ids", np.uint8),
    ],
)
def test_what_is_squeezed_comes_back_bit_by_bit(values):
    found = restored(squeezed(values), values.dtype, len(values))
    assert (found.dtype, found.tobytes()) == (values.dtype, values.tobytes())
    assert found.flags.writeable
