"""The unattended job, run by run: what it writes, what it refuses, and what the next run makes of it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from job_desk import CONFIG, MODEL, POLICY, SAMPLE, ZONE, export_until, make_desk

from boilover.errors import InputError, LockedError, StaleInputError, UsageError
from boilover.flagger.ledger import Ledger
from boilover.job import Run, check_moment, held, load_job, run_desk, run_desks
from boilover.job.manifest import Account
from boilover.job.steps import ingest
from boilover.log import read_log
from boilover.model.saved import load_model
from boilover.scoring import score
from boilover.times import UNITS, parse_moment

FIRST, SECOND = "2025-01-16T06:00Z", "2025-01-18T06:00Z"


def run(config: Path, moment: str, **options: object) -> Run:
    (desk,) = load_job(config).values()
    return run_desk(desk, parse_moment(moment), **options)


def ledger_of(config: Path) -> Ledger:
    return Ledger.open(config.parent / "ledger.db", create=False)


def rows() -> pd.DataFrame:
    """Return the rows of the whole sample, their times in UTC."""
    told = pd.read_csv(SAMPLE, sep=";", dtype="str")
    when = pd.to_datetime(told["When"], format="%d.%m.%Y %H:%M:%S").dt.tz_localize(ZONE)
    return told.assign(When=when.dt.tz_convert("UTC"))


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


def flags_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "out" / "flags.csv", dtype={"ticket_id": "str"})


@pytest.fixture(scope="module")
def nights(tmp_path_factory) -> tuple[Path, list[dict], list[dict[str, bytes]], list[pd.DataFrame]]:
    """Return a desk after two nights and a repetition of each, with manifests, outputs and flags of the runs."""
    folder = tmp_path_factory.mktemp("nights")
    config = make_desk(folder)
    manifests, written, flags = [], [], []
    for moment in (FIRST, SECOND):
        export_until(folder / "export.csv", moment)
        for _ in range(2):
            manifests.append(json.loads(run(config, moment).file.read_text("utf-8")))
            written.append(outputs(folder))
            flags.append(flags_of(folder))
    return config, manifests, written, flags


def test_the_manifest_tells_what_went_in_and_what_came_out(nights):
    _, (told, *_), _, (flags, *_) = nights
    assert (told["desk"], told["as_of"], told["exit_code"], told["error"]) == (
        "desk",
        "2025-01-16T06:00:00Z",
        0,
        None,
    )
    when = rows()["When"]
    assert pd.Timestamp(told["log"]["newest_event"]) == when[when <= pd.Timestamp(FIRST)].max()
    assert told["export"]["rows"] == told["import"]["new"] == told["log"]["events"]
    assert told["export"]["notes"] == {"the first row of a case is its creation": told["log"]["tickets"]}
    assert told["threshold"]["value"] == 1.0
    assert told["triggers"]["blind"] == ["sla_used"]
    assert told["counts"]["new"] == (flags["verdict"] == "new").sum() == 3
    steps = "open, ingest, read, retrain, score, gate, triggers, decide, hand over, write, deliver, all"
    assert list(told["seconds"]) == steps.split(", ")
    assert told["delivery"] == {"sent": 0, "kept": 0, "failed": 0, "problems": []}
    assert told["model"]["fingerprint"] == load_model(MODEL).manifest.fingerprint
    assert {"boilover", "python", "lightgbm"} <= set(told["versions"])


def test_hashes_of_inputs_and_outputs_are_those_of_the_files(nights):
    _, manifests, _, _ = nights
    for file in (*manifests[-1]["inputs"], *manifests[-1]["outputs"]):
        content = Path(file["file"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert len(manifests[-1]["outputs"]) == 4


def test_the_same_moment_again_gives_the_same_bytes_and_changes_nothing(nights):
    config, manifests, written, _ = nights
    assert written[0] == written[1]
    assert written[2] == written[3]
    assert [told["recorded_before"] for told in manifests] == [False, True, False, True]
    assert [told["import"]["new"] > 0 for told in manifests] == [True, False, True, False]
    assert manifests[2]["counts"] == manifests[3]["counts"]
    assert len(ledger_of(config).export("nights")) == 2


def test_a_manifest_of_the_same_moment_differs_by_what_its_run_did(nights):
    _, manifests, _, _ = nights
    own = {"started", "seconds", "recorded_before", "import", "outcomes", "delivery"}
    told = [{**each, "log": {**each["log"], "partitions": None}} for each in manifests]
    for first, second in (told[:2], told[2:]):
        assert {name for name in first if first[name] != second[name]} <= own
        assert list(first) == list(second)


def test_flags_are_new_then_stand_or_end_by_what_became_of_the_ticket(nights):
    _, _, _, flags = nights
    first, second = flags[0].set_index("ticket_id"), flags[2].set_index("ticket_id")
    assert set(first["verdict"]) == {"new"}
    assert (first["by"] == "trigger").all()
    assert first["why"].str.contains("no public update for").all()
    after = second.loc[first.index, "verdict"].to_dict()
    told = rows()
    between = told[(told["When"] > pd.Timestamp(FIRST)) & (told["When"] <= pd.Timestamp(SECOND))]
    escalated = set(between.loc[between["What"] == "Escalation", "Case"])
    last = told[(told["When"] <= pd.Timestamp(SECOND)) & (told["What"] == "Status")]
    last = last.drop_duplicates("Case", keep="last")
    solved = set(last.loc[last["To"].isin(["Done", "Archived"]), "Case"])
    for ticket, verdict in after.items():
        ends = "escalated" if ticket in escalated else "resolved" if ticket in solved else "still"
        assert verdict == ends
    assert set(after.values()) == {"escalated", "resolved", "still"}
    assert list(second["flag_id"][first.index]) == list(first["flag_id"])


def test_the_ledger_adds_up_and_holds_what_the_files_tell(nights):
    config, _, _, flags = nights
    ledger = ledger_of(config)
    assert ledger.check() == ()
    standing = ledger.export("flags").query("cleared_at.isna()")
    told = flags[-1].query("verdict in ['new', 'still', 'risen']")
    assert dict(zip(standing["flag_id"], standing["ticket_id"], strict=True)) == dict(
        zip(told["flag_id"], told["ticket_id"], strict=True)
    )


def test_scores_are_those_of_the_command(nights):
    config, _, _, _ = nights
    saved = load_model(MODEL)
    expected = score(read_log(config.parent / "log"), saved, as_of=SECOND, explain=2)
    found = pd.read_parquet(config.parent / "out" / "scores.parquet")
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_no_text_of_a_ticket_is_in_a_manifest(nights):
    config, manifests, _, _ = nights
    events = read_log(config.parent / "log").to_pandas()[0]
    told = json.dumps(manifests, ensure_ascii=False)
    lines = {line for text in events["text"].dropna() for line in text.splitlines() if len(line) > 20}
    assert len(lines) > 50
    assert not [line for line in lines if line in told]


def test_what_is_recorded_is_replaced_when_asked_for_and_not_before_what_is_later(nights):
    config, _, _, _ = nights
    policy = config.parent / "policy.toml"
    with pytest.raises(InputError, match=r"value '\d{4}-.*Z': is before the last recorded night, \d{4}-"):
        run(config, FIRST)
    policy.write_text(POLICY.replace("hours = 12", "hours = 48"), encoding="utf-8")
    with pytest.raises(InputError, match="recorded with another input, model or policy"):
        run(config, SECOND)
    done = run(config, SECOND, again=True)
    assert not done.manifest["recorded_before"]
    assert ledger_of(config).check() == ()


def test_stale_input_stops_the_run_before_it_flags(desk):
    desk.write_text(f'{CONFIG}[limits]\nstale = "36h"\n', encoding="utf-8")
    with pytest.raises(StaleInputError, match="the limit is 36h"):
        run(desk, "2025-01-20T06:00Z")
    (file,) = (desk.parent / "runs" / "desk").glob("*.json")
    told = json.loads(file.read_text("utf-8"))
    assert told["exit_code"] == 4
    assert "older than 2025-01-20T06:00:00Z" in told["error"]
    assert ledger_of(desk).latest("desk") is None
    assert not (desk.parent / "out").exists()


def test_a_run_that_fails_leaves_the_manifest_of_the_recorded_night(desk, monkeypatch):
    moment = parse_moment(FIRST)
    file = run(desk, FIRST).file
    failed = file.with_name("2025-01-16T060000Z.failed.json")
    recorded = file.read_bytes()
    policy = desk.parent / "policy.toml"
    policy.write_text(POLICY.replace("hours = 12", "hours = 48"), encoding="utf-8")
    said: list[str] = []
    (told,) = run_desks(load_job(desk).values(), {"desk": moment}, say=said.append)
    assert isinstance(told.error, InputError)
    assert file.read_bytes() == recorded
    assert told.file == failed
    assert json.loads(failed.read_text("utf-8"))["exit_code"] == 3
    assert f"desk: the manifest of the recorded night stays, and {failed} tells of this run" in said

    # What replaces the recorded night is told in its place, also where it fails after that.
    def full(*given):
        raise UsageError("no space is left")

    with monkeypatch.context() as patch:
        patch.setattr("boilover.job.run.write_night", full)
        with pytest.raises(UsageError):
            run(desk, FIRST, again=True)
    anew = json.loads(file.read_text("utf-8"))
    assert (anew["exit_code"], anew["recorded_before"], failed.exists()) == (2, False, False)

    with monkeypatch.context() as patch:
        patch.setattr("boilover.job.run.score_night", full)
        with pytest.raises(UsageError):
            run(desk, FIRST)
    assert json.loads(file.read_text("utf-8")) == anew
    assert failed.exists()
    assert run(desk, FIRST).manifest["exit_code"] == 0
    assert not failed.exists()


def test_what_stops_a_run_is_told_where_its_manifest_cannot_be_written_either(desk, monkeypatch):
    def full(values, target):
        raise UsageError(f"cannot write to {target}: no space is left")

    monkeypatch.setattr("boilover.job.run.write_json", full)
    desk.write_text(f'{CONFIG}[limits]\nstale = "36h"\n', encoding="utf-8")
    said: list[str] = []
    with pytest.raises(StaleInputError, match="the limit is 36h"):
        run(desk, "2025-01-20T06:00Z", say=said.append)
    assert "the manifest was not written: cannot write to " in said[-1]


@pytest.mark.parametrize("name", ["out", "packets"])
def test_an_output_that_cannot_be_written_stops_the_run_before_any_work(desk, name):
    desk.write_text(f'{CONFIG}packets = "packets/{{night}}"\n', encoding="utf-8")
    (desk.parent / name).touch()
    with pytest.raises(UsageError, match=f"cannot write to .*{name}.*Name another place"):
        run(desk, FIRST)
    assert not (desk.parent / "log").exists()
    assert not (desk.parent / "ledger.db").exists()


@pytest.mark.parametrize("name", ["out/scores.parquet", "out/flags.csv", "manifest.json"])
def test_a_folder_in_the_place_of_an_output_stops_the_run_before_any_work(desk, name):
    desk.write_text(f'{CONFIG}manifest = "manifest.json"\n', encoding="utf-8")
    (desk.parent / name).mkdir(parents=True)
    with pytest.raises(UsageError, match=f"cannot write to .*{name}: it is a folder. Name a file"):
        run(desk, FIRST)
    assert not (desk.parent / "log").exists()
    assert not (desk.parent / "ledger.db").exists()


def test_a_log_that_ends_long_before_the_night_is_told(desk):
    said: list[str] = []
    run(desk, "2025-01-22T20:00Z", say=said.append)
    assert not [each for each in said if "warning" in each]
    run(desk, "2025-10-20T06:00Z", say=said.append)
    (warning,) = (each for each in said if "warning" in each)
    for words in (
        "desk: warning: the newest event, 2025-01-15",
        "277 days older",
        "7 days ahead",
        "limits.stale",
    ):
        assert words in warning


def test_a_night_beyond_now_and_the_log_is_refused_and_blocks_no_other(desk):
    run(desk, FIRST)
    ledger = desk.parent / "ledger.db"
    before = ledger.read_bytes()
    told = (
        "a night of 9999-12-31.* cannot be recorded: .* now, and the newest event is of 2025-01-15T20:43:23Z"
    )
    with pytest.raises(UsageError, match=told):
        run(desk, "9999-12-31", again=True)
    assert ledger.read_bytes() == before
    export_until(desk.parent / "export.csv", SECOND)
    assert not run(desk, SECOND).manifest["recorded_before"]


def test_a_desk_may_begin_in_a_ledger_of_others_and_let_flags_expire(desk):
    shared = CONFIG.replace('log = "', 'expire = "30d"\nlog = "{desk}/').replace('"out/', '"{desk}/')
    for name in ("north", "south"):
        desk.write_text(f"{shared}[desks.{name}]\n", encoding="utf-8")
        assert run(desk, FIRST).manifest["outcomes"]["expired"] == 0


def test_a_made_up_log_may_lie_in_the_future():
    later = parse_moment("2999-01-01")
    check_moment(later, later)
    check_moment(parse_moment(datetime.now(UTC)) + UNITS["h"], None)
    for newest in (None, 0):
        with pytest.raises(UsageError, match="cannot be recorded"):
            check_moment(later, newest)


def test_an_export_of_which_too_much_is_lost_leaves_the_log_as_it_was(desk):
    export = desk.parent / "export.csv"
    lines = export.read_text("utf-8").splitlines(keepends=True)
    spoilt = [line.replace(".2025 ", ".20x5 ") if place % 2 else line for place, line in enumerate(lines)]
    export.write_text("".join(spoilt), encoding="utf-8")
    with pytest.raises(InputError, match="rows cannot be used"):
        run(desk, FIRST)
    (file,) = (desk.parent / "runs" / "desk").glob("*.json")
    assert json.loads(file.read_text("utf-8"))["exit_code"] == 3
    assert not (desk.parent / "log").exists()


def test_an_export_is_fetched_from_a_url_and_told_by_it(tmp_path):
    export_until(tmp_path / "export.csv", FIRST)
    content = (tmp_path / "export.csv").read_bytes()
    store = fsspec.filesystem("memory")
    store.pipe("/nightly/desk/export.csv", content)
    config = make_desk(tmp_path, CONFIG.replace('"export.csv"', '"memory://nightly/{desk}/export.csv"'))
    desk, account = load_job(config)["desk"], Account("desk", parse_moment(FIRST))
    ingest(desk, account)
    (told,) = account.facts["inputs"]
    assert told["file"] == "memory://nightly/desk/export.csv"
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert account.facts["import"]["new"] == len(read_log(desk.log).events)
    store.pipe("/nightly/desk/export.csv", b"No;Case\n")
    with pytest.raises(InputError, match=r"^memory://nightly/desk/export\.csv"):
        ingest(desk, account)


def test_a_run_beside_another_is_refused_and_touches_nothing(desk):
    with (
        held(desk.parent / "runs" / "desk" / "lock"),
        pytest.raises(LockedError, match="another run is at work"),
    ):
        run(desk, FIRST)
    assert not list((desk.parent / "runs" / "desk").glob("*.json"))
    assert not (desk.parent / "log").exists()


def test_a_night_without_open_tickets_is_a_night(desk):
    told = rows()[lambda frame: frame["When"] <= pd.Timestamp(FIRST)]
    last = told[told["What"] == "Status"].drop_duplicates("Case", keep="last")
    solved = last.loc[last["To"].isin(["Done", "Archived"]), "Case"].iloc[0]
    export_until(desk.parent / "export.csv", FIRST, tickets=(solved,))
    done = run(desk, FIRST)
    assert done.manifest["counts"]["tickets"] == 0
    assert ledger_of(desk).latest("desk")["as_of"] == parse_moment(FIRST)
    assert len(flags_of(desk.parent)) == 0


def test_a_moment_before_the_log_begins_is_bad_input(desk):
    with pytest.raises(InputError, match="holds no event up to 2024-01-01"):
        run(desk, "2024-01-01")


def test_a_desk_that_fails_does_not_stop_the_next(desk):
    text = (
        CONFIG.replace('"log"', '"{desk}/log"')
        .replace("out/", "{desk}/")
        .replace('"export.csv"', '"{desk}.csv"')
    )
    desk.write_text(f"{text}[desks.gone]\n[desks.there]\n", encoding="utf-8")
    (desk.parent / "export.csv").rename(desk.parent / "there.csv")
    moment = parse_moment(FIRST)
    gone, there = run_desks(load_job(desk).values(), {"gone": moment, "there": moment}, say=lambda text: None)
    assert isinstance(gone.error, InputError)
    assert (gone.manifest["exit_code"], there.manifest["exit_code"], there.error) == (3, 0, None)
    assert set(pd.read_csv(desk.parent / "there" / "flags.csv")["desk"]) == {"there"}
    assert json.loads(gone.file.read_text("utf-8"))["exit_code"] == 3
