"""Exports into logs: the account that is given, importing again, what is refused, and public logs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from boilover import cli
from boilover.adapters import load_recipe, recipe_names
from boilover.errors import UsageError
from boilover.inputs import open_log
from boilover.log import is_log, read_log, write_log
from boilover.partitions import read_manifest
from boilover.synthetic import synthetic_desk

ROOT = Path(__file__).resolve().parents[2]
EXPORT = ROOT / "data" / "samples" / "desk_export.csv"
RECIPE = ROOT / "data" / "samples" / "desk_export.toml"
ESCALATION = '\n[escalation]\ndefault = "again"\n[escalation.again]\nany = [{ reopened = 1 }]\n'
HANDED = "[escalation.handed]\nany = [{ reassignments = 1 }]\n"


@pytest.fixture
def told(monkeypatch, capsys):
    """Return a function that runs a command and returns its exit code, standard output and standard error."""

    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["boilover", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def recipe(tmp_path) -> Path:
    """Return the sample's recipe with two escalations of which one is the default."""
    path = tmp_path / "desk.toml"
    path.write_text(RECIPE.read_text("utf-8").partition("\n[escalation]")[0] + ESCALATION + HANDED, "utf-8")
    return path


def test_the_account_as_tables(told, tmp_path):
    code, out, err = told("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "log")
    assert (code, err) == (0, "")
    for line in (
        "table export through recipe desk_export: 873 events of 45 tickets",
        "873 events are new, 0 were known",
        "- Nothing about service levels: no sla_due events.",
        "of 45 tickets escalate.",
        "Europe/Berlin",
    ):
        assert line in out
    assert len(read_log(tmp_path / "log").events) == 873


def test_importing_again_changes_nothing_and_says_so_as_json(told, tmp_path):
    words = ("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "log", "--json")
    first = json.loads(told(*words)[1])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "log").rglob("*.[pj]*")}
    again = json.loads(told(*words)[1])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "log").rglob("*.[pj]*")} == before
    assert (first["log"]["new"], again["log"]["new"], again["log"]["known"]) == (873, 0, 873)
    assert (again["log"]["written"], again["log"]["changed"]) == (0, [])
    assert set(again) == {"export", "log", "capability"}
    assert again["capability"]["available"] == first["capability"]["available"] > 90


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_log_that_is_not_in_partitions_is_put_there(told, tmp_path, form):
    log = synthetic_desk(n_tickets=60, seed=2)
    write_log(log, tmp_path / "plain", format=form)
    code, out, err = told("ingest", tmp_path / "plain", "-o", tmp_path / "log")
    assert (code, err) == (0, "")
    assert f"log export: {len(log.events):,} events of 60 tickets" in out
    assert read_manifest(tmp_path / "log").partitions
    for found, wanted in zip(read_log(tmp_path / "log").to_pandas(), log.ordered().to_pandas(), strict=True):
        common = wanted.columns
        pd.testing.assert_frame_equal(found[common].astype("str"), wanted[common].astype("str"))


def late_events() -> pd.DataFrame:
    """Return a ticket whose second message became known a day after it was written."""
    return pd.DataFrame(
        {
            "ticket_id": "7",
            "occurred_at": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-06"], utc=True),
            "event_type": ["created", "message", "weighed"],
            "observed_at": pd.to_datetime([None, "2026-01-07", None], utc=True),
            "text": [None, "still broken", None],
        }
    )


def test_a_folder_of_events_alone_is_a_log_with_all_that_it_tells(told, tmp_path):
    """Nothing of it is read as an export is, whatever lies beside it: not when events were known, nor other types."""
    folder = tmp_path / "log"
    folder.mkdir()
    late_events().to_csv(folder / "events.csv", index=False)
    (folder / "README.txt").write_text("ours", "utf-8")
    code, _, _ = told("ingest", folder, "-o", tmp_path / "kept")
    assert code == 0
    kept, known = (open_log(each).told.to_pandas()[0] for each in (tmp_path / "kept", folder))
    assert kept["event_type"].tolist() == ["created", "weighed", "message"]
    assert kept["observed_at"].dropna().tolist() == known["observed_at"].dropna().tolist()


