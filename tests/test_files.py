"""A killed or failed run leaves the old output or the new one, and nothing else."""

from __future__ import annotations

import hashlib
import os

import pytest

from boilover.errors import UsageError
from boilover.files import check_writable, exchange, lock, read_toml, replacing, sha256_of
from boilover.outputs import check_target


def held(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_is_written_and_replaced(tmp_path):
    target = tmp_path / "deep" / "scores.csv"
    for text in ("old", "new"):
        with replacing(target) as made:
            assert made.suffix == ".csv"
            made.write_text(text)
        assert target.read_text() == text
    assert held(tmp_path) == ["deep", "deep/scores.csv"]


@pytest.mark.parametrize("name", ["log", "old", "log.old"])
def test_a_folder_is_replaced_as_a_whole(tmp_path, name):
    target = tmp_path / name
    for part in ("events", "tickets"):
        with replacing(target) as made:
            made.mkdir()
            (made / part).write_text(part)
    assert held(tmp_path) == [name, f"{name}/tickets"]


def test_the_old_output_is_untouched_while_the_new_one_is_written(tmp_path):
    target = tmp_path / "scores.csv"
    target.write_text("old")
    with replacing(target) as made:
        made.write_text("half")
        assert target.read_text() == "old"


@pytest.mark.parametrize("was_folder", [True, False])
def test_a_failed_block_leaves_what_was_there(tmp_path, was_folder):
    target = tmp_path / "out"
    if was_folder:
        target.mkdir()
        (target / "events").write_text("old")
    else:
        target.write_text("old")
    before = held(tmp_path)

    def fail():
        with replacing(target) as made:
            made.mkdir()
            (made / "events").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert held(tmp_path) == before


def test_a_block_that_wrote_nothing_does_not_lose_a_folder(tmp_path):
    target = tmp_path / "log"
    target.mkdir()
    (target / "events").write_text("old")
    with pytest.raises(FileNotFoundError), replacing(target):
        pass
    assert held(tmp_path) == ["log", "log/events"]
    assert (target / "events").read_text() == "old"


def test_a_file_replaces_no_folder_and_a_folder_no_file(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("a file")
    folder.mkdir()
    (folder / "mine").write_text("precious")
    with pytest.raises(UsageError, match=r"cannot write to .*file: it is a file"), replacing(file) as made:
        made.mkdir()
    with (
        pytest.raises(UsageError, match=r"cannot write to .*folder: it is a folder"),
        replacing(folder) as made,
    ):
        made.write_text("a file")
    assert held(tmp_path) == ["file", "folder", "folder/mine"]


@pytest.mark.parametrize("place", ["file/out", "file/deeper/out", "o" * 300])
def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=rf"cannot write to .*{place}"), replacing(tmp_path / place):
        pass


def test_a_lock_is_one_holders_until_he_closes_the_file(tmp_path):
    path = tmp_path / "lock"
    with path.open("w") as first, path.open() as second:
        assert lock(first)
        assert not lock(second)
        first.close()
        assert lock(second)


@pytest.mark.parametrize("content", [b"", b"boilover" * 100_000])
def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path, content):
    path = tmp_path / "some"
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_two_folders_change_places_in_one_step(tmp_path):
    for name in ("champion", "challenger"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    if not exchange(tmp_path / "champion", tmp_path / "challenger"):
        pytest.skip("this system cannot exchange two names")
    assert held(tmp_path) == ["challenger", "challenger/champion", "champion", "champion/challenger"]
    assert not exchange(tmp_path / "champion", tmp_path / "nobody")
    assert held(tmp_path / "champion") == ["challenger"]


def test_a_place_below_a_file_is_told_before_the_work(tmp_path):
    script = tmp_path / "script"
    script.touch(0o755)
    with pytest.raises(UsageError, match=f"{script} cannot be written to"):
        check_writable(script / "model")


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    for name, made in (("scores.csv", False), ("model", True)):
        link, target = tmp_path / name, tmp_path / "there" / name
        link.symlink_to(target.relative_to(tmp_path))
        # Once while nothing is there yet.
        for text in ("old", "new"):
            check_writable(link)
            with replacing(link) as path:
                if made:
                    path.mkdir()
                (path / "part" if made else path).write_text(text)
            assert link.is_symlink()
            assert (target / "part" if made else target).read_text() == text
    assert held(tmp_path / "there") == ["model", "model/part", "scores.csv"]


def test_links_that_lead_in_a_ring_are_a_usage_error(tmp_path):
    ring = tmp_path / "ring"
    ring.symlink_to(ring)
    for write in (check_writable, lambda target: replacing(target).__enter__()):
        with pytest.raises(UsageError, match="links lead in a ring"):
            write(ring)


def test_a_pipe_takes_what_is_written_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    check_writable(pipe)
    read = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replacing(pipe) as made:
        made.write_text("scores")
    assert os.read(read, 100) == b"scores"
    os.close(read)
    assert pipe.is_fifo()
    assert held(tmp_path) == ["pipe"]
    with pytest.raises(UsageError, match="it is no folder"), replacing(pipe) as made:
        made.mkdir()


def test_toml_is_read_as_editors_of_windows_save_it(tmp_path):
    (tmp_path / "a.toml").write_bytes("\ufeff[capacity]\r\nper_night = 3\r\n".encode())
    assert read_toml(tmp_path / "a.toml") == {"capacity": {"per_night": 3}}
    (tmp_path / "a.toml").write_bytes("per_night = 3".encode("utf-16"))
    with pytest.raises(UsageError, match=r"a\.toml: is no TOML: it is not UTF-8\. Save it as UTF-8"):
        read_toml(tmp_path / "a.toml")


def test_a_folder_in_the_place_of_a_file_is_told_before_the_work(tmp_path):
    with pytest.raises(UsageError, match=r"it is a folder\. Name a file"):
        check_target(tmp_path)
    check_target(tmp_path / "scores.csv")
