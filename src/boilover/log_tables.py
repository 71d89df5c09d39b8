"""A table of a log on disk: where it is, which columns it has, and what it holds; Parquet or CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from boilover.casting import OFFSET, attribute, cast, plain_column
from boilover.csv_faults import fault_in
from boilover.errors import InputError
from boilover.log_csv import CUT_SHORT, bytes_of, names_in, read_csv
from boilover.partitions import joined, sound
from boilover.places import filesystem_of, named, unreadable
from boilover.schema import EVENTS, MEASURES, TEXTS, TICKETS

SUFFIXES = (".parquet", ".csv", ".csv.gz")
CONTRACT = {
    "events": {column.name: column for column in (*EVENTS, *MEASURES)},
    "tickets": {column.name: column for column in TICKETS},
}


def table_in(folder: Path, name: str) -> Path | None:
    """Return where a table of a log is, None where there is none; raise `InputError` for a CSV that is not opened."""
    paths = [folder / f"{name}{suffix}" for suffix in SUFFIXES] + [folder / name]
    path = next((path for path in paths if path.exists()), None)
    if path is not None and ".csv" in path.name:
        try:
            path.open("rb").close()
        except OSError as error:
            raise unreadable(path, error) from error
    return path


def read_table(path: Path, coded: Sequence[str] | None, leave_out: Sequence[str]) -> pa.Table:
    """Return a table; of Parquet the ``coded`` columns, of None those of words, are dictionary-encoded."""
    try:
        if ".csv" in path.name:
            return read_csv(path, leave_out)
        return _read_parquet(path, _attributes(path) if coded is None else coded, leave_out)
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (pa.ArrowException, UnicodeDecodeError, OSError, *CUT_SHORT) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else "nothing in it"
        if ".csv" in path.name:
            raise _fault(path) or InputError(
                # What follows a colon may be a row as it stands.
                f"cannot be read as CSV: {reason.partition(':')[0]}",
                file=path,
                mend="Export it again",
            ) from error
        raise _doubled(path) or InputError(
            f"cannot be read as Parquet: {reason}", file=path, mend="Export it again"
        ) from error


def _read_parquet(path: Path, coded: Sequence[str], leave_out: Sequence[str]) -> pa.Table:
    """Return a file with its marks, or a folder of files as one table."""
    store = filesystem_of(path)
    if not path.is_file():
        dataset = pq.ParquetDataset(named(path), read_dictionary=coded, filesystem=store)
        with ThreadPoolExecutor() as pool:
            held = list(pool.map(lambda piece: piece.physical_schema, dataset.fragments))
        if any(each != held[0] for each in held):
            return _joined(dataset, held, leave_out, path.name)
        columns = [column for column in dataset.schema.names if column not in leave_out]
        return dataset.read(columns=columns).replace_schema_metadata(None)
    about = pq.read_metadata(named(path), filesystem=store)
    names = about.schema.to_arrow_schema().names
    # As a dataset of one, a file would come in pieces that have to be joined again.
    with pq.ParquetFile(
        named(path),
        metadata=about,
        read_dictionary=[column for column in coded if column in names],
        filesystem=store,
        pre_buffer=store is not None,
    ) as file:
        return file.read(columns=[column for column in names if column not in leave_out])


def _joined(
    dataset: pq.ParquetDataset, held: Sequence[pa.Schema], leave_out: Sequence[str], table: str
) -> pa.Table:
    """Return files that differ in columns or types as one table. As a dataset they would be read by the first one:
    what it lacks, or holds nothing of, would be lost."""
    names = {name for each in held for name in each.names}
    keys = [field for field in dataset.schema if field.name not in names]
    pieces, files = [], [piece.path for piece in dataset.fragments]
    for piece, schema in zip(dataset.fragments, held, strict=True):
        columns = [name for name in schema.names if name not in leave_out]
        whole = pa.schema([*schema, *keys])
        read = piece.to_table(whole, columns=[*columns, *(key.name for key in keys)])
        pieces.append({name: plain_column(read[name]) for name in read.column_names})
    for name in sorted({name for piece in pieces for name in piece}):
        places = [place for place, piece in enumerate(pieces) if name in piece]
        kinds = {pieces[place][name].type for place in places}
        if len(kinds - {pa.null()}) > 1:
            data = [pieces[place][name] for place in places]
            told = _of_one_type(data, [files[place] for place in places], table, name)
            for place, each in zip(places, told, strict=True):
                pieces[place][name] = each
    return joined(map(pa.table, pieces), table, files)


def _of_one_type(
    data: Sequence[pa.ChunkedArray], files: Sequence[str], table: str, name: str
) -> list[pa.ChunkedArray]:
    """Return what files hold of a column, each brought to the contract as that of a single file would be: joined
    first, ids would be numbers that cannot tell them apart, and times of other units would come round."""
    column = CONTRACT[table].get(name)
    if column is None and table == "events":
        # Nobody reads it, but its name tells what a missing one may be called.
        return [pa.chunked_array([pa.nulls(len(each))]) for each in data]
    told = [
        sound(
            partial(attribute, each, table, name) if column is None else partial(cast, each, table, column),
            each.type,
            name,
            file,
        )
        for each, file in zip(data, files, strict=True)
    ]
    if column is not None and pa.types.is_timestamp(column.type):
        _alike(data, files, name)
    return told


def _alike(data: Sequence[pa.ChunkedArray], files: Sequence[str], name: str) -> None:
    """Raise `InputError` where the times that some files write carry a UTC offset and those of others do not."""
    offsets = {
        file: pc.any(pc.match_substring_regex(each, OFFSET)).as_py()
        for each, file in zip(data, files, strict=True)
        if pa.types.is_string(each.type)
    }
    bare = [file for file, has_offset in offsets.items() if has_offset is False]
    if bare and any(offsets.values()):
        problem = "its times carry no UTC offset, and those of other files do"
        raise InputError(problem, file=bare[0], column=name, mend="Write every time with its offset")


def columns_of(path: Path) -> list[str]:
    """Return the names of a table's columns, none where that cannot be read."""
    with suppress(OSError, pa.ArrowInvalid, UnicodeDecodeError, *CUT_SHORT):
        if ".csv" in path.name:
            with bytes_of(path) as stream:
                return names_in(stream)
        return list(pq.ParquetDataset(named(path), filesystem=filesystem_of(path)).schema.names)
    return []


def _attributes(path: Path) -> list[str]:
    """Return the columns of tickets that hold words."""
    schema = pq.ParquetDataset(named(path), filesystem=filesystem_of(path)).schema
    return [
        each.name
        for each in schema
        if pa.types.is_string(each.type) and each.name not in ("ticket_id", *TEXTS)
    ]


def _doubled(path: Path) -> InputError | None:
    """Return what is wrong with the first file that has a column more than once, None where that is not seen."""
    with suppress(OSError, UnicodeDecodeError, pa.ArrowException):
        # With a schema given, Arrow does not stop at the first file's.
        dataset = pq.ParquetDataset(named(path), schema=pa.schema([]), filesystem=filesystem_of(path))
        for piece in dataset.fragments:
            for name, number in Counter(piece.physical_schema.names).items():
                if number > 1:
                    problem, mend = "column stands more than once", "Rename all but one, or leave them out"
                    return InputError(problem, file=piece.path, column=name, mend=mend)
    return None


def _fault(path: Path) -> InputError | None:
    """Return what is wrong with a CSV, None where that is not seen."""
    try:
        with bytes_of(path) as stream:
            return fault_in(stream, path)
    except (OSError, *CUT_SHORT):
        return None
