"""The audit names columns that know the future, planted ones and those of the public logs, and no others."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

from boilover import cli
from boilover.adapters import load_recipe
from boilover.audit import audit, audit_source
from boilover.audit.alone import BOUND
from boilover.audit.clock import moments_of
from boilover.audit.names import is_late_name
from boilover.audit.numerals import numbers_of
from boilover.audit.relate import above_chance, chance_of_hit, mapped, told_rank
from boilover.audit.table import render
from boilover.errors import UsageError
from boilover.inputs import open_log
from boilover.log import EventLog, write_log
from boilover.synthetic import synthetic_desk

PLANTED = {
    "ended_on": "future time",
    "team": "final value",
    "finisher": "final value",
    "answers": "final count",
    "verdict": "alone",
    "close_code": "named",
}
INNOCENT = {"luck", "promised", "seats", "final_word"}


def planted(log: EventLog) -> EventLog:
    """Return the desk with columns of its tickets that were filled in at the end, and some that were not."""
    rng = np.random.default_rng(3)
    events, tickets = log.to_pandas()
    ids = tickets["ticket_id"]
    by_type = {kind: rows.groupby("ticket_id") for kind, rows in events.groupby("event_type")}
    ends = events[(events["event_type"] == "status_changed") & events["value"].isin(["solved", "closed"])]
    ended = ids.map(ends.groupby("ticket_id")["occurred_at"].last())
    born = ids.map(events.groupby("ticket_id")["occurred_at"].first())
    solvers = ids.map(ends[ends["value"] == "solved"].groupby("ticket_id")["actor_id"].last())
    numbers = {who: f"No. {number}" for number, who in enumerate(sorted(solvers.dropna().unique()))}
    span = (ended - born).dt.total_seconds()
    replies = events[(events["event_type"] == "message") & (events["actor_role"] == "agent")]
    replies = replies[replies["is_public"].astype("boolean").fillna(True).astype(bool)]
    boiled = ids.isin(events.loc[events["event_type"] == "escalated", "ticket_id"])
    slow = (span > span.median()) & (rng.random(len(ids)) < 0.7)
    return EventLog.from_pandas(
        events,
        tickets.assign(
            ended_on=ended.dt.strftime("%d/%m/%Y %H:%M"),
            team=ids.map(by_type["group_changed"]["value"].last()),
            # Written in other words than the events write it.
            finisher=solvers.map(numbers),
            answers=ids.map(replies.groupby("ticket_id").size()).fillna(0),
            verdict=np.where(boiled ^ (rng.random(len(ids)) < 0.01), "A", "B"),
            close_code=np.where(slow, "7", rng.choice(["6", "7", "8"], len(ids))),
            luck=rng.choice(["a", "b", "c"], len(ids)),
            promised=(born + pd.Timedelta(days=3)).dt.strftime("%d/%m/%Y %H:%M"),
            seats=rng.integers(1, 40, len(ids)),
            final_word=rng.choice(["x", "y"], len(ids)),
        ),
    )


@pytest.fixture(scope="module")
def desk():
    return synthetic_desk(n_tickets=1200, seed=5)


@pytest.fixture(scope="module")
def found(desk):
    return audit(planted(desk), horizon="30d")


def test_what_was_filled_in_at_the_end_is_named_with_its_kind(found):
    assert {each.column: each.kind for each in found.findings if each.is_leak} == PLANTED
    assert set(found.leaks) == set(found.harmful) == set(PLANTED)


def test_a_name_and_a_promise_are_hints_and_no_proof(found):
    hints = {each.column: each.kind for each in found.findings if not each.is_leak}
    assert hints == {"promised": "planned", "final_word": "name"}
    assert set(found.columns) >= INNOCENT


def test_a_desk_without_such_columns_is_not_accused(desk):
    clean = audit(desk)
    assert clean.findings == ()
    assert "none knows the future" in render(clean.to_dict())


def test_a_finding_tells_its_evidence_and_can_be_read(found):
    told = {each.column: each for each in found.findings}
    assert told["ended_on"].figures["same"] > 0.95
    assert told["verdict"].figures["low"] > BOUND
    assert told["answers"].figures["share"] > 0.99
    assert "from the first row" in told["team"].example
    text = render(json.loads(json.dumps(found.to_dict())))
    assert all(f"'{name}'" in text for name in PLANTED)


def test_a_number_that_is_when_the_ticket_ended_is_read_to_its_last_digit(desk):
    events, tickets = desk.to_pandas()
    born = events[events["event_type"] == "created"].drop_duplicates("ticket_id")
    ended = born["ticket_id"].map(events.groupby("ticket_id")["occurred_at"].last())
    told = born.assign(
        event_type="estimate", value=None, number=ended.astype("int64") // 1_000_000, event_id=None
    )
    log = EventLog.from_pandas(pd.concat([events, told], ignore_index=True), tickets)
    (finding,) = (each for each in audit(log).findings if each.column == "number of estimate")
    assert finding.kind == "future time"
    assert finding.figures["same"] > 0.9


def test_local_times_are_compared_in_their_zone_and_without_one_that_is_told(desk):
    events, tickets = desk.to_pandas()
    ended = tickets["ticket_id"].map(events.groupby("ticket_id")["occurred_at"].last())
    local = ended.dt.tz_convert("Asia/Kolkata").dt.strftime("%d.%m.%Y %H:%M")
    log = EventLog.from_pandas(
        events, tickets[["ticket_id"]].assign(ended_on=local, born=ended.astype("str"))
    )
    there = audit(log, timezone="Asia/Kolkata")
    assert {each.column: each.figures["same"] for each in there.findings}["ended_on"] > 0.95
    assert there.notes == ()
    taken = audit(log)
    assert {each.column: each.figures["same"] for each in taken.findings}["ended_on"] < 0.05
    (note,) = taken.notes
    assert note.startswith("the times of 'ended_on' have no offset and were taken for UTC")
    with pytest.raises(UsageError, match="unknown timezone 'Indien'; write a name such as"):
        audit(log, timezone="Indien")


def test_an_attribute_that_is_a_time_by_its_type_leaks_and_no_model_sees_it(desk):
    events, tickets = planted(desk).to_pandas()
    ended = pd.to_datetime(tickets.pop("ended_on"), format="%d/%m/%Y %H:%M", utc=True)
    told = audit(EventLog.from_pandas(events, tickets[["ticket_id"]].assign(ended_at=ended)))
    (finding,) = told.findings
    assert (finding.column, finding.kind, told.harmful) == ("ended_at", "future time", ())
    assert "no model sees it" in render(told.to_dict())
    assert finding.mend.startswith("No model sees it as it is")


def test_how_long_something_took_is_told_in_digits(desk):
    events, tickets = desk.to_pandas()
    span = tickets["ticket_id"].map(
        events.groupby("ticket_id")["occurred_at"].agg(lambda times: times.max() - times.min())
    )
    hours = 100 * span.dt.total_seconds() / 3600
    later = events.assign(
        occurred_at=events["occurred_at"]
        + 99 * (events["occurred_at"] - events.groupby("ticket_id")["occurred_at"].transform("min"))
    )
    (finding,) = audit(EventLog.from_pandas(later, tickets[["ticket_id"]].assign(took=hours))).findings
    assert finding.kind == "course"
    assert "e+0" not in finding.example


def test_values_told_when_they_become_known_are_no_leak(desk):
    """The same facts, told as events at their moments."""
    events, tickets = desk.to_pandas()
    solved = events[(events["event_type"] == "status_changed") & (events["value"] == "solved")]
    told = solved.assign(event_type="field_changed", field="resolution", value="done", event_id=None)
    told["value"] = np.random.default_rng(0).choice(["fixed", "won't fix"], len(told))
    when = told.assign(field="resolved_at", value=told["occurred_at"].dt.strftime("%Y-%m-%d %H:%M"))
    log = EventLog.from_pandas(pd.concat([events, told, when], ignore_index=True), tickets)
    assert audit(log).leaks == ()


def test_the_command_lists_findings_and_fails_only_where_it_is_told_to(desk, tmp_path, monkeypatch, capsys):
    write_log(planted(desk), tmp_path / "log")

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["boilover", "audit", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    code, out, _ = run(tmp_path / "log", "--json")
    assert code == 0
    assert set(json.loads(out)["harmful"]) >= {"ended_on", "team", "answers"}
    code, out, err = run(tmp_path / "log", "--strict")
    assert code == 7
    assert "leak: attribute 'ended_on' (future time)" in out
    assert "ended_on" in err


@pytest.fixture(scope="module")
def incidents(tmp_path_factory):
    """Some thousand incidents of the public ServiceNow log, as it is published."""
    from random_logs import SHARED

    if not SHARED.is_dir():
        pytest.skip("no folder of shared data beside the repository")
    rows = pd.read_csv(
        SHARED / "uci_servicenow" / "incident_event_log.csv.gz", dtype="str", keep_default_na=False
    )
    kept = rows["number"].drop_duplicates().iloc[::8]
    folder = tmp_path_factory.mktemp("incidents")
    rows[rows["number"].isin(kept)].to_csv(folder / "incidents.csv", index=False)
    return folder


LEAKS = {"resolved_at", "resolved_by", "closed_at", "closed_code"}


def test_of_an_export_every_column_is_looked_at_and_what_no_model_sees_does_no_harm(incidents):
    path = incidents / "incidents.csv"
    found = audit_source(open_log(path, recipe="uci_servicenow"), path, recipe="uci_servicenow")
    assert set(found.leaks) == LEAKS
    assert found.harmful == ()
    assert {"made_sla", "active", "reopen_count", "sys_created_at", "location"} <= set(found.columns)


def test_fed_to_a_model_the_leaking_columns_are_named_and_no_others(incidents):
    recipe = load_recipe("uci_servicenow")
    text = (incidents / "leaky.toml").as_posix()
    write_leaky(text, recipe)
    source = open_log(incidents / "incidents.csv", recipe=text)
    assert set(source.log.tickets.column_names) >= LEAKS
    found = audit(source.log)
    assert set(found.harmful) == LEAKS
    assert not [each for each in found.findings if each.column not in LEAKS]


def write_leaky(path, recipe):
    """Write the shipped recipe, less what it forbids and with the leaking columns as attributes."""
    from importlib import resources

    shipped = (resources.files("boilover") / "recipes" / f"{recipe.name}.toml").read_text("utf-8")
    fed = "\n".join(f'{name} = "{name}"' for name in sorted(LEAKS))
    before, _, rest = shipped.partition("[mapping.forbidden]")
    _, _, after = rest.partition("[escalation]")
    leaky = before.replace("[mapping.attributes]\n", f"[mapping.attributes]\n{fed}\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{leaky}[escalation]{after}")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["29/02/2016 01:23", "1/3/2016 09:52"], "2016-02-29T01:23"),
        (["2016-02-29T01:23:00Z", "2016-03-01"], "2016-02-29T01:23"),
        (["1456709000", "1456809000"], "2016-02-29T01:23:20"),
        (["2016/02/29 01:23:00.000", "2016/03/01 00:00:00.000"], "2016-02-29T01:23"),
        (["29.02.2016", "01.03.2016"], "2016-02-29"),
        (["2/29/2016 1:23:00 AM", "12/1/2016 12:00:00 PM"], "2016-02-29T01:23"),
        (["2/29/2016, 1:23 AM", "12/1/2016, 12:00 PM"], "2016-02-29T01:23"),
        (["29/Feb/16 1:23 AM", "1/Mar/16 9:52 AM"], "2016-02-29T01:23"),
        (["29-Feb-16", "01-Mar-16"], "2016-02-29"),
        (["Feb 29, 2016", *["May 2, 2016"] * 20], "2016-02-29"),
    ],
)
def test_times_are_known_in_whatever_way_they_are_written(words, first):
    assert moments_of(words)[0] == pd.Timestamp(first).value / 1000


@pytest.mark.parametrize("time_format", ["%Y%m%d", ("iso", "%Y%m%d")])
def test_digits_are_times_where_their_format_is_declared(time_format):
    words = [f"2025{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29)]
    assert moments_of(words) is None
    assert moments_of(words, time_format=time_format)[0] == pd.Timestamp("2025-01-01").value / 1000


@pytest.mark.parametrize("words", [["1", "2"], ["low", "high"], ["6", "1234567"], ["a 1/2/2016", "b"], []])
def test_what_is_no_time_is_not_taken_for_one(words):
    assert moments_of(words) is None


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["1152.5", "3"], 1152.5),
        (["true", "no"], 1.0),
        (["69,121", "3"], 69_121.0),
        (["69,121", "3,5"], 69.121),
        (["1.152,5", "0,1"], 1152.5),
        (["48d 0h 30m", "5 min"], 1152.5),
        (["P48DT0H30M", "PT1H"], 1152.5),
        (["48 days 00:30:00", "0 days 01:00:00"], 1152.5),
        (["1152:30", "0:01"], 1152.5),
        (["1152.5 h", "3 days"], 1152.5),
        (["48 Tage 30 Min.", "3 Std. 20 Minuten", "1 Woche"], 1152.5),
        (["48 jours 30 minutes", "3 heures"], 1152.5),
        (["48 días 30 minutos", "3 horas"], 1152.5),
    ],
)
def test_numbers_and_spans_are_known_in_whatever_way_they_are_written(words, first):
    assert numbers_of(words)[0] == pytest.approx(first)


@pytest.mark.parametrize(
    "word", ["", "low", "A1", "1,2,3", "P", "::", "12:345", ", " * 40_000, "1" * 40_000 + "x"]
)
def test_what_is_no_number_is_not_taken_for_one_however_long(word):
    assert np.isnan(numbers_of([word])).all()


@pytest.mark.parametrize(
    "name",
    [
        *("resolved_at", "closed_code", "closedAt", "reopen_count", "metric_set", "status_final", "made_sla"),
        *(
            "Gelöst am",
            "Geschlossen am",
            "Lösungscode",
            "Abschlussgrund",
            "GELO\u0308ST_VON",
            "Letzte Änderung",
        ),
        *(
            "Lösungsdauer",
            "Anzahl Kommentare",
            "SLA verletzt",
            "erledigtAm",
            "Bearbeitungszeit",
            "Geändert am",
        ),
        *(
            "Clôturé le",
            "Date de résolution",
            "Nombre de réponses",
            "Fecha de cierre",
            "Última actualización",
        ),
        *("Data chiusura", "Risolto il", "Gesloten op", "Laatste wijziging"),
    ],
)
def test_names_of_the_end_are_known(name):
    assert is_late_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("opened_at", "category", "enclosed", "disclosure", "channel", "finals", "solvent"),
        *(
            "Erstellt am",
            "Kategorie",
            "Dringlichkeit",
            "Kunde",
            "Standort",
            "Vorgang",
            "Auflösung des Geräts",
        ),
        *("Créé le", "Catégorie", "Creado el", "Prioridad", "Aperto il", "Aangemaakt op"),
    ],
)
def test_other_names_are_not(name):
    assert not is_late_name(name)


def test_chance_is_that_of_a_shuffle():
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 4, 300), rng.integers(1, 6, 200)
    assert chance_of_hit(left, right) == pytest.approx((left[:, None] == right[None, :]).mean())


def test_what_is_learned_on_earlier_tickets_holds_on_later_ones_or_not():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, 4000).astype(np.int32)
    since = rng.permutation(4000).astype(np.int64)
    renamed = np.array([3, 1, 4, 0, 2])[codes]
    assert mapped(codes, renamed, since)[::2] == (1.0, 2000)
    assert mapped(codes, np.where(since < 2000, renamed, 4 - renamed), since)[0] < 0.5
    assert told_rank(codes, renamed.astype(float), since) > 0.95
    found, chance = above_chance(codes, rng.random(4000), since, rounds=20, seed=0)
    assert max(found, chance) < 0.1
