from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from boilover import demo as module
from boilover.demo import Demo, demo
from boilover.errors import UsageError
from boilover.ingesting import ingest_log
from boilover.inputs import open_log
from boilover.log import read_log, write_log
from boilover.partitions import read_manifest
from boilover.synthetic import synthetic_desk

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "samples" / "desk_export.csv"
TICKETS = 600


class EndedError(Exception):
    """Raised where a run is to end, so that no model is trained."""


def end(*_: object, **__: object) -> None:
    raise EndedError


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> Demo:
    return demo(tmp_path_factory.mktemp("demo"), n_tickets=TICKETS, track=False, say=said.append)


@pytest.fixture
def until_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "train_model", end)


def held(folder: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_every_file_that_is_named_is_there_and_nothing_else(made: Demo) -> None:
    assert [name for name, path in made.files.items() if not path.exists()] == []
    folder = made.files["log"].parent
    assert {each.relative_to(folder).parts[0] for each in folder.iterdir()} == {
        path.relative_to(folder).parts[0] for path in made.files.values()
    }


def test_the_log_is_what_ingest_makes_of_the_export_and_tells_the_desk(
    made: Demo, said: list[str], tmp_path: Path
) -> None:
    told = ingest_log([made.files["export"]], tmp_path / "log", recipe=str(made.files["recipe"]))
    assert read_manifest(made.files["log"]) == read_manifest(tmp_path / "log")
    assert said[1].startswith("table export through recipe demo_desk: ")
    assert said[2].startswith(f"Scores would rest on {told['capability']['available']} of ")
    assert f" of {TICKETS} tickets escalate." in "".join(said)
    events, tickets = open_log(made.files["log"]).log.to_pandas()
    desk = synthetic_desk(n_tickets=TICKETS).ordered().to_pandas()
    same = desk[0].columns.drop("event_id")
    pd.testing.assert_frame_equal(events[same], desk[0][same])
    pd.testing.assert_frame_equal(tickets[desk[1].columns], desk[1])


def test_another_desk_replaces_the_one_before_also_after_a_run_that_ended_half_way(
    made: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = shutil.copytree(made.files["log"].parent, tmp_path / "demo")
    monkeypatch.setattr(module, "ingest_log", end)
    with pytest.raises(EndedError):
        demo(folder, n_tickets=40, seed=1)
    assert read_log(folder / "log").tickets.num_rows == TICKETS
    monkeypatch.setattr(module, "ingest_log", ingest_log)
    monkeypatch.setattr(module, "train_model", end)
    with pytest.raises(EndedError):
        demo(folder, n_tickets=40, seed=1)
    read, desk = read_log(folder / "log"), synthetic_desk(n_tickets=40, seed=1)
    assert read.events["text"].to_pylist() == desk.ordered().events["text"].to_pylist()
    assert {each.name for each in folder.iterdir()} == {
        each.name for each in made.files["log"].parent.iterdir()
    }


def test_a_run_that_ended_before_its_log_was_made_is_no_obstacle(until_trained: None, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    for _ in range(2):
        with pytest.raises(EndedError):
            demo(tmp_path, n_tickets=40)
        shutil.rmtree(tmp_path / "log")


def _plain_log(folder: Path) -> None:
    write_log(synthetic_desk(n_tickets=5), folder / "log")


def _broken_log(folder: Path) -> None:
    (folder / "log").mkdir(parents=True)
    (folder / "log" / "log.json").write_text("{}", "utf-8")


def _other_log(folder: Path) -> None:
    ingest_log([SAMPLE], folder / "log", recipe=str(SAMPLE.with_suffix(".toml")))


def _added_log(folder: Path) -> None:
    shutil.copy(SAMPLE, folder / "demo_desk.csv")
    shutil.copy(SAMPLE.with_suffix(".toml"), folder / "demo_desk.toml")
    ingest_log([folder / "demo_desk.csv"], folder / "log", recipe=str(folder / "demo_desk.toml"))
    _other_log(folder)


def _export(folder: Path) -> None:
    (folder / "export").mkdir()
    (folder / "export" / "tickets.json").write_text("precious", "utf-8")


def _file(folder: Path) -> None:
    (folder / "log").write_text("precious", "utf-8")


def _folder(folder: Path) -> None:
    (folder / "report.html").mkdir()


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (_plain_log, "log is not the log of a demo. Name another folder"),
        (_broken_log, "log is not the log of a demo"),
        (_other_log, "log is not the log of a demo"),
        (_added_log, "log is not the log of a demo"),
        (_file, "log is not the log of a demo"),
        (_export, "export is not the export of a demo"),
        (_folder, r"report\.html: it is a folder"),
    ],
)
def test_what_no_demo_wrote_is_left_as_it_is(there, told, tmp_path: Path) -> None:
    there(tmp_path)
    before, said = held(tmp_path), []
    with pytest.raises(UsageError, match=told):
        demo(tmp_path, n_tickets=40, say=said.append)
    assert (held(tmp_path), said) == (before, [])


def test_a_disk_without_room_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    """Each file may grow to so many bytes: for a system that is as a full disk, and no power is needed for it."""
    ran = """
        import resource, sys
        from pathlib import Path
        from boilover.demo import demo
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        demo(Path(sys.argv[1]), n_tickets=40)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ran), tmp_path], capture_output=True, text=True, check=False
    )
    assert f"cannot write to {tmp_path}/export: File too large. Make room there" in done.stderr
    assert list(tmp_path.iterdir()) == []
