"""What the command line says to bad input: where, what, how to mend it, and the exit code."""

from __future__ import annotations

import errno
import json
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from boilover.config import load_config
from boilover.errors import UsageError
from boilover.flagger.ledger import Ledger
from desks import small_desk, small_tickets, write

EVENTS, TICKETS = small_desk(), small_tickets()


def only(kind: str, count: int) -> pd.DataFrame:
    return pd.concat(
        [EVENTS[EVENTS["event_type"] != kind], EVENTS[EVENTS["event_type"] == kind].iloc[:count]]
    )


def mixed_zones() -> pd.DataFrame:
    times = EVENTS["occurred_at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    return EVENTS.assign(occurred_at=times.where(EVENTS.index % 3 > 0, times + "+02:00"))


def escalating() -> pd.DataFrame:
    born = EVENTS[EVENTS["event_type"] == "created"]
    boil = born.assign(event_type="escalated", occurred_at=born["occurred_at"] + pd.Timedelta("1h"))
    return pd.concat([only("escalated", 0), boil])


def created_late() -> pd.DataFrame:
    late = EVENTS["occurred_at"] + pd.Timedelta("30D")
    return EVENTS.assign(occurred_at=EVENTS["occurred_at"].where(EVENTS["event_type"] != "created", late))


BAD_LOGS = {
    "no event": (EVENTS.iloc[:0], "holds no event"),
    "missing column": (EVENTS.drop(columns="event_type"), "column 'event_type': required column is missing"),
    "one cell": (
        EVENTS.iloc[:, :1].set_axis([";".join(EVENTS.columns)], axis=1),
        "file with commas between cells",
    ),
    "misnamed column": (EVENTS.rename(columns={"occurred_at": "ocurred_at"}), "rename 'ocurred_at' to it"),
    "dates": (EVENTS.assign(occurred_at="31.12.2026"), "column 'occurred_at' row 1 value '31.12.2026'"),
    "epoch": (EVENTS.assign(occurred_at=1), "holds int64, not a time"),
    "empty date": (
        EVENTS.assign(occurred_at=EVENTS["occurred_at"].where(EVENTS.index != 4)),
        "column 'occurred_at' row 5: required value is empty",
    ),
    "mixed zones": (mixed_zones(), "carry a UTC offset and the others do not"),
    "before creation": (created_late(), "event lies before its ticket's creation"),
    "no escalation": (only("escalated", 0), "no ticket of the log ever escalated"),
    "few escalations": (only("escalated", 20), "only 20 of 600 tickets escalated"),
    "only escalations": (escalating(), "nothing to tell apart"),
}


@pytest.mark.parametrize("case", BAD_LOGS)
def test_a_log_that_cannot_train_says_where_and_what(run, tmp_path, case):
    events, told = BAD_LOGS[case]
    code, said = run("train", write(tmp_path / "log", events), "--model", tmp_path / "model", "--no-track")
    assert (code, told in said) == (3, True), said
    assert str(tmp_path / "log") in said
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", ["events.parquet", "tickets.parquet"])
def test_a_truncated_file_is_named(run, tmp_path, name):
    log = write(tmp_path / "log", EVENTS, TICKETS)
    content = (log / name).read_bytes()
    (log / name).write_bytes(content[: len(content) // 2])
    code, said = run("train", log, "--model", tmp_path / "model", "--no-track")
    assert (code, f"{log / name}: cannot be read as Parquet" in said) == (3, True), said


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("events.csv", b"", "Empty CSV file"),
        ("events.parquet", b"", "cannot be read as Parquet"),
        ("events.csv", EVENTS.to_csv(index=False).encode("utf-16"), "as UTF-8"),
        ("events.csv", EVENTS.assign(value="Büro").to_csv(index=False).encode("latin-1"), "as UTF-8"),
        (
            "tickets.csv",
            TICKETS.assign(channel="Büro").to_csv(index=False).encode("latin-1"),
            "column 'channel'",
        ),
    ],
)
def test_a_file_that_is_empty_or_of_another_encoding_is_named(run, tmp_path, name, content, told):
    log = tmp_path / "log"
    log.mkdir()
    if name == "tickets.csv":
        write(log, EVENTS)
    (log / name).write_bytes(content)
    code, said = run("train", log, "--model", tmp_path / "model", "--no-track")
    assert (code, told in said, name in said) == (3, True, True), said


BAD_POINTS = {
    "ticket,as_of\n1,2026-02-01\n": "column 'ticket_id': required column is missing; there are: ticket, as_of",
    "ticket_id;as_of\n1;2026-02-01\n": "no column ticket_id, and ';' where commas are to be. Write points as CSV",
    "1,2026-02-01\n2,2026-02-01\n": "it has no column ticket_id. Write points as CSV that begins with the line",
    '{"ticket_id": "1", "as_of": "2026-02-01"}\n': "it is JSON. Write points as CSV that begins with the line",
    "ticket_id,as_of\n1,2026-02-01\n2,never\n": "column 'as_of', row 2, value 'never'",
    "ticket_id,as_of\n1,\n": "column 'as_of', row 1, value ''",
    "ticket_id,as_of\n1,2026-02-01,2026-02-02\n": "cannot be read as points: rows hold more cells than the header. W",
    "ticket_id,as_of\n1,2026-02-01\n1,2026-02-01,x\n": "as points: Expected 2 fields in line 3, saw 3. Write",
    "ticket_id,as_of\n1,1769904000\n": "value '1769904000'",
    "ticket_id,as_of\n1,2026-02-01\nü,2026-02-01": "column 'ticket_id', row 2: holds bytes that are not utf-8: fc",
    "": "No columns",
}


@pytest.mark.parametrize("text", BAD_POINTS)
def test_points_that_cannot_be_read_say_where(run, desk, tmp_path, text):
    (tmp_path / "points.csv").write_text(text, encoding="latin-1")
    code, said = run("score", desk / "log", "--model", desk / "model", "--points", tmp_path / "points.csv")
    assert (code, BAD_POINTS[text] in said, "points.csv" in said) == (3, True, True), said


@pytest.mark.parametrize("content", [None, b"PAR1 and no more"])
def test_a_file_of_points_that_is_none_is_named(run, desk, tmp_path, content):
    path = tmp_path / ("points.parquet" if content and content.startswith(b"PAR1") else "points.csv")
    if content is not None:
        path.write_bytes(content)
    code, said = run("score", desk / "log", "--model", desk / "model", "--points", path)
    assert (code, f"{path}: cannot be read as points" in said) == (3, True), said


def test_a_log_without_the_attributes_of_training_does_not_fit(run, desk, tmp_path):
    log = write(tmp_path / "log", EVENTS, TICKETS.drop(columns="seats"))
    code, said = run("score", log, "--model", desk / "model")
    assert (code, "'seats'" in said) == (5, True), said
    log = write(tmp_path / "log", EVENTS, TICKETS.assign(seats="plenty"))
    code, said = run("score", log, "--model", desk / "model")
    assert (code, "'seats' holds texts such as 'plenty'" in said) == (5, True), said


def test_a_model_that_is_missing_or_damaged_is_named(run, desk, tmp_path):
    code, said = run("score", desk / "log", "--model", tmp_path / "none")
    assert (code, "none" in said, "no folder of a model" in said) == (3, True, True), said
    for part in ("manifest.json", "model-7d.txt", "model-24h.json"):
        shutil.copytree(desk / "model", tmp_path / part)
        damaged = tmp_path / part / part
        damaged.write_bytes(damaged.read_bytes()[:-40])
        code, said = run("score", desk / "log", "--model", tmp_path / part)
        assert (code, str(damaged) in said) == (3, True), said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--horizon", "soon"], 2, "'soon' is no duration"),
        (["--horizon", ""], 2, "'' is no duration"),
        (["--horizon", "7d,7d"], 2, "Give each once"),
        (["--horizon", "400d"], 3, "longer than the log can answer"),
        (["--until", "whenever"], 2, "'whenever' is no time"),
        (["--until", "1999-01-01"], 3, "no event up to that time"),
        (["--config", "absent.toml"], 2, "absent.toml"),
        (["--recipe", "absent"], 2, "absent"),
        (["--horizont", "7d"], 2, "--horizont"),
        (["--seed", "-1"], 2, "greater than or equal to 0"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(run, desk, tmp_path, words, code, told):
    found, said = run("train", desk / "log", "--model", tmp_path / "model", "--no-track", *words)
    assert (found, told in said) == (code, True), said


def test_a_seed_below_zero_is_refused_before_the_replay(run, desk):
    code, said = run("backtest", desk / "log", "--nights", "1", "--seed", "-1")
    assert (code, "greater than or equal to 0" in said, "read" in said) == (2, True, False), said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("horizn = '7d'", "c.toml: horizn: is not known; keys are horizon, points"),
        ("horizon = 7", "c.toml: horizon: must be a list, not 7"),
        ("seed = 'x'", "c.toml: seed: must be a whole number, not 'x'. Write it in digits"),
        ("seed = -1", "c.toml: seed: must be greater than or equal to 0, not -1"),
        ("ages = [0, nan]", "c.toml: ages.1: must be less than or equal to 876000, not nan"),
        ("ages = [-1]", "c.toml: ages.0: must be greater than or equal to 0"),
        ("ages = [0, 8, 0.0]", "c.toml: ages: must hold each age once"),
        ("horizon = '7d", "c.toml: is no TOML"),
    ],
)
def test_a_wrong_configuration_names_the_key(tmp_path, text, told):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(UsageError, match=re.escape(told)):
        load_config(tmp_path / "c.toml")


