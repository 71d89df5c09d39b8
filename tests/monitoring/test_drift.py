from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError, MismatchError, UsageError
from boilover.evaluation.interval import Interval
from boilover.features import from_json
from boilover.inputs import cut
from boilover.log import EventLog
from boilover.model.reference import BLOCKS, Distribution, distribution_of
from boilover.model.saved import load_model, save_model
from boilover.monitoring.drift import Performance, drift
from boilover.monitoring.shifts import Rate, Shift, shift_of, spans_of
from boilover.monitoring.stability import warmed
from boilover.monitoring.table import render
from boilover.monitoring.words import verdict_of
from boilover.training import train
from desks import small_desk, small_tickets, write


def log_of(life, events=None, tickets=None) -> EventLog:
    return EventLog.from_pandas(
        life.events if events is None else events, life.tickets if tickets is None else tickets
    )


def shifted(life) -> pd.DataFrame:
    """The tickets, of which those created after the training come by another channel, one of it new, or by none."""
    born = life.events[life.events["event_type"] == "created"].set_index("ticket_id")["occurred_at"]
    late = (born.reindex(life.tickets["ticket_id"]) > pd.Timestamp(life.cut, unit="us", tz="UTC")).to_numpy()
    rng = np.random.default_rng(0)
    tickets = life.tickets.copy()
    tickets.loc[late & (rng.random(len(late)) < 0.6), "channel"] = "chat"
    tickets["seats"] = tickets["seats"].astype(float)
    tickets.loc[late & (rng.random(len(late)) < 0.5), "seats"] = np.nan
    return tickets


def test_a_desk_that_stays_as_it_was_has_not_drifted(life):
    found = drift(life.log, life.good, rounds=100)
    assert len(repr(found)) < 2000, "a console shows the sentences, not the bins of every column"
    # Growing the model anew may move the few distinct risks that it has on so small a desk.
    assert set(found.reasons) <= {"risks"}
    judged = sum(not each.wanders for each in found.features)
    assert (
        f"No feature has drifted: each of the {judged} of {len(found.features)} that can be"
        in found.verdict[0]
    )
    assert found.windows >= 4
    assert {each.name for each in found.features} == set(life.good.manifest.columns)
    assert 0 < found.matured < found.points
    assert found.performance.open is not None
    assert found.performance.realised is not None
    assert found.base_rate is not None
    assert found.base_rate.then == pytest.approx(life.good.manifest.base_rate)


def test_nor_have_the_risks_of_another_such_desk():
    log = EventLog.from_pandas(small_desk(1200, seed=3), small_tickets(1200))
    found = drift(log, train(cut(log, "2026-03-15"), n_jobs=1), rounds=20)
    assert not found.drifted
    assert found.reasons == ()


def test_a_desk_that_changed_has_drifted_and_is_told_how(life):
    found = drift(log_of(life, tickets=shifted(life)), life.good, rounds=50)
    assert found.reasons[0] == "features"
    worst = {each.name: each for each in found.features if each.drifted}
    assert {"ticket_channel", "ticket_seats"} <= set(worst)
    assert worst["ticket_channel"].unseen_now == pytest.approx(0.5, abs=0.2)
    assert worst["ticket_channel"].unseen_then == 0
    assert worst["ticket_seats"].missing_now > 0.3 > worst["ticket_seats"].missing_then == 0
    told = found.verdict[0]
    assert "DRIFTED" in told
    assert "new to training or rare there" in told
    assert "missing in" in told
    text = render(found.to_dict())
    assert "drifted" in text
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["drifted"] is True


def test_a_model_whose_tickets_escalate_for_other_reasons_has_fallen_off(life, late):
    """The features stay as they were, and the calm customers are those who escalate now."""
    events = life.events.copy()
    priority = events[events["event_type"] == "priority_changed"].set_index("ticket_id")["value"]
    rows = (events["event_type"] == "escalated") & late & (events["ticket_id"].map(priority) == "high")
    calm = events[(events["event_type"] == "created") & late & (events["ticket_id"].map(priority) == "low")]
    moved = calm.iloc[: 2 * int(rows.sum())].assign(event_type="escalated")
    moved["occurred_at"] += pd.Timedelta("20h")
    changed = pd.concat([events[~rows], moved]).sort_values("occurred_at", kind="stable")
    found = drift(log_of(life, events=changed), life.good, rounds=100)
    assert "performance" in found.reasons
    assert any("FALLEN OFF" in sentence for sentence in found.verdict)
    assert "features" not in found.reasons


def test_nothing_that_comes_later_is_seen(life):
    moment = "2026-04-15T00:00Z"
    asked = drift(life.log, life.good, as_of=moment, rounds=20).to_dict()
    known = drift(cut(life.log, moment), life.good, rounds=20).to_dict()
    assert asked.pop("as_of") >= known.pop("as_of")
    assert asked == known


def test_only_what_is_asked_since_then_counts(life):
    later = drift(life.log, life.good, since="2026-04-10", rounds=20)
    assert later.since == "2026-04-10T00:00:00Z"
    assert later.points < drift(life.log, life.good, rounds=20).points


