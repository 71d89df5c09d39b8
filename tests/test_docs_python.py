"""The page on Python is run from top to bottom, and its table tells every column of scores."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import boilover
from boilover.errors import MismatchError
from boilover.features import Attribute, to_json

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return all names that the page's blocks make."""
    home = tmp_path_factory.mktemp("python")
    for name in ("data", "models"):
        shutil.copytree(ROOT / name, home / name)
    made: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
            exec(compile(block, "python.md", "exec"), made)
    return made


def test_scores_have_the_columns_that_are_told_and_no_others(ran: dict[str, Any]) -> None:
    (table,) = re.findall(r"\| column \| holds \|\n(.*?)\n\n", PAGE, re.DOTALL)
    told = {name for row in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert set(ran["scores"].columns) == told | {"reason_2"}
    assert len(ran["scores"]) > 3
    assert (ran["scores"]["as_of"] == pd.Timestamp("2025-01-20", tz="UTC")).all()


def test_rows_of_points_are_those_of_the_scores(ran: dict[str, Any]) -> None:
    points, columns, asked = ran["points"], ran["columns"], ran["asked"]
    assert len(points) == len(columns) == len(ran["escalates"]) == len(asked)
    assert columns.columns.tolist() == [each.name for each in ran["features"]]
    scores = boilover.score(ran["log"], ran["model"], points=asked)
    assert scores["ticket_id"].tolist() == asked["ticket_id"].tolist()
    asked_about = scores["risk"].notna().to_numpy()
    assert asked_about.any()
    assert set(scores["note"]) == {"", "solved"}
    risks = ran["model"].model.risks(columns)[asked_about, 0]
    np.testing.assert_array_equal(risks, scores["risk"].to_numpy()[asked_about])


def test_a_log_without_an_attribute_that_a_model_learnt_from_is_refused(ran: dict[str, Any]) -> None:
    log, seats = ran["log"], Attribute("seats")
    manifest = ran["model"].manifest.model_copy(
        update={"features": [*ran["model"].manifest.features, to_json(seats)]}
    )
    with pytest.raises(MismatchError, match="'seats'"):
        boilover.score(log, replace(ran["model"], manifest=manifest))