def test_a_folder_that_holds_something_else_is_no_place_for_a_model(run, desk, tmp_path):
    (tmp_path / "notes").write_text("precious")
    places = {
        tmp_path: "holds notes, which is no part of a model",
        tmp_path / "notes": "is a file",
        # Told before the work, as is a folder in which nobody may write.
        tmp_path / "notes" / "model": f"cannot write to {tmp_path}/notes/model: {tmp_path}/notes cannot be",
    }
    for place, told in places.items():
        code, said = run("train", desk / "log", "--model", place, "--no-track")
        assert (code, told in said, "verdict" in said) == (2, True, False), said
    code, said = run("score", desk / "log", "--model", desk / "model", "-o", "scores.xlsx")
    assert (code, said) == (2, "boilover: 'xlsx' is no format. Formats are csv, jsonl, parquet, table\n")
    code, said = run("score", desk / "log", "--model", desk / "model", "-o", tmp_path, "--format", "csv")
    assert (code, "it is a folder" in said) == (2, True), said
    model = shutil.copytree(desk / "model", tmp_path / "model")
    shutil.copytree(desk / "log", model / "log")
    code, said = run("train", model / "log", "--model", model, "--no-track")
    assert (code, "holds log, which is no part of a model" in said) == (2, True), said
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "log.json").write_text("{}")
    code, said = run("demo", "--output", tmp_path)
    assert (code, "is not the log of a demo" in said) == (2, True), said
    assert (tmp_path / "notes").read_text() == "precious"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_says_so_and_leaves_no_temporary_folder(number):
    code = """
        import sys, tempfile, time
        from boilover import cli, pipeline
        def slow(name=None):
            with tempfile.TemporaryDirectory() as folder:
                print(folder, flush=True)
                time.sleep(60)
        pipeline.public_logs = slow
        sys.argv = ["boilover", "datasets"]
        cli.main()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background pass on that they ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as ran:
        folder = Path(ran.stdout.readline().strip())
        assert folder.is_dir()
        ran.send_signal(number)
        assert ran.wait(30) == 128 + number
        assert ran.stderr.read() == "boilover: interrupted; what was being written is dropped\n"
    assert not folder.exists()


def test_a_full_disk_is_told(run, monkeypatch):
    def full(name):
        raise OSError(errno.ENOSPC, "what a driver says")

    monkeypatch.setattr("boilover.pipeline.public_logs", full)
    code, said = run("datasets")
    assert (code, said.startswith("boilover: No space left on device: make room")) == (2, True), said


def test_a_place_without_room_is_named(desk, tmp_path):
    """Each file may grow to so many bytes: for a system that is as a full disk, and no power is needed for it."""
    scores = tmp_path / "s.parquet"
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"
    ran = f"{limited}; sys.argv[0] = 'boilover'; from boilover.cli import main; main()"
    words = ["score", desk / "log", "--model", desk / "model", "-o", scores]
    done = subprocess.run(
        [sys.executable, "-c", ran, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert f"cannot write to {scores}: File too large. Make room there" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_path_that_the_system_does_not_let_in_is_told(run):
    code, said = run("ledger", "show", "x" * 300)
    assert (code, "x: File name too long. Check the path" in said) == (2, True), said


def test_what_is_read_is_not_written_over(run, desk, tmp_path):
    log, ledger = tmp_path / "log", tmp_path / "ledger"
    shutil.copytree(desk / "log", log)
    (tmp_path / "scores.csv").symlink_to(desk / "scores.csv")
    (tmp_path / "link").symlink_to(log)
    Ledger.open(str(ledger))
    before = {
        each: each.read_bytes()
        for each in (*log.iterdir(), ledger, desk / "scores.csv", desk / "model" / "manifest.json")
    }
    model = ("--model", desk / "model")
    for words in (
        ("score", log, *model, "-o", tmp_path / "link" / "events.csv"),
        ("score", log, *model, "--points", desk / "scores.csv", "-o", tmp_path / "scores.csv"),
        ("flag", tmp_path / "scores.csv", *model, "-o", desk / "scores.csv"),
        ("ledger", "show", ledger, "-o", ledger),
        ("score", desk, "--recipe", "table", *model, "-o", desk / "scores.csv"),
        ("score", log, *model, "-o", desk / "model" / "calibration.csv"),
        (
            *("flag", desk / "scores.csv", *model, "--policy", "p.toml", "--ledger", ledger, "-o", ledger),
            *("--format", "csv"),
        ),
        ("evaluate", log, *model, "--report", log / "events.parquet"),
        ("evaluate", log, *model, "--report", desk / "model" / "manifest.json"),
        ("explain", log, "1", *model, "-o", log / "tickets.csv"),
        ("explain", log, "1", *model, "-o", desk / "model" / "manifest.json"),
        ("drift", log, *model, "-o", log / "log.json"),
        ("kpis", log, "-o", log / "tickets.parquet"),
        ("kpis", log, "--report", log / "tickets.parquet"),
        ("backtest", log, "-o", log),
        ("drift", log, *model, "-o", desk / "model" / "manifest.json"),
        ("kpis", log, "--ledger", ledger, "-o", ledger),
        ("kpis", log, "--ledger", f"sqlite:///{ledger}", "-o", ledger),
        ("ledger", "export", f"sqlite:///{ledger}", "-o", ledger),
        ("backtest", log, "--policy", "p.toml", "--report", "p.toml"),
    ):
        code, said = run(*words)
        assert (code, "is read, and would be lost" in said) == (2, True), said
    assert {each: each.read_bytes() for each in before} == before
    shutil.copytree(desk / "model", tmp_path / "model")
    report = tmp_path / "model" / "report.html"
    report.write_text("of yesterday")
    assert "would be lost" not in run("evaluate", log, "--model", report.parent, "--report", report)[1]


def test_an_export_and_the_log_that_it_is_added_to_lie_apart(run, tmp_path):
    export, log = tmp_path / "exports" / "events.csv", tmp_path / "log"
    export.parent.mkdir()
    export.write_text("ticket_id,occurred_at,event_type,value\n1,2026-01-01,status_changed,open\n")
    assert run("ingest", export, "-o", log)[0] == 0
    # Among its partitions, an import would remove it.
    inside = log / "events" / "more.parquet"
    pd.read_csv(export).assign(value="solved").to_parquet(inside)
    for source, told in ((inside, "lies in"), (log, "lies in"), (log.parent, "would be read as part of it")):
        code, said = run("ingest", source, "-o", log)
        assert (code, told in said) == (2, True), said
    assert inside.exists()
    inside.unlink()
    (log / "scores.csv").write_text("ticket_id,risk\n1,0.5\n")
    assert run("ingest", log, "-o", tmp_path / "copy")[0] == 0
    copy, told = (json.loads((each / "log.json").read_text()) for each in (tmp_path / "copy", log))
    assert copy["partitions"] == told["partitions"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "ticket_id,as_of\n1,2026-02-01\n",
            "column 'risk': required column is missing; there are: ticket_id, as_of",
        ),
        (
            "ticket_id,as_of,risk,rank\n1,2026-02-01,,\n2,2026-02-01,high,1\n",
            "'risk', row 2, value 'high': cannot",
        ),
        (
            "ticket_id,as_of,risk,rank\n1,tonight,0.1,1\n",
            "column 'as_of', row 1, value 'tonight': cannot be read",
        ),
        ("ticket_id,as_of,risk,rank\n1,2026-02-01,87,1\n", "column 'risk', row 1, value 87: cannot be read"),
    ],
)
def test_scores_that_are_none_say_where(run, desk, tmp_path, text, told):
    (tmp_path / "scores.csv").write_text(text)
    code, said = run("flag", tmp_path / "scores.csv", "--model", desk / "model")
    assert (code, told in said) == (3, True), said


def test_scores_of_another_model_are_not_flagged(run, desk, tmp_path):
    scores = pd.read_csv(desk / "scores.csv").assign(model="7d-other")
    scores.to_csv(tmp_path / "scores.csv", index=False)
    code, said = run("flag", tmp_path / "scores.csv", "--model", desk / "model")
    assert (code, "the scores are of the model '7d-other'" in said) == (5, True), said


@pytest.mark.parametrize(
    "words", [("evaluate", "--report"), ("kpis", "--report"), ("kpis", "--json", "-o"), ("drift", "-o")]
)
def test_figures_go_to_standard_output_once(run, desk, tmp_path, monkeypatch, words):
    """As text after JSON nobody could read them."""
    monkeypatch.chdir(tmp_path)
    command, *options = words
    model = () if command == "kpis" else ("--model", desk / "model")
    code, said = run(command, desk / "log", *model, *options, "-")
    assert (code, "standard output tells the figures anyway" in said) == (2, True), said
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("option", ["--points", "--recipe", "--config", "--input-format"])
def test_what_a_scoring_in_parts_would_leave_aside_is_refused(run, desk, option):
    words = ("score", desk / "log", "--model", desk / "model", "--memory", "4GB", option, "zendesk")
    code, said = run(*words)
    assert (code, "are for the open tickets of a log that `boilover ingest` wrote" in said) == (2, True), said


@pytest.mark.parametrize("name", ["-", "models:/desk", "models:/desk@champion"])
def test_a_model_is_saved_to_a_folder(run, desk, tmp_path, monkeypatch, name):
    """A folder of such a name could not be told from a registry by any other command."""
    monkeypatch.chdir(tmp_path)
    code, said = run("train", desk / "log", "--model", name, "--no-track")
    assert (code, f"{name}: a model is a folder. Name one" in said) == (2, True), said
    assert not [*tmp_path.iterdir()]


def test_a_log_that_is_not_there(run, desk, tmp_path):
    code, said = run("score", tmp_path / "absent", "--model", desk / "model")
    assert (code, f"{tmp_path / 'absent'}: does not exist" in said) == (3, True), said
    code, said = run(
        "score", desk / "log", "--model", desk / "model", "--points", "p.csv", "--as-of", "2026-02-01"
    )
    assert (code, "exclude each other" in said) == (2, True), said


def test_an_evaluation_of_nothing_names_the_moment_that_leaves_nothing(run, desk):
    code, said = run("evaluate", desk / "log", "--model", desk / "model", "--since", "2099-01-01")
    assert code == 3, said
    assert "has no point after 2099-01-01T00:00:00Z whose outcome within" in said
