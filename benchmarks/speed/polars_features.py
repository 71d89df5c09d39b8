"""The peer: the features of `pandas_features` in one lazy query of Polars, each kind of event filtered first."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

CLOSED = ["solved", "closed"]
LEVELS = {"low": 1.0, "normal": 2.0, "high": 3.0, "urgent": 4.0}
SHRINK = 2.0
SPANS = {
    name: timedelta(hours=hours) for name, hours in {"24h": 24, "7d": 168, "30d": 720, "90d": 2160}.items()
}
TICKET = "ticket_id"
AT, VALUE, SENTIMENT = pl.col("occurred_at"), pl.col("value"), pl.col("sentiment")
COLUMNS = [TICKET, "row", "occurred_at"]


def features(folder: Path, as_of: datetime) -> pl.DataFrame:
    """Return one row per ticket, in the order of the file; the log holds nothing after ``as_of``."""
    events = pl.scan_parquet(folder / "events.parquet", row_index_name="row")
    tickets = pl.scan_parquet(folder / "tickets.parquet")
    asking = Asking(events, as_of)
    parts = [_age(asking), *_status_and_turns(asking), _priority(asking), _sentiment(asking)]
    found = tickets
    for part in parts:
        found = found.join(part, on=TICKET, how="left", maintain_order="left")
    found = _histories(asking, tickets, found)
    for holder in ("assignee", "group"):
        found = _holder(asking, holder, found)
    found = found.with_columns(*_desk(asking))
    names = [name for name in found.collect_schema().names() if name not in tickets.collect_schema().names()]
    counts = [name for name in names if name.startswith(("count_", "distinct_", "sum_"))]
    return found.select(
        pl.col(counts).fill_null(0), pl.col([name for name in names if name not in counts])
    ).collect()


class Asking:
    """The events, parted by kind, and what is often asked of them."""

    def __init__(self, events: pl.LazyFrame, as_of: datetime) -> None:
        """Part the events."""
        self.events, self.as_of = events, as_of
        self.created, self.csat = self.of("created"), self.of("csat")
        self.escalated = self.of("escalated").unique(TICKET, keep="first", maintain_order=True)
        entered = self.of("status_changed").with_columns(is_closed=VALUE.is_in(CLOSED))
        self.entered = entered.with_columns(
            was_closed=pl.col("is_closed").shift(1).over(TICKET).fill_null(value=False)
        )
        self.solved = self.entered.filter(pl.col("is_closed") & ~pl.col("was_closed"))
        role, hidden = pl.col("actor_role"), pl.col("is_public").not_().fill_null(value=False)
        self.message = self.of("message").with_columns(
            asked=role == "customer",
            reply=(role == "agent") & ~hidden,
            note=hidden & (role != "customer"),
        )
        self.spoken = self.message.filter("asked")

    def of(self, kind: str) -> pl.LazyFrame:
        return self.events.filter(pl.col("event_type") == kind)

    def recent(self, window: str) -> pl.Expr:
        return pl.lit(self.as_of) - SPANS[window] < AT

    def since(self, time: pl.Expr) -> pl.Expr:
        return (pl.lit(self.as_of) - time).dt.total_microseconds() / 3.6e9


def _age(ask: Asking) -> pl.LazyFrame:
    age = (pl.lit(ask.as_of) - AT).dt.total_microseconds() / 3.6e9
    whole = ask.events.group_by(TICKET).agg(
        ask.since(AT.max()).alias("hours_since_any_event"),
        pl.len().alias("count_any_event"),
        *(ask.recent(window).sum().alias(f"count_any_event_{window}") for window in ("24h", "7d")),
        (0.5 ** (age / 24)).sum().alias("decayed_any_event_24h"),
        ask.since(pl.when(pl.col("actor_role") == "agent").then(AT).max()).alias("hours_since_agent_action"),
        pl.col("actor_id").n_unique().alias("distinct_actor_of_any_event"),
    )
    born = ask.created.group_by(TICKET).agg(AT.min().alias("born"))
    return whole.join(born, on=TICKET, how="left").select(
        pl.exclude("born"),
        ask.since(pl.col("born")).alias("hours_since_created"),
        ((pl.col("born") - pl.col("born").dt.truncate("1d")).dt.total_microseconds() / 3.6e9).alias(
            "hour_of_creation"
        ),
        (pl.col("born").dt.weekday() - 1).alias("weekday_of_creation"),
    )


def _status_and_turns(ask: Asking) -> list[pl.LazyFrame]:
    reopened = pl.col("was_closed") & ~pl.col("is_closed")
    status = ask.entered.group_by(TICKET).agg(
        ask.since(AT.max()).alias("hours_since_status_entered"),
        pl.len().alias("count_status_entered"),
        ask.recent("24h").sum().alias("count_status_entered_24h"),
        VALUE.n_unique().alias("distinct_status_of_status_entered"),
        reopened.sum().alias("count_reopened"),
        (reopened & ask.recent("7d")).sum().alias("count_reopened_7d"),
        ask.since(pl.when(reopened).then(AT).max()).alias("hours_since_reopened"),
        (VALUE == "pending").sum().alias("count_waits_on_customer"),
    )
    asked, reply = pl.col("asked"), pl.col("reply")
    messages = ask.message.group_by(TICKET).agg(
        asked.sum().alias("count_customer_message"),
        *(
            (asked & ask.recent(window)).sum().alias(f"count_customer_message_{window}")
            for window in ("24h", "7d")
        ),
        ask.since(pl.when(asked).then(AT).max()).alias("hours_since_customer_message"),
        reply.sum().alias("count_agent_reply"),
        ask.since(pl.when(reply).then(AT).max()).alias("hours_since_agent_reply"),
        pl.col("note").sum().alias("count_internal_note"),
        (pl.col("actor_role") == "bot").sum().alias("count_bot_message"),
    )
    kinds = {"asked": ask.spoken, "reply": ask.message.filter("reply"), "solved": ask.solved}
    turns = pl.concat([part.select(*COLUMNS, turn=pl.lit(name)) for name, part in kinds.items()]).sort("row")
    turns = turns.with_columns(ends=(pl.col("turn") != "asked").cast(pl.Int32))
    turns = turns.with_columns(stretch=pl.col("ends").cum_sum().over(TICKET) - pl.col("ends"))
    began = pl.when(pl.col("ends") == 0).then(AT).min().over(TICKET, "stretch")
    gap = turns.with_columns(gap=(AT - began).dt.total_microseconds() / 3.6e9).filter(
        pl.col("turn") == "reply"
    )
    gaps = gap.group_by(TICKET).agg(
        pl.col("gap").mean().alias("mean_response_gap"),
        pl.col("gap").max().alias("max_response_gap"),
        pl.col("gap").drop_nulls().last().alias("last_response_gap"),
    )
    return [status, messages, gaps]


def _priority(ask: Asking) -> pl.LazyFrame:
    level = VALUE.replace_strict(LEVELS, return_dtype=pl.Float64)
    changed = ask.of("priority_changed").with_columns(level=level)
    changed = changed.with_columns(step=pl.col("level") - pl.col("level").shift(1).over(TICKET))
    return changed.group_by(TICKET).agg(
        pl.col("level").last().alias("last_priority_level"),
        pl.col("level").max().alias("max_priority_level"),
        (pl.col("step") > 0).sum().alias("count_priority_raised"),
        (pl.col("step") < 0).sum().alias("count_priority_lowered"),
        ask.since(pl.when(pl.col("step") > 0).then(AT).max()).alias("hours_since_priority_raised"),
    )


def _sentiment(ask: Asking) -> pl.LazyFrame:
    return ask.spoken.group_by(TICKET).agg(
        SENTIMENT.last().alias("last_sentiment"),
        SENTIMENT.mean().alias("mean_sentiment"),
        SENTIMENT.min().alias("min_sentiment"),
        pl.when(ask.recent("7d")).then(SENTIMENT).mean().alias("mean_sentiment_7d"),
        pl.col("words").last().alias("last_words"),
        pl.col("words").sum().alias("sum_words"),
    )


def _histories(ask: Asking, tickets: pl.LazyFrame, found: pl.LazyFrame) -> pl.LazyFrame:
    """Add the history of each ticket's customer, account and category."""
    names = ("customer_id", "account_id", "category")
    kinds = {"created": ask.created, "escalated": ask.escalated, "csat": ask.csat, "spoken": ask.spoken}
    of_kind = {name: part.join(tickets, on=TICKET, how="left") for name, part in kinds.items()}
    for key in names:
        parts = []
        if key != "category":
            parts = [
                of_kind["created"]
                .group_by(key)
                .agg(
                    ask.recent(window).sum().alias(f"{key}_count_created_{window}")
                    for window in ("7d", "90d")
                ),
                of_kind["escalated"]
                .group_by(key)
                .agg(
                    ask.recent("90d").sum().alias(f"{key}_count_escalated_90d"),
                    ask.since(AT.max()).alias(f"{key}_hours_since_escalated"),
                ),
                of_kind["csat"].group_by(key).agg(pl.col("number").mean().alias(f"{key}_mean_csat")),
                of_kind["spoken"]
                .filter(ask.recent("90d"))
                .group_by(key)
                .agg(SENTIMENT.mean().alias(f"{key}_mean_sentiment_90d")),
            ]
        for part in [*parts, *_lifts(ask, of_kind, tickets, key)]:
            found = found.join(part, on=key, how="left", maintain_order="left")
    counts = [
        f"{key}_count_{what}" for key in names[:2] for what in ("created_7d", "created_90d", "escalated_90d")
    ]
    return found.with_columns(pl.col(counts).fill_null(0))