def test_a_table_does_not_lose_when_its_events_were_known(told, tmp_path):
    late_events().assign(value="").to_csv(tmp_path / "rows.csv", index=False)
    code, _, said = told("ingest", tmp_path / "rows.csv", "-o", tmp_path / "kept")
    assert (code, "rows.csv, column 'observed_at'" in said, "into a folder of its own" in said) == (
        3,
        True,
        True,
    )


@pytest.mark.parametrize("columns", ["Ticket_ID,When,Event_Type", "ticket_id;occurred_at;event_type", ""])
def test_a_folder_whose_events_nearly_are_a_logs_is_one(told, tmp_path, columns):
    (tmp_path / "events.csv").write_text(f"{columns}\n1,2,3\n" if columns else "", "utf-8")
    assert is_log(tmp_path)
    code, _, said = told("kpis", tmp_path, "--input-format", "log")
    assert (code, "events.csv" in said or "required column is missing" in said) == (3, True)


@pytest.mark.parametrize(
    "columns", ["key,ts,kind,value", "bug_id,when,field,ts", "parent_ticket_id,event_type_code,x"]
)
def test_a_folder_with_an_events_table_of_another_tool_is_an_export(tmp_path, columns):
    (tmp_path / "events.csv").write_text(f"{columns}\n1,2,3,4\n", "utf-8")
    assert not is_log(tmp_path)


def test_a_log_is_imported_by_itself(told, tmp_path):
    write_log(synthetic_desk(n_tickets=20, seed=4), tmp_path / "other")
    code, _, err = told("ingest", tmp_path / "other", EXPORT, "-o", tmp_path / "log")
    assert (code, "other is a log. Import each log by itself, and exports apart from it" in err) == (2, True)


