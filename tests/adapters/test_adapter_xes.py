"""XES: namespaces, nesting, offsets, traces, and XML that means harm."""

import gzip

import pytest

from boilover.adapters import ingest
from boilover.adapters.xes import read_xes
from boilover.errors import InputError, UsageError

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
NAMESPACES = {"none": "", "default": ' xmlns="http://www.xes-standard.org/"'}


def write(tmp_path, content, name="log.xes"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return path


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
    rows = read_xes(path, columns).fillna("").to_dict("records")
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
    assert len(read_xes(write(tmp_path, text), {"concept:name"})) == 3


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
    ],
)
def test_bad_xml_says_what_is_wrong(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        ingest([write(tmp_path, content)], recipe=tmp_path / "recipe.toml")


def test_the_format_is_detected_and_asks_for_a_recipe(tmp_path):
    path = write(tmp_path, LOG.replace("{namespace}", ""), "misnamed.csv")
    with pytest.raises(UsageError, match=r"XES.*bpic2013"):
        ingest([path])
