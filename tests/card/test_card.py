"""The model card: what every saved model says of itself, from its manifest alone."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boilover.card import Card, Section, Table, model_card
from boilover.card.figures import held_out
from boilover.evaluation.evaluate import evaluate
from boilover.features import Count, Flag, to_json
from boilover.model.calibration_slice import CalibrationSlice
from boilover.model.horizons import HorizonModel
from boilover.model.manifest import Manifest
from boilover.model.saved import SavedModel, load_model, save_model
from boilover.words import spelled
from desk_rows import desk

HOSTILE = "](http://evil) <script>alert(1)</script> | `x` _y_\n# top"
N = 400


def evaluation(**changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    risk = rng.beta(1, 4, N)
    y = (rng.random(N) < risk).astype(float)
    segments = {"channel": np.where(rng.random(N) < 0.5, HOSTILE, "mail"), "account_id": np.full(N, "K1")}
    ages = rng.exponential(60, N)
    baselines = {"age_only": rng.random(N)}
    options = {"segments": segments, "baselines": baselines, "rounds": 20} | changed
    return evaluate(y, risk, np.arange(N), np.arange(N), ages, **options).to_dict()


@pytest.fixture(scope="module")
def saved() -> SavedModel:
    X, y = desk(400)
    model = HorizonModel.fit(X, {"7d": y, "24h": y * (np.arange(len(y)) % 2)}, n_jobs=1)
    manifest = Manifest(
        boilover_version="1.0",
        created_at="2026-01-02T03:04:05+00:00",
        horizons=model.horizons,
        columns=model.columns,
        categories=model.primary.categories_,
        features=(to_json(Count(Flag("handoff"))),),
        escalation={"any": [{"reopened": 2}]},
        trained_from="2025-01-01T00:00:00+00:00",
        trained_until="2025-12-01T00:00:00+00:00",
        split={"stop": "2025-09-01T00:00:00+00:00", "calibrate": "2025-10-15T00:00:00+00:00", "by": "time"},
        base_rate=0.1234,
        metrics={},
        fingerprint="abcdef",
        packages={"lightgbm": "4"},
        held_out=held_out(evaluation()),
        left_out=("subject", "closed_code"),
    )
    return SavedModel(model, manifest, CalibrationSlice(np.arange(3), np.ones(3) / 2, np.ones(3, np.int8)))


def changed(saved: SavedModel, **update: Any) -> SavedModel:
    return replace(saved, manifest=saved.manifest.model_copy(update=update))


def told(card: Card) -> str:
    return card.to_markdown()


def test_a_card_tells_what_is_asked_of_it(saved: SavedModel) -> None:
    text = told(model_card(saved))
    for words in (
        "when it is reopened for the 2nd time",
        "Horizon: 7 days; also 24 hours",
        "2025-01-01 00:00 to 2025-12-01 00:00, UTC",
        "Cut by time",
        "early stopping from 2025-09-01 00:00, calibration from 2025-10-15 00:00",
        "| average precision |",
        "base rate 0.",
        "Calibration, held out",
        "By age of the ticket",
        "subject, closed_code",
        "never a rating of an agent",
        "No claim is made",
        "Fingerprint of the log: abcdef",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("solved", "that exists, is neither solved nor closed, and has"),
        ("closed", "is not closed, though it may be solved,"),
        ("escalated", "may be solved or closed, but neither merged nor deleted,"),
    ],
)
def test_a_card_tells_who_is_at_risk(saved: SavedModel, until: str, words: str) -> None:
    rule = saved.manifest.escalation | {"at_risk_until": until}
    assert words in told(model_card(changed(saved, escalation=rule)))


def test_figures_are_those_of_the_manifest_beside_the_base_rate(saved: SavedModel) -> None:
    figures = evaluation()
    precision = figures["scores"]["model"]["average_precision"]
    ranking = next(each for each in model_card(saved).sections if each.title.startswith("How well"))
    row = next(row for row in ranking.tables[0].rows if row[0] == "average precision")
    interval = f"{precision['low']:.3f} to {precision['high']:.3f}"
    assert row == (
        "average precision",
        f"{precision['estimate']:.3f}",
        interval,
        f"{figures['base_rate']:.3f}",
    )
    tables = {table.caption: table for each in model_card(saved).sections for table in each.tables}
    bins = [(str(each["points"]), f"{each['rate']:.3f}") for each in figures["calibration"]]
    assert [(row[1], row[3]) for row in tables["By rising risk"].rows] == bins


def test_a_later_evaluation_goes_first_and_brings_the_verdict(saved: SavedModel) -> None:
    later = evaluation()
    titles = [each.title for each in model_card(saved, later).sections]
    assert titles.index("How well it ranks, after training") < titles.index("How well it ranks, held out")
    assert "Calibration, after training" in titles
    assert f"The model {later['verdict'][0]}." in told_plainly(model_card(saved, later))


def told_plainly(card: Card) -> str:
    return "\n".join(text for each in card.sections for text in each.paragraphs)


def test_no_customer_is_named(saved: SavedModel) -> None:
    assert "K1" not in told(model_card(saved))
    assert "K1" not in told(model_card(saved, evaluation()))
    assert "account_id" not in json.dumps(saved.manifest.held_out)


def test_slices_by_ticket_and_a_log_too_short_are_told(saved: SavedModel) -> None:
    by_ticket = changed(saved, split={**saved.manifest.split, "by": "ticket"}, held_out={})
    text = told(model_card(by_ticket))
    assert "Cut by ticket" in text
    assert "Not measured: the log was too short" in text
    old = told(model_card(changed(saved, metrics={"average_precision": 0.25, "roc_auc": None}, held_out={})))
    assert "without intervals" in old
    assert "- average precision: 0.25\n" in old
    assert "roc" not in old


def test_families_add_up_to_the_features(saved: SavedModel) -> None:
    columns = (
        "hours_since_created",
        "count_handoff",
        "ticket_plan",
        "plan_lift_escalated_per_created",
        "field_tags",
        "mine",
    )
    made = next(
        each
        for each in model_card(changed(saved, columns=columns)).sections
        if each.title == "What it is made of"
    )
    assert dict(made.tables[0].rows) == {
        "age and calendar": "1",
        "handoffs and returns": "1",
        "attributes of the ticket": "1",
        "escalation rates of attributes": "1",
        "fields that change": "1",
        "further features": "1",
    }


@pytest.mark.parametrize(
    ("weight", "told"),
    [(1.0, "the linear model alone"), (0.25, "rounds of boosted trees, weight of the linear partner 0.25")],
)
def test_the_parts_that_have_a_say_are_told(saved: SavedModel, weight: float, told: str) -> None:
    primary = copy(saved.model.primary)
    primary.linear_weight_ = weight
    horizon = next(iter(saved.model.models))
    model = replace(saved, model=replace(saved.model, models={horizon: primary}))
    (made,) = (each for each in model_card(model).sections if each.title == "What it is made of")
    assert told in dict(made.facts)[f"Within {spelled(horizon)}"]


class Tags(HTMLParser):
    """Collects tags and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_hostile_words_stay_words(saved: SavedModel) -> None:
    card = model_card(saved)
    found = Tags(card.to_html())
    assert found.tags == {
        "section", "h3", "p", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td"
    }  # fmt: skip
    assert " ".join(HOSTILE.split()) in found.texts
    text = card.to_markdown()
    assert "\\](http\\://evil) \\<script\\>" in text
    assert "\n# top" not in text
    assert all(line.count(" | ") == 5 for line in text.splitlines() if "evil" in line)


def test_the_reader_chooses_the_heading_and_a_table_is_a_grid() -> None:
    card = Card("T", (Section("S", ("one",), (("a", "b"),), (Table("c", ("x", "y"), (("1", "2"),)),)),))
    assert card.to_html(heading=2).startswith('<section class="card-part"><h2>S</h2>')
    expected = "# T\n\n## S\n\none\n\n- a: b\n\nc\n\n| x | y |\n| --- | ---: |\n| 1 | 2 |\n"
    assert card.to_markdown() == expected


def test_the_file_is_for_readers_and_may_be_edited_or_removed(saved: SavedModel, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_model(folder, saved)
    written = (folder / "CARD.md").read_text("utf-8")
    assert written == model_card(saved).to_markdown()
    assert model_card(load_model(folder)).to_markdown() == written
    (folder / "CARD.md").write_text("our own words", "utf-8")
    load_model(folder)
    (folder / "CARD.md").unlink()
    assert model_card(load_model(folder)).to_markdown() == written


def test_the_card_of_the_demo_model_is_what_would_be_written_of_it() -> None:
    folder = Path(__file__).parents[2] / "models" / "demo"
    assert (folder / "CARD.md").read_text("utf-8") == model_card(load_model(folder)).to_markdown()
