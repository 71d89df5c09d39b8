"""A place for a ledger: a file of SQLite, or a schema of a real PostgreSQL server that runs for the session."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from boilover.flagger.ledger import Ledger

UNPRIVILEGED = ("postgres", "nobody")
"""Users to run the server as where the tests run as root, whom it refuses."""
START_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": "",
    "max_connections": 40,
    # What outlives a crash of the machine is no matter here, nor what a server does beside its work.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "update_process_title": "off",
}


def _binaries() -> Path | None:
    found = shutil.which("postgres")
    installed = [Path(found)] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return installed[-1].resolve().parent if installed else None


def _user() -> str | None:
    """Return whom to run the server as, None for the one who runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in known), "")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Yield the socket folder of a server; skip where PostgreSQL, or a user to run it, is missing."""
    binaries, user = _binaries(), _user()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    if user == "":
        pytest.skip("PostgreSQL does not run as root, and there is no unprivileged user")
    # Not in pytest's folder, which only its owner may enter; and a socket's path must be short.
    home = Path(tempfile.mkdtemp(prefix="pg"))
    if user is not None:
        shutil.chown(home, user)
    try:
        common = ["-D", str(home / "data")]
        made = [str(binaries / "initdb"), *common, "-U", "tests", "-A", "trust", "-N", "-E", "UTF8"]
        subprocess.run(
            [*made, "--locale=C"], user=user, cwd=home, check=True, capture_output=True, timeout=60
        )
        told = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(binaries / "postgres"), *common, "-k", str(home), *told],
                user=user,
                cwd=home,
                stdout=log,
                stderr=log,
            )
        try:
            _wait(home, server)
            yield str(home)
        finally:
            server.terminate()
            server.wait(START_SECONDS)
    finally:
        shutil.rmtree(home)


def _wait(home: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(home), user="tests", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((home / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return


_SCHEMAS = itertools.count()


@pytest.fixture
def schema_url(postgres: str) -> Callable[[], str]:
    """Return a function that makes an empty schema and returns its URL."""

    def make() -> str:
        name = f"ledger_{next(_SCHEMAS)}"
        with psycopg.connect(host=postgres, user="tests", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql://tests@/postgres?host={quote(postgres)}&options=-csearch_path%3D{name}"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a place without a ledger, in SQLite and in PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("schema_url")()


@pytest.fixture
def ledger(where: str) -> Ledger:
    """Return an empty ledger, in SQLite and in PostgreSQL."""
    return Ledger.open(where)
