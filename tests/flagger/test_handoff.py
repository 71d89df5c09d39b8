"""From a recorded night to packets and their delivery; and the pages that tell of both."""

from __future__ import annotations

import json
import re
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover import Annotations, History, synthetic_desk
from boilover.delivery import deliver, happenings, parse_channels, shown, sign
from boilover.delivery.channels import KINDS as CHANNELS
from boilover.flagger import Memory, decide, night_of, parse_flag_policy
from boilover.flagger.handoff import hand_over
from boilover.flagger.kinds import REASON_RULES, STATE_RULES, TRIGGER_RULES
from boilover.flagger.ledger import Facts, Ledger
from boilover.flagger.matrix import Matrix, Row, Target, Team, load_matrix, parse_matrix
from boilover.flagger.packet import Packet
from boilover.points import tonight

DOCS = Path(__file__).resolve().parents[2] / "docs"
HANDOFF, DELIVERY = ((DOCS / name).read_text("utf-8") for name in ("handoff.md", "delivery.md"))
ENVIRON = dict.fromkeys(("BOILOVER_SECRET", "BOILOVER_CHAT"), "https://desk.example/secret")
ENVIRON |= {"BOILOVER_WAREHOUSE": "postgresql://host/name"}
POLICY = {
    "threshold": {"kind": "fixed", "risk": 0.3},
    "triggers": {
        "handoffs": {"times": 2},
        "no_public_update": {},
        "asks_for_manager": {},
        "unresolved": {"hours": {"normal": 1}},
    },
}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return a recorded night of a synthetic desk, by the names of the page."""
    notes = Annotations(History.from_log(synthetic_desk(n_tickets=150, days=12, seed=6)))
    points = tonight(notes.history, int(np.quantile(notes.history.time, 0.5)))
    risk = np.linspace(0, 1, len(points))
    policy = parse_flag_policy(POLICY)
    night, fired = night_of(policy, notes, points, risk)
    decision = decide(night, Memory.empty(len(night)), policy, 0.3)
    ledger = Ledger.open(tmp_path_factory.mktemp("handoff") / "ledger.db")
    recorded = ledger.record("desk", night, decision, Facts("7d", policy.fingerprint, 0.3))
    assert recorded.new > 2
    reasons = np.full((len(night), 3), "", dtype=object)
    reasons[:, 0] = "3 handoffs"
    return {
        "notes": notes,
        "points": points,
        "night": night,
        "decision": decision,
        "recorded": recorded,
        "ledger": ledger,
        "reasons": reasons,
        "fired": fired,
    }


def packets_of(scene: dict[str, Any], ids: set[int], matrix: Matrix | None) -> dict[int, Packet]:
    return hand_over(
        scene["ledger"],
        matrix,
        *(scene[name] for name in ("notes", "points", "night", "decision")),
        scene["recorded"].ids,
        shown=ids,
        reasons=scene["reasons"],
        fired=scene["fired"],
        model="7d",
    )


def test_packets_are_those_of_the_flags_that_are_shown(scene: dict[str, Any]) -> None:
    ids = scene["recorded"].ids
    wanted = {int(each) for each in ids[ids > 0][:3]}
    (text,) = blocks(HANDOFF, "toml")
    matrix = parse_matrix(tomllib.loads(text))
    packets = packets_of(scene, {*wanted, 10**6, 0}, matrix)
    assert set(packets) == wanted
    for flag, packet in packets.items():
        place = int(np.flatnonzero(ids == flag)[0])
        assert packet.ticket_id == scene["night"].ticket_id[place]
        assert packet.why.risk == pytest.approx(scene["night"].risk[place], abs=1e-6)
        assert dict(packet.why.triggers) == scene["fired"].evidence(place)
        assert packet.why.reasons == ("3 handoffs",)
        assert packet.destination is not None
        assert packet.destination.team in matrix.teams
        assert {each.source for each in packet.likely.evidence} & {"trigger", "reason", "state"}
    assert packets_of(scene, wanted, matrix) == packets
    assert packets_of(scene, set(), matrix) == {}
    assert all(packet.destination is None for packet in packets_of(scene, wanted, None).values())


def test_a_night_is_handed_over_and_delivered(scene: dict[str, Any], tmp_path: Path) -> None:
    channels = parse_channels(
        {"out": {"kind": "jsonl", "path": "{night}.jsonl", "packets": True, "happenings": ["raised"]}},
        folder=tmp_path,
    )
    notices = happenings(scene["ledger"], "desk")
    assert len(notices) == scene["recorded"].new
    packets = packets_of(
        scene, shown(channels, notices), parse_matrix(tomllib.loads(blocks(HANDOFF, "toml")[0]))
    )
    assert set(packets) == {notice.flag_id for notice in notices}
    assert deliver(scene["ledger"], channels, notices, packets, desk="desk").sent == len(notices)
    (path,) = tmp_path.glob("*.jsonl")
    rows = [json.loads(each) for each in path.read_text("utf-8").splitlines()]
    assert [row["flag_id"] for row in rows] == [notice.flag_id for notice in notices]
    assert all(row["team"] and row["packet"].startswith("# Ticket ") for row in rows)
    assert scene["ledger"].check() == ()


def test_the_page_of_the_handoff_runs(
    scene: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toml,), (python,) = blocks(HANDOFF, "toml"), blocks(HANDOFF, "python")
    monkeypatch.chdir(tmp_path)
    Path("matrix.toml").write_text(toml, "utf-8")
    exec(compile(python, "handoff.md", "exec"), dict(scene))
    assert len(list(Path("packets").iterdir())) == 2 * int((scene["recorded"].ids > 0).sum())


def test_the_page_shows_every_key_of_the_matrix() -> None:
    tables = tomllib.loads(blocks(HANDOFF, "toml")[0])
    assert set(tables) == set(Matrix.model_fields)
    assert {key for row in tables["rows"] for key in row} == set(Row.model_fields)
    assert {key for team in tables["teams"].values() for key in team} == set(Team.model_fields)
    assert set(tables["default"]) <= set(Target.model_fields)


def test_the_page_tells_every_rule() -> None:
    rows = [line for line in HANDOFF.splitlines() if line.startswith("| ") and not line.startswith("| kind")]
    triggers = [
        f"| {kind} | {points} | trigger `{name}` fired |" for name, (kind, points) in TRIGGER_RULES.items()
    ]
    states = [f"| {rule.kind} | {rule.points} | {rule.says} |" for rule in STATE_RULES]
    assert rows[: len(triggers) + len(states)] == [*triggers, *states]
    assert {(kind, str(points)) for kind, points, _ in REASON_RULES} == {
        tuple(row.strip("| ").split(" | ")[:2]) for row in rows[len(triggers) + len(states) :]
    }


def test_the_page_shows_every_key_of_the_channels() -> None:
    tables = tomllib.loads(blocks(DELIVERY, "toml")[0])["channels"]
    channels = parse_channels(tables, environ=ENVIRON)
    assert {type(channel) for channel in channels} == set(CHANNELS.values())
    every = {key.removesuffix("_env") for table in tables.values() for key in table}
    for channel in channels:
        assert set(type(channel).model_fields) - {"name"} <= every
        assert channel == parse_channels({channel.name: tables[channel.name]}, environ=ENVIRON)[0]


def test_the_receiver_of_the_page_tells_what_is_ours() -> None:
    python, _ = blocks(DELIVERY, "python")
    body, now = b"{}", int(time.time())
    headers = {"Boilover-Timestamp": str(now), "Boilover-Signature": sign(b"secret", now, body)}
    known: dict[str, Any] = {"secret": b"secret", "body": body, "headers": headers, "time": time}
    exec(compile(python, "delivery.md", "exec"), known)
    assert known["is_ours"]


def test_the_page_of_delivery_runs(scene: dict[str, Any], tmp_path: Path) -> None:
    _, python = blocks(DELIVERY, "python")
    known = {
        **scene,
        "tables": {"channels": {"page": {"kind": "csv", "path": str(tmp_path / "{night}.csv")}}},
        "hand_over": lambda *_, shown: packets_of(scene, shown, None),
    }
    exec(compile(python, "delivery.md", "exec"), known)
    assert known["delivered"].kept == 0
    (path,) = tmp_path.glob("*.csv")
    assert len(pd.read_csv(path)) == scene["recorded"].new
    names = re.findall(r"`(\w+)`", DELIVERY.split("The body is JSON: ")[1].split("Rows of files")[0])
    assert set(names) == {"version", "packet", "packet_markdown", *pd.read_csv(path).columns}


def test_a_matrix_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "matrix.toml"
    path.write_text(blocks(HANDOFF, "toml")[0], "utf-8")
    assert load_matrix(path).default.response == "8h"
    assert load_matrix(str(path)) == load_matrix(path)
