"""A folder that the source stops opening: its mail stays pending, and nothing else waits for it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.errors import FolderRefused
from migrate.sandbox.embed import Running
from migrate.source import Folder, FolderState
from tests.sandboxes import running

from .memory_source import LIMITS, TARGET, Copied, MemorySource, mail, run

CONTENT = {
    "INBOX": [mail(1), mail(2), mail(3)],
    "Work": [mail(4), mail(5), mail(2)],
    "Old": [mail(6), mail(4)],
}
SMALL_SLICES = f"{LIMITS}slice_messages = 2\n"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "sandbox", TARGET, extra=["--assume", "dedupe=off"]) as server:
        yield server


def shut(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The folder `name` opens for the scan, and then no more."""
    opened: Counter[str] = Counter()
    examine = MemorySource.examine

    def refusing(source: MemorySource, folder: Folder) -> FolderState:
        opened[folder.name] += 1
        if folder.name == name and opened[name] > 1:
            raise FolderRefused("source-folder-refused", folder=name, answer="NO [SERVERBUG]")
        return examine(source, folder)

    monkeypatch.setattr(MemorySource, "examine", refusing)


def problems(copied: Copied) -> dict[str, str]:
    """Folder → code of what was wrong with it."""
    folders = [each for account in copied.document.accounts for each in account.folders]
    return {each.name: each.error["code"] for each in folders if each.error}


@pytest.mark.parametrize("limits", [LIMITS, SMALL_SLICES])
@pytest.mark.parametrize("name", CONTENT)
def test_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, name: str, limits: str
) -> None:
    with monkeypatch.context() as closed:
        shut(closed, name)
        copied = run(closed, tmp_path / "move", sandbox, CONTENT, limits)
        assert copied.errors == []
        assert copied.counts()["pending"] == len(CONTENT[name])
        assert sum(copied.counts().values()) == 8
        assert problems(copied) == {name: "source-folder-refused"}
    again = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, limits)
    assert (again.errors, again.counts()) == ([], {"imported": 6, "merged": 2})
    assert problems(again) == {}
    stored = again.gmail.messages()
    for letter, names in ((mail(2), {"INBOX", "Work"}), (mail(4), {"Work", "Old"})):
        (found,) = [one.labels for one in stored if one.raw.endswith(letter.raw)]
        # A copy that comes later brings its folder's label, but not the inbox.
        assert names - {"INBOX"} <= found <= names


def test_what_is_in_doubt_there_waits_and_is_not_sent_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    move = tmp_path / "move"
    first = run(monkeypatch, move, sandbox, CONTENT)
    assert first.counts() == {"imported": 6, "merged": 2}
    with sqlite3.connect(move / "state" / "ledger.db") as conn:  # as a crash leaves it
        work = "folder_id = (SELECT id FROM folder WHERE name = 'Work')"
        conn.execute(f"UPDATE occurrence SET state = 'intended', message_id = NULL WHERE {work}")
        lost = f"<{4}@example.com>", f"<{5}@example.com>"
        conn.execute("DELETE FROM message WHERE header_id IN (?, ?)", lost)
        conn.execute("UPDATE occurrence SET state = 'intended', message_id = NULL "
                     "WHERE bundle IN (?, ?)", lost)  # fmt: skip
    conn.close()
    content = CONTENT | {"INBOX": [*CONTENT["INBOX"], mail(7)]}
    with monkeypatch.context() as closed:
        shut(closed, "Work")
        copied = run(closed, move, sandbox, content)
        assert copied.errors == []
        # The copy in Old was settled without it.
        assert copied.counts() == {"imported": 6, "pending": 3}
    again = run(monkeypatch, move, sandbox, content)
    assert (again.errors, again.counts()) == ([], {"imported": 7, "merged": 2})
    assert len(again.gmail.messages()) == 7
