"""Logs and models at URLs that fsspec reaches are read and scored as local ones are; what is wrong is said."""

from __future__ import annotations

import gzip
import io
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import fsspec
import pandas as pd
import pytest
from fsspec.spec import AbstractFileSystem

from boilover.audit import audit_source
from boilover.cli import main
from boilover.cli.speaking import say
from boilover.errors import InputError, UsageError
from boilover.ingesting import ingest_log
from boilover.inputs import open_log
from boilover.log import read_log, write_log
from boilover.model.saved import load_model, save_model
from boilover.places import local, place
from boilover.scale import score_in_pieces

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
SERVE = """
import sys
from aiohttp import web

async def answer(request):
    return web.Response(status=int(request.match_info["status"]))

application = web.Application()
application.router.add_get("/answers/{status}/export.zip", answer)
application.router.add_static("/", sys.argv[1], show_index=True)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def stored(desk):
    """Return the URLs of the log and the model on a file system in memory."""
    store = fsspec.filesystem("memory")
    for path in desk:
        store.put(f"{path}/", f"/desk/{path.name}/", recursive=True)
    yield "memory://desk/log", "memory://desk/model"
    store.rm("/desk", recursive=True)


@pytest.fixture(scope="module")
def web(desk):
    """Return the URL of a server of the desk's files, a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, desk[0].parent, str(port)], stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/").close()
                break
            except OSError:
                assert server.poll() is None
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def same(found, expected):
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_a_log_is_scored_at_a_url_in_pieces_that_lie_at_one(desk, rows, stored):
    log, model = map(place, stored)
    assert load_model(model).manifest == load_model(desk[1]).manifest
    spill = place("memory://spill")
    same(score_in_pieces(log, model, explain=3, spill=spill), rows)
    assert not fsspec.filesystem("memory").find("/spill")


def test_the_command_reads_a_web_server_and_writes_to_a_store(rows, web, capsys, monkeypatch):
    command = ["score", f"{web}/log", "--model", f"{web}/model", "--explain", "0"]
    monkeypatch.setattr(sys, "argv", ["boilover", *command, "-o", "memory://told/scores.parquet"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert not ended.value.code, said
    # No bar: this is no terminal.
    assert "reading" not in said
    with fsspec.open("memory://told/scores.parquet") as file:
        found = pd.read_parquet(file)
    assert found["ticket_id"].tolist() == rows["ticket_id"].tolist()
    assert found["risk"].tolist() == rows["risk"].tolist()


@pytest.mark.parametrize("form", ["parquet", "csv", "csv.gz", "dataset"])
def test_a_log_of_any_form_is_read_and_written_at_a_url(desk, form):
    log = read_log(desk[0])
    url = f"memory://{form}/log"
    write_log(log, url, format="csv" if "csv" in form else "parquet")
    store = fsspec.filesystem("memory")
    if form == "csv.gz":
        for name in ("events", "tickets"):
            store.pipe(f"/{form}/log/{name}.csv.gz", gzip.compress(store.cat(f"/{form}/log/{name}.csv")))
            store.rm(f"/{form}/log/{name}.csv")
    if form == "dataset":
        store.mv(f"/{form}/log/events.parquet", f"/{form}/log/events/part-0.parquet")
    found = read_log(url)
    expected = read_log(desk[0])
    same(found.ordered().to_pandas()[0], expected.to_pandas()[0])
    assert open_log(place(url)).format == "log"


def test_a_model_is_saved_at_a_url_in_the_place_of_another(desk):
    saved, folder = load_model(desk[1]), place("memory://models/desk")
    fsspec.filesystem("memory").pipe("/models/desk/left.txt", b"of another")
    save_model(folder, saved)
    assert load_model(folder).manifest == saved.manifest
    assert not (folder / "left.txt").exists()


def test_a_local_url_is_a_path(tmp_path):
    assert place(f"file://{tmp_path}") == place(f"local://{tmp_path}") == place(str(tmp_path)) == tmp_path
    assert isinstance(place(f"file://{tmp_path}"), Path)


@pytest.mark.skipif(find_spec("s3fs") is not None, reason="its driver is installed here")
def test_a_driver_that_is_lacking_is_named():
    with pytest.raises(UsageError, match=r"s3://bucket/log: .*s3fs"):
        place("s3://bucket/log")


def test_what_cannot_be_reached_is_told(desk, stored, web):
    with pytest.raises(UsageError, match="gopher"):
        place("gopher://desk/log")
    with pytest.raises(UsageError, match="local folder"):
        local("s3://bucket/log")
    for lost in ("memory://nowhere/log", f"{web}/nothing"):
        with pytest.raises(InputError, match="does not exist"):
            open_log(place(lost))
        with pytest.raises(InputError, match="does not exist"):
            score_in_pieces(place(lost), desk[1])
        with pytest.raises(InputError, match="no folder of a model"):
            load_model(place(lost))
    with pytest.raises(InputError, match=r"^memory://desk/model/manifest\.json: is no part of"):
        open_log(place(stored[1]))


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (
            "answers/401/export.zip",
            "the web server answers 401 Unauthorized. Check the URL and the credentials",
        ),
        ("answers/403/export.zip", "answers 403 Forbidden. .* pack a folder into a zip archive"),
        ("answers/500/export.zip", "the web server answers 500 Internal Server Error. Try again later$"),
        ("answers/404/export.zip", "does not exist. Check the URL. .* pack a folder into a zip archive"),
        (
            "log",
            "is a folder. From a web server an export is a single file: pack a folder into a zip archive",
        ),
    ],
)
def test_what_a_web_server_answers_is_told(web, tmp_path, at, told):
    with pytest.raises(InputError, match=told):
        ingest_log([place(f"{web}/{at}")], tmp_path / "log")


