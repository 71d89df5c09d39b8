"""Every column of a table's export, those that its recipe leaves alone included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from boilover.adapters import open_export
from boilover.adapters.base import Tally
from boilover.adapters.blocks import header, read_blocks
from boilover.adapters.mapping import fitting, sort_out
from boilover.adapters.members import Member
from boilover.adapters.table_mapping import TableMapping
from boilover.adapters.times import to_utc
from boilover.audit.columns import Column
from boilover.history import Coded, Codes, History, Ints
from boilover.places import fetched


def raw_columns(path: Path, recipe: str | None, history: History) -> tuple[list[Column], TableMapping]:
    """Return all columns of the tables at ``path`` but ticket id and time, and the mapping that reads them.

    ``history`` is that of the log that the recipe makes of them; rows of tickets that it does not hold are left out.
    A column of the second table, with one row per ticket, is taken as told at creation. The tables are held in memory,
    as codes. Without a recipe it is the shipped one that the columns fit.
    """
    with fetched(path) as here:
        _, export = open_export([here], format="table", recipe=recipe)
        mapping = (export.recipe or fitting(export.members)).table
        events, tickets = sort_out(export.members, mapping)
        columns = list(_of_rows(events, mapping, history))
        if tickets:
            columns += _of_tickets(tickets, mapping, history)
    return columns, mapping


def _of_rows(members: Sequence[Member], mapping: TableMapping, history: History) -> Iterator[Column]:
    table = _read(members, mapping)
    times = to_utc(_series(table, mapping.time), mapping.time_format, mapping.timezone, Tally())
    table, times = table.filter(pa.array(times.notna())), times[times.notna()]
    ticket = _tickets(table, mapping.ticket_id, history)
    time = times.dt.tz_convert(None).astype("datetime64[us]").astype("int64").to_numpy()
    keys = [
        pd.to_numeric(_series(table, name), errors="coerce").to_numpy() for name in reversed(mapping.order)
    ]
    order = np.lexsort((time, *keys, ticket))
    used = mapping.columns()
    for name in table.column_names:
        if name not in (mapping.ticket_id, mapping.time):
            column = _column(name, table, order, ticket, time, history.n_tickets)
            yield replace(column, read=name in used)


def _of_tickets(members: Sequence[Member], mapping: TableMapping, history: History) -> Iterator[Column]:
    assert mapping.tickets is not None
    table = _read(members, mapping)
    ticket = _tickets(table, mapping.tickets.ticket_id, history)
    born = history.created[np.maximum(ticket, 0)]
    order = np.argsort(ticket, kind="stable")
    told = set(mapping.tickets.attributes.values())
    for name in table.column_names:
        if name not in (mapping.tickets.ticket_id, mapping.tickets.created):
            column = _column(name, table, order, ticket, born, history.n_tickets)
            yield replace(column, read=name in told)


def _column(name: str, table: pa.Table, order: Ints, ticket: Codes, time: Ints, n_tickets: int) -> Column:
    encoded = table[name].combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    told = Coded(codes[order], tuple(encoded.dictionary.to_pylist()))
    return Column.of_rows(name, "column", ticket[order], time[order], told, n_tickets)


def _read(members: Sequence[Member], mapping: TableMapping) -> pa.Table:
    """Return all columns of the tables as dictionaries, which is as what they take least memory."""
    pieces = []
    for member in members:
        names = header(member, delimiter=mapping.delimiter, encoding=mapping.encoding)
        for block in read_blocks(member, names, mapping):
            columns = {name: block[name].cast(pa.string()).combine_chunks() for name in names}
            pieces.append(pa.table({name: column.dictionary_encode() for name, column in columns.items()}))
    return pa.concat_tables(pieces, promote_options="default").unify_dictionaries()


def _tickets(table: pa.Table, name: str, history: History) -> Codes:
    return history.find(table[name].cast(pa.string()).combine_chunks())


def _series(table: pa.Table, name: str) -> pd.Series:
    return table[name].cast(pa.string()).to_pandas()
