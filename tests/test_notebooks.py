"""Notebooks run from top to bottom on a small desk, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
SECONDS = 300
TELLS = {"first_model": ("average precision", "beats age only", "reads the future")}
"""What the outputs of a notebook must hold: that it beats its peer, and that the leaking feature is refused."""


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs_are_empty(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_says_something(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning,error::FutureWarning")
    ran = NotebookClient(
        read(path), timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    told = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output.text for output in told if output.get("name") == "stderr"]
    text = "\n".join(output.get("text", "") or output["data"]["text/plain"] for output in told)
    assert [words for words in TELLS.get(path.stem, ()) if words not in text] == []
