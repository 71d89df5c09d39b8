"""XES: namespaces, nesting, offsets, traces, and XML that means harm."""

import gzip

import pytest

from boilover.adapters import ingest, load_recipe
from boilover.adapters.base import Tally
from boilover.adapters.members import members_of
from boilover.adapters.xes import parsed_xes
from boilover.errors import InputError

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log{namespace}>
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <float key="meta" value="1"><float key="concept:name" value="0.5"/></float>
  <trace>
    <string key="concept:name" value="T1"/>
    <event>
      <string key="concept:name" value="Accepted"/>
      <string key="org:group" value="V5 3rd"><string key="line" value="3"/></string>
      <list key="tags"><values><string key="tag" value="x"/></values></list>
      <date key="time:timestamp" value="2026-03-29T01:30:00.000+01:00"/>
    </event>
    <event>
      <date key="time:timestamp" value="2026-03-29T03:30:00.000+02:00"/>
      <string key="concept:name" value="Completed"/>
    </event>
    <string key="customer" value="late"/>
  </trace>
  <trace><string key="concept:name" value="empty"/></trace>
  <event><string key="concept:name" value="outside"/></event>
</log>
"""
RECIPE = """
format = "xes"
[mapping]
shape = "updates"
ticket_id = "case:concept:name"
time = "time:timestamp"
state = { status = "concept:name", group = "org:group" }
attributes = { customer_id = "case:customer" }
statuses = { Accepted = "open", Completed = "solved" }
"""
BOMB = """<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<log><trace><string key="concept:name" value="&b;"/></trace></log>"""
ANY_LOG = """<log>
  <trace>
    <string key="concept:name" value="T1"/>
    <string key="outcome" value="late"/>
    <event>
      <string key="concept:name" value="Work"/>
      <string key="org:resource" value="ann"/>
      <string key="org:group" value="1st"/>
      <string key="lifecycle:transition" value="start"/>
      <date key="time:timestamp" value="2026-01-01T10:00:00Z"/>
    </event>
    <event>
      <string key="concept:name" value="Work"/>
      <string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="2026-01-01T11:00:00Z"/>
    </event>
    <event>
      <string key="concept:name" value="Close"/>
      <string key="org:resource" value="bob"/>
      <string key="org:group" value="2nd"/>
      <string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="2026-01-01T12:00:00Z"/>
    </event>
  </trace>
  <trace>
    <string key="concept:name" value="T2"/>
    <event>
      <string key="concept:name" value="Work"/>
      <date key="time:timestamp" value="2026-01-02T00:00:00Z"/>
    </event>
  </trace>
