from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from boilover.errors import InputError, MismatchError, UsageError
from boilover.evaluation.interval import Interval
from boilover.inputs import Source, cut
from boilover.model.saved import load_model, save_model
from boilover.monitoring.asked import ask
from boilover.monitoring.challenge import challenge, judge
from boilover.points import AGES_HOURS, DAY
from boilover.renewal.promote import promote
from boilover.renewal.retrain import JUDGEMENT, Schedule, renew
from boilover.times import parse_moment
from boilover.tracking import registry
from boilover.tracking.located import located
from boilover.training import CARRIED

# SQLAlchemy and MLflow warn of MLflow's own storage.
pytestmark = pytest.mark.filterwarnings(r"ignore:::mlflow\.")


@pytest.fixture
def source(life) -> Source:
    return Source(life.log, life.good.rule, "log", "log")


@pytest.fixture
def home(life, tmp_path):
    for name in ("good", "blind"):
        shutil.copytree(life.home / name, tmp_path / name)
    return tmp_path


def test_both_models_answer_the_same_questions(life):
    told = challenge(life.log, life.blind, life.good, rounds=50)
    end = int(life.events["occurred_at"].max().value // 1000)
    asked = [
        ask(life.log, each, parse_moment(life.good.manifest.trained_until), end, AGES_HOURS)
        for each in (life.blind, life.good)
    ]
    known = asked[0].matured
    assert np.array_equal(asked[0].points.as_of, asked[1].points.as_of)
    precision = [average_precision_score(each.label[known], each.risk[known]) for each in asked]
    gap = told.differences["average_precision"]
    assert gap.estimate == pytest.approx(precision[1] - precision[0])
    assert told.figures["champion"]["average_precision"].estimate == pytest.approx(precision[0])
    assert told.points == known.sum()
    assert told.escalated == len(np.unique(asked[0].points.ticket[known & (asked[0].label == 1)]))
    assert told.promotes
    assert gap.low > 0
    assert asked[0].since < asked[0].points.as_of.min()


def test_a_worse_model_is_refused_and_the_same_one_is_no_worse(life):
    told = challenge(life.log, life.good, life.blind, rounds=50)
    assert not told.promotes
    assert "WORSE: average precision" in told.verdict
    same = challenge(life.log, life.good, life.good, rounds=20)
    assert same.promotes
    assert same.differences["average_precision"] == (0, 0, 0)
    assert not challenge(life.log, life.good, life.good, rounds=20, sure=True).promotes


def flat(estimate: float, low: float, high: float, error: Interval) -> tuple[dict, dict, dict]:
    figures = {name: Interval(0.5, 0.4, 0.6) for name in ("average_precision", "calibration_error")}
    return figures, figures, {"average_precision": Interval(estimate, low, high), "calibration_error": error}


@pytest.mark.parametrize(
    ("gap", "error", "sure", "promotes", "said"),
    [
        ((-0.02, -0.03, -0.01), (0, 0, 0), False, False, "WORSE: "),
        ((-0.02, -0.05, 0.01), (0, 0, 0), False, False, "though not beyond chance"),
        ((0.02, -0.01, 0.05), (0, 0, 0), False, True, "no worse"),
        ((0.02, -0.01, 0.05), (0, 0, 0), True, False, "not better beyond chance"),
        ((0.02, 0.01, 0.05), (0, 0, 0), True, True, "ranks tickets better"),
        ((0.02, 0.01, 0.05), (0.02, 0.01, 0.03), False, False, "further from the truth"),
        ((0.02, 0.01, 0.05), (0.005, 0.001, 0.01), False, True, "better"),
        ((0.02, 0.01, 0.05), (0.02, -0.01, 0.05), False, True, "better"),
    ],
)
def test_the_judgement_follows_the_intervals(gap, error, sure, promotes, said):
    told = judge(*flat(*gap, Interval(*error)), 0.1, sure=sure)
    assert told[0] is promotes
    assert said in told[1]


def test_where_few_tickets_escalate_less_of_a_calibration_error_is_borne():
    figures = flat(0.02, 0.01, 0.05, Interval(0.008, 0.004, 0.012))
    assert judge(*figures, 0.1, sure=False)[0]
    assert not judge(*figures, 0.02, sure=False)[0]


def test_what_cannot_be_compared_is_no_challenge(life):
    few = cut(life.log, life.cut + 9 * DAY)
    with pytest.raises(InputError, match="at least 10 are needed"):
        challenge(few, life.good, life.blind)
    with pytest.raises(UsageError, match="points before that"):
        challenge(life.log, life.good, life.blind, since="2026-02-01")
    other = replace(life.blind, manifest=life.blind.manifest.model_copy(update={"horizons": ("24h",)}))
    with pytest.raises(MismatchError, match="different questions"):
        challenge(life.log, life.good, other)
    rule = replace(
        life.blind, manifest=life.blind.manifest.model_copy(update={"escalation": {"any": [{"reopened": 2}]}})
    )
    with pytest.raises(MismatchError, match="declarations"):
        challenge(life.log, life.good, rule)


def test_a_folder_is_replaced_and_the_old_one_is_kept(source, home):
    blind, good = ((home / name / "manifest.json").read_bytes() for name in ("blind", "good"))
    told = promote(source, home / "blind", home / "good")
    assert told.promotion == (str(home / "blind"), str(home / "blind.previous"))
    assert (home / "blind" / "manifest.json").read_bytes() == good
    assert (home / "blind.previous" / "manifest.json").read_bytes() == blind
    load_model(home / "blind")
    refused = promote(source, home / "good", home / "blind.previous")
    assert refused.promotion is None
    assert (home / "good" / "manifest.json").read_bytes() == good
    assert sorted(each.name for each in home.iterdir()) == ["blind", "blind.previous", "good"]


def test_the_first_model_needs_no_challenge_and_is_none_twice(source, home):
    told = promote(source, home / "first", home / "good")
    assert told.challenge is None
    assert told.promotion == (str(home / "first"), None)
    again = promote(source, home / "first", home / "good")
    assert again.promotion == (str(home / "first"), None)
    assert not (home / "first.previous").exists()
    with pytest.raises(UsageError, match="two folders"):
        promote(source, home / "good", home / "good")


def test_a_registry_moves_the_alias(source, home, monkeypatch):
    """Against MLflow's own SQLite store."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(home)
    with pytest.raises(UsageError, match="no registry is named"):
        located("models:/desk@champion")
    champion = home.__class__("models:/desk")
    assert promote(source, champion, home / "blind").promotion == ("models:/desk/1", None)
    told = promote(source, champion, home / "good")
    assert told.promotion == ("models:/desk/2", "models:/desk/1")
    refused = promote(source, champion, home / "blind")
    assert refused.promotion is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home / 'mlflow.db'}")
    for reference, name in (
        ("models:/desk", "good"),
        ("models:/desk@champion", "good"),
        ("models:/desk@challenger", "blind"),
        ("models:/desk/1", "blind"),
    ):
        folder = located(reference)
        assert (folder / "manifest.json").read_bytes() == (home / name / "manifest.json").read_bytes()
    # What was refused was known already: it is no new version.
    with pytest.raises(UsageError, match="version=3"):
        located("models:/desk/3")
    for wrong, said in (("models:/nobody", "no champion"), ("models:/a/b/c", "is no model of a registry")):
        with pytest.raises(UsageError, match=said):
            located(wrong)
    assert not [
        file for file in located("models:/desk").parent.rglob("*") if file.suffix in (".pkl", ".pickle")
    ]


def test_what_is_fetched_from_a_registry_is_gone_with_the_process(source, home, monkeypatch):
    """MLflow leaves copies where it put them: a nightly job would fill the disk."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(home)
    promote(source, home.__class__("models:/desk"), home / "good")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home / 'mlflow.db'}")
    here = located("models:/desk")
    (home / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(home / "tmp"))

    def download(artifact_uri: str, dst_path: str, tracking_uri: str) -> str:
        return str(shutil.copytree(here.parents[1], f"{dst_path}/model"))

    monkeypatch.setattr("boilover.tracking.registry.download_artifacts", download)
    monkeypatch.setattr(
        "mlflow.MlflowClient.get_model_version_download_uri", lambda *told: "s3://bucket/model"
    )
    copied = located("models:/desk")
    assert load_model(copied).manifest == load_model(here).manifest
    assert copied.is_relative_to(home / "tmp")
    registry._COPIES.close()
    assert not [*(home / "tmp").iterdir()]


