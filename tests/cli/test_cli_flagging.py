"""The commands of flags: a policy explained, scores flagged by it, the ledger's answers, and the nightly job."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import sys

import numpy as np
import pandas as pd
import pytest

from boilover import cli
from boilover.flagger.ledger import Ledger
from boilover.outputs import write_frame

POLICY = """
[threshold]
kind = "fixed"
risk = {risk!r}
[hysteresis]
clear = 1.0
"""
FLAGS = 10
NIGHTS = ("2026-03-10", "2026-03-12")


@pytest.fixture(scope="module")
def home(desk, tmp_path_factory):
    """Return a folder with the scores of two nights, a policy that flags ten tickets on the first, and a ledger."""
    home = tmp_path_factory.mktemp("flags")
    with pytest.MonkeyPatch.context() as patch:
        for night in NIGHTS:
            scores = home / f"scores {night}.csv"
            call(patch, "score", desk / "log", "--model", desk / "model", "--as-of", night, "-o", scores)
        risk = float(risks_of(home, NIGHTS[0]).iloc[FLAGS - 1])
        (home / "policy.toml").write_text(POLICY.format(risk=risk), encoding="utf-8")
        for night in NIGHTS:
            given = flagging(home, desk, home / f"scores {night}.csv")
            call(patch, *given, "-o", home / f"flags {night}.csv")
    return home


def risks_of(home, night: str) -> pd.Series:
    """Return the risks of a night by ticket, the highest first."""
    scores = pd.read_csv(home / f"scores {night}.csv", dtype={"ticket_id": "str"})
    return scores.set_index("ticket_id")["risk"]


def call(patch, *words: object) -> int:
    patch.setattr("sys.argv", ["boilover", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code, words
    return 0


def flagging(home, desk, scores, *more: object) -> tuple[object, ...]:
    given = ("--model", desk / "model", "--policy", home / "policy.toml", "--ledger", home / "ledger.db")
    return ("flag", scores, *given, *more)


def printed(capsys, patch, *words: object) -> str:
    capsys.readouterr()
    call(patch, *words)
    return capsys.readouterr().out


def flags_of(home, night: str) -> pd.DataFrame:
    return pd.read_csv(home / f"flags {night}.csv", dtype={"ticket_id": "str"})


def test_a_policy_is_explained(home, run, capsys, monkeypatch):
    said = printed(capsys, monkeypatch, "policy", "explain", home / "policy.toml")
    risk = risks_of(home, NIGHTS[0]).iloc[FLAGS - 1]
    assert said.startswith(f"The model flags tickets of a risk of {100 * risk:.6g}% or more.\n")
    (home / "wrong.toml").write_text("[tiers]\nwarm = 0.5\n")
    code, told = run("policy", "explain", home / "wrong.toml")
    assert (code, "tiers.warm: is not known; keys are warn, critical" in told) == (2, True)


def test_flags_are_new_stand_and_are_cleared_as_the_risks_say(home):
    risks = [risks_of(home, night) for night in NIGHTS]
    above = [set(risk.index[risk >= risks[0].iloc[FLAGS - 1]]) for risk in risks]
    first, second = (flags_of(home, night).set_index("ticket_id")["verdict"] for night in NIGHTS)
    assert set(first.index) == above[0]
    assert set(first) == {"new"}
    assert set(second.index[second == "new"]) == above[1] - above[0]
    assert set(second.index[second == "still"]) == above[0] & above[1]
    assert set(second.index[second == "cleared"]) == above[0] & set(risks[1].index) - above[1]
    assert set(second) >= {"new", "still"}


def test_a_flag_tells_the_reasons_of_its_score(home):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype={"ticket_id": "str"}).set_index("ticket_id")
    for flag in flags_of(home, NIGHTS[0]).itertuples():
        assert flag.why.startswith(scores.loc[flag.ticket_id, "reason_1"])
        assert flag.by == "model"
        assert flag.threshold == scores["risk"].iloc[FLAGS - 1]


def test_the_same_night_again_is_the_same(home, desk, run):
    scores, again = home / f"scores {NIGHTS[1]}.csv", home / "again.csv"
    code, said = run(*flagging(home, desk, scores, "-o", again))
    assert (code, "recorded before, and nothing is changed" in said) == (0, True)
    assert again.read_bytes() == (home / f"flags {NIGHTS[1]}.csv").read_bytes()


def test_a_ticket_that_is_held_back_is_counted_once(home, desk, run, tmp_path):
    (tmp_path / "policy.toml").write_text(
        '[threshold]\nkind = "fixed"\nrisk = 0.0\n[capacity]\nper_night = 1\n'
    )
    words = ("--policy", tmp_path / "policy.toml", "--ledger", tmp_path / "ledger.db")
    scores = home / f"scores {NIGHTS[0]}.csv"
    code, said = run("flag", scores, "--model", desk / "model", *words, "-o", tmp_path / "flags.csv")
    rest = len(pd.read_csv(scores)) - 1
    assert (code, f"1 new, 0 risen, 0 still, 0 cleared, {rest} held back by capacity\n" in said) == (
        0,
        True,
    ), said


def test_scores_of_a_night_beyond_now_are_not_recorded(home, desk, run, tmp_path):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype="str").assign(as_of="9999-12-31T00:00:00Z")
    scores.to_csv(tmp_path / "scores.csv", index=False)
    before = (home / "ledger.db").read_bytes()
    code, said = run(*flagging(home, desk, tmp_path / "scores.csv"))
    assert (code, "a night of 9999-12-31T00:00:00Z cannot be recorded" in said) == (2, True)
    assert (home / "ledger.db").read_bytes() == before


def test_scores_without_a_risk_are_of_their_moment(home, desk, run, tmp_path):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype={"ticket_id": "str"})
    scores.assign(risk=np.nan, rank=np.nan).to_csv(tmp_path / "calm.csv", index=False)
    scores.head(0).to_csv(tmp_path / "empty.csv", index=False)
    scores.head(1).assign(risk=np.nan, rank=np.nan, as_of=None).to_csv(tmp_path / "blank.csv", index=False)
    for ledger, more in (("a.db", ()), ("b.db", ("--log", desk / "log"))):
        words = (
            "--model",
            desk / "model",
            "--policy",
            home / "policy.toml",
            "--ledger",
            tmp_path / ledger,
            *more,
        )
        assert run("flag", tmp_path / "calm.csv", *words)[0] == 0
        (night,) = Ledger.open(tmp_path / ledger).export("nights").itertuples()
        assert (night.as_of, night.tickets) == (pd.Timestamp(NIGHTS[0], tz="UTC"), 0)
    words = ("--model", desk / "model", "--policy", home / "policy.toml", "--ledger", tmp_path / "c.db")
    for file in ("empty.csv", "blank.csv"):
        code, said = run("flag", tmp_path / file, *words)
        assert code == 3
        assert "Name the log with --log: no row tells the moment" in said


@pytest.mark.parametrize("more", [(), ("--log",)])
def test_a_solved_ticket_is_not_flagged_though_it_has_a_risk(home, desk, run, tmp_path, more):
    """`score --points` gives it one, with a note."""
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype={"ticket_id": "str"}, keep_default_na=False)
    solved = scores["ticket_id"][:3].tolist()
    scores.loc[:2, "note"] = "solved"
    scores.to_csv(tmp_path / "scores.csv", index=False)
    by_policy = ("--policy", home / "policy.toml", "--ledger", tmp_path / "own.db", *more)
    by_policy += (desk / "log",) if more else ()
    (tmp_path / "ten.toml").write_text(f'[threshold]\nkind = "capacity"\nper_night = {FLAGS}\n')
    for words, number in ((("--config", tmp_path / "ten.toml"), FLAGS), (by_policy, FLAGS - 3)):
        flags = tmp_path / "flags.csv"
        assert run("flag", tmp_path / "scores.csv", "--model", desk / "model", *words, "-o", flags)[0] == 0
        told = pd.read_csv(flags, dtype={"ticket_id": "str"})["ticket_id"]
        assert len(told) == number
        assert not set(told) & set(solved)


def test_an_empty_file_of_points_is_told_as_it_is(desk, run, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text("ticket_id,as_of\n", encoding="utf-8")
    code, said = run("score", desk / "log", "--model", desk / "model", "--points", points)
    assert code == 0
    assert f"{points} has no rows, so there is none to score" in said
    assert "at risk" not in said


def test_a_score_of_no_ticket_of_the_log_is_named_by_its_row_in_the_file(home, desk, run, tmp_path):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype={"ticket_id": "str"}, keep_default_na=False)
    scores.loc[:1, "note"] = "solved"
    scores.loc[4, "ticket_id"] = "gone"
    scores.to_csv(tmp_path / "scores.csv", index=False)
    words = ("--policy", home / "policy.toml", "--ledger", tmp_path / "own.db", "--log", desk / "log")
    code, said = run("flag", tmp_path / "scores.csv", "--model", desk / "model", *words)
    assert (code, "column 'ticket_id', row 5, value 'gone': is not known to the log" in said) == (3, True)


def test_triggers_ask_for_the_log_and_read_it(home, desk, run, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[threshold]\nkind = "fixed"\nrisk = 1.0\n[triggers.vip]\nattribute = "channel"\nvalues = ["web"]\n'
    )
    scores = home / f"scores {NIGHTS[0]}.csv"
    words = ["flag", scores, "--model", desk / "model", "--policy", policy, "--ledger", tmp_path / "own.db"]
    code, said = run(*words)
    assert (code, "the policy has triggers, which are read from the log" in said) == (2, True)
    flags = tmp_path / "flags.csv"
    code, said = run(*words, "--log", desk / "log", "--desk", "web", "-o", flags)
    assert code == 0, said
    channel = pd.read_parquet(desk / "log" / "tickets.parquet").astype({"ticket_id": "str"})
    asked = pd.read_csv(scores, dtype={"ticket_id": "str"}).merge(channel, on="ticket_id")
    told = pd.read_csv(flags, dtype={"ticket_id": "str"})
    assert set(told["ticket_id"]) == set(asked.loc[asked["channel"] == "web", "ticket_id"])
    assert set(told["triggers"]) == {"vip"}
    assert set(told["desk"]) == {"web"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--policy", "p.toml"], "--policy and --ledger go together"),
        (["--ledger", "l.db"], "--policy and --ledger go together"),
        (["--log", "log"], "--log is read with --policy alone: name that, too, or leave --log out"),
        (["--desk", "web"], "--desk is read with --policy alone"),
        (["--again"], "--again is read with --policy alone"),
        (["--recipe", "jira"], "--recipe is read with --log alone"),
        (
            ["--policy", "p.toml", "--ledger", "l.db", "--input-format", "log"],
            "--input-format is read with --log",
        ),
        (["--policy", "p.toml", "--ledger", "l.db", "--config", "c.toml"], "exclude each other"),
    ],
)
def test_options_that_do_not_go_together_are_named(home, desk, run, words, told):
    code, said = run("flag", home / f"scores {NIGHTS[0]}.csv", "--model", desk / "model", *words)
    assert (code, told in said) == (2, True), said


def test_a_risk_that_is_given_needs_no_model(home, desk, run, tmp_path):
    """As DESIGN has it: ``boilover flag SCORES --policy FILE --ledger FILE``."""
    scores = home / f"scores {NIGHTS[0]}.csv"
    words = ("--policy", home / "policy.toml", "--ledger", tmp_path / "own.db")
    for more in ((), ("--log", desk / "log"), ("--model", desk / "model")):
        code, said = run("flag", scores, *words, *more, "-o", tmp_path / "flags.csv")
        assert code == 0, said
        assert ("not measured on past points, as no model is named" in said) == ("--model" not in more)
        assert ("this night was recorded before, and nothing is changed" in said) == bool(more)
        # The scores tell the model's name, so that the night is the same with the model and without.
        assert (tmp_path / "flags.csv").read_bytes() == (home / f"flags {NIGHTS[0]}.csv").read_bytes()
    (tmp_path / "fixed.toml").write_text(
        f"[threshold]\nkind = 'fixed'\nrisk = {risks_of(home, NIGHTS[0]).tolist()[4]!r}\n"
    )
    code, said = run("flag", scores, "--config", tmp_path / "fixed.toml", "-o", tmp_path / "flags.csv")
    assert code == 0, said
    assert len(pd.read_csv(tmp_path / "flags.csv")) == 5


def test_a_risk_of_costs_needs_no_model(home, desk, run, tmp_path):
    (tmp_path / "cost.toml").write_text("[threshold]\nkind = 'cost'\nmiss = 4\nfalse_alarm = 1\n")
    flags = []
    for more in ((), ("--model", desk / "model")):
        words = ("--config", tmp_path / "cost.toml", "-o", tmp_path / "flags.csv", *more)
        code, said = run("flag", home / f"scores {NIGHTS[0]}.csv", *words)
        assert (code, "threshold 0.2000: " in said) == (0, True), said
        flags.append((tmp_path / "flags.csv").read_bytes())
    assert flags[0] == flags[1]


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("kind = 'precision'\nat_least = 0.5", "precision"),
        ("kind = 'cost'\nmiss = 4\nfalse_alarm = 1\nmethod = 'empirical'", "cost"),
    ],
)
def test_a_threshold_that_has_to_be_chosen_needs_the_model(home, run, tmp_path, table, kind):
    (tmp_path / "own.toml").write_text(f"[threshold]\n{table}\n" if table else "")
    scores, ledger = home / f"scores {NIGHTS[0]}.csv", tmp_path / "own.db"
    for words in (
        ("--policy", tmp_path / "own.toml", "--ledger", ledger),
        ("--config", tmp_path / "own.toml"),
    ):
        code, said = run("flag", scores, *words)
        assert code == 2
        assert f"a [threshold] of kind '{kind}' is chosen on past points" in said
        assert "with --model" in said
    assert not ledger.exists()


def test_the_riskiest_of_a_night_need_no_model(home, desk, run, tmp_path):
    scores, flags = home / f"scores {NIGHTS[0]}.csv", tmp_path / "flags.csv"
    code, said = run("flag", scores, "-o", flags)
    assert (code, "threshold by rank: not measured on past points, as no model is named" in said) == (0, True)
    # Ten of 34 would be hardly a choice: by default a tenth of what is open is flagged.
    assert (
        "\n3 of 34 tickets flagged, 8.8 %: drawn at random, as many would catch 8.8 % of what escalates\n"
        in said
    )
    assert "HARDLY" not in said
    (tmp_path / "all.toml").write_text('[threshold]\nkind = "fixed"\nrisk = 0.0\n')
    said = run("flag", scores, "--config", tmp_path / "all.toml")[1]
    assert "HARDLY CHOOSES: 100 % of the tickets have a flag" in said
    bare = flags.read_bytes()
    assert run("flag", scores, "--model", desk / "model", "-o", flags)[0] == 0
    assert flags.read_bytes() == bare
    # What a ledger holds is decided by a risk, which past nights tell.
    (tmp_path / "own.toml").write_text("")
    code, said = run("flag", scores, "--policy", tmp_path / "own.toml", "--ledger", tmp_path / "own.db")
    assert code == 2
    assert "a [threshold] of kind 'capacity' is chosen on past points" in said
    assert "with --model" in said
    assert not (tmp_path / "own.db").exists()


@pytest.mark.parametrize("name", ["scores.txt", "scores.csv", "scores.jsonl"])
@pytest.mark.parametrize("reason", ["no reply for 3 days", "no reply, and no owner, for 3 days"])
def test_a_table_for_people_is_told_from_scores(home, run, tmp_path, name, reason):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype="str").assign(reason_2=reason)
    write_frame(scores.astype({"risk": float}), tmp_path / name, "table")
    code, said = run("flag", tmp_path / name)
    assert code == 3
    assert f"{tmp_path / name}: is a table for people to read, which holds a part of the scores" in said
    assert "boilover score --format csv`, or jsonl or parquet" in said


def test_a_mistake_in_the_threshold_of_a_configuration_names_the_file(home, run, tmp_path):
    (tmp_path / "own.toml").write_text("[threshold]\nkind = 'fixed'\nrisk = '30%'\n")
    code, said = run("flag", home / f"scores {NIGHTS[0]}.csv", "--config", tmp_path / "own.toml")
    assert code == 2
    assert f"{tmp_path / 'own.toml'}: [threshold] risk: must be a number, not '30%'. Write 0.3" in said


@pytest.mark.parametrize("column", ["ticket_id", "as_of"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_risk_of_no_ticket_or_no_moment_is_refused(home, run, tmp_path, column, form):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype={"ticket_id": "str"}, parse_dates=["as_of"])
    scores.loc[2, column] = None
    write_frame(scores, tmp_path / f"scores.{form}")
    for words in ((), ("--policy", home / "policy.toml", "--ledger", tmp_path / "own.db")):
        code, said = run("flag", tmp_path / f"scores.{form}", *words)
        assert (code, f"scores.{form}, column '{column}', row 3: is empty, and the row" in said) == (3, True)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_file_of_scores_is_told_by_its_ending_in_capitals_too(home, run, tmp_path, form):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype={"ticket_id": "str"}, parse_dates=["as_of"])
    for name in (f"scores.{form}", f"SCORES.{form.upper()}"):
        write_frame(scores, tmp_path / name)
        code, said = run("flag", tmp_path / name, "-o", tmp_path / f"flags of {name}")
        assert (code, "\n3 of 34 tickets flagged" in said) == (0, True), said
    one, other = (tmp_path / f"flags of {name}" for name in (f"scores.{form}", f"SCORES.{form.upper()}"))
    assert one.read_bytes() == other.read_bytes()


def test_moments_may_be_written_in_any_way_of_iso(home, run, tmp_path):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype="str")
    code, _ = run("flag", home / f"scores {NIGHTS[0]}.csv", "-o", tmp_path / "one.csv")
    scores["as_of"] = [NIGHTS[0], f"{NIGHTS[0]}T00:00Z", f"{NIGHTS[0]} 01:00:00+01:00", *scores["as_of"][3:]]
    scores.to_csv(tmp_path / "scores.csv", index=False)
    code, said = run("flag", tmp_path / "scores.csv", "-o", tmp_path / "two.csv")
    assert code == 0, said
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_without_a_model_scores_are_of_one(home, desk, run, tmp_path):
    scores = pd.read_csv(home / f"scores {NIGHTS[0]}.csv", dtype="str")
    words = ("--policy", home / "policy.toml", "--ledger", tmp_path / "own.db")
    mixed = scores.assign(model=["7d-0", *scores["model"][1:]])
    mixed.to_csv(tmp_path / "mixed.csv", index=False)
    code, said = run("flag", tmp_path / "mixed.csv", *words)
    assert (code, "the scores are of several models: '24h-" in said) == (5, True), said
    scores.drop(columns="model").to_csv(tmp_path / "bare.csv", index=False)
    code, said = run("flag", tmp_path / "bare.csv", *words)
    assert (code, f"{FLAGS} new" in said) == (0, True), said
    # Which model it was is not known, so that this one's night is another.
    code, said = run("flag", home / f"scores {NIGHTS[0]}.csv", *words)
    assert (code, "is recorded with another input, model or policy" in said) == (3, True), said
    assert run("ledger", "check", tmp_path / "own.db")[0] == 0


@pytest.mark.parametrize(
    ("scores", "policy", "code", "told"),
    [
        (
            "none.csv",
            None,
            3,
            "none.csv: cannot be read as scores: No such file or directory. Write them with",
        ),
        ("none.parquet", None, 3, "none.parquet: cannot be read as scores: No such file or directory."),
        ("none.jsonl", None, 3, "none.jsonl: cannot be read as scores: No such file or directory."),
        ("folder", None, 3, "folder: cannot be read as scores: Is a directory. Write them with"),
        (None, "none.toml", 2, "none.toml: No such file or directory"),
    ],
)
def test_a_setting_that_is_missing_is_usage_and_data_that_is_missing_bad_input(
    home, run, tmp_path, scores, policy, code, told
):
    (tmp_path / "folder").mkdir()
    given = tmp_path / scores if scores else home / f"scores {NIGHTS[0]}.csv"
    by = tmp_path / policy if policy else home / "policy.toml"
    found, said = run("flag", given, "--policy", by, "--ledger", tmp_path / "own.db")
    assert (found, f"{tmp_path / told}" in said) == (code, True), said
    assert not (tmp_path / "own.db").exists()


def test_answers_are_recorded_shown_and_counted(home, desk, run, capsys, monkeypatch, tmp_path):
    ledger = tmp_path / "ledger.db"
    scores = home / f"scores {NIGHTS[0]}.csv"
    flags = flags_of(home, NIGHTS[0])
    call(
        monkeypatch,
        *("flag", scores, "--model", desk / "model", "--policy", home / "policy.toml"),
        *("--ledger", ledger, "-o", tmp_path / "flags.csv"),
    )
    one, two, three, four = flags["flag_id"][:4]
    who = ("--who", "kim")

    def say(*words: object) -> str:
        return printed(capsys, monkeypatch, "ledger", *words)

    assert say("acknowledge", ledger, one, *who, "--when", "2026-03-10T09:00Z") == "recorded\n"
    assert (
        say("acknowledge", ledger, one, *who, "--when", "2026-03-10T09:00Z")
        == "the same was recorded before\n"
    )
    say("snooze", ledger, two, *who, "--when", "2026-03-10T09:00Z", "--until", "2d")
    ticket = flags.loc[flags["flag_id"] == three, "ticket_id"].item()
    say("disagree", ledger, "--ticket", ticket, *who, "--reason", "a test", "--when", "2026-03-10T09:00Z")
    states = Ledger.open(ledger).export().set_index("flag_id")
    assert list(states.loc[[one, two, three], "state"]) == ["acknowledged", "snoozed", "disagreed"]
    assert states.loc[two, "snoozed_until"] == pd.Timestamp("2026-03-12T09:00Z")

    sheet = tmp_path / "sheet.csv"
    say("export", ledger, "sheet", "-o", sheet)
    filled = pd.read_csv(sheet, dtype="str", keep_default_na=False)
    row = filled["flag_id"] == str(four)
    filled.loc[row, ["action", "who", "when"]] = ["acknowledge", "ada", "2026-03-10T10:00Z"]
    filled.to_csv(sheet, index=False)
    assert say("import", ledger, sheet) == "1 new answers\n"

    counts = pd.read_csv(io.StringIO(say("feedback", ledger))).set_index("by").loc["all"]
    assert list(counts[["flags", "acknowledged", "snoozed", "disagreed"]]) == [len(flags), 2, 1, 1]
    shown = pd.read_csv(io.StringIO(say("show", ledger)))
    assert set(shown["flag_id"]) == set(flags["flag_id"])
    assert (np.diff(shown["risk_when_raised"]) <= 0).all()
    table = say("show", ledger, "--format", "table")
    assert "acknowledged" in table
    assert f"  {shown['risk_when_raised'][0]:.1%}  " in table
    assert say("check", ledger) == "the ledger adds up\n"


def test_outcomes_of_a_log_and_of_a_file_agree(home, desk, capsys, monkeypatch, tmp_path):
    events = pd.read_parquet(desk / "log" / "events.parquet").astype({"ticket_id": "str"})
    escalated = events[events["event_type"] == "escalated"].groupby("ticket_id")["occurred_at"].min()
    ended = events[events["event_type"] == "status_changed"].set_index("ticket_id")["occurred_at"]
    told = pd.DataFrame({"escalated_at": escalated, "resolved_at": ended[~ended.index.isin(escalated.index)]})
    told.rename_axis("ticket_id").reset_index().to_csv(tmp_path / "outcomes.csv", index=False)
    exports, outputs = [], []
    by_log = ["--log", desk / "log"]
    for given in ([tmp_path / "outcomes.csv"], by_log, [*by_log, "--model", desk / "model"]):
        ledger = tmp_path / "ledger.db"
        ledger.write_bytes((home / "ledger.db").read_bytes())
        outputs.append(printed(capsys, monkeypatch, "ledger", "outcomes", ledger, *given))
        exports.append(Ledger.open(ledger).export())
    assert outputs[0] == outputs[1] == outputs[2]
    since = (escalated > pd.Timestamp(NIGHTS[0], tz="UTC")).sum()
    assert since < len(escalated)
    assert f"escalations            {since} since the first night\n" in outputs[0]
    for each in exports[1:]:
        pd.testing.assert_frame_equal(exports[0], each)
    assert (exports[0]["outcome"] != "").all()


def test_flags_of_tickets_that_nobody_sees_any_more_expire(home, capsys, monkeypatch, tmp_path):
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes((home / "ledger.db").read_bytes())
    flags = Ledger.open(ledger).export()
    unseen = flags["cleared_at"].isna() & (flags["last_seen"] < pd.Timestamp(NIGHTS[1], tz="UTC"))
    said = printed(
        capsys, monkeypatch, "ledger", "expire", ledger, "--unseen", "36h", "--when", "2026-03-12T12:00Z"
    )
    assert said == f"{unseen.sum()} flags expired\n"
    assert unseen.sum() > 0


def test_the_last_night_is_taken_back(home, desk, run, capsys, monkeypatch, tmp_path):
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes((home / "ledger.db").read_bytes())
    first, second = Ledger.open(home / "ledger.db").export("nights")["new"]
    said = printed(capsys, monkeypatch, "ledger", "take-back", ledger, "--as-of", NIGHTS[1])
    assert said.startswith("the night of 2026-03-12T00:00:00Z counts no more\n")
    assert f"raised             {second}: " in said
    assert said.endswith("last night now     2026-03-10T00:00:00Z\n")
    assert len(Ledger.open(ledger).export()) == first
    assert printed(capsys, monkeypatch, "ledger", "check", ledger) == "the ledger adds up\n"
    code, told = run("ledger", "take-back", ledger, "--as-of", NIGHTS[1])
    assert (code, "That is 2026-03-10T00:00:00Z" in told) == (3, True), told
    # A night in between can be recorded now, and the same one again.
    for night in ("2026-03-11", NIGHTS[1]):
        scores = tmp_path / f"{night}.csv"
        assert run("score", desk / "log", "--model", desk / "model", "--as-of", night, "-o", scores)[0] == 0
        words = ("--policy", home / "policy.toml", "--ledger", ledger, "-o", tmp_path / "flags.csv")
        code, told = run("flag", scores, *words)
        assert (code, "nothing is changed" in told) == (0, False), told
    code, told = run("flag", tmp_path / "2026-03-11.csv", *words)
    assert (code, "take that night back where it should not have been" in told) == (3, True), told


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["acknowledge", "--who", "kim"], 2, "name either a flag's id or a ticket"),
        (["acknowledge", 1, "--ticket", "x", "--who", "kim"], 2, "name either a flag's id or a ticket"),
        (["acknowledge", 99_999, "--who", "kim"], 3, "has no flag in the ledger"),
        (["snooze", 1, "--who", "kim", "--until", "soon"], 2, "'soon' is no time"),
        (["disagree", 1, "--who", "kim", "--reason", " "], 3, "a disagreement needs a reason"),
        (["export", "flag"], 2, "is no table of the ledger"),
        (["expire", "--unseen", "1d", "--when", "2999-01-01"], 2, "--when 2999-01-01: lies in the future"),
        (["expire", "--unseen", "1d", "--desk", "dask"], 2, "no night of desk 'dask'. It has 'desk'"),
        (["outcomes"], 2, "name either a file of outcomes or a log"),
    ],
)
def test_wrong_words_for_the_ledger_are_told(home, run, words, code, told):
    command, *rest = words
    found, said = run("ledger", command, home / "ledger.db", *rest)
    assert (found, told in said) == (code, True), said


def test_a_ledger_that_is_not_there_is_not_made(run, tmp_path):
    code, said = run("ledger", "show", tmp_path / "none.db")
    assert (code, "there is no ledger at" in said) == (2, True)
    assert not (tmp_path / "none.db").exists()


def test_postgresql_without_its_driver_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    code, said = run("ledger", "show", "postgresql://host/name")
    assert (code, "pip install '.[postgres]'" in said) == (2, True), said


def test_a_ledger_that_does_not_add_up_is_told(home, run, tmp_path):
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes((home / "ledger.db").read_bytes())
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE ledger_flags SET tier = 3 WHERE id = 1")
    connection.close()
    code, said = run("ledger", "check", ledger)
    assert (code, "flag 1 stands as" in said) == (3, True)


def test_the_nightly_job_runs_by_its_configuration(home, desk, run, capsys, monkeypatch, tmp_path):
    shutil.copy(home / "policy.toml", tmp_path)
    (tmp_path / "nightly.toml").write_text(
        f'log = "{desk / "log"}"\nmodel = "{desk / "model"}"\npolicy = "policy.toml"\nledger = "{{desk}}.db"\n'
        '[limits]\nstale = "2d"\n[outputs]\nscores = "{desk}.csv"\nflags = "{desk}.jsonl"\n[desks.a]\n[desks.b]\n',
        encoding="utf-8",
    )
    words = ("nightly", tmp_path / "nightly.toml", "--as-of", NIGHTS[0])
    said = printed(capsys, monkeypatch, *words, "--desk", "b")
    file = tmp_path / "runs" / "b" / "2026-03-10T000000Z.json"
    flags = flags_of(home, NIGHTS[0])
    assert said.startswith(
        f"b 2026-03-10T00:00:00Z: {json.loads(file.read_text())['counts']['tickets']} tickets, "
    )
    assert f"{len(flags)} new, 0 risen, 0 still, 0 cleared; 0 notices" in said
    with (tmp_path / "policy.toml").open("a") as policy:
        policy.write("[capacity]\nper_night = 1\n")
    # Quiet hours may hold all of them back on every night.
    told = printed(capsys, monkeypatch, *words, "--desk", "a")
    assert f"1 new, 0 risen, 0 still, 0 cleared, {len(flags) - 1} held back by capacity; 0 notices" in told
    (tmp_path / "a.csv").unlink()
    assert (tmp_path / "b.csv").read_bytes() == (home / f"scores {NIGHTS[0]}.csv").read_bytes()
    assert not (tmp_path / "a.csv").exists()
    assert run(*words, "--desk", "c")[0] == 2
    code, told = run("nightly", tmp_path / "nightly.toml", "--as-of", "2027-01-01")
    assert code == 4
    assert "a failed with exit code 4" in told
    assert "b failed with exit code 4" in told
