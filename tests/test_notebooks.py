"""Notebooks run from top to bottom on a small desk, use what is public, and are kept without outputs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import boilover
from boilover.errors import BoiloverError

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS = 600
TELLS = {
    "first_model": ("average precision", "beats age only", "# Model card"),
    "own_feature": ("count_status_changed_pending_7d", "reads the future", "AUC of the feature alone"),
    "threshold": ("flags a night", "promised  kept", "recall"),
    "real_log": ("a made-up desk: ", "by time", "report.html", "model/CARD.md"),
    "watch_model": ("No feature has drifted", "DRIFTED: group", "mean_risk"),
}
"""What the outputs of each notebook must hold, regular expressions."""
PACKAGES = ("boilover", "matplotlib", "numpy", "pandas")
MODULES = ("boilover", "boilover.errors", "boilover.features", "boilover.plots")
"""The public modules; a public name of one is in its ``__all__``, or an error."""


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_of(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[nbformat.NotebookNode]]:
    """Return the outputs of every notebook. One kernel runs them all, emptied between them: starting one is dear."""
    cells = []
    for path in NOTEBOOKS:
        for cell in (nbformat.v4.new_code_cell("%reset -f"), *code_of(path)):
            cell.metadata["of"] = path.stem
            cells.append(cell)
    home = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONWARNINGS", "error::UserWarning,error::FutureWarning")
        patch.delenv("BOILOVER_LOGS", raising=False)
        ran = NotebookClient(
            nbformat.v4.new_notebook(cells=cells), timeout=SECONDS, kernel_name="python3", allow_errors=True,
            resources={"metadata": {"path": str(home)}},
        ).execute()  # fmt: skip
    return {
        path.stem: [
            output for cell in ran.cells if cell.metadata["of"] == path.stem for output in cell.outputs
        ]
        for path in NOTEBOOKS
    }


def text_of(outputs: list[nbformat.NotebookNode]) -> str:
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs
    )


def test_every_notebook_is_known_and_listed() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(TELLS)
    page = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"]({path.name})" in page for path in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path: Path) -> None:
    assert all(not cell.outputs and cell.execution_count is None for cell in code_of(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_says_something(outputs: Mapping[str, list[nbformat.NotebookNode]], path: Path) -> None:
    told = outputs[path.stem]
    assert [each.evalue for each in told if each.output_type == "error"] == []
    assert [each.text for each in told if each.get("name") == "stderr"] == []
    text = text_of(told)
    assert [words for words in TELLS[path.stem] if not re.search(words, text)] == []


def test_the_lesson_holds_where_the_future_is_given_away(
    outputs: Mapping[str, list[nbformat.NotebookNode]],
) -> None:
    text = text_of(outputs["real_log"])
    rows = ("random rows, columns of the end", "random rows", "by time")
    leaking, _, honest = (
        float(re.search(rf"^{row} +([\d.]+)", text, re.MULTILINE)[1])  # type: ignore[index]
        for row in rows
    )
    assert leaking > honest + 0.05


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_public_names_are_used(path: Path) -> None:
    tree = ast.parse("\n".join(cell.source for cell in code_of(path)))
    assert sorted(set(private_names(tree))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import sklearn",
        "import boilover.scoring",
        "from boilover.scoring import score",
        "from boilover.features import kernels",
        "from boilover import kernels",
        "boilover.history",
        "from boilover.errors import shorten",
    ],
)
def test_a_private_name_is_noticed(line: str) -> None:
    assert list(private_names(ast.parse(line)))


def private_names(tree: ast.AST) -> Iterator[str]:
    """Yield what code imports or reads that is not public."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if not is_public_module(alias.name))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names if not is_public(module, alias.name))
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "boilover"
            and not is_public("boilover", node.attr)
        ):
            yield f"boilover.{node.attr}"


def is_public_module(name: str) -> bool:
    package = name.split(".")[0]
    return name in MODULES or (package != "boilover" and package in (*PACKAGES, *sys.stdlib_module_names))


def is_public(module: str, name: str) -> bool:
    if not module.startswith("boilover"):
        return is_public_module(module)
    if f"{module}.{name}" in MODULES:
        return True
    if module not in MODULES:
        return False
    home = boilover if module == "boilover" else import_module(module)
    found = getattr(home, name, None) if module == "boilover.errors" else None
    return name in getattr(home, "__all__", ()) or (
        isinstance(found, type) and issubclass(found, BoiloverError)
    )
