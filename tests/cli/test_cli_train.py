"""What `boilover train` says of the columns that it keeps."""

from __future__ import annotations

import sys

import pytest

from boilover import cli
from boilover.model.saved import load_model
from desks import small_desk, small_tickets, write


def test_the_screen_tells_how_many_columns_are_kept_and_an_option_keeps_them_all(
    tmp_path, monkeypatch, capsys
):
    manifests = []
    # What is left out takes many tickets to tell; that nothing is left out does not.
    for model, n_tickets, further in (("usual", 4000, []), ("whole", 1000, ["--all-columns"])):
        log = write(tmp_path / f"log of {model}", small_desk(n_tickets), small_tickets(n_tickets))
        words = ["train", log, "--model", tmp_path / model, "--no-track", *further]
        monkeypatch.setattr(sys, "argv", ["boilover", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        manifest = load_model(tmp_path / model).manifest
        number = len(manifest.columns)
        assert f"features    {number} kept of {number + len(manifest.not_kept)}\n" in capsys.readouterr().out
        manifests.append(manifest)
    usual, whole = manifests
    assert usual.not_kept
    assert whole.not_kept == ()
    assert {*usual.columns, *usual.not_kept} == set(whole.columns)


def test_a_column_that_knows_the_future_is_named_with_the_command_that_proves_it(tmp_path, run):
    events, tickets = small_desk(), small_tickets()
    closed = events[events["event_type"] == "status_changed"].set_index("ticket_id")["occurred_at"]
    leaking = tickets.assign(**{"solved\x1b[2J on": tickets["ticket_id"].map(closed).astype("str")})
    for name, told in (("calm", tickets), ("leaky", leaking)):
        log = write(tmp_path / name, events, told)
        code, said = run("train", log, "--model", tmp_path / f"model of {name}", "--no-track")
        assert code == 0, said
        assert ("KNOWS THE FUTURE" in said) == (name == "leaky")
    assert "\x1b" not in said
    assert "[2J on’ (future time). A model" in said
    assert f"‘boilover audit {tmp_path / 'leaky'}’" in said
    assert run("audit", tmp_path / "leaky")[0] == 0