def test_the_command_refuses_with_its_exit_code(life, home, run):
    folders = ["--model", home / "good", "--challenger", home / "blind"]
    code, out, err = run("promote", *folders, "--log", life.home / "log", "--json")
    assert code == 7, err
    assert "not promoted: the challenger ranks tickets WORSE" in err
    assert "95 % interval" in err
    told = json.loads(out)
    assert told["promotion"] is None
    assert told["challenge"]["promotes"] is False
    _, out, _ = run("promote", *folders, "--log", life.home / "log")
    assert "Outcomes count as they came out: a ticket that was rescued speaks against" in out


@pytest.mark.parametrize(
    ("every", "gained", "drifted", "due"),
    [
        (7, 7, False, True),
        (7, 6, False, False),
        (None, 99, False, False),
        (None, 3, True, True),
        (None, 2, True, False),
    ],
)
def test_a_challenger_is_due_when_it_would_know_enough_more(every, gained, drifted, due):
    schedule = Schedule(None if every is None else every * DAY, 3 * DAY, 28 * DAY)
    assert schedule.is_due(100 * DAY, (128 + gained) * DAY, drifted=drifted) is due


def test_a_challenger_is_trained_judged_once_and_serves(source, home, life):
    end = int(life.events["occurred_at"].max().value // 1000)
    champion, folder = home / "blind", home / "blind.challenger"
    schedule = Schedule(7 * DAY, 7 * DAY, 28 * DAY)
    told = renew(lambda: source, champion, folder, schedule, end)
    assert told["judged"] == "promoted"
    assert told["trained"]["because"] == "it was due"
    until = parse_moment(load_model(champion).manifest.trained_until)
    assert end - 29 * DAY < until <= end - 28 * DAY
    assert json.loads((folder / JUDGEMENT).read_text("utf-8"))["judged"] == "promoted"
    served = (champion / "manifest.json").read_bytes()
    assert renew(lambda: source, champion, folder, schedule, end)["judged"] == "none is due"
    assert (champion / "manifest.json").read_bytes() == served
    assert (
        renew(lambda: source, champion, folder, schedule, end + DAY, drifted=True)["judged"] == "none is due"
    )
    # A run that was killed after it promoted: what was undone by hand stays undone.
    (folder / JUDGEMENT).unlink()
    assert renew(lambda: source, champion, folder, schedule, end)["judged"] == "none is due"
    assert json.loads((folder / JUDGEMENT).read_text("utf-8"))["judged"] == "promoted"
    shutil.copytree(home / "blind.previous", home / "undone")
    assert renew(lambda: source, home / "undone", folder, schedule, end)["judged"] == "none is due"
    # A run that was killed before it judged: the next one judges.
    (folder / JUDGEMENT).unlink()
    shutil.rmtree(champion)
    shutil.copytree(home / "blind.previous", champion)
    assert renew(lambda: source, champion, folder, schedule, end)["judged"] == "promoted"
    assert (champion / "manifest.json").read_bytes() == served


def test_a_challenger_without_outcomes_waits(source, home, life):
    shutil.copytree(home / "good", home / "next")
    told = renew(lambda: source, home / "blind", home / "next", Schedule(None, DAY, DAY), life.cut + 9 * DAY)
    assert told["judged"].startswith("waits: ")
    assert "trained" not in told
    assert not (home / "next" / JUDGEMENT).exists()
    waiting = (home / "next" / "manifest.json").read_bytes()
    # Another would wait as long: on a desk where little escalates none would ever be judged.
    again = renew(
        lambda: source,
        home / "blind",
        home / "next",
        Schedule(DAY, DAY, DAY),
        life.cut + 9 * DAY,
        drifted=True,
    )
    assert again["judged"].startswith("waits: ")
    assert (home / "next" / "manifest.json").read_bytes() == waiting
    later = renew(
        lambda: source, home / "blind", home / "next", Schedule(None, DAY, DAY), life.cut + 50 * DAY
    )
    assert later["judged"] == "promoted"
    assert (home / "next" / JUDGEMENT).exists()


def test_a_challenger_that_waits_for_another_champion_makes_room(source, home, life):
    told = {"escalation": {"any": [{"reopened": 2}]}}
    other = replace(life.good, manifest=life.good.manifest.model_copy(update=told))
    save_model(home / "next", other)
    end = int(life.events["occurred_at"].max().value // 1000)
    assert (
        renew(lambda: source, home / "good", home / "next", Schedule(None, DAY, DAY), end)["judged"]
        == "none is due"
    )
    told = renew(lambda: source, home / "good", home / "next", Schedule(7 * DAY, DAY, 28 * DAY), end)
    assert "trained" in told


def test_a_challenger_keeps_all_columns_where_the_champion_did(source, home, life):
    end = int(life.events["occurred_at"].max().value // 1000)
    schedule = Schedule(7 * DAY, 7 * DAY, 28 * DAY)
    for name, keeps in (("good", CARRIED), ("blind", 1.0)):
        assert load_model(home / name).model.primary.get_params()["keep"] == keeps
        renew(lambda: source, home / name, home / f"{name}.challenger", schedule, end)
        assert load_model(home / f"{name}.challenger").model.primary.get_params()["keep"] == keeps
