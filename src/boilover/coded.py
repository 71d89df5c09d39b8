"""Text columns as codes: words are looked up once each, however many events or tickets hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover import kernels
from boilover.once import Once

Codes = npt.NDArray[np.int32]
Values = npt.NDArray[np.floating[Any]]
"""Numbers of events: float32 where their source is no wider, or where they are small whole numbers."""
Numbers = npt.NDArray[np.floating[Any] | np.integer[Any]]
"""Numbers of points: whole ones where none can be missing."""


@dataclass(frozen=True)
class Coded:
    """A text column as int32 codes into ``words``; −1 is empty."""

    codes: Codes
    words: tuple[str, ...]
    _made: Once = field(default_factory=Once, repr=False, compare=False)

    def where(self, word: str) -> int:
        """Return the code of ``word``, or −2, which no row holds."""
        places: dict[str, int] = self._made.get("places", self._places)
        return places.get(word, -2)

    def translated(self, meaning: Callable[[str], Any], empty: Any, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return what each word means, and ``empty`` last, where code −1 finds it: (n_words + 1)."""
        table: npt.NDArray[Any] = self._made.get(
            (meaning, dtype), lambda: np.array([*map(meaning, self.words), empty], dtype=dtype)
        )
        return table

    def part(self, lo: int, hi: int) -> Coded:
        """Return the rows ``lo:hi``, under the same words."""
        return Coded(self.codes[lo:hi], self.words, self._made)

    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}


def floats(data: pa.ChunkedArray, where: npt.NDArray[np.bool_] | None = None) -> Values:
    """Return floats with NaN for null, and where ``where`` is not set; pyarrow alone takes several times as long."""
    width, pieces, start = np.dtype(data.type.to_pandas_dtype()), [], 0
    for chunk in data.chunks:
        told, stop = held(chunk), start + len(chunk)
        if where is not None:
            asked = where[start:stop].view(np.uint8)
            told = asked if told is None else told & asked
        pieces.append(_filled(stored(chunk, width), told, np.nan))
        start = stop
    return pieces[0] if len(pieces) == 1 else np.concatenate([np.empty(0, width), *pieces])


