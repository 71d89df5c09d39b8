"""Rows on disk, parted by the ticket that they belong to, so that a table of any size is read in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa

SHARD = 16 << 20
"""So much content goes to one shard; as a frame with its changes it takes some ten times as much memory."""
MOST_SHARDS = 256
FILE = "_file"
PACKED = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


def shards_for(content: int) -> int:
    """Return the number of shards for so many bytes of content."""
    return min(MOST_SHARDS, 1 + content // SHARD)


def parted(block: pa.Table, key: str, n_shards: int) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of each shard that has some: all rows of a key in one, in order; those of no key in the first."""
    if n_shards == 1:
        yield 0, block
        return
    ids = block[key].cast(pa.string()).combine_chunks().dictionary_encode()
    shards = [crc32(each.encode()) % n_shards for each in ids.dictionary.to_pylist()]
    places = ids.indices.fill_null(len(shards)).to_numpy(zero_copy_only=False)
    shard = np.array([*shards, 0], dtype=np.int64)[places]
    order = np.argsort(shard, kind="stable")
    ends = np.searchsorted(shard[order], np.arange(n_shards + 1))
    sorted_block = block.take(pa.array(order))
    for number in np.flatnonzero(ends[1:] > ends[:-1]).tolist():
        yield number, sorted_block.slice(ends[number], ends[number + 1] - ends[number])


class Shards:
    """Appends blocks of rows to a file per shard; all rows of a ticket go to one shard, in the order of arrival.

    Blocks may differ in the types of their columns, as files of one export may; those of one schema share a file.
    Rows without a ticket go to the first shard. ``columns`` says which columns there are where no block comes.
    """

    def __init__(self, folder: Path, columns: Sequence[str], *, key: str, n_shards: int) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._key, self.n_shards = folder, key, n_shards
        self._schemas: list[pa.Schema] = []
        self._columns = [*columns, FILE]
        self._writers: dict[tuple[int, int], pa.ipc.RecordBatchFileWriter] = {}

    def add(self, block: pa.Table, *, file: int | None = None) -> None:
        """Put a block away; where it comes from the ``file`` of a number, files come one after the other."""
        if file is not None:
            block = block.append_column(FILE, pa.repeat(pa.scalar(file, pa.int32()), len(block)))
        if block.schema not in self._schemas:
            self._schemas.append(block.schema)
        layout = self._schemas.index(block.schema)
        for number, rows in parted(block, self._key, self.n_shards):
            if (number, layout) not in self._writers:
                path = str(self._path(number, layout))
                self._writers[number, layout] = pa.ipc.new_file(path, block.schema, options=PACKED)
            self._writers[number, layout].write_table(rows)

    def close(self) -> None:
        """Finish the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def frame(self, number: int) -> pd.DataFrame:
        """Return the rows of a shard in the order of arrival, after `close`; `FILE` holds the number of the file."""
        frames = [table.to_pandas() for table in self.tables(number)]
        if not frames:
            schema = (
                self._schemas[0]
                if self._schemas
                else pa.schema([(each, pa.string()) for each in self._columns])
            )
            frames = [schema.empty_table().to_pandas()]
        if len(frames) == 1:
            return frames[0]
        return pd.concat(frames, ignore_index=True).sort_values(FILE, kind="stable", ignore_index=True)

    def tables(self, number: int) -> Iterator[pa.Table]:
        """Yield the rows of a shard, after `close`, those of each schema by themselves, and remove their files."""
        for layout in range(len(self._schemas)):
            path = self._path(number, layout)
            if path.exists():
                with pa.memory_map(str(path)) as source:
                    table = pa.ipc.open_file(source).read_all()
                path.unlink()
                yield table

    def _path(self, number: int, layout: int) -> Path:
        return self._folder / f"{number:03d}_{layout}.arrow"
