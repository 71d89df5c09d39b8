"""The peer: the same features in the group-bys of pandas, vectorised, one group-by or map for a feature or two.

Left out on both sides, for want of a natural group-by: features of service levels (two targets that replace each
other), slopes, returns to an earlier holder, the customer's present wait, backlogs of holders and of the desk, and
handoffs of assignee and group counted once per instant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

CLOSED = ["solved", "closed"]
LEVELS = {"low": 1.0, "normal": 2.0, "high": 3.0, "urgent": 4.0}
SHRINK = 2.0
HOUR = pd.Timedelta("1h")

Columns = dict[str, Any]


def read(folder: Path, *, coded: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``(events, tickets)`` as they are in the files, with tickets by their id.

    ``coded``: words become categories and ticket ids numbers first, a step that group-bys gain from and few users take.
    """
    events = pd.read_parquet(folder / "events.parquet")
    tickets = pd.read_parquet(folder / "tickets.parquet")
    if coded:
        for name in ("event_type", "value", "actor_id", "actor_role"):
            events[name] = events[name].astype("category")
        events["ticket"] = pd.Index(tickets["ticket_id"]).get_indexer(events.pop("ticket_id"))
        return events, tickets
    return named(events, tickets)


def named(events: pd.DataFrame, tickets: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both with their columns and index as `features` reads them."""
    return events.rename(columns={"ticket_id": "ticket"}), tickets.set_index("ticket_id")


def features(
    events: pd.DataFrame, tickets: pd.DataFrame, as_of: pd.Timestamp, asked: pd.Index | None = None
) -> pd.DataFrame:
    """Return one row per ticket, or per ``asked`` one; there is nothing after ``as_of`` in ``events``."""
    asking = Asking(events, tickets if asked is None else tickets.loc[asked], as_of)
    columns: Columns = {}
    of_type = dict(iter(events.groupby("event_type", observed=True)))
    solved = _solved(of_type["status_changed"])
    mine, my_solved, of_mine = events, solved, of_type
    if asked is not None:
        mine = events[events["ticket"].isin(asked)]
        my_solved = solved[solved["ticket"].isin(asked)]
        of_mine = dict(iter(mine.groupby("event_type", observed=True)))
    _status(asking, of_mine["status_changed"], columns)
    _age(asking, mine, of_mine["created"], columns)
    _messages(asking, mine, of_mine["message"], my_solved, columns)
    _priority(asking, of_mine["priority_changed"], columns)
    _sentiment(asking, of_mine["message"], columns)
    _histories(asking, tickets, of_type, columns)
    for holder in ("assignee", "group"):
        _holder(asking, holder, of_mine[f"{holder}_changed"], of_type, columns)
    _desk(asking, of_type, solved, columns)
    return pd.DataFrame(columns, index=asking.tickets.index).astype("float32")


class Asking:
    """What is asked of parts of the events: their number, the time since the last, per ticket or another key."""

    def __init__(self, events: pd.DataFrame, tickets: pd.DataFrame, as_of: pd.Timestamp) -> None:
        """Keep the tickets and the moment."""
        self.tickets, self.as_of = tickets, as_of

    def recent(self, part: pd.DataFrame, window: str) -> pd.DataFrame:
        return part[part["occurred_at"] > self.as_of - pd.Timedelta(window.replace("d", "D"))]

    def count(self, part: pd.DataFrame) -> pd.Series:
        return part.groupby("ticket").size().reindex(self.tickets.index, fill_value=0)

    def since(self, part: pd.DataFrame) -> pd.Series:
        last = part.groupby("ticket")["occurred_at"].max()
        return ((self.as_of - last) / HOUR).reindex(self.tickets.index)

    def per_ticket(self, values: pd.Series) -> pd.Series:
        return values.reindex(self.tickets.index)


def _age(ask: Asking, events: pd.DataFrame, created: pd.DataFrame, columns: Columns) -> None:
    columns["hours_since_created"] = ask.since(created)
    columns["hours_since_any_event"] = ask.since(events)
    columns["count_any_event"] = ask.count(events)
    for window in ("24h", "7d"):
        columns[f"count_any_event_{window}"] = ask.count(ask.recent(events, window))
    weight = 0.5 ** ((ask.as_of - events["occurred_at"]) / pd.Timedelta("24h"))
    columns["decayed_any_event_24h"] = ask.per_ticket(weight.groupby(events["ticket"]).sum())
    born = ask.per_ticket(created.groupby("ticket")["occurred_at"].min())
    columns["hour_of_creation"] = (born - born.dt.normalize()) / HOUR
    columns["weekday_of_creation"] = born.dt.day_of_week


def _solved(entered: pd.DataFrame) -> pd.DataFrame:
    """Return the changes of status that solved a ticket."""
    is_closed = entered["value"].isin(CLOSED)
    return entered[is_closed & ~is_closed.groupby(entered["ticket"]).shift(fill_value=False)]


def _status(ask: Asking, entered: pd.DataFrame, columns: Columns) -> None:
    is_closed = entered["value"].isin(CLOSED)
    was_closed = is_closed.groupby(entered["ticket"]).shift(fill_value=False)
    reopened = entered[was_closed & ~is_closed]
    columns["hours_since_status_entered"] = ask.since(entered)
    columns["count_status_entered"] = ask.count(entered)
    columns["count_status_entered_24h"] = ask.count(ask.recent(entered, "24h"))
    different = entered.groupby("ticket")["value"].nunique()
    columns["distinct_status_of_status_entered"] = ask.per_ticket(different).fillna(0)
    columns["count_reopened"] = ask.count(reopened)
    columns["count_reopened_7d"] = ask.count(ask.recent(reopened, "7d"))
    columns["hours_since_reopened"] = ask.since(reopened)
    columns["count_waits_on_customer"] = ask.count(entered[entered["value"] == "pending"])


def _messages(
    ask: Asking, events: pd.DataFrame, message: pd.DataFrame, solved: pd.DataFrame, columns: Columns
) -> None:
    internal = message["is_public"].eq(False).fillna(False).astype(bool)
    asked = message[message["actor_role"] == "customer"]
    reply = message[(message["actor_role"] == "agent") & ~internal]
    columns["count_customer_message"] = ask.count(asked)
    for window in ("24h", "7d"):
        columns[f"count_customer_message_{window}"] = ask.count(ask.recent(asked, window))
    columns["hours_since_customer_message"] = ask.since(asked)
    columns["count_agent_reply"] = ask.count(reply)
    columns["hours_since_agent_reply"] = ask.since(reply)
    columns["count_internal_note"] = ask.count(message[internal & (message["actor_role"] != "customer")])
    columns["count_bot_message"] = ask.count(message[message["actor_role"] == "bot"])
    columns["hours_since_agent_action"] = ask.since(events[events["actor_role"] == "agent"])
    columns["distinct_actor_of_any_event"] = ask.per_ticket(events.groupby("ticket")["actor_id"].nunique())
    turns = pd.concat({"asked": asked, "reply": reply, "solved": solved}, names=["turn"]).reset_index("turn")
    turns = turns[["turn", "ticket", "occurred_at"]].sort_index(kind="stable")
    ends = (turns["turn"] != "asked").astype(int)
    stretch = ends.groupby(turns["ticket"]).cumsum() - ends
    began = turns["occurred_at"].where(ends == 0).groupby([turns["ticket"], stretch]).transform("min")
    gap = ((turns["occurred_at"] - began) / HOUR)[turns["turn"] == "reply"]
    by_ticket = gap.groupby(turns["ticket"])
    columns["mean_response_gap"] = ask.per_ticket(by_ticket.mean())
    columns["max_response_gap"] = ask.per_ticket(by_ticket.max())
    columns["last_response_gap"] = ask.per_ticket(by_ticket.last())


def _priority(ask: Asking, changed: pd.DataFrame, columns: Columns) -> None:
    level = changed["value"].map(LEVELS).astype(float)
    step = level - level.groupby(changed["ticket"]).shift()
    by_ticket = level.groupby(changed["ticket"])
    columns["last_priority_level"] = ask.per_ticket(by_ticket.last())
    columns["max_priority_level"] = ask.per_ticket(by_ticket.max())
    columns["count_priority_raised"] = ask.count(changed[step > 0])
    columns["count_priority_lowered"] = ask.count(changed[step < 0])
    columns["hours_since_priority_raised"] = ask.since(changed[step > 0])


def _sentiment(ask: Asking, message: pd.DataFrame, columns: Columns) -> None:
    asked = message[message["actor_role"] == "customer"]
    by_ticket = asked.groupby("ticket")
    columns["last_sentiment"] = ask.per_ticket(by_ticket["sentiment"].last())
    columns["mean_sentiment"] = ask.per_ticket(by_ticket["sentiment"].mean())
    columns["min_sentiment"] = ask.per_ticket(by_ticket["sentiment"].min())
    lately = ask.recent(asked, "7d").groupby("ticket")["sentiment"].mean()
    columns["mean_sentiment_7d"] = ask.per_ticket(lately)
    columns["last_words"] = ask.per_ticket(by_ticket["words"].last())
    columns["sum_words"] = ask.per_ticket(by_ticket["words"].sum()).fillna(0)


def _histories(
    ask: Asking, tickets: pd.DataFrame, of_type: dict[Any, pd.DataFrame], columns: Columns
) -> None:
    created = of_type["created"]
    escalated = of_type["escalated"].drop_duplicates("ticket")
    spoken = of_type["message"][of_type["message"]["actor_role"] == "customer"]
    for key in ("customer_id", "account_id"):
        of_key, of_asked = tickets[key], ask.tickets[key]

        def keyed(part: pd.DataFrame, of_key: pd.Series = of_key) -> Any:
            return part.groupby(part["ticket"].map(of_key))

        def told(values: pd.Series, of_asked: pd.Series = of_asked) -> pd.Series:
            return of_asked.map(values)

        for window in ("7d", "90d"):
            counts = keyed(ask.recent(created, window)).size()
            columns[f"{key}_count_created_{window}"] = told(counts).fillna(0)
        columns[f"{key}_count_escalated_90d"] = told(keyed(ask.recent(escalated, "90d")).size()).fillna(0)
        last = keyed(escalated)["occurred_at"].max()
        columns[f"{key}_hours_since_escalated"] = told((ask.as_of - last) / HOUR)
        columns[f"{key}_mean_csat"] = told(keyed(of_type["csat"])["number"].mean())
        columns[f"{key}_mean_sentiment_90d"] = told(keyed(ask.recent(spoken, "90d"))["sentiment"].mean())
    for key in ("customer_id", "account_id", "category"):
        _lifts(ask, escalated, created, tickets[key], columns)


def _holder(
    ask: Asking,
    holder: str,
    changed: pd.DataFrame,
    of_type: dict[Any, pd.DataFrame],
    columns: Columns,
) -> None:
    words = changed["value"]
    before = words.groupby(changed["ticket"]).shift()
    columns[f"count_{holder}_handoff"] = ask.count(changed[before.notna() & (before != words)])
    different = words.groupby(changed["ticket"]).nunique()
    columns[f"distinct_{holder}_of_any_event"] = ask.per_ticket(different).fillna(0)
    now = ask.per_ticket(words.groupby(changed["ticket"]).last())
    lately = ask.recent(of_type["escalated"].drop_duplicates("ticket"), "7d")
    # Who held a ticket when it escalated: the last change before, of the tickets that did.
    both = pd.concat([of_type[f"{holder}_changed"], lately.assign(value=None)])
    both = both[both["ticket"].isin(lately["ticket"])].sort_index(kind="stable")
    held = both["value"].groupby(both["ticket"]).ffill()
    counts = lately.groupby(held.loc[lately.index]).size()
    columns[f"{holder}_count_escalated_7d"] = now.map(counts).fillna(0)


def _desk(ask: Asking, of_type: dict[Any, pd.DataFrame], solved: pd.DataFrame, columns: Columns) -> None:
    escalated = of_type["escalated"].drop_duplicates("ticket")
    for window in ("24h", "7d"):
        columns[f"desk_count_created_{window}"] = len(ask.recent(of_type["created"], window))
    columns["desk_count_escalated_7d"] = len(ask.recent(escalated, "7d"))
    outcome = _outcomes(escalated, solved.drop_duplicates("ticket"))
    columns["desk_mean_outcome_30d"] = ask.recent(outcome, "30d")["outcome"].mean()


def _outcomes(escalated: pd.DataFrame, solved: pd.DataFrame) -> pd.DataFrame:
    """Return first escalations as 1, and first solutions that came before them as 0."""
    first = pd.Series(escalated.index, index=escalated["ticket"])
    at = solved["ticket"].map(first)
    calm = solved[at.isna() | (at > solved.index)]
    return pd.concat([escalated.assign(outcome=1.0), calm.assign(outcome=0.0)]).sort_index()


def _lifts(
    ask: Asking, escalated: pd.DataFrame, created: pd.DataFrame, of_key: pd.Series, columns: Columns
) -> None:
    for window in ("", "30d"):
        happened, came = (ask.recent(part, window) if window else part for part in (escalated, created))
        counts = [
            ask.tickets[of_key.name].map(part["ticket"].map(of_key).value_counts()).fillna(0).astype(float)
            for part in (happened, came)
        ]
        expected = counts[1] * len(happened) / max(len(came), 1)
        name = "_".join(filter(None, (str(of_key.name), "lift_escalated_per_created", window)))
        columns[name] = (counts[0] + SHRINK) / (expected + SHRINK)
