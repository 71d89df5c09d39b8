"""Attributes as the model knew them: a file may hold the same column as numbers one day and as text the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.casting import BOOLEANS, as_strings
from boilover.errors import MismatchError, shorten
from boilover.features import Attribute, from_json
from boilover.log import EventLog
from boilover.model.manifest import Manifest
from boilover.partitions import Partition, attributes_of, read_part

LEAST_CELLS = 20
"""So many texts, none of them a number, are another column; fewer may be what a small log happens to hold."""


def fit_attributes(log: EventLog, manifest: Manifest, *, is_part: bool = False) -> EventLog:
    """Return ``log`` with the attributes that the model reads as numbers or as texts, as in its training.

    A text that is no number is a missing value, as an unseen category is. Raises `MismatchError` where an attribute
    is absent, or was a number and holds nothing but texts; where the log ``is_part`` of one that `check_attributes`
    let pass, other parts may hold it otherwise, and it is missing.
    """
    read = _read(manifest)
    tickets = log.tickets
    lacking = [column for column in read if column not in tickets.column_names]
    if not is_part:
        _refuse(lacking)
    for column in lacking:
        tickets = tickets.append_column(column, pa.nulls(len(tickets), pa.string()))
    for column, name in read.items():
        given = tickets[column]
        is_number = name not in manifest.categories
        if is_number and not is_part and (texts := _texts_in(given)) is not None:
            _refuse_texts(column, *texts)
        fitted = _numbers(given) if is_number else as_strings(given)
        tickets = tickets.set_column(tickets.column_names.index(column), column, fitted)
    return replace(log, tickets=tickets)


def check_attributes(folder: Path, partitions: Iterable[Partition], manifest: Manifest) -> None:
    """Raise `MismatchError` where no partition of the log in ``folder`` holds an attribute that the model reads, or
    all of them nothing but texts in the place of numbers."""
    read = _read(manifest)
    lacking = list(read)
    texts = {column: (0, "") for column, name in read.items() if name not in manifest.categories}
    for partition in partitions:
        if not lacking and not texts:
            return
        held = attributes_of(folder, partition)
        lacking = [column for column in lacking if column not in held]
        for column in sorted(texts.keys() & held):
            found = _texts_in(read_part(folder, "tickets", partition.tickets, [column])[column])
            cells, example = texts.pop(column)
            if found is not None:
                texts[column] = cells + found[0], example or found[1]
    _refuse(lacking)
    for column, (cells, example) in texts.items():
        _refuse_texts(column, cells, example)


def _read(manifest: Manifest) -> dict[str, str]:
    """Return the attributes that the model reads, and the name of the feature that each one is."""
    features = [from_json(spec) for spec in manifest.features]
    return {each.column: each.name for each in features if isinstance(each, Attribute)}


def _refuse(lacking: Sequence[str]) -> None:
    if lacking:
        raise MismatchError(
            f"the model was trained on tickets with {', '.join(map(repr, lacking[:5]))}, which this log's tickets"
            " do not have. Score a log of the same desk, or train on this one"
        )


def _texts_in(data: pa.ChunkedArray) -> tuple[int, str] | None:
    """Return how many cells hold a text, and one of them; None where any is a number."""
    data = _words(data)
    if not pa.types.is_string(data.type):
        return (0, "") if pa.types.is_null(data.type) else None
    words = pc.drop_null(pc.unique(data)).to_pylist()
    if not all(np.isnan(_number(word)) for word in words):
        return None
    return len(data) - data.null_count, next(iter(words), "")


def _refuse_texts(column: str, cells: int, example: str) -> None:
    if cells >= LEAST_CELLS:
        raise MismatchError(
            f"tickets column '{column}' holds texts such as {shorten(example)}, but held numbers when the model was"
            " trained. Score a log of the same desk, or train on this one"
        )


def _words(data: pa.ChunkedArray) -> pa.ChunkedArray:
    return data.cast(pa.string()) if pa.types.is_dictionary(data.type) else data


def _numbers(data: pa.ChunkedArray) -> pa.ChunkedArray:
    data = _words(data)
    if not pa.types.is_string(data.type):
        return data.cast(pa.float64())
    words = data.combine_chunks().dictionary_encode()
    told = np.array([*map(_number, words.dictionary.to_pylist()), np.nan])
    values = told[words.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return pa.chunked_array([pa.array(values, from_pandas=True)])


def _number(word: str) -> float:
    known = BOOLEANS.get(word.strip().lower())
    try:
        value = float(word) if known is None else float(known)
    except ValueError:
        return float("nan")
    return value if abs(value) <= np.finfo(np.float32).max else float("nan")
