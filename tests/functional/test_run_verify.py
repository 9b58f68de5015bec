"""Verification finds what somebody has broken since, and is silent about what users do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.cli.reporting import verify_all
from migrate.config import load
from migrate.ledger import Ledger, verifications
from migrate.report.document import Difference, Document
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from .memory_source import Copied, Mail, MemorySource, mail, run


@dataclass
class Scene:
    """A finished migration of two messages, one in two folders, and a third that was refused."""

    copied: Copied
    content: dict[str, list[Mail]]
    monkeypatch: pytest.MonkeyPatch

    def verify(self, *, deep: bool = True) -> Document:
        self.monkeypatch.setattr(
            "migrate.connections.open_source", lambda *_, **__: MemorySource(self.content)
        )
        config = load(self.copied.migration.directory)
        document, errors = verify_all(config, config.accounts, Texts("en"), deep=deep, quiet=True)
        assert errors == []
        return document

    def modify(self, number: int, body: dict[str, list[str]]) -> None:
        ident = b"<%d@example.com>" % number
        (found,) = [one for one in self.copied.gmail.messages() if ident in one.raw]
        self.copied.gmail.call(f"messages/{found.id}/modify", "POST", body)

    def label(self, name: str) -> str:
        return {name: key for key, name in self.copied.gmail.labels().items()}[name]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running) -> Scene:
    content = {"INBOX": [mail(1), mail(2)], "Projects": [mail(2), mail(3, From="(nobody)")]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.counts() == {"imported": 2, "merged": 1, "quarantined": 1}
    return Scene(copied, content, monkeypatch)


def summary(differences: list[Difference] | None) -> list[tuple[str, int, str]]:
    return [(each.folder, each.uid, each.what) for each in differences or []]


def lost_label(scene: Scene) -> None:
    """Behind the sandbox's back: what its user takes away stands in the history."""
    label = scene.label("Projects")
    with closing(sqlite3.connect(scene.copied.gmail.sandbox.key_file.parent / "sandbox.db")) as db:
        db.execute("UPDATE messages SET labels = replace(labels, ? || ' ', '')", (label,))
        db.execute("DELETE FROM labelled WHERE label = ?", (label,))
        db.commit()


def changed_at_the_source(scene: Scene) -> None:
    scene.content["INBOX"][0] = mail(1, "somebody else's")


def new_at_the_source(scene: Scene) -> None:
    scene.content["Projects"].append(mail(4))


def quarantine_spoilt(scene: Scene) -> None:
    (kept,) = scene.copied.migration.directory.glob("quarantine/*/*.eml")
    kept.write_bytes(kept.read_bytes()[:-1])


def folder_gone(scene: Scene) -> None:
    del scene.content["Projects"]


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lost_label, [("INBOX", 2, "label"), ("Projects", 1, "label")]),
        (changed_at_the_source, [("INBOX", 1, "bytes")]),
        (new_at_the_source, [("Projects", 3, "missing")]),
        (quarantine_spoilt, [("Projects", 2, "missing")]),
        (folder_gone, [("Projects", 0, "source-gone")]),
    ],
)
def test_harm_is_found(
    scene: Scene, harm: Callable[[Scene], None], found: list[tuple[str, int, str]]
) -> None:
    assert summary(scene.verify().differences) == []
    harm(scene)
    document = scene.verify()
    assert summary(document.differences) == found
    assert not document.complete


def test_what_users_do_is_no_harm(scene: Scene) -> None:
    scene.modify(1, {"addLabelIds": ["STARRED", "UNREAD"], "removeLabelIds": ["INBOX"]})
    scene.modify(2, {"removeLabelIds": [scene.label("Projects")]})
    document = scene.verify()
    assert summary(document.differences) == []
    assert document.checked == 4
    assert Texts("en")("report.note.changed", n=1) in document.notes


def test_other_bytes_in_gmail_are_found(scene: Scene, sandbox: Running) -> None:
    """The blob is changed behind the sandbox's back."""
    blobs = [path for path in scene_blobs(scene) if b"<1@example.com>" in path.read_bytes()]
    (blob,) = blobs
    blob.write_bytes(blob.read_bytes().replace(b"Hello", b"Hullo"))
    assert summary(scene.verify(deep=False).differences) == []
    assert summary(scene.verify().differences) == [("INBOX", 1, "bytes")]


def scene_blobs(scene: Scene) -> list[Path]:
    folder = scene.copied.gmail.sandbox.key_file.parent / "blobs"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_large_mail_that_repeats_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """httplib2 refuses what gzip packed more than a hundredfold."""
    content = {"INBOX": [mail(1, "x" * 15_000_000)]}
    (tmp_path / "move" / "state" / "spool").mkdir(mode=0o700, parents=True)
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert (copied.counts(), copied.errors) == ({"imported": 1}, [])
    document = Scene(copied, content, monkeypatch).verify()
    assert (document.checked, document.differences) == (1, [])


def test_the_ledger_keeps_what_came_of_it(scene: Scene) -> None:
    scene.modify(2, {"removeLabelIds": [scene.label("Projects")]})
    scene.verify(deep=True)
    new_at_the_source(scene)
    scene.verify(deep=False)
    config = load(scene.copied.migration.directory)
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        last = verifications.last(conn, 1)
        deep = verifications.last(conn, 1, deep=True)
    assert last
    assert deep
    assert (last.deep, last.compared, last.checked, last.differences) == (False, True, 4, 1)
    assert (deep.deep, deep.compared, deep.checked, deep.differences) == (True, True, 4, 0)
    assert deep.changed == 1
    assert deep.started <= deep.ended <= last.started
