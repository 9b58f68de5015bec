"""The quarantine: inside its folder, private, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from migrate.body import Body
from migrate.errors import StateError
from migrate.quarantine import keep, path

DATA = bytes(range(256)) * 5000
DIGEST = sha256(DATA).hexdigest()


@pytest.mark.parametrize(
    "user",
    [
        "taro@example.com",
        "../../etc/cron.d@example.com",
        "..",
        ".",
        ".hidden@example.com",
        "/etc/passwd",
        "a\x00b@example.com",
        "a\\..\\b@example.com",
        "日本@example.com",
    ],
)
def test_no_user_name_leads_out_of_the_folder(tmp_path: Path, user: str) -> None:
    folder = tmp_path / "quarantine"
    relative = path(user, DIGEST)
    assert not relative.is_absolute()
    file = keep(folder, user, DIGEST, Body(b"x"))
    assert file == folder / relative
    assert file.resolve().parent.parent == folder.resolve()


def test_different_users_never_share_a_file() -> None:
    users = ["a/b", "a%2Fb", "a", "..", "%2E.", "%2E%2E", ".", "%2E"]
    assert len({path(user, DIGEST) for user in users}) == len(users)


@pytest.mark.parametrize("spooled", [False, True])
def test_the_bytes_are_the_source_s_and_only_the_owner_reads_them(
    tmp_path: Path, spooled: bool
) -> None:
    spool = tmp_path / "spool"
    spool.write_bytes(DATA)
    folder = tmp_path / "quarantine"
    file = keep(folder, "a@example.com", DIGEST, Body(spool if spooled else DATA))
    assert file.read_bytes() == DATA
    assert file.suffix == ".eml"
    assert [file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777] == [0o600, 0o700]
    assert list(file.parent.iterdir()) == [file]


class Broken(Body):
    """A body that can't be read to its end."""

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        yield DATA[:100]
        raise OSError("disk full")


def test_what_could_not_be_written_whole_is_not_there_and_can_be_written_later(
    tmp_path: Path,
) -> None:
    with pytest.raises(StateError, match="disk full"):
        keep(tmp_path, "a@example.com", DIGEST, Broken(DATA))
    file = tmp_path / path("a@example.com", DIGEST)
    assert not file.exists()
    assert keep(tmp_path, "a@example.com", DIGEST, Body(DATA)) == file
    assert file.read_bytes() == DATA


def test_a_message_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = keep(tmp_path, "a@example.com", DIGEST, Body(DATA))
    before = file.stat()
    assert keep(tmp_path, "a@example.com", DIGEST, Body(DATA)) == file
    assert file.stat().st_mtime_ns == before.st_mtime_ns


def test_it_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(fd: int) -> None:
        steps.append("sync")
        sync(fd)

    def renamed(self: Path, to: Path) -> Path:
        steps.append("rename")
        return rename(self, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    keep(tmp_path, "a@example.com", DIGEST, Body(DATA))
    assert steps == ["sync", "rename", "sync"]
