"""Imports point one way, and what is heavy is loaded by who needs it."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import boilover

PACKAGE = Path(boilover.__file__).parent
LAYERS = (
    ("errors",),
    ("schema", "times", "once", "memory", "mistakes", "scratch"),
    ("cells", "places"),
    ("casting", "conform", "csv_faults", "files", "spreadsheet", "tables"),
    ("words",),
    ("kernels",),
    ("coded",),
    ("regrouped",),
    ("observation",),
    ("identity",),
    ("breaches",),
    ("log", "log_csv", "log_tables", "partitions"),
    ("checking",),
    ("adapters", "text", "history", "order", "recipes"),
    ("standing", "store"),
    ("points",),
    ("labels", "annotations"),
    ("escalation", "features", "nights", "split", "synthetic"),
    ("card", "future_edit", "model", "nouns", "sentences", "reasons", "ranking"),
    ("evaluation", "policy", "flagging"),
    (
        "audit",
        "backtest",
        "capability",
        "config",
        "delivery",
        "explaining",
        "fitting",
        "flagger",
        "ingesting",
        "inputs",
        "kpi",
        "listing",
        "measuring",
        "monitoring",
        "outputs",
        "plots",
        "report",
        "scoring",
        "training",
    ),
    ("scale", "tracking"),
    ("renewal",),
    ("job",),
    ("calls", "pipeline"),
    ("demo",),
    ("cli", "__main__"),
)
"""From the bottom up. A module imports from layers below and from its own, never in a ring."""
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HEAVY = ("lightgbm", "mlflow", "sklearn", "matplotlib")


def top_level_name(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports_of(path: Path) -> set[str]:
    """Return the parts of boilover that a file imports, anywhere in it but for type checking."""
    found: set[str] = set()
    for node in ast.walk(without_type_checking(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("boilover.")}
    return {name for name in found if not name.startswith("__")}


def without_type_checking(tree: ast.Module) -> ast.Module:
    class Cut(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.If | None:
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    return Cut().visit(tree)


def test_every_module_has_a_layer():
    modules = {top_level_name(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert modules <= set(LEVEL), "give each new module its layer"


def test_imports_point_downwards():
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if top_level_name(path) != "__init__"
        for name in sorted(imports_of(path))
        if name != top_level_name(path) and LEVEL[name] > LEVEL[top_level_name(path)]
    ]
    assert not wrong, "\n".join(wrong)


def test_layers_that_import_each_other_are_noticed(tmp_path):
    """The walk sees imports inside functions, and does not see those for type checking."""
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from boilover.log import EventLog\n"
        "def late():\n    import boilover.cli\n    from boilover import kernels\n"
    )
    assert imports_of(path) == {"cli", "kernels"}


def test_modules_of_one_layer_do_not_form_a_ring():
    edges = {name: set[str]() for name in LEVEL}
    for path in PACKAGE.rglob("*.py"):
        if top_level_name(path) != "__init__":
            edges[top_level_name(path)] |= imports_of(path) - {top_level_name(path)}
    while free := {name for name, targets in edges.items() if not targets}:
        edges = {name: targets - free for name, targets in edges.items() if name not in free}
    assert not edges, f"these import each other: {', '.join(sorted(edges))}"


def loaded_after(code: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has loaded after ``code``."""
    told = f"import sys\n{code}\nprint([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(ast.literal_eval(done.stderr.strip().splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import boilover") == set()


def test_help_loads_nothing_heavy():
    run = "sys.argv = ['boilover', '--help']\ntry:\n    boilover.cli.main()\nexcept SystemExit:\n    pass"
    code = f"import boilover.cli\n{run}"
    assert loaded_after(code) == set()


def test_the_check_for_heavy_packages_sees_one():
    assert loaded_after("import matplotlib") == {"matplotlib"}