def denied(data: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return where a boolean column holds false."""
    pieces = [np.empty(0, dtype=np.uint8)]
    for chunk in data.chunks:
        false, known = 1 - bits(chunk.buffers()[1], chunk), held(chunk)
        pieces.append(false if known is None else false & known)
    return np.concatenate(pieces).view(np.bool_)


def stored(chunk: pa.Array, width: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return the numbers of a chunk as they lie in memory, whatever they are where it is null."""
    return np.frombuffer(chunk.buffers()[1], dtype=width)[chunk.offset : chunk.offset + len(chunk)]


def held(chunk: pa.Array) -> npt.NDArray[np.uint8] | None:
    """Return 1 where a row is not null, else 0; nothing where no row is null."""
    return bits(chunk.buffers()[0], chunk) if chunk.null_count else None


def bits(buffer: pa.Buffer, chunk: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the bit of each row of a chunk."""
    first, last = chunk.offset, chunk.offset + len(chunk)
    packed = np.frombuffer(buffer, dtype=np.uint8)[first // 8 : -(-last // 8)]
    return np.unpackbits(packed, bitorder="little")[first % 8 : first % 8 + len(chunk)]


def _filled(values: npt.NDArray[Any], held: npt.NDArray[np.uint8] | None, empty: float) -> npt.NDArray[Any]:
    filled: npt.NDArray[Any] = values if held is None else kernels.kept(values, held, empty)
    return filled


@dataclass(frozen=True)
class Encoding:
    """A dictionary-encoded column, whose codes are looked up for the rows that are asked for.

    ``within`` holds, for each chunk, the codes of its own words, and −1 last.
    """

    words: pa.Array
    chunks: tuple[pa.DictionaryArray, ...]
    starts: npt.NDArray[np.int64]
    within: tuple[Codes, ...]
    _made: Once = field(default_factory=Once, repr=False, compare=False)

    @classmethod
    def of(cls, data: pa.ChunkedArray) -> Encoding:
        """Join the words of all chunks; those that Parquet read from one row group share theirs."""
        shared = {_place(chunk): chunk.dictionary for chunk in data.chunks}
        indices, words = _join(pa.concat_arrays(shared.values()))
        ends = np.cumsum([len(each) for each in shared.values()])
        parts = np.split(indices, ends[:-1])
        within = {place: np.append(part, np.int32(-1)) for place, part in zip(shared, parts, strict=True)}
        starts = np.cumsum([0, *(len(chunk) for chunk in data.chunks)])
        return cls(words, tuple(data.chunks), starts, tuple(within[_place(chunk)] for chunk in data.chunks))

    def codes(self, lo: int, hi: int) -> Codes:
        """Return the codes of the rows ``lo:hi``, −1 for null."""
        return self._looked_up(lo, hi, self.within, np.dtype(np.int32))

    def coded(self, lo: int, hi: int) -> Coded:
        """Return the rows ``lo:hi`` as codes; the words of all rows are one tuple."""
        words: tuple[str, ...] = self._made.get("words", lambda: tuple(self.words.to_pylist()))
        return Coded(self.codes(lo, hi), words, self._made)

    def meant(self, lo: int, hi: int, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what the words of the rows ``lo:hi`` mean: ``table`` tells it by code, and last of null."""
        if (table == table[-1]).all():
            return np.full(hi - lo, table[-1])
        return self._looked_up(lo, hi, [table[codes] for codes in self.within], table.dtype)

    def _looked_up(
        self, lo: int, hi: int, tables: Sequence[npt.NDArray[Any]], dtype: np.dtype[Any]
    ) -> npt.NDArray[Any]:
        """Return the entries of each chunk's table for the rows ``lo:hi``."""
        out = np.empty(hi - lo, dtype=dtype)
        first, last = np.searchsorted(self.starts, lo, side="right") - 1, np.searchsorted(self.starts, hi)
        done = 0
        for place in range(max(int(first), 0), min(int(last), len(self.chunks))):
            start = int(self.starts[place])
            piece = self.chunks[place].slice(max(lo - start, 0), hi - max(lo, start)).indices
            told = out[done : done + len(piece)]
            kernels.looked_up(tables[place], stored(piece, np.int32), held(piece), told)
            done += len(piece)
        return out


def encode(data: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Return int32 codes of strings, −1 for null, and the words in the order in which they are first told."""
    if pa.types.is_dictionary(data.type):
        encoding = Encoding.of(data)
        return encoding.codes(0, len(data)), encoding.words
    encoded = data.combine_chunks().dictionary_encode()
    return _codes(encoded.indices), encoded.dictionary


def runs(data: pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Return the words of a dictionary-encoded column as they follow each other, and where each run of one ends."""
    words, ends, start = [], [], 0
    for chunk in data.chunks:
        indices = _codes(chunk.indices)
        if len(indices):
            stops = kernels.run_ends(indices)
            words.append(chunk.dictionary.take(pa.array(indices[stops - 1])))
            ends.append(stops + start)
            start += len(indices)
    told, last = pa.concat_arrays(words), np.concatenate(ends)
    # A run may go on in the next chunk.
    borders = np.cumsum([len(each) for each in words])[:-1]
    split = pc.equal(told.take(pa.array(borders - 1)), told.take(pa.array(borders))).to_numpy(
        zero_copy_only=False
    )
    if split.any():
        kept = np.ones(len(told), dtype=bool)
        kept[borders[split] - 1] = False
        told, last = told.filter(pa.array(kept)), last[kept]
    return told, last


def _join(words: pa.Array) -> tuple[Codes, pa.Array]:
    """Return codes of words and the different ones among them; sorted words, as ticket ids are, need no look-up."""
    if len(words) < 2 or not ascend(words):
        encoded = words.dictionary_encode()
        return encoded.indices.to_numpy(), encoded.dictionary
    fresh = np.ones(len(words), dtype=bool)
    fresh[1:] = pc.not_equal(words.slice(0, len(words) - 1), words.slice(1)).to_numpy(zero_copy_only=False)
    return np.cumsum(fresh, dtype=np.int32) - np.int32(1), words.filter(pa.array(fresh))


def ascend(words: pa.Array, *, strictly: bool = False) -> bool:
    """Return whether no word is less than the one before it, or equal to it."""
    if len(words) < 2:
        return True
    follows = pc.less if strictly else pc.less_equal
    return pc.all(follows(words.slice(0, len(words) - 1), words.slice(1))).as_py() is not False


def _codes(indices: pa.Array) -> Codes:
    return _filled(stored(indices, np.int32), held(indices), -1)


def _place(chunk: pa.DictionaryArray) -> tuple[int, int, int]:
    """Return where in memory the words of a chunk are."""
    words = chunk.dictionary
    return words.buffers()[2].address if words.buffers()[2] else 0, words.offset, len(words)


def code(data: pa.ChunkedArray) -> Coded:
    """Return a text column as codes."""
    if not pa.types.is_dictionary(data.type):
        data = data.cast(pa.string())
    codes, words = encode(data)
    return Coded(codes, tuple(words.to_pylist()))
