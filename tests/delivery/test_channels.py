"""Channels are checked when they are read: all problems at once, secrets hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from boilover.delivery import parse_channels
from boilover.delivery.channels import Chat, FileChannel, SqlChannel, Webhook
from boilover.errors import UsageError

GOOD = {
    "alerts": {
        "kind": "webhook",
        "url": "https://desk.example/hook",
        "secret_env": "HOOK",
        "least_tier": "warn",
    },
    "chat": {"kind": "chat", "url_env": "CHAT", "link": "https://desk.example/t/{ticket_id}", "blocks": True},
    "file": {"kind": "parquet", "path": "flags/{night}.parquet"},
    "table": {"kind": "sql", "url": "sqlite:///flags.db", "happenings": ["raised"]},
}
ENVIRON = {"HOOK": "a secret of the tests", "CHAT": "https://chat.example/T0/B0/very-secret"}


def test_every_kind_is_read() -> None:
    channels = parse_channels(GOOD, folder=Path("/desk"), environ=ENVIRON)
    alerts, chat, file, table = channels
    assert isinstance(alerts, Webhook)
    assert (alerts.name, alerts.host, alerts.secret.get_secret_value()) == (
        "alerts",
        "desk.example",
        ENVIRON["HOOK"],
    )
    assert isinstance(chat, Chat)
    assert chat.url.get_secret_value() == ENVIRON["CHAT"]
    assert isinstance(file, FileChannel)
    assert file.path == "/desk/flags/{night}.parquet"
    assert isinstance(table, SqlChannel)
    assert not any(word in repr(channels) for word in ("very-secret", "secret of"))


def test_every_problem_is_told_at_once_and_no_secret() -> None:
    tables = {
        "a": {"kind": "pigeon"},
        "b": {"kind": "csv", "path": "flags.csv"},
        "c": {"kind": "webhook", "url": "http://desk.example/very-secret", "secret": "very-secret"},
        "d": {"kind": "chat", "url_env": "NOWHERE"},
        "e": {"kind": "sql", "url": "very-secret", "table": "x; DROP"},
        "f": {"kind": "chat", "url": "https://me:very-secret@host/", "url_env": "CHAT"},
        "g": {"kind": "jsonl", "path": "{night}", "colour": 1, "least_tier": "loud", "happenings": []},
        "h": "no table",
        "i": {"kind": "csv", "path": "{night}", "give_up": "soon"},
    }
    with pytest.raises(UsageError) as caught:
        parse_channels(tables, environ=ENVIRON)
    told = str(caught.value)
    assert "very-secret" not in told
    for part in (
        "channels.a.kind: is none of csv, jsonl, parquet, sql, webhook, chat, not 'pigeon'",
        "channels.b.path: has no {night} in it",
        "channels.c.url: would send customers' words in the clear",
        "channels.c.secret: ",
        "channels.d.url_env: the environment has no 'NOWHERE'",
        "channels.e.url: is no address of a database",
        "channels.e.table: ",
        "channels.f.url_env: stands beside url",
        "channels.f.url: holds a user or a password",
        "channels.g.colour: is not known; keys are",
        "channels.g.least_tier: ",
        "channels.g.happenings: ",
        "channels.h: is no table",
        "channels.i.give_up: ",
    ):
        assert part in told, part
    assert told.startswith("14 problem(s)")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "desk.example/hook",
        "ftp://desk.example",
        "https://",
        "https://host:99999/",
        "file:///etc/passwd",
        "https://h/a b",
        "https://h/größe",
    ],
)
def test_an_address_is_one_of_http(url: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        parse_channels({"a": {"kind": "chat", "url": url}})


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:80"])
def test_the_own_machine_may_be_reached_in_the_clear(host: str) -> None:
    assert parse_channels({"a": {"kind": "chat", "url": f"http://{host}/x"}})


def test_two_channels_of_one_file_are_a_problem() -> None:
    table = {"kind": "csv", "path": "{night}.csv"}
    with pytest.raises(UsageError, match=r"channels\.b\.path: is that of channels\.a"):
        parse_channels({"a": table, "b": table})


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOILOVER_TEST_CHAT", "https://chat.example/x")
    (chat,) = parse_channels({"a": {"kind": "chat", "url_env": "BOILOVER_TEST_CHAT"}})
    assert isinstance(chat, Chat)
    assert chat.host == "chat.example"