def test_two_overlapping_exports_make_the_log_of_both(told, tmp_path):
    rows = pd.read_csv(EXPORT, dtype="str", sep=";")
    ids = rows["Case"].drop_duplicates().tolist()
    for name, chosen in (("early", ids[:30]), ("late", ids[20:])):
        rows[rows["Case"].isin(chosen)].to_csv(tmp_path / f"{name}.csv", index=False, sep=";")
        assert told("ingest", tmp_path / f"{name}.csv", "--recipe", RECIPE, "-o", tmp_path / "parts")[0] == 0
    assert told("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "whole")[0] == 0
    for one, other in zip(
        read_log(tmp_path / "parts").to_pandas(), read_log(tmp_path / "whole").to_pandas(), strict=True
    ):
        pd.testing.assert_frame_equal(one, other)


UPDATES = """
[mapping]
shape = "updates"
ticket_id = "Case"
time = "When"
%s
[mapping.state]
status = "State"
[mapping.statuses]
"Waiting" = "%s"
"Open" = "open"
"""
STATES = "Case,When,State,No\n1,2026-01-05T09:00Z,Open,1\n1,2026-01-06T09:00Z,Waiting,2\n1,2026-01-07T09:00Z,Open,3\n"


def test_a_recipe_that_reads_otherwise_is_not_mixed_into_the_same_log(told, tmp_path):
    source, recipe, log = (tmp_path / name for name in ("states.csv", "desk.toml", "log"))
    source.write_text(STATES, "utf-8")
    recipe.write_text(UPDATES % ("", "pending"), "utf-8")
    assert told("ingest", source, "--recipe", recipe, "-o", log)[0] == 0
    before = (log / "log.json").read_text("utf-8")
    recipe.write_text(UPDATES % ("", "on_hold") + ESCALATION, "utf-8")
    code, _, err = told("ingest", source, "--recipe", recipe, "-o", log)
    assert (code, (log / "log.json").read_text("utf-8")) == (3, before)
    for words in ("table desk is read by another recipe", "of ticket '1'", "into a new folder"):
        assert words in err
    # Another source may add to the same tickets, and what decides no reading may change.
    other = recipe.rename(tmp_path / "other.toml")
    assert told("ingest", source, "--recipe", other, "-o", log)[0] == 0
    recipe.write_text(UPDATES % ("", "pending") + ESCALATION, "utf-8")
    code, out, _ = told("ingest", source, "--recipe", recipe, "-o", log)
    assert (code, "another recipe" in out) == (0, False)


def test_fields_are_named_as_a_declaration_needs_them(told, tmp_path):
    source, recipe = tmp_path / "states.csv", tmp_path / "desk.toml"
    source.write_text(STATES.replace("No", "Eskaliert?"), "utf-8")
    recipe.write_text(
        (UPDATES % ("", "pending")).replace("status =", '"escalated" = "Eskaliert?"\nstatus ='), "utf-8"
    )
    words = ("ingest", source, "--recipe", recipe, "-o", tmp_path / "log")
    code, out, _ = told(*words)
    assert (code, "by their names in an [escalation] table: escalated." in " ".join(out.split())) == (0, True)
    assert json.loads(told(*words, "--json")[1])["capability"]["fields"] == ["escalated"]


def test_a_mended_recipe_says_that_known_events_stay_as_they_were(told, tmp_path):
    source, recipe, log = (tmp_path / name for name in ("states.csv", "desk.toml", "log"))
    source.write_text(STATES, "utf-8")
    for word in ("pending", "on_hold"):
        recipe.write_text(UPDATES % ('event_id = "No"', word), "utf-8")
        code, out, _ = told("ingest", source, "--recipe", recipe, "-o", log)
        assert (code, "what is known stays as it was read then" in " ".join(out.split())) == (
            0,
            word == "on_hold",
        )
    old = json.loads((log / "log.json").read_text("utf-8"))
    del old["readings"]
    (log / "log.json").write_text(json.dumps(old), "utf-8")
    code, out, _ = told("ingest", source, "--recipe", recipe, "-o", log)
    assert (code, "another recipe" in out) == (0, False)


def test_the_recipes_escalation_is_kept_and_its_events_are_not_written(told, tmp_path, recipe):
    assert told("ingest", EXPORT, "--recipe", recipe, "-o", tmp_path / "log")[0] == 0
    escalated = read_log(tmp_path / "log").events["event_type"].to_pylist().count("escalated")
    opened = open_log(tmp_path / "log")
    assert opened.rule.any[0].reopened == 1
    assert opened.told.events["event_type"].to_pylist().count("escalated") == escalated
    assert opened.log.events["event_type"].to_pylist().count("escalated") > 0
    assert open_log(tmp_path / "log", escalation_name="handed").rule.any[0].reassignments == 1
    given = open_log(tmp_path / "log", escalation={"any": [{"reopened": 2}]})
    assert given.rule.any[0].reopened == 2
    told("ingest", EXPORT, "--recipe", recipe, "--escalation", "handed", "-o", tmp_path / "log")
    assert read_manifest(tmp_path / "log").escalation_name == "handed"
    assert open_log(tmp_path / "log").rule.any[0].reassignments == 1


def test_what_escalates_is_told_by_the_declaration_that_the_log_keeps(told, tmp_path, recipe):
    """A recipe without one takes none back, and its import says what the log means."""
    log, bare = tmp_path / "log", tmp_path / "bare.toml"
    bare.write_text(recipe.read_text("utf-8").partition("\n[escalation]")[0], "utf-8")
    found = []
    for each in ((recipe, "--escalation", "handed"), (bare,)):
        code, out, _ = told("ingest", EXPORT, "--recipe", *each, "-o", log, "--json")
        assert code == 0
        found.append(json.loads(out)["capability"]["escalated"])
    assert found[0] == found[1] > 0


def test_an_escalation_is_refused_where_none_is_declared(told, tmp_path):
    bare = tmp_path / "bare.toml"
    bare.write_text(RECIPE.read_text("utf-8").partition("\n[escalation]")[0], "utf-8")
    assert told("ingest", EXPORT, "--recipe", bare, "--escalation", "handed", "-o", tmp_path / "log")[0] == 2
    assert told("ingest", EXPORT, "--recipe", bare, "-o", tmp_path / "log")[0] == 0
    with pytest.raises(UsageError, match="there is no escalation 'handed'"):
        open_log(tmp_path / "log", escalation_name="handed")


def test_an_escalation_that_is_not_declared_is_refused_before_anything_is_written(told, tmp_path, recipe):
    code, _, err = told("ingest", EXPORT, "--recipe", recipe, "--escalation", "x", "-o", tmp_path / "log")
    assert (code, "there is no escalation 'x'. There are: again, handed" in err) == (2, True)
    assert not (tmp_path / "log").exists()


def test_train_needs_no_configuration_after_an_import(told, tmp_path):
    events = synthetic_desk(n_tickets=500, seed=4).to_pandas()[0]
    events = events[events["event_type"] != "escalated"]
    rows = events[["ticket_id", "occurred_at", "event_type", "value", "actor_id", "actor_role"]]
    rows.to_csv(tmp_path / "export.csv", index=False)
    text = (ROOT / "src" / "boilover" / "recipes" / "table.toml").read_text("utf-8")
    mine = text.partition("\n[escalation")[0] + "\n[escalation]\nany = [{ reassignments = 1 }]\n"
    (tmp_path / "mine.toml").write_text(mine, "utf-8")
    code, _, err = told(
        "ingest", tmp_path / "export.csv", "--recipe", tmp_path / "mine.toml", "-o", tmp_path / "log"
    )
    assert code == 0, err
    code, _, err = told("train", tmp_path / "log", "--model", tmp_path / "model", "--no-track")
    assert code == 0, err


def test_too_much_that_is_dropped_leaves_the_log_as_it_was(told, tmp_path):
    rows = pd.read_csv(EXPORT, dtype="str", sep=";")
    rows["When"] = rows["When"].where(rows.index % 3 > 0, "soon")
    rows.to_csv(tmp_path / "bad.csv", index=False, sep=";")
    told("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "log")
    before = read_log(tmp_path / "log")
    code, _, err = told("ingest", tmp_path / "bad.csv", "--recipe", RECIPE, "-o", tmp_path / "log")
    assert (code, "cannot be used" in err) == (3, True), err
    assert read_log(tmp_path / "log").events.equals(before.events)
    words = (
        "ingest",
        tmp_path / "bad.csv",
        "--recipe",
        RECIPE,
        "-o",
        tmp_path / "other",
        "--max-dropped",
        0.9,
    )
    assert told(*words)[0] == 0


def test_ids_of_people_are_hashed_with_the_key_of_a_file(told, tmp_path):
    (tmp_path / "key").write_text("a secret\n")
    words = ("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "log", "--hash-ids")
    assert told(*words, tmp_path / "key")[0] == 0
    told("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "open")
    shown, hidden = (
        set(read_log(tmp_path / name).to_pandas()[0]["actor_id"].dropna()) for name in ("open", "log")
    )
    assert len(shown) == len(hidden)
    assert not shown & hidden
    code, _, err = told(*words, tmp_path / "nokey")
    assert (code, "Name a file that holds a secret key" in err) == (2, True)


def test_ids_of_people_are_hashed_in_one_way_in_a_log(told, tmp_path):
    """Else the same person would have two ids, and nothing would show it."""
    for name in ("key", "other"):
        (tmp_path / name).write_text(f"the {name}")
    log, anew = tmp_path / "log", "or ingest all exports anew into another folder"
    source = ("ingest", EXPORT, "--recipe", RECIPE, "-o")
    keyed, otherwise = (("--hash-ids", tmp_path / name) for name in ("key", "other"))
    assert told(*source, log, *keyed)[0] == told(*source, log, *keyed)[0] == 0
    before = (log / "log.json").read_bytes()
    assert b"the key" not in before
    assert read_manifest(log).people
    for words, message in (
        (otherwise, f"Name the file with that key, {anew}"),
        ((), "with the key: --hash-ids"),
    ):
        code, _, err = told(*source, log, *words)
        assert (code, message in err, str(log) in err) == (2, True, True)
    assert (log / "log.json").read_bytes() == before
    told(*source, tmp_path / "open")
    code, _, err = told(*source, tmp_path / "open", *keyed)
    assert (code, f"Leave the key out (--hash-ids), {anew}" in err) == (2, True)
    # Imported as a log, ids stay hashed as they are, and what was written before this was kept is taken as it is.
    code, _, err = told("ingest", log, "-o", tmp_path / "copy", *otherwise)
    assert (code, "are hashed there already" in err) == (2, True)
    assert told("ingest", log, "-o", tmp_path / "copy")[0] == told(*source, tmp_path / "copy", *keyed)[0] == 0
    told_before = {name: value for name, value in json.loads(before).items() if name != "people"}
    (log / "log.json").write_text(json.dumps(told_before))
    assert told(*source, log, *keyed)[0] == 0
    assert (log / "log.json").read_bytes() == before


def test_a_folder_that_holds_something_else_is_refused(told, tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "letter.txt").write_text("dear")
    code, _, err = told("ingest", EXPORT, "--recipe", RECIPE, "-o", tmp_path / "log")
    assert (code, "holds letter.txt" in err) == (2, True)


def test_score_tells_the_format_and_what_an_export_lacks(told, tmp_path):
    shutil.copy(EXPORT, tmp_path / "mystery.bin")
    words = ("score", tmp_path / "mystery.bin", "--recipe", RECIPE, "--model", ROOT / "models" / "demo")
    code, out, err = told(*words)
    assert code == 0, err
    assert "mystery.bin: table, 873 events" in err
    assert "default features." in err
    assert "Nothing about service levels" in err
    assert out.startswith("ticket_id,")


def test_public_logs_are_listed_with_their_citation_and_traps(told):
    code, out, _ = told("datasets")
    assert code == 0
    listed = [each["name"] for each in json.loads(told("datasets", "--json")[1])["datasets"]]
    assert {"uci_servicenow", "helpdesk"} <= set(listed) <= set(recipe_names())
    assert "zendesk" not in listed
    for name in listed:
        known = load_recipe(name)
        assert known.citation
        assert f"{name}: {known.title}" in out
    code, out, _ = told("datasets", "helpdesk")
    assert "bpic2013" not in out
    assert "Variant" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("datasets", "moon"), "there is no public log 'moon'. There are: bpic2013"),
        (("datasets", "helpdesk", "x.csv"), "say with -o where"),
        (("datasets", "helpdesk", "-o", "log"), "name a public log and the files"),
        (("datasets", "moon", "x.csv", "-o", "log"), "there is no public log"),
    ],
)
def test_a_wrong_call_says_what_is_missing(told, words, message):
    code, _, err = told(*words)
    assert (code, message in err) == (2, True), err


def test_a_copy_of_a_public_log_becomes_an_event_log(told, tmp_path, shared_data):
    source = shared_data / "helpdesk" / "helpdesk.csv.gz"
    code, out, err = told("datasets", "helpdesk", source, "-o", tmp_path / "log")
    assert code == 0, err
    assert "mind: seriousness is constant" in err
    assert "4,580 tickets" in out
    assert open_log(tmp_path / "log").rule.any
