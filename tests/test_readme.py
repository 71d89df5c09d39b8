"""The README is run: every console command and every Python block, in a folder that holds what it names.

Lines of text blocks are lines that the commands print.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from boilover import synthetic_desk, write_log

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


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        words, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=SECONDS
    )


def test_every_block_is_of_a_known_kind_and_most_are_run() -> None:
    assert {block.language for block in BLOCKS} == {"console", "python", "text"}
    assert README.count("```") == 2 * len(BLOCKS)
    assert README.count(NOT_RUN) == sum(not block.is_run for block in BLOCKS)
    assert COMMANDS
    assert PYTHON


def test_commands_run_one_after_the_other_and_print_what_is_shown(folder: Path) -> None:
    printed: set[str] = set()
    for command in COMMANDS:
        done = run(["sh", "-euc", command.removeprefix("$ ")], folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        written = re.findall(r"(?:-o|--model|--report) (\S+)", command)
        assert done.stdout or written
        assert [path for path in written if not (folder / path).exists()] == []
        printed.update(done.stdout.splitlines())
    shown = [line for block in BLOCKS if block.language == "text" for line in block.source.splitlines()]
    assert shown
    assert [line for line in shown if line not in printed] == []


@pytest.mark.parametrize("source", PYTHON)
def test_python_runs(source: str, folder: Path) -> None:
    done = run([sys.executable, "-W", "error::FutureWarning", "-c", source], folder)
    assert done.returncode == 0, done.stderr
    assert "beats age only" in done.stdout


def test_what_is_not_run_is_a_target_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lines = [line for block in BLOCKS if not block.is_run for line in block.source.splitlines()]
    assert lines
    assert [line for line in lines if f"\n{line.removeprefix('$ make ')}:" not in makefile] == []


def test_the_screenshot_is_small() -> None:
    assert 10_000 < (ROOT / "docs" / "report.png").stat().st_size < 300_000
