"""What `boilover train` says of the columns that it keeps."""

from __future__ import annotations

import sys

import pytest

from boilover import cli, synthetic_desk
from boilover.log import write_log
from boilover.model.saved import load_model


def test_the_screen_tells_how_many_columns_are_kept_and_an_option_keeps_them_all(
    tmp_path, monkeypatch, capsys
):
    write_log(synthetic_desk(n_tickets=1500, days=120, seed=4), tmp_path / "log")
    (tmp_path / "config.toml").write_text("ages = [4, 24, 72]", "utf-8")
    options = ["--horizon", "72h", "--config", tmp_path / "config.toml", "--no-track"]
    manifests = []
    for model, further in (("usual", []), ("whole", ["--all-columns"])):
        words = ["train", tmp_path / "log", "--model", tmp_path / model, *options, *further]
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
