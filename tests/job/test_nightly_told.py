"""From the nightly job to people: packets, destinations and deliveries, also when a receiver is down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from job_desk import CONFIG, MATRIX, export_until, make_desk

from boilover.delivery import verify
from boilover.errors import UsageError
from boilover.flagger.ledger import Ledger
from boilover.job import Run, load_job, run_desk
from boilover.times import parse_moment
from receiver import SECRET, Receiver, receiver

FIRST, SECOND = "2025-01-16T06:00Z", "2025-01-18T06:00Z"
TOLD = """
packets = ["out/packets"]
[channels.alerts]
kind = "webhook"
url = "{url}"
secret = "{secret}"
timeout = 10
tries = 1
[channels.sheet]
kind = "jsonl"
path = "out/told {{night}}"
"""


def configured(folder: Path, url: str, more: str = "") -> Path:
    text = f'matrix = "matrix.toml"\n{CONFIG}{TOLD.format(url=url, secret=SECRET)}{more}'
    config = make_desk(folder, text)
    (folder / "matrix.toml").write_text(MATRIX, encoding="utf-8")
    return config


def run(config: Path, moment: str, said: list[str]) -> Run:
    (desk,) = load_job(config).values()
    return run_desk(desk, parse_moment(moment), say=said.append)


def contents(folder: Path) -> dict[str, bytes]:
    out = folder / "out"
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def nights(tmp_path_factory) -> Iterator[tuple[Path, Receiver, list[Run], list[dict[str, bytes]], list[str]]]:
    """Return a desk after two nights, each run twice; on the second night the receiver is down at first."""
    folder = tmp_path_factory.mktemp("told")
    runs, written, said = [], [], []
    with pytest.MonkeyPatch.context() as patch, receiver() as hearing:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        config = configured(folder, hearing.url)
        for moment, acts in ((FIRST, []), (FIRST, []), (SECOND, [503]), (SECOND, [])):
            hearing.acts = list(acts)
            export_until(folder / "export.csv", moment)
            runs.append(run(config, moment, said))
            written.append(contents(folder))
        yield folder, hearing, runs, written, said


def bodies(hearing: Receiver) -> list[dict]:
    return [json.loads(body) for _, body in hearing.got]


def test_every_new_flag_is_posted_once_signed_and_with_its_packet(nights):
    folder, hearing, runs, _, _ = nights
    assert [run.manifest["delivery"]["sent"] for run in runs[:2]] == [6, 0]
    flags = Ledger.open(folder / "ledger.db").export("flags")
    first = [body for body in bodies(hearing) if body["at"] == "2025-01-16T06:00:00Z"]
    assert [body["ticket_id"] for body in first] == sorted(
        flags.loc[flags["raised_at"] == pd.Timestamp(FIRST), "ticket_id"]
    )
    for (headers, content), body in zip(hearing.got, bodies(hearing), strict=True):
        stamp = headers["boilover-timestamp"]
        assert verify(SECRET.encode(), stamp, content, headers["boilover-signature"], now=float(stamp))
        assert headers["idempotency-key"] == body["key"]
        assert (body["packet"]["ticket_id"], body["packet"]["as_of"]) == (body["ticket_id"], body["at"])
        assert body["packet"]["why"]["triggers"]
        assert body["packet_markdown"].startswith(f"# Ticket {body['ticket_id']}")


def test_a_full_team_hands_on_to_the_next(nights):
    folder, hearing, _, _, _ = nights
    first = [body for body in bodies(hearing) if body["at"] == "2025-01-16T06:00:00Z"]
    assert sorted(body["team"] for body in first) == ["Lead", "Second", "Second"]
    assert {body["respond_by"] for body in first} == {"2025-01-16T10:00:00Z"}
    written = pd.read_csv(folder / "out" / "flags.csv", dtype="str", keep_default_na=False)
    assert set(written.loc[written["verdict"] == "still", "team"]) <= {"Lead", "Second"}
    assert set(written.loc[written["verdict"] == "still", "response"]) == {"4h"}
    kinds = {body["ticket_id"]: body["kind"] for body in bodies(hearing)}
    for row in written.loc[written["verdict"].isin(["new", "still"])].itertuples():
        assert row.kind == kinds[row.ticket_id]


def test_a_receiver_that_is_down_fails_no_run_and_hears_it_the_next_time_once(nights):
    _, hearing, runs, _, said = nights
    down, after = (run.manifest["delivery"] for run in runs[2:])
    assert (runs[2].error, runs[2].manifest["exit_code"]) == (None, 0)
    assert down["kept"] == after["sent"] > 0
    assert (after["kept"], after["failed"], after["problems"]) == (0, 0, ())
    assert "127.0.0.1 answered 503" in down["problems"][0]
    assert any(f"{down['kept']} notices could not be delivered" in text for text in said)
    assert not any(SECRET in text or "very-secret-path" in text for text in said)
    # The receiver was asked once in vain, and then for each notice once.
    assert len(hearing.keys) == len(set(hearing.keys)) + 1


def test_a_packet_lies_there_for_each_flag_that_stands(nights):
    folder, _, runs, written, _ = nights
    flags = pd.read_csv(folder / "out" / "flags.csv", dtype={"ticket_id": "str"})
    standing = flags[flags["verdict"].isin(["new", "risen", "still"])]
    names = {f"packets/flag-{flag}.{form}" for flag in standing["flag_id"] for form in ("json", "md")}
    assert {name for name in written[-1] if name.startswith("packets/")} == names
    for row in standing.itertuples():
        packet = json.loads(written[-1][f"packets/flag-{row.flag_id}.json"])
        assert (packet["ticket_id"], packet["as_of"]) == (row.ticket_id, "2025-01-18T06:00:00Z")
        assert packet["destination"]["team"] == row.team
    hashed = {Path(file["file"]).name for file in runs[-1].manifest["outputs"]}
    assert {Path(name).name for name in names} <= hashed


def test_a_run_that_is_repeated_writes_the_same_bytes(nights):
    _, _, _, written, _ = nights
    assert written[0] == written[1]
    assert written[2] == written[3]
    assert "told 2025-01-18T060000Z.jsonl" in written[3]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "matrix.toml").write_text("[default]\nteam = 'X'\n"), "no team 'X'"),
        (lambda folder: (folder / "out/packets/mine").mkdir(parents=True), "mine, which is no packet"),
    ],
)
def test_what_is_wrong_is_told_before_any_work(tmp_path, spoil, told):
    config = configured(tmp_path, "http://localhost:1/hook")
    spoil(tmp_path)
    with pytest.raises(UsageError, match=told):
        run(config, FIRST, [])
    assert not (tmp_path / "log").exists()
    assert not (tmp_path / "ledger.db").exists()
