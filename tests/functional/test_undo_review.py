"""A run is taken back: the finer points of what it did, and of what others did meanwhile."""

from __future__ import annotations

import imaplib
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migrate.config import load
from migrate.delta.membership import membership
from migrate.demo.imap import Running as Imap
from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.gmail.api import Mailbox
from migrate.ledger import Ledger
from migrate.progress import Progress
from migrate.sandbox.embed import Running
from migrate.undo import UndoEngine, Wish, account
from migrate.undo.pairs import Pairs
from tests.sandboxes import running

from .migration import FAST, ROOT, faults
from .test_run_undo import NOW, PASSWORD, SEEN, USER, Scene, _raw

MAIL = [
    *(SampleMessage("INBOX", _raw(n), SEEN, NOW) for n in (1, 2, 3)),
    SampleMessage("Projects/Alpha", _raw(2), SEEN, NOW),
    SampleMessage("Projects/Alpha", _raw(6), SEEN, NOW),
    SampleMessage("Projects/Beta", _raw(10), SEEN, NOW),
    SampleMessage("INBOX", _raw(9), frozenset(), NOW),
]
ONLY = '[labels]\ninclude = ["INBOX"]\n'


@pytest.fixture
def imap() -> Iterator[Imap]:
    with embedded_imap(MAIL, USER, PASSWORD) as child:
        yield child


@pytest.fixture(scope="module", params=["merge", "untrash", "new"])
def sandbox(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    extra = ["--assume", f"dedupe-trash={request.param}"]
    with running(tmp_path_factory.mktemp("undo"), extra=extra) as child:
        yield child


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("undo")) as child:
        yield child


@pytest.fixture
def scene(tmp_path: Path, imap: Imap, plain: Running, request: pytest.FixtureRequest) -> Scene:
    return Scene(tmp_path, imap, plain, request.node.name)


def client(scene: Scene) -> imaplib.IMAP4_SSL:
    context = ssl.create_default_context(cafile=str(scene.imap.ca_file))
    found = imaplib.IMAP4_SSL(scene.imap.host, scene.imap.port, ssl_context=context)
    found.login(USER, PASSWORD)
    return found


def flag(scene: Scene, number: str, flags: str) -> None:
    with client(scene) as imap:
        imap.select("INBOX")
        assert imap.store(number, "+FLAGS", flags)[0] == "OK"
        if "Deleted" in flags:
            assert imap.expunge()[0] == "OK"


def append(scene: Scene, folder: str, raw: bytes) -> None:
    with client(scene) as imap:
        assert imap.append(folder, "(\\Seen)", imaplib.Time2Internaldate(NOW), raw)[0] == "OK"


def ledger(scene: Scene, query: str, *words: Any) -> list[tuple[Any, ...]]:
    path = scene.migration.directory / "state" / "ledger.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        return conn.execute(query, words).fetchall()


def killed_at(scene: Scene, step: str, *words: str) -> None:
    """The command, which kills itself at that step."""
    out = str(scene.migration.directory.parent / "out")
    given = [f"--kill={step}", "--", "migrate", *words, "--dir", str(scene.migration.directory)]
    code = f"from tests.crash.killer import command; command({given!r}, {out!r}, {out!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -9, Path(out).read_text()


def dry_in_pieces(
    scene: Scene, run: str, monkeypatch: pytest.MonkeyPatch, most: int
) -> tuple[int, int, list[str]]:
    """What a dry run tells that keeps `most` messages at a time in mind."""

    def few(mailbox: Mailbox, ids: Collection[str]) -> dict[str, frozenset[str] | None]:
        assert len(ids) <= most
        return membership(mailbox, ids)

    monkeypatch.setattr(account, "_PIECE", most)
    monkeypatch.setattr(account, "membership", few)
    config, stop = load(scene.migration.directory), threading.Event()
    with Ledger(config.ledger_url) as open_ledger:
        engine = UndoEngine(config, open_ledger, "x", Wish(run, dry=True), Progress(), stop)
        (found,) = engine.run(config.accounts)
    assert found.error is None
    return found.done.removed, found.done.changed, found.done.labels


def test_pairs_on_disk() -> None:
    with Pairs() as pairs:
        pairs.add(("a", str(each)) for each in (1, 2, 1))
        assert [("a", "1") in pairs, ("b", "1") in pairs, ("a", "3") in pairs] == [
            True,
            False,
            False,
        ]


def test_two_changes_of_one_message_are_both_taken_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(ONLY + FAST)
    scene.run()
    first = scene.there()
    scene.write()
    flag(scene, "1:2", r"(\Flagged)")
    second = scene.run()
    whole = scene.there()
    assert {"STARRED", "Projects/Alpha"} <= set(whole["Number 2"])
    # As they are written down when the flag is brought after the copy.
    ledger(scene, "UPDATE change SET added = '[\"Projects/Alpha\"]' WHERE run_id = ?", second)
    columns = "account_id, run_id, message_id, gmail_id, what, removed"
    ledger(
        scene,
        f"INSERT INTO change ({columns}, added) "
        f"SELECT {columns}, '[\"STARRED\"]' FROM change WHERE run_id = ?",
        second,
    )
    asked = dry_in_pieces(scene, second, monkeypatch, 1)
    real = scene.undo(second)
    assert asked == (real["removed"], real["changed"], real["labels_deleted"])
    assert scene.there() == first
    scene.run()
    assert scene.there() == whole


