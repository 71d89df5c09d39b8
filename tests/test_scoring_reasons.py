"""Reasons say how they were found, and scoring loads neither LightGBM nor scikit-learn."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from boilover import scoring
from boilover.inputs import open_log
from boilover.model.saved import load_model
from boilover.scoring import EXACT, PATHS, REASON_COLUMNS, REASONS_BY, score

ROOT = Path(__file__).parents[1]
HEAVY = ("lightgbm", "sklearn")
SAMPLE, DEMO = ROOT / "data" / "samples" / "zendesk", ROOT / "models" / "demo"


@pytest.fixture(scope="module")
def opened():
    saved = load_model(DEMO)
    return open_log(SAMPLE).under(saved.rule).log, saved


def test_the_shown_rows_have_exact_reasons(opened):
    scores = score(*opened, explain=4)
    assert scores[REASONS_BY].tolist() == [EXACT] * 4 + [""] * (len(scores) - 4)
    assert (scores["reason_1"].head(4) != "").all()
    assert (scores[list(REASON_COLUMNS)].iloc[4:] == "").all(axis=None)


def test_with_all_every_row_has_reasons_and_says_which(opened, monkeypatch):
    monkeypatch.setattr(scoring, "EXPLAINED", 5)
    monkeypatch.setattr(scoring, "_AT_ONCE", 7)
    whole, few = score(*opened, explain="all"), score(*opened, explain=5)
    assert len(whole) > 20
    assert whole[REASONS_BY].tolist() == [EXACT] * 5 + [PATHS] * (len(whole) - 5)
    assert whole.head(5).equals(few.head(5))
    assert (whole["reason_1"] != "").mean() > 0.8
    exact = score(*opened, explain=len(whole))
    assert (whole["reason_1"] == exact["reason_1"]).mean() > 0.6


def loaded_after(code):
    """Return which of the packages that fit models a new interpreter has loaded after ``code``."""
    told = f"import sys\n{code}\nprint([each for each in {HEAVY} if each in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    return ast.literal_eval(done.stderr.strip().splitlines()[-1])


def test_score_and_flag_do_not_load_what_fits_models(tmp_path):
    scores, flags = tmp_path / "scores.csv", tmp_path / "flags.csv"
    run = "try:\n    main()\nexcept SystemExit as left:\n    assert not left.code, left\n"
    code = "from boilover.cli import main\n"
    for arguments in (
        ["score", str(SAMPLE), "--model", str(DEMO), "-o", str(scores)],
        ["flag", str(scores), "--model", str(DEMO), "-o", str(flags)],
    ):
        code += f"sys.argv = {['boilover', *arguments]}\n{run}"
    assert loaded_after(code) == []
    assert flags.stat().st_size > 0


def test_a_fit_loads_them():
    assert loaded_after("import boilover.model.classifier") == ["lightgbm", "sklearn"]
