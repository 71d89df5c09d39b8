"""The peer: the features of `pandas_features` in DuckDB's SQL (`duckdb_features.sql`), on all cores."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

SQL = Path(__file__).with_suffix(".sql")
UTC = "REPLACE (make_timestamp(epoch_us(occurred_at)) AS occurred_at)"
KEYED = """
    count(*) FILTER (kind = 'created' AND recent(occurred_at, '7 days')) AS {key}_count_created_7d,
    count(*) FILTER (kind = 'created' AND recent(occurred_at, '90 days')) AS {key}_count_created_90d,
    count(*) FILTER (kind = 'escalated' AND recent(occurred_at, '90 days')) AS {key}_count_escalated_90d,
    since(max(occurred_at) FILTER (kind = 'escalated')) AS {key}_hours_since_escalated,
    avg(number) FILTER (kind = 'csat') AS {key}_mean_csat,
    avg(number) FILTER (kind = 'spoken' AND recent(occurred_at, '90 days')) AS {key}_mean_sentiment_90d,"""
LIFTS = """
    lift(count(*) FILTER (kind = 'escalated'), count(*) FILTER (kind = 'created'),
        any_value(desk.happened), any_value(desk.came)) AS {key}_lift_escalated_per_created,
    lift(count(*) FILTER (kind = 'escalated' AND recent(occurred_at, '30 days')),
        count(*) FILTER (kind = 'created' AND recent(occurred_at, '30 days')),
        any_value(desk.happened_30d), any_value(desk.came_30d)) AS {key}_lift_escalated_per_created_30d"""
KEYS = {"customer_id": KEYED + LIFTS, "account_id": KEYED + LIFTS, "category": LIFTS}
HOLDER = """
    coalesce("{holder}".handoffs, 0) AS count_{holder}_handoff,
    coalesce("{holder}".different, 0) AS distinct_{holder}_of_any_event,
    coalesce(of_{holder}.n, 0) AS {holder}_count_escalated_7d,"""
WHOLE = """
    SELECT * EXCLUDE (ticket_id, customer_id, account_id, category, born, happened, came, happened_30d, came_30d, place)
        REPLACE ({zeros}),
        date_diff('microsecond', date_trunc('day', born), born) / 3.6e9 AS hour_of_creation,
        isodow(born) - 1 AS weekday_of_creation
    FROM (
        SELECT tickets.*, of_any.* EXCLUDE (ticket_id), of_status.* EXCLUDE (ticket_id),
            of_message.* EXCLUDE (ticket_id), of_turn.* EXCLUDE (ticket_id), of_priority.* EXCLUDE (ticket_id),
            of_customer_id.* EXCLUDE (customer_id), of_account_id.* EXCLUDE (account_id),
            of_category.* EXCLUDE (category), {holders} desk.*
        FROM tickets
        LEFT JOIN of_any USING (ticket_id) LEFT JOIN of_status USING (ticket_id) LEFT JOIN of_message USING (ticket_id)
        LEFT JOIN of_turn USING (ticket_id) LEFT JOIN of_priority USING (ticket_id)
        LEFT JOIN of_customer_id USING (customer_id) LEFT JOIN of_account_id USING (account_id)
        LEFT JOIN of_category USING (category)
        LEFT JOIN of_holder assignee ON assignee.holder = 'assignee' AND assignee.ticket_id = tickets.ticket_id
        LEFT JOIN of_holder "group" ON "group".holder = 'group' AND "group".ticket_id = tickets.ticket_id
        LEFT JOIN escalated_of_holder of_assignee
            ON of_assignee.holder = 'assignee' AND of_assignee.value = assignee.now
        LEFT JOIN escalated_of_holder of_group
            ON of_group.holder = 'group' AND of_group.value = "group".now
        CROSS JOIN desk)
    ORDER BY place"""


def features(folder: Path, as_of: datetime) -> pa.Table:
    """Return one row per ticket, in the order of the file; the log holds nothing after ``as_of``."""
    base = duckdb.connect()
    base.execute("SET VARIABLE as_of = $1::TIMESTAMP", [as_of.replace(tzinfo=None)])
    # Times without a zone: with one, truncating a day asks for an extension.
    for name, row, told in (("events", "row", UTC), ("tickets", "place", "")):
        source = f"read_parquet('{folder / name}.parquet', file_row_number = true)"
        base.execute(f"CREATE VIEW {name} AS SELECT * {told} RENAME (file_row_number AS {row}) FROM {source}")
    base.execute(SQL.read_text("utf-8"))
    for key, asked in KEYS.items():
        told = asked.format(key=key)
        base.execute(
            f"CREATE TEMP TABLE of_{key} AS SELECT {key}, {told} FROM facts CROSS JOIN desk GROUP BY {key}"
        )
    columns = [
        name
        for table in ("of_status", "of_message", "of_priority")
        for name, *_ in base.execute(f"DESCRIBE {table}").fetchall()
        if name.startswith(("count_", "distinct_", "sum_"))
    ]
    zeros = ", ".join(f"coalesce({name}, 0) AS {name}" for name in columns)
    holders = "".join(HOLDER.format(holder=holder) for holder in ("assignee", "group"))
    return base.sql(WHOLE.format(zeros=zeros, holders=holders)).to_arrow_table()