def test_what_a_mirrored_deletion_trashed_is_in_the_inbox_again(scene: Scene) -> None:
    scene.run()
    whole = scene.there()
    flag(scene, "1", r"(\Deleted)")
    done = scene.migration("run", "--mirror-deletes", "--json")
    assert done.code == 0, done.err
    assert "Number 1" not in scene.there()
    scene.undo(str(done.json["run"]))
    assert scene.there() == whole


def test_what_its_owner_took_out_of_trash_is_not_deleted_for_good(scene: Scene) -> None:
    run = scene.run()
    scene.write(scopes="full")
    ids = [scene.id_of(n) for n in (1, 6)]
    scene.undo(run)
    for each in ids:
        scene.gmail.call(f"messages/{each}/untrash", "POST")
    scene.undo(run, "--delete", code=3)
    assert {"Number 1", "Number 6"} <= set(scene.there())


def test_what_its_owner_took_out_of_trash_stays_as_he_has_it(scene: Scene) -> None:
    run = scene.run()
    gmail_id = scene.id_of(9)
    scene.undo(run)
    scene.gmail.call(f"messages/{gmail_id}/untrash", "POST")
    body = {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD", "INBOX"]}
    scene.gmail.call(f"messages/{gmail_id}/modify", "POST", body)
    scene.run()
    assert scene.there()["Number 9"] == ("STARRED",)


def test_a_killed_undo_and_then_a_run_leaves_nothing_in_trash(scene: Scene) -> None:
    scene.run()
    whole = scene.there()
    killed_at(scene, "undo done:1", "undo", "last")
    scene.run()
    assert {k: v for k, v in scene.there().items() if k != "Number 3"} == {
        k: v for k, v in whole.items() if k != "Number 3"
    }
    scene.complete()


def test_a_dry_run_tells_the_labels_that_stay(scene: Scene) -> None:
    run = scene.run()
    scene.modify(6, add="STARRED")
    dry = scene.undo(run, "--dry-run", code=3)
    assert dry["labels_kept"] == ["Projects/Alpha", "Projects"]
    assert dry["labels_deleted"] == ["Projects/Beta"]


def test_a_dry_run_leaves_the_state_of_an_account_alone(scene: Scene) -> None:
    run = scene.run()
    ledger(scene, "UPDATE account SET state = 'failed', error_code = 'source-login'")
    before = ledger(scene, "SELECT * FROM account")
    scene.undo(run, "--dry-run")
    assert ledger(scene, "SELECT * FROM account") == before


def test_what_is_spared_is_listed_once_however_often_it_is_spared(scene: Scene) -> None:
    run = scene.run()
    scene.modify(1, add="STARRED")
    scene.modify(9, remove="UNREAD")
    for options, listed in (
        ((), ["changed", "read"]),
        ((), ["changed", "read"]),
        (("--include-read",), ["changed"]),
    ):
        scene.undo(run, *options, code=3)
        report = scene.migration("report", "--json").json
        assert sorted(each["why"] for each in report["spared"]) == listed


def test_of_two_that_the_run_merged_into_one_nothing_stays(scene: Scene) -> None:
    append(scene, "INBOX", _raw(1) + b"More.\r\n")
    scene.write('[policy]\ncollisions = "gmail"\n' + FAST)
    before = scene.there()
    done = scene.undo(scene.run())
    assert done["spared"] == []
    assert scene.there() == before


def test_other_bytes_are_not_swallowed_by_the_copy_in_trash(
    tmp_path: Path, imap: Imap, sandbox: Running, request: pytest.FixtureRequest
) -> None:
    """Of one message that is gone from the source, and of one that is still there."""
    scene = Scene(tmp_path, imap, sandbox, request.node.name)
    scene.undo(scene.run())
    flag(scene, "1", r"(\Deleted)")
    for number in (1, 10):
        append(scene, "INBOX", _raw(number) + b"More.\r\n")
    scene.run()
    there = [each.raw for each in scene.gmail.messages() if "TRASH" not in each.labels]
    for number in (1, 10):
        assert [each for each in there if each.endswith(f"Body {number}.\r\nMore.\r\n".encode())]
    scene.complete()


def test_a_label_whose_creation_was_never_confirmed_goes_too(scene: Scene) -> None:
    killed_at(scene, "label made:1", "run")
    ((run,),) = ledger(scene, "SELECT id FROM run")
    assert "Projects" in scene.gmail.labels().values()
    scene.undo(str(run))
    assert "Projects" not in scene.gmail.labels().values()


def test_notes_of_what_is_missing_go_too(scene: Scene) -> None:
    append(scene, "INBOX", _raw(20, From="(nobody)"))
    scene.write('[policy]\nplaceholder = "message"\n' + FAST)
    before = scene.there()
    done = scene.migration("run", "--json")
    assert "[mailhaul] Missing message: Number 20" in scene.there()
    scene.undo(str(done.json["run"]))
    assert scene.there() == before


def test_an_account_that_cant_be_reached_is_told(scene: Scene) -> None:
    run = scene.run()
    faults(scene.sandbox, {"method": "gmail.users.labels.list", "times": 50, "status": 403})
    try:
        done = scene.migration("undo", run, "--json")
    finally:
        faults(scene.sandbox)
    assert done.code in (1, 5), (done.code, done.err)
    assert done.json["accounts"][0]["error"]
