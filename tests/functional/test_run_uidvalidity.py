"""A server without UIDVALIDITY: UIDs mean nothing from one session to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.sandbox.embed import Running
from migrate.source import Folder, FolderState

from .memory_source import MemorySource, mail, run
from .migration import uploads


def test_new_mail_at_a_known_uid_is_copied_and_known_mail_not_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    examine = MemorySource.examine

    def without(source: MemorySource, folder: Folder) -> FolderState:
        return FolderState(0, examine(source, folder).exists)

    monkeypatch.setattr(MemorySource, "examine", without)
    move, work = tmp_path / "move", {"Work": [mail(5)]}
    first = run(monkeypatch, move, sandbox, work | {"INBOX": [mail(1), mail(2)]})
    assert (first.errors, first.counts()) == ([], {"imported": 3})
    sent = uploads(sandbox)
    second = run(monkeypatch, move, sandbox, work | {"INBOX": [mail(3), mail(1)]})
    assert second.errors == []
    assert second.document.totals.source == 3
    assert second.document.totals.pending == 0
    assert second.document.complete
    assert uploads(sandbox) == sent + 1
    subjects = {b"Subject: Number %d" % number for number in (1, 2, 3, 5)}
    stored = b"".join(one.raw for one in second.gmail.messages())
    assert all(stored.count(each) == 1 for each in subjects)