def _lifts(
    ask: Asking, of_kind: dict[str, pl.LazyFrame], tickets: pl.LazyFrame, key: str
) -> list[pl.LazyFrame]:
    found = []
    for window in ("", "30d"):
        happened, came = (
            of_kind[kind].filter(ask.recent(window)) if window else of_kind[kind]
            for kind in ("escalated", "created")
        )
        counts = tickets.select(pl.col(key).unique())
        for name, part in (("happened", happened), ("came", came)):
            counts = counts.join(
                part.group_by(key).agg(pl.len().cast(pl.Float64).alias(name)), on=key, how="left"
            )
        counts = counts.with_columns(pl.col("happened", "came").fill_null(0.0))
        total, base = pl.col("happened").sum(), pl.col("came").sum()
        expected = pl.col("came") * total / pl.max_horizontal(base, 1.0)
        name = "_".join(filter(None, (key, "lift_escalated_per_created", window)))
        found.append(counts.select(key, ((pl.col("happened") + SHRINK) / (expected + SHRINK)).alias(name)))
    return found


def _holder(ask: Asking, holder: str, found: pl.LazyFrame) -> pl.LazyFrame:
    changed = ask.of(f"{holder}_changed").with_columns(before=VALUE.shift(1).over(TICKET))
    part = changed.group_by(TICKET).agg(
        (pl.col("before") != VALUE).fill_null(value=False).sum().alias(f"count_{holder}_handoff"),
        VALUE.drop_nulls().n_unique().alias(f"distinct_{holder}_of_any_event"),
        VALUE.drop_nulls().last().alias(holder),
    )
    lately = ask.escalated.filter(ask.recent("7d")).select(COLUMNS).sort("row")
    held = changed.select(TICKET, "row", pl.col("value").alias(holder)).sort("row")
    name = f"{holder}_count_escalated_7d"
    counts = (
        lately.join_asof(held, on="row", by=TICKET, check_sortedness=False)
        .group_by(holder)
        .agg(pl.len().alias(name))
    )
    found = found.join(part, on=TICKET, how="left", maintain_order="left")
    return (
        found.join(counts, on=holder, how="left", maintain_order="left")
        .with_columns(pl.col(name).fill_null(0))
        .drop(holder)
    )


def _desk(ask: Asking) -> list[pl.Expr]:
    first = ask.solved.unique(TICKET, keep="first", maintain_order=True)
    calm = first.join(ask.escalated.select(TICKET, at="row"), on=TICKET, how="left")
    calm = calm.filter(pl.col("at").is_null() | (pl.col("at") > pl.col("row")))
    ended = pl.concat(
        [ask.escalated.select("occurred_at", outcome=1.0), calm.select("occurred_at", outcome=0.0)]
    )
    asked = [
        *(
            ask.created.select(ask.recent(window).sum().alias(f"desk_count_created_{window}"))
            for window in ("24h", "7d")
        ),
        ask.escalated.select(ask.recent("7d").sum().alias("desk_count_escalated_7d")),
        ended.filter(ask.recent("30d")).select(pl.col("outcome").mean().alias("desk_mean_outcome_30d")),
    ]
    return [pl.lit(told.item()).alias(told.columns[0]) for told in pl.collect_all(asked)]
