"""Attributes as the model knew them: a file may hold the same column as numbers one day and as text the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.conform import BOOLEANS, as_strings
from boilover.errors import MismatchError, shorten
from boilover.features import Attribute, from_json
from boilover.log import EventLog
from boilover.model.manifest import Manifest
from boilover.partitions import Partition, attributes_of

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
        fitted = as_strings(given) if name in manifest.categories else _numbers(given, column, is_part)
        tickets = tickets.set_column(tickets.column_names.index(column), column, fitted)
    return replace(log, tickets=tickets)


def check_attributes(folder: Path, partitions: Iterable[Partition], manifest: Manifest) -> None:
    """Raise `MismatchError` where no partition of the log in ``folder`` holds an attribute that the model reads."""
    lacking = list(_read(manifest))
    for partition in partitions:
        if not lacking:
            return
        held = attributes_of(folder, partition)
        lacking = [column for column in lacking if column not in held]
    _refuse(lacking)


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


def _numbers(data: pa.ChunkedArray, column: str, is_part: bool) -> pa.ChunkedArray:
    if pa.types.is_dictionary(data.type):
        data = data.cast(pa.string())
    if not pa.types.is_string(data.type):
        return data.cast(pa.float64())
    words = data.combine_chunks().dictionary_encode()
    told = np.array([*map(_number, words.dictionary.to_pylist()), np.nan])
    values = told[words.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    known = int(pc.sum(pc.is_valid(data)).as_py() or 0)
    if not is_part and known >= LEAST_CELLS and np.isnan(values).all():
        raise MismatchError(
            f"tickets column '{column}' holds texts such as {shorten(words.dictionary[0].as_py())},"
            " but held numbers when the model was trained. Score a log of the same desk, or train on this one"
        )
    return pa.chunked_array([pa.array(values, from_pandas=True)])


def _number(word: str) -> float:
    known = BOOLEANS.get(word.strip().lower())
    try:
        value = float(word) if known is None else float(known)
    except ValueError:
        return float("nan")
    return value if abs(value) <= np.finfo(np.float32).max else float("nan")
