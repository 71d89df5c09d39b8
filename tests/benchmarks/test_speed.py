"""Generated logs repeat, engines say the same, and what was measured is told; how fast it was is no test's matter."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2]))
from benchmarks.speed import desk, document, features, files, moments, pandas_features, prediction, sentiment
from benchmarks.speed.__main__ import measured
from benchmarks.speed.desk import Desk
from benchmarks.speed.generate import generate, write, write_partitions
from benchmarks.speed.stage import MODULES, Job, stage_of

from boilover.checking import check
from boilover.log import read_log

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A job whose log is there already, so that no process must be started for it."""
    made = Job(str(tmp_path_factory.mktemp("speed")), events=24_000, repeats=1, largest=0)
    write(Desk(2_000, seed=1), made.folder / "log-24000")
    write(Desk(300), made.folder / f"log-{files.FEW}")
    write(Desk(2_000, seed=1, span=365, life=10), made.folder / "log-24000-life-10-span-365")
    return made


@pytest.fixture(scope="module")
def ours(job):
    return features.STAGE.engines["boilover"].run(job)


def test_a_log_depends_on_its_seed_and_size_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "BLOCK", 200)
    log = generate(1_000, seed=5)
    assert [each for each in check(log) if each.severity == "error"] == []
    for name, rows in (("small", 1_000), ("large", 10**6)):
        assert write(Desk(1_000, seed=5), tmp_path / name, rows) == len(log.events)
        assert write_partitions(Desk(1_000, seed=5), tmp_path / f"{name}-parts", rows) == len(log.events)
    read = [read_log(tmp_path / name) for name in ("small", "large", "small-parts", "large-parts")]
    assert len(list((tmp_path / "small-parts" / "events").iterdir())) == 5
    for each in read:
        assert each.is_sorted
        for told, wanted in zip(each.to_pandas(), log.to_pandas(), strict=True):
            pd.testing.assert_frame_equal(told[wanted.columns].astype(wanted.dtypes), wanted)
    assert not generate(1_000, seed=6).events.equals(log.events)


def test_few_have_much_and_a_life_ends():
    log = generate(4_000, seed=2, span=100.0, life=5.0)
    events, tickets = log.to_pandas()
    sizes = events["ticket_id"].value_counts()
    assert sizes.max() > 15 * sizes.mean()
    customers = tickets["customer_id"].value_counts()
    assert customers.max() > 5 * customers.mean()
    last = events[events["event_type"] == "status_changed"].groupby("ticket_id")["value"].last()
    assert 0.8 < (last == "solved").mean() < 1
    assert events["occurred_at"].max() < features.AS_OF


@pytest.mark.parametrize("engine", ["pandas", "pandas-coded", "polars", "duckdb"])
def test_all_engines_give_the_same_features(job, ours, engine):
    needs = features.STAGE.engines[engine].needs
    if needs:
        pytest.importorskip(needs)
    theirs = features.STAGE.engines[engine].run(job)
    assert ours["features"] == theirs["features"] >= 60
    assert features.check(job, {"boilover": ours, engine: theirs}) == []


def test_a_difference_is_told():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, 0.0]})
    assert features.differences(frame, frame) == []
    assert features.differences(frame, frame.assign(a=[1.0, 3.0])) == ["a: 1 rows, first 1: 2.0 and 3.0"]


def test_night_by_night_is_one_pass(job):
    told = {name: engine.run(job) for name, engine in moments.STAGE.engines.items()}
    assert moments.check(job, told) == []
    assert told["boilover"]["nights"] == told["pandas"]["nights"] > 300
    assert f"{told['boilover']['rows']:,} points" in moments.tell(job, told)[0]


def test_who_is_asked_changes_no_row_of_pandas():
    events, tickets = pandas_features.named(*generate(300, seed=3).to_pandas())
    everyone = pandas_features.features(events, tickets, features.AS_OF)
    some = everyone.index[::7]
    pd.testing.assert_frame_equal(
        pandas_features.features(events, tickets, features.AS_OF, some), everyone.loc[some]
    )


def test_both_predictors_are_asked_the_same(job, monkeypatch):
    monkeypatch.setattr(Job, "model", lambda self: ROOT / "models" / "demo")
    monkeypatch.setattr(prediction, "ROWS", 1_500)
    monkeypatch.setattr(prediction, "SHOWN", 5)
    told = {name: engine.run(job) for name, engine in prediction.STAGE.engines.items()}
    assert prediction.check(job, told) == []
    np.save(job.out / "walk.npy", np.load(job.out / "walk.npy") + 1e-12)
    assert "scores differ" in prediction.check(job, told)[0]


def test_sentiment_is_that_of_the_reference(job, monkeypatch):
    monkeypatch.setattr(sentiment, "MESSAGES", 120)
    told = {name: sentiment.STAGE.engines[name].run(job) for name in ("scorer", "vader")}
    assert told["scorer"]["rows"] == told["vader"]["rows"] > 60
    assert sentiment.check(job, told) == []


def test_an_engine_runs_alone_and_its_result_is_kept(job, capsys):
    assert measured("files", job, ["pyarrow"])
    kept = json.loads((job.folder / "results" / "files.json").read_text("utf-8"))
    assert kept["figures"]["pyarrow"]["peak"] > 0.05
    assert "| read: pyarrow, words as text |" in capsys.readouterr().out


def test_the_document_holds_every_stage_that_was_measured(tmp_path):
    figures = {
        name: {"seconds": seconds, "processor": seconds, "peak": 1.0, "load": 0.5, "repeats": repeats}
        for name, seconds, repeats in (("boilover", 2.0, 3), ("pandas", 102.0, 1), ("polars", 19.0, 3))
    }
    result = {"events": 10**7, "figures": figures, "unequal": [], "sentences": ["So it is."]}
    (tmp_path / "features.json").write_text(json.dumps(result), encoding="utf-8")
    target = tmp_path / "speed.md"
    target.write_text("before\n<!-- speed:begin -->\nold\n<!-- speed:end -->\nafter\n", encoding="utf-8")
    document.renew(target, tmp_path)
    text = " ".join(target.read_text("utf-8").split())
    assert text.startswith("before")
    assert text.endswith("<!-- speed:end --> after")
    assert "old" not in text
    assert "About 10,000,000 events; median of 1 or 3, load" in text
    assert "| pandas, idiomatic | 102 | 102 | 1.00 | 51.00 |" in text
    assert "Goal: 50 times as fast as idiomatic pandas. It is 51.0 times: reached." in text
    assert "Goal: 10 times as fast as Polars. It is 9.5 times: not reached." in text
    target.write_text("no marks", encoding="utf-8")
    with pytest.raises(SystemExit, match="speed:begin"):
        document.renew(target, tmp_path)


@pytest.mark.parametrize("name", MODULES)
def test_every_stage_is_measured_against_one_of_its_engines(name):
    stage = stage_of(name)
    assert stage.beside in stage.engines
    assert {each for goal in stage.goals for each in (goal.engine, goal.beside)} <= stage.engines.keys()