</log>"""
NAMESPACES = {"none": "", "default": ' xmlns="http://www.xes-standard.org/"'}


def write(tmp_path, content, name="log.xes"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return path


def events_of(path):
    events = []
    for _ in parsed_xes(members_of([path], Tally())[0], events.extend):
        pass
    return events


@pytest.mark.parametrize("namespace", NAMESPACES.values(), ids=NAMESPACES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_events_become_rows(tmp_path, namespace, pack):
    path = write(tmp_path, pack(LOG.replace("{namespace}", namespace).encode()))
    columns = {
        "case:concept:name",
        "concept:name",
        "org:group",
        "org:group/line",
        "tags/tag",
        "case:customer",
    }
    rows = [{key: event.get(key, "") for key in columns} for event in events_of(path)]
    common = {"case:concept:name": "T1", "case:customer": "late"}
    assert rows == [
        {**common, "concept:name": "Accepted", "org:group": "V5 3rd", "org:group/line": "3", "tags/tag": "x"},
        {**common, "concept:name": "Completed", "org:group": "", "org:group/line": "", "tags/tag": ""},
        {**dict.fromkeys(columns, ""), "concept:name": "outside"},
    ]


def test_a_log_is_mapped_like_a_table(tmp_path):
    path = write(tmp_path, LOG.replace("{namespace}", ""))
    log, report = ingest([path], recipe=tmp_path / "recipe.toml")
    events, tickets = log.to_pandas()
    assert events.event_type.tolist() == [
        "created",
        "status_changed",
        "group_changed",
        "status_changed",
        "group_changed",
    ]
    assert events.occurred_at.dt.strftime("%H:%M").tolist() == ["00:30", "00:30", "00:30", "01:30", "01:30"]
    assert tickets.customer_id.tolist() == ["late"]
    assert report.dropped == {"no ticket id": 1}


def test_prefixed_elements_are_read(tmp_path):
    text = LOG.replace("{namespace}", "").replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    text = text.replace("<x:?", "<?").replace("<x:log>", '<x:log xmlns:x="http://www.xes-standard.org/">')
    assert [event["concept:name"] for event in events_of(write(tmp_path, text))] == [
        "Accepted",
        "Completed",
        "outside",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LOG[:400].replace("{namespace}", ""), "not whole XML.*line"),
        ("<log><trace><event><pocket key='a'/></event></trace></log>", "'pocket'"),
        ("<log/>", "column 'case:concept:name'"),
        (
            BOMB,
            "document type",
        ),
        (
            "<log><trace><event>" + 200 * "<list key='k'>" + 200 * "</list>" + "</event></trace></log>",
            "more than 100 deep",
        ),
    ],
)
def test_bad_xml_says_what_is_wrong(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        ingest([write(tmp_path, content)], recipe=tmp_path / "recipe.toml")


def test_a_log_of_any_kind_opens_without_a_recipe(tmp_path):
    path = write(tmp_path, ANY_LOG, "misnamed.csv")
    log, report = ingest([path])
    events, tickets = log.to_pandas()
    assert (report.format, report.recipe) == ("xes", "xes")
    assert tickets.ticket_id.tolist() == ["T1", "T2"]
    first = events[events.ticket_id == "T1"]
    activities = first[first.field == "activity"]
    assert activities.value.tolist() == ["Work", "Work", "Close"]
    assert activities.actor_id.fillna("").tolist() == ["ann", "", "bob"]
    assert activities.actor_role.fillna("").tolist() == ["agent", "", "agent"]
    assert first.loc[first.event_type == "assignee_changed", "value"].tolist() == ["ann", "bob"]
    assert first.loc[first.event_type == "group_changed", "value"].tolist() == ["1st", "2nd"]
    assert first.loc[first.field == "lifecycle", "value"].tolist() == ["start", "complete"]
    assert "late" not in events.to_csv() + tickets.to_csv()


def test_a_log_of_names_and_times_alone_opens(tmp_path):
    bare = "\n".join(line for line in ANY_LOG.splitlines() if "org:" not in line and "lifecycle" not in line)
    events = ingest([write(tmp_path, bare)])[0].to_pandas()[0]
    assert events.event_type.value_counts().to_dict() == {"field_changed": 4, "created": 2}
    assert set(events.field.dropna()) == {"activity"}


def test_a_log_without_times_says_so(tmp_path):
    with pytest.raises(InputError, match="column 'time:timestamp'"):
        ingest([write(tmp_path, ANY_LOG.replace("time:timestamp", "when"))])


def test_a_shipped_recipe_wins_where_its_keys_fit(tmp_path):
    mapping = load_recipe("bpic2013").table
    own = "".join(
        f'<string key="{key}" value="x"/>'
        for key in sorted(mapping.columns())
        if not key.startswith(("case:", "time:"))
    )
    text = (
        '<log><trace><string key="concept:name" value="1"/><event>'
        f'<date key="time:timestamp" value="2026-01-01T00:00:00Z"/>{own}</event></trace></log>'
    )
    assert ingest([write(tmp_path, text)])[1].recipe == "bpic2013"
    assert ingest([write(tmp_path, text.replace("organization country", "country"))])[1].recipe == "xes"


def test_events_are_the_same_in_however_many_shards(tmp_path, monkeypatch):
    traces = "".join(
        f'<trace><string key="concept:name" value="{n}"/>'
        + "".join(
            f'<event><string key="concept:name" value="a{n % 3}"/><string key="org:group" value="g{step % n}"/>'
            f'<date key="time:timestamp" value="2026-01-01T00:00:{step:02}Z"/></event>'
            for step in range(4)
        )
        + "</trace>"
        for n in range(1, 40)
    )
    path = write(tmp_path, f"<log>{traces}</log>")
    whole, one = ingest([path])
    monkeypatch.setattr("boilover.adapters.shards.SHARD", 6000)
    monkeypatch.setattr("boilover.adapters.xes.ROWS", 7)
    parted, many = ingest([path])
    assert parted.ordered().events.equals(whole.ordered().events)
    assert sorted(parted.tickets["ticket_id"].to_pylist()) == sorted(whole.tickets["ticket_id"].to_pylist())
    assert one == many
