"""The five public logs, where they are at hand: known sizes, and nothing of the future in them."""

from pathlib import Path

import pytest

from boilover.adapters import ingest, load_recipe
from boilover.schema import STATUSES

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SIZES = {
    "uci_servicenow": (141_712, 24_918),
    "bpic2013": (65_533, 7_554),
    "helpdesk": (21_348, 4_580),
    "eclipse_jdt": (191_642, 10_814),
    "jira_duraspace": (28_148, 3_036),
}
FOUND = ("bpic2013", "helpdesk", "jira_duraspace")
"""Logs whose recipe is found by their columns; of the others it is named."""

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the public logs are not at hand")


@pytest.fixture(scope="module", params=SIZES)
def real(request):
    name = request.param
    log, report = ingest([SHARED / name], recipe=None if name in FOUND else name)
    return name, *log.to_pandas(), report


def test_real_logs(real):
    name, events, tickets, report = real
    assert report.recipe == name
    assert (report.rows, report.tickets) == SIZES[name]
    assert report.unknown == {}
    assert report.dropped == {}
    assert report.to_dict()["events"] == len(events)
    created = events[events.event_type == "created"]
    assert sorted(created.ticket_id) == sorted(tickets.ticket_id)
    assert tickets.ticket_id.is_unique
    assert set(events.loc[events.event_type == "status_changed", "value"]) <= set(STATUSES)
    _nothing_forbidden(name, events, tickets)
    seen = events.observed_at.fillna(events.occurred_at)
    assert (seen.groupby(events.ticket_id).diff().dropna().dt.total_seconds() >= 0).all()
    first_status = events[events.event_type == "status_changed"].drop_duplicates("ticket_id")
    started = first_status.merge(created, on="ticket_id", suffixes=("", "_created"))
    assert (started.occurred_at == started.occurred_at_created).mean() > 0.9


def _nothing_forbidden(name, events, tickets):
    mapping = load_recipe(name).mapping
    sources = {*mapping.state.values(), *mapping.counters.values(), *mapping.attributes.values()}
    assert not set(mapping.forbidden) & (sources | mapping.columns() | mapping.ticket_columns())
    renamed = {"seriousness"}  # of helpdesk: the constant column is forbidden, seriousness_2 takes its name
    changed = {"duedate"}  # of jira: today's value is forbidden, its changes are events
    assert not set(mapping.forbidden) & (set(tickets.columns) - renamed)
    assert not set(mapping.forbidden) & (set(events.field.dropna()) - renamed - changed)
