"""Pages that are generated are what the code gives today; examples of the others are parsed and read."""

from __future__ import annotations

import re
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from boilover import Annotations, EventLog, History, check, declare, default_features, read_log
from boilover.adapters import ingest, load_recipe, recipe_names
from boilover.adapters.rules import Emit
from boilover.adapters.table_mapping import TableMapping, TicketTable
from boilover.config import Config, load_config
from boilover.escalation import Condition, EscalationRule, parse_rule
from boilover.features.families import FAMILIES
from boilover.inputs import open_log
from boilover.policy import Capacity, FixedRisk, LeastCost, LeastPrecision, parse_policy

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "data").glob("*.md"), *ROOT.glob("models/*.md")]
)
CONFIGURATION = (DOCS / "configuration.md").read_text("utf-8")


@pytest.fixture(scope="module")
def make_docs() -> ModuleType:
    loader = SourceFileLoader("make_docs", str(ROOT / "scripts" / "make_docs"))
    spec = spec_from_loader("make_docs", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def table_of(block: str) -> str:
    return block.lstrip().splitlines()[0].split("]")[0].lstrip("[")


def test_generated_pages_are_up_to_date(make_docs: ModuleType) -> None:
    for name, text in make_docs.pages().items():
        assert (DOCS / name).read_text("utf-8") == text, f"docs/{name} drifted: run scripts/make_docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
        wrong = [row for row, count in zip(table.splitlines(), cells, strict=True) if count != cells[0]]
        assert not wrong, f"{page.name}: {wrong[0]}"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_needs_the_events_that_the_page_tells(make_docs: ModuleType, family: str) -> None:
    log = read_log(ROOT / "data" / "samples" / "desk_log")
    events, tickets = log.to_pandas()
    events["sentiment"], events["words"] = 0.5, 9.0
    own = set(FAMILIES[family])
    whole = default_features(Annotations(History.from_log(EventLog.from_pandas(events, tickets))))
    assert own <= set(whole)
    needs = make_docs.NEEDS[family]
    left = events[~events["event_type"].isin(needs)]
    without = default_features(Annotations(History.from_log(EventLog.from_pandas(left, tickets))))
    assert own.isdisjoint(without) == bool(needs)


def test_the_log_of_the_contract_page_keeps_the_contract(tmp_path: Path) -> None:
    (table,) = blocks((DOCS / "event-log.md").read_text("utf-8"), "csv")
    (tmp_path / "events.csv").write_text(table)
    log = read_log(tmp_path)
    assert not check(log)
    assert log.tickets.num_rows == 2


def test_the_defaults_of_the_configuration_are_told(tmp_path: Path) -> None:
    told = tmp_path / "desk.toml"
    (text,) = (block for block in blocks(CONFIGURATION, "toml") if block.startswith("horizon"))
    told.write_text(text)
    assert load_config(told) == Config()
    assert set(tomllib.loads(text)) == set(Config.model_fields)


def test_every_escalation_parses_and_every_key_is_shown() -> None:
    texts = [block for block in blocks(CONFIGURATION, "toml") if table_of(block) == "escalation"]
    tables = [tomllib.loads(text)["escalation"] for text in texts]
    rules = [parse_rule(table) for table in tables]
    shown = {key for table in tables for condition in table.get("any", ()) for key in condition}
    assert shown == set(Condition.model_fields)
    assert set(EscalationRule.model_fields) <= {key for table in tables for key in table}
    assert declare(read_log(ROOT / "data" / "samples" / "desk_log"), rules[0]).events.num_rows
    assert parse_rule(tables[1], "handed_up") != rules[1] == parse_rule(tables[1], "raised")


def test_every_threshold_parses_and_every_key_is_shown() -> None:
    tables = [
        tomllib.loads(block)["threshold"]
        for block in blocks(CONFIGURATION, "toml")
        if table_of(block) == "threshold"
    ]
    policies = {type(parse_policy(table)): table for table in tables}
    assert set(policies) == {Capacity, FixedRisk, LeastPrecision, LeastCost}
    for kind, table in policies.items():
        assert set(table) == set(kind.model_fields)


def test_the_recipe_reads_the_export(tmp_path: Path) -> None:
    (export,) = blocks(CONFIGURATION, "csv")
    (recipe,) = (block for block in blocks(CONFIGURATION, "toml") if "[mapping]" in block)
    (tmp_path / "export.csv").write_text(export)
    (tmp_path / "recipe.toml").write_text(recipe)
    log, report = ingest([tmp_path / "export.csv"], recipe=tmp_path / "recipe.toml")
    assert not check(log)
    assert not report.unknown
    assert not report.dropped
    assert report.notes["nothing happened to the ticket"] == 1
    events = log.to_pandas()[0]
    assert sorted(zip(events["event_type"], events["value"].fillna(""), strict=True)) == [
        ("assignee_changed", "Ben"),
        ("created", ""),
        ("message", ""),
        ("priority_changed", "critical"),
        ("priority_changed", "normal"),
        ("status_changed", "new"),
        ("status_changed", "pending"),
    ]
    assert events["occurred_at"].min() == pd.Timestamp("2026-01-05T09:12Z")
    opened = open_log(tmp_path / "export.csv", recipe=str(tmp_path / "recipe.toml")).log.to_pandas()[0]
    escalated = opened.loc[opened["event_type"] == "escalated", "occurred_at"]
    assert escalated.tolist() == [pd.Timestamp("2026-01-07T16:30Z")]


def test_every_key_of_a_mapping_is_told() -> None:
    page = CONFIGURATION[CONFIGURATION.index("### All keys of `[mapping]`") :]
    keys = {*TableMapping.model_fields, *Emit.model_fields, *TicketTable.model_fields}
    assert {key for key in keys if f"`{key}`" not in page} == set()
    assert all(f"`{name}`" in CONFIGURATION and load_recipe(name) for name in recipe_names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    paths = re.findall(r"`((?:src|tests|scripts|docs|data|benchmarks|notebooks)/[\w./-]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    modules = re.findall(r"`(\w+(?:/\w+)?\.py)`", text)
    homes = (ROOT, ROOT / "src" / "boilover", ROOT / "benchmarks" / "quality")
    assert [path for path in modules if not any((home / path).exists() for home in homes)] == []
