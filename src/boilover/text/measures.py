"""The measures of a message's text, one row per text; each distinct text is measured once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import UsageError
from boilover.log import EventLog
from boilover.schema import MEASURES
from boilover.text.characters import JOINER, LETTER, Texts, as_points
from boilover.text.clean import clean_all
from boilover.text.language import language_code, languages_of
from boilover.text.sentiment import compounds
from boilover.text.tokens import count_point, per_text, split
from boilover.text.urgency import LANGUAGES, count_urgency

NAMES = tuple(column.name for column in MEASURES)
BATCH = 2000
"""Texts that one worker takes at a time."""

Strings: TypeAlias = "pa.Array | pa.ChunkedArray"
Floats = npt.NDArray[np.float32]


def measure_texts(texts: Strings, languages: Strings | None = None, *, n_jobs: int = 1) -> pa.Table:
    """Measure texts.

    Parameters
    ----------
    texts : strings, of n messages; null where there is no text.
    languages : n codes or names of languages, such as ``en``, ``en-US`` or ``English``; null where unknown.
    n_jobs : processes that share the work, as in joblib.

    Returns
    -------
    Table of n rows with the columns of `schema.MEASURES`, float32. What is unknown is null: everything where
    there is no text, sentiment in any language but English. A row depends on its text and language alone.

    Raises
    ------
    UsageError : the two arguments differ in length.
    """
    if languages is not None and len(languages) != len(texts):
        raise UsageError(f"{len(texts)} texts but {len(languages)} languages: give one for each, or none")
    text_codes, distinct = _encode(texts)
    if languages is None:
        languages = pa.nulls(len(texts), pa.string())
    language_codes, names = _encode(languages)
    known = [language_code(name) for name in names]
    pairs = text_codes * (len(known) + 1) + language_codes + 1
    asked, row = np.unique(pairs[text_codes >= 0], return_inverse=True)
    places, speech = np.divmod(asked, len(known) + 1)
    by_code = [None, *known]
    found = _measure_all(
        [distinct[i] for i in places.tolist()], [by_code[i] for i in speech.tolist()], n_jobs
    )
    table = np.full((len(texts), len(NAMES)), np.nan, dtype=np.float32)
    table[text_codes >= 0] = found[row]
    return pa.table(
        {name: pa.array(table[:, i], pa.float32(), from_pandas=True) for i, name in enumerate(NAMES)}
    )


def with_measures(log: EventLog, *, n_jobs: int = 1) -> EventLog:
    """Return ``log`` with the measures of its messages as columns of ``events``.

    Messages that have measures already keep them, so that a re-run measures only new ones; the ticket's
    attribute ``language`` is used where there is one. A log without text is returned as it is.
    """
    events = log.events
    if "text" not in events.column_names:
        return log
    is_message = pc.equal(events["event_type"], "message")
    wanted = pc.and_(is_message, pc.is_valid(events["text"]))
    if "words" in events.column_names:
        wanted = pc.and_(wanted, pc.is_null(events["words"]))
    # In one chunk: pyarrow 25 crashes on an empty chunk among others here.
    mask = pc.fill_null(wanted, False).combine_chunks()
    rows = pc.indices_nonzero(mask)
    if not len(rows):
        return log
    new = measure_texts(events["text"].take(rows), _languages(log, rows), n_jobs=n_jobs)
    for name in NAMES:
        held = (
            events[name].combine_chunks()
            if name in events.column_names
            else pa.nulls(len(events), pa.float32())
        )
        column = pc.replace_with_mask(held, mask, new[name].combine_chunks())
        events = _put(events, name, column)
    return replace(log, events=events)


def _put(events: pa.Table, name: str, column: pa.Array) -> pa.Table:
    if name in events.column_names:
        return events.set_column(events.column_names.index(name), name, column)
    return events.append_column(name, column)


def _languages(log: EventLog, rows: pa.Array) -> Strings:
    """Return the language of the ticket of each of the ``rows`` of events, null where none tells."""
    if "language" not in log.tickets.column_names:
        return pa.nulls(len(rows), pa.string())
    places = pc.index_in(log.events["ticket_id"].take(rows), value_set=log.tickets["ticket_id"])
    languages: Strings = log.tickets["language"].cast(pa.string()).take(places)
    return languages


def _encode(strings: Strings) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return for each string its place among the distinct ones, -1 for null, and those."""
    whole = strings.combine_chunks() if isinstance(strings, pa.ChunkedArray) else strings
    encoded = whole.cast(pa.string()).dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary.to_pylist()


def _measure_all(texts: Sequence[str], languages: Sequence[str | None], n_jobs: int) -> Floats:
    batches = [slice(start, start + BATCH) for start in range(0, len(texts), BATCH)]
    if n_jobs == 1:
        parts = [_measure_batch(texts[batch], languages[batch]) for batch in batches]
    else:
        # Many processes are few people's need, and their start is slow enough.
        from joblib import Parallel, delayed

        parts = Parallel(n_jobs=n_jobs)(
            delayed(_measure_batch)(texts[batch], languages[batch]) for batch in batches
        )
    return np.concatenate(parts) if parts else np.empty((0, len(NAMES)), dtype=np.float32)


def _measure_batch(texts: Sequence[str], languages: Sequence[str | None]) -> Floats:
    """Measure texts, each with the ISO 639-1 code of its ticket's language, None where the text decides."""
    written = clean_all(texts)
    read = as_points(written)
    words = split(read, LETTER, JOINER)
    n_words = np.diff(words.first)
    spoken = languages_of(written, languages, read, words)
    long = words.ends - words.starts > 1
    table = np.full((len(texts), len(NAMES)), np.nan, dtype=np.float32)
    is_english = np.array([code == "en" for code in spoken], bool)
    scored = np.flatnonzero(is_english & (n_words > 0))
    said = Texts(read.points, read.starts[scored], read.ends[scored])
    table[scored, 0] = compounds([written[place] for place in scored.tolist()], said)
    table[:, 1] = n_words
    table[:, 2] = count_point(read, "!")
    table[:, 3] = count_point(read, "?")
    table[:, 4] = per_text(words.capitals & long, words) / np.maximum(per_text(long, words), 1)
    covered = np.array([code is None or code in LANGUAGES for code in spoken], bool)
    table[covered, 5] = count_urgency(written, read)[covered]
    return table
