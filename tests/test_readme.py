"""The README is run: every console command and every Python block, in a folder that holds what it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    line.removeprefix("$ ")
    for block in BLOCKS
    if block.language == "console" and block.is_run
    for line in block.source.splitlines()
    if line.startswith("$ ")
]
PYTHON = [block.source for block in BLOCKS if block.language == "python" and block.is_run]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NEEDS:
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        words, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=SECONDS
    )


def test_every_block_is_of_a_known_kind_and_most_are_run() -> None:
    assert {block.language for block in BLOCKS} == {"console", "python"}
    assert README.count("```") == 2 * len(BLOCKS)
    assert README.count(NOT_RUN) == sum(not block.is_run for block in BLOCKS)
    assert COMMANDS
    assert PYTHON


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command: str, folder: Path) -> None:
    done = run(["sh", "-euc", command], folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("source", PYTHON)
def test_python_runs(source: str, folder: Path) -> None:
    done = run([sys.executable, "-W", "error::FutureWarning", "-c", source], folder)
    assert done.returncode == 0, done.stderr
    assert "beats age only" in done.stdout


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if not block.is_run], ids=lambda block: block.source[:12]
)
def test_what_is_not_run_names_real_targets_and_options(block: Block) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for line in block.source.splitlines():
        program, command, *words = line.removeprefix("$ ").split()
        if program == "make":
            assert f"\n{command}:" in makefile
            continue
        assert program == "boilover"
        section = page.split(f"## `boilover {command}`")[1].split("\n## ")[0]
        options = [word for word in words if word.startswith("-")]
        assert [option for option in options if not re.search(rf"(?<!\S){option}\b", section)] == []


def test_the_screenshot_is_small() -> None:
    assert 10_000 < (ROOT / "docs" / "report.png").stat().st_size < 300_000