def test_what_cannot_be_compared_is_refused(life):
    with pytest.raises(UsageError, match="points before that"):
        drift(life.log, life.good, since="2026-02-01")
    with pytest.raises(InputError, match="at least 100"):
        drift(life.log, life.good, since="2026-05-16")
    trained = life.good.manifest.trained_until.replace("+00:00", "Z")
    with pytest.raises(
        InputError, match=rf"moment asked, 2026-01-20.*not after {trained}.*Take a later moment"
    ):
        drift(life.log, life.good, as_of="2026-01-20")
    with pytest.raises(InputError, match=r"end of the log, .*, is not after .*Take a log that goes on"):
        drift(cut(life.log, life.cut), life.good)
    with pytest.raises(MismatchError, match="Train it again"):
        drift(life.log, replace(life.good, reference=None))
    with pytest.raises(MismatchError, match="'seats'"):
        drift(log_of(life, tickets=life.tickets.drop(columns="seats")), life.good)
    calm = life.events[life.events["event_type"] != "escalated"]
    with pytest.raises(InputError, match="no ticket of the log escalated"):
        drift(log_of(life, events=calm), life.good)


def test_a_folder_without_a_reference_is_read_all_the_same(life, tmp_path):
    save_model(tmp_path / "old", replace(life.blind, reference=None))
    assert not (tmp_path / "old" / "reference.json").exists()
    assert load_model(tmp_path / "old").reference is None
    with_it = load_model(life.home / "good").reference
    assert with_it is not None
    assert with_it.to_text() == life.good.reference.to_text()


def test_a_reference_that_was_changed_is_refused(life, tmp_path):
    save_model(tmp_path / "model", life.blind)
    file = tmp_path / "model" / "reference.json"
    file.write_text(file.read_text("utf-8").replace("1", "2", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"reference\.json.*damaged"):
        load_model(tmp_path / "model")


def test_the_command_tells_writes_and_gates(life, tmp_path, run):
    log = write(tmp_path / "log", life.events, shifted(life))
    file = tmp_path / "drift.txt"
    code, out, err = run("drift", log, "--model", life.home / "good", "--json", "--gate", "-o", file)
    assert code == 7, err
    assert "has drifted: features" in err
    assert json.loads(out)["drifted"] is True
    assert "DRIFTED" in (tmp_path / "drift.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (
            Rate(0.10, Interval(0.09, 0.07, 0.11), False),
            "has not drifted: 9.0% escalate (7.0% to 11.0%), 10.0% in",
        ),
        (
            Rate(0.144, Interval(0.084, 0.049, 0.118), False),
            "is another, 8.4% escalate (4.9% to 11.8%), 14.4% in",
        ),
        (Rate(0.144, Interval(0.02, 0.01, 0.03), True), "has DRIFTED: 2.0% escalate"),
    ],
)
def test_the_words_on_a_base_rate_do_not_contradict_its_figures(rate, told):
    stays = Shift("risk", 0.01, 0.1, False, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, None, None, None)
    performance = Performance(None, None, None, None, None)
    sentences = verdict_of((), stays, rate, performance, 1)
    assert [each for each in sentences if each.startswith(f"The base rate {told}")]
    assert ("not called drift" in " ".join(sentences)) == ("another" in told)


def filling(late: float, days: int = 400, span: int = 90, seed: int = 0) -> tuple[Distribution, pd.Series]:
    """Return a count over ``span`` days that fills up from the log's begin, ten points a day, and ``late`` values."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), 10)
    values = rng.poisson(6 * np.minimum(day + 1, span) / span)
    then = distribution_of(pd.Series(values.astype(float)), (day * BLOCKS // days).astype(np.int64))
    return then, pd.Series(rng.poisson(late, 300).astype(float))


def test_a_count_that_filled_up_as_the_log_began_can_drift() -> None:
    """A customer's tickets in 90 days are few in the first 90 days of a log: up to a PSI of 40 was usual after that."""
    for late, moved in ((6.0, False), (10.0, True)):
        then, now = filling(late)
        raw = shift_of("count", then, now, 20.0, 30.0, 1e-4)
        kept = warmed(then, 20.0, 30.0, 90.0)
        told = shift_of("count", kept, now, 20.0, 30.0, 1e-4)
        assert len(then.counts) - len(kept.counts) == 5
        assert raw.wanders
        assert not told.wanders
        assert (raw.drifted, told.drifted) == (False, moved)
    # Where too few windows would remain all of them are compared, and a column that counts no days is left as it is.
    assert warmed(then, 20.0, 30.0, 380.0) is then
    assert warmed(then, 20.0, 90.0, 300.0) is then
    assert warmed(then, 20.0, 30.0, 0.0) is then


def test_of_what_wanders_nothing_is_told_in_place_of_that_it_is_stable(life) -> None:
    spans = spans_of(life.good)
    names = {from_json(spec).name: json.dumps(spec) for spec in life.good.manifest.features}
    assert spans["desk_count_created_7d"] == 7
    assert all('"window"' in names[name] for name in spans)
    steady = Shift("steady", 0.05, 0.1, False, 0.0, 0.0, 0.0, 0.0, 1.0, 1.1, None, None, None)
    grows = steady._replace(name="grows", psi=4.0, bound=40.0)
    gone = steady._replace(name="gone", psi=41.0, bound=40.0, drifted=True)
    rest = (steady._replace(name="risk"), None, Performance(None, None, None, None, None), 10)
    calm = verdict_of((steady, grows), *rest)
    assert calm[0].startswith(
        "No feature has drifted: each of the 1 of 2 that can be judged lies within what 10"
    )
    assert calm[1].startswith("Of 1 nothing can be told: ")
    assert calm[1].endswith("(grows).")
    assert verdict_of((steady,), *rest)[1].startswith("The risks")
    assert verdict_of((gone, steady), *rest)[0].startswith(
        "1 of the 2 features that can be judged has DRIFTED: gone"
    )