def test_a_web_server_that_does_not_answer_is_told_from_one_that_lacks_the_file(desk, tmp_path):
    nobody = place("http://127.0.0.1:1/log")
    for ask in (open_log, load_model, lambda url: ingest_log([url], tmp_path / "log")):
        with pytest.raises(InputError, match=r"cannot be reached \(ClientConnectorError: .*127\.0\.0\.1"):
            ask(nobody)
    with pytest.raises(InputError, match="cannot be reached"):
        score_in_pieces(nobody, desk[1])


def test_an_export_may_come_on_standard_input(monkeypatch):
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO((SAMPLES / "desk_export.csv").read_bytes()))
    )
    recipe = str(SAMPLES / "desk_export.toml")
    expected = open_log(SAMPLES / "desk_export.csv", recipe=recipe)
    given = open_log(Path("-"), recipe=recipe)
    assert given.log.events.equals(expected.log.events)
    assert (given.name, expected.name) == ("standard input", "desk_export.csv")
    with pytest.raises(InputError, match=r"^standard input: the file is empty"):
        open_log(Path("-"))
    with pytest.raises(UsageError, match="Name its file"):
        audit_source(expected, Path("-"))


def test_a_path_that_cannot_be_looked_at_is_told():
    with pytest.raises(InputError, match=r"File name too long\. Check the path"):
        open_log(Path("x" * 300))


def test_an_export_at_a_url_is_fetched(tmp_path):
    store = fsspec.filesystem("memory")
    store.put(f"{SAMPLES}/zendesk/", "/exports/zendesk/", recursive=True)
    store.put(f"{SAMPLES}/desk_export.csv", "/exports/desk.csv")
    told = open_log(place("memory://exports/zendesk"))
    assert told.log.events.equals(open_log(SAMPLES / "zendesk").log.events)
    account = ingest_log(
        [place("memory://exports/desk.csv")], tmp_path / "log", recipe=str(SAMPLES / "desk_export.toml")
    )
    assert account["log"]["new_tickets"] == 45
    store.pipe("/exports/desk.csv", b"")
    with pytest.raises(InputError, match=r"^memory://exports/desk\.csv: the file is empty"):
        ingest_log([place("memory://exports/desk.csv")], tmp_path / "log")


class Buckets(AbstractFileSystem):
    """A store as S3 is one: it makes a bucket where a folder is asked for, and keeps objects in buckets alone."""

    protocol, cachable = "s3", False
    buckets, objects = {"desk"}, {}

    def info(self, path, **options):
        raise FileNotFoundError(path)

    def makedirs(self, path, exist_ok=False):
        self.buckets.add(path.partition("/")[0])

    mkdir = makedirs

    def put_file(self, lpath, rpath, **options):
        if rpath.partition("/")[0] not in self.buckets:
            raise FileNotFoundError("The specified bucket does not exist")
        self.objects[rpath] = Path(lpath).read_bytes()


def test_no_bucket_is_made(desk, monkeypatch):
    monkeypatch.setitem(sys.modules["fsspec.registry"]._registry, "s3", Buckets)
    saved = load_model(desk[1])
    refused = r"cannot write to s3://tpyo/model/?: The specified bucket does not exist\. Check .* its bucket is there"
    with pytest.raises(UsageError, match=refused):
        save_model(place("s3://tpyo/model"), saved)
    with pytest.raises(UsageError, match="its bucket is there"):
        score_in_pieces(*desk, explain=0, spill=place("s3://tpyo/pieces"))
    assert Buckets.buckets == {"desk"}
    save_model(place("s3://desk/a/model"), saved)
    expected = {f"desk/a/model/{path.name}": path.read_bytes() for path in desk[1].iterdir()}
    assert Buckets.objects == expected


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("s3://key:secret@host/log: does not exist", "s3://host/log: does not exist"),
        (
            "https://h/a.json?X-Amz-Signature=0f&se=2026-01-01T00:00: is gone. See",
            "https://h/a.json: is gone. See",
        ),
        ("'https://u@h/a?b' is no log", "'https://h/a' is no log"),
        ("postgresql://me:p%40ss@h/d, and s3://b/c?d", "postgresql://h/d, and s3://b/c"),
        ("postgresql://me:***@h/d is masked", "postgresql://me:***@h/d is masked"),
        ("me@host wrote: why? See https://h/a", "me@host wrote: why? See https://h/a"),
    ],
)
def test_what_opens_a_url_is_not_repeated(said, told, capsys):
    assert str(UsageError(said)) == told
    assert told in str(InputError(said))
    say(said)
    assert capsys.readouterr().err == f"{told}\n"


def test_a_partition_that_is_lost_or_spoilt_at_a_url_is_named(desk):
    store = fsspec.filesystem("memory")
    store.put(f"{desk[0]}/", "/broken/log/", recursive=True)
    url = "memory://broken/log"
    (first, second) = sorted(store.ls("/broken/log/events", detail=False))[:2]
    whole = store.cat(first)
    store.pipe(first, b"no Parquet")
    with pytest.raises(InputError, match=r"memory://broken/log/events/.* cannot be read as Parquet"):
        score_in_pieces(place(url), desk[1])
    store.pipe(first, whole)
    store.rm(second)
    with pytest.raises(InputError, match="is missing"):
        read_log(url)
    with pytest.raises(InputError, match="is missing"):
        score_in_pieces(place(url), desk[1])


def test_a_store_whose_driver_fails_is_told():
    class Refusing:
        fs = "one that needs credentials"

        def exists(self):
            raise RuntimeError("no credentials")

    with pytest.raises(InputError, match=r"cannot be reached \(RuntimeError: no credentials\)"):
        open_log(Refusing())
