"""The README is run: every console command and every Python block, in a folder that holds what it names.

Lines of text blocks are lines that the commands print. The first command runs in a shell as a reader's does; the
others in this process, which has loaded what each of them would load again.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from boilover import cli, synthetic_desk, write_log

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
NOT_RUN = "<!-- not run -->"
NEEDS = ("data", "models")
SECONDS = 300


@dataclass(frozen=True)
class Block:
    language: str
    source: str
    is_run: bool


BLOCKS = [
    Block(language, source, not marker)
    for marker, language, source in re.findall(
        rf"^({re.escape(NOT_RUN)}\n)?```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE
    )
]
COMMANDS = [
    line
    for block in BLOCKS
    if block.language == "console" and block.is_run
    for line in block.source.splitlines()
]
PYTHON = [block.source for block in BLOCKS if block.language == "python" and block.is_run]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the README names: the samples, the demo's model, and a log of the reader's own."""
    made = tmp_path_factory.mktemp("readme")
    for name in NEEDS:
        shutil.copytree(ROOT / name, made / name)
    write_log(synthetic_desk(n_tickets=600, seed=3), made / "logs" / "desk")
    return made


def run_in_a_shell(command: str, folder: Path) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["sh", "-euc", command], cwd=folder, env=os.environ | {"PATH": path},
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def run_here(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert not ended.value.code, f"{command}\n{said.err}"
    return said.out


def test_every_block_is_of_a_known_kind_and_most_are_run() -> None:
    assert {block.language for block in BLOCKS} == {"console", "python", "text"}
    assert README.count("```") == 2 * len(BLOCKS)
    assert README.count(NOT_RUN) == sum(not block.is_run for block in BLOCKS)
    assert COMMANDS
    assert PYTHON


def test_commands_run_one_after_the_other_and_print_what_is_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    printed: set[str] = set()
    for number, line in enumerate(COMMANDS):
        command = line.removeprefix("$ ")
        told = run_here(command, monkeypatch, capsys) if number else run_in_a_shell(command, folder)
        written = re.findall(r"(?:-o|--model|--report) (\S+)", command)
        assert told or written
        assert [path for path in written if not Path(path).exists()] == []
        printed.update(told.splitlines())
    shown = [line for block in BLOCKS if block.language == "text" for line in block.source.splitlines()]
    assert shown
    assert [line for line in shown if line not in printed] == []


def test_commands_need_no_shell() -> None:
    words = [shlex.split(line) for line in COMMANDS]
    assert {tuple(split[:2]) for split in words} == {("$", "boilover")}
    assert not set(" ".join(word for split in words for word in split[1:])) & set("|&;<>*?~`$()")


@pytest.mark.parametrize("source", PYTHON)
def test_python_runs(
    source: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    exec(compile(source, "README.md", "exec"), {"__name__": "__main__"})
    assert "beats age only" in capsys.readouterr().out


def test_what_is_not_run_is_a_target_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lines = [line for block in BLOCKS if not block.is_run for line in block.source.splitlines()]
    assert lines
    assert [line for line in lines if f"\n{line.removeprefix('$ make ')}:" not in makefile] == []


def test_the_screenshot_is_small() -> None:
    assert 10_000 < (ROOT / "docs" / "report.png").stat().st_size < 300_000


def test_what_the_lead_comes_from_is_what_the_page_on_quality_measures() -> None:
    page = (ROOT / "docs" / "quality.md").read_text("utf-8")
    rows = [
        [cell.strip(" *") for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|")
    ]
    tasks = next(row for row in rows if row[0] == "" and "bpic13_line" in row)
    lost = next(row for row in rows if row[0] == "without rates of attributes")
    reached = next(row for row in rows if row[0] == "all features")
    told = re.search(r"The lead on (\w+) .*?falls by ([\d.]+), to about the best peer's", README, re.DOTALL)
    assert told is not None
    place = tasks.index(told[1])
    assert lost[place].split()[0] == f"-{told[2]}"
    (row,) = (line for line in README.splitlines() if line.startswith(f"| {told[1]} |"))
    best = float(row.split("|")[-2].split()[0])
    assert abs(float(reached[place].split()[0]) - float(told[2]) - best) < 0.02
