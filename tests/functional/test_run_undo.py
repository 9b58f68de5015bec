"""A run is taken back: what it did and nothing else; and the next run brings it back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from migrate.cli.undoing import undo
from migrate.config import load
from migrate.demo.imap import Running as Imap
from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.ledger import Ledger, pauses
from migrate.progress import Progress
from migrate.sandbox.embed import Running
from migrate.texts import Texts
from migrate.undo import UndoEngine, Wish
from tests.contracts.gmail import b64
from tests.sandboxes import running

from .migration import FAST, Gmail, Migration, faults, uploads

NOW = datetime(2026, 1, 1, tzinfo=UTC)
USER, PASSWORD = "owner@example.jp", "secret"
SEEN = frozenset({"\\Seen"})


def _raw(number: int, **fields: str) -> bytes:
    given = {
        "From": "a@example.com",
        "Subject": f"Number {number}",
        "Message-ID": f"<{number}@example.com>",
        "Date": f"Fri, 21 Nov 2025 09:{number:02}:06 +0000",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"{head}\r\nBody {number}.\r\n".encode()


MAIL = [
    *(SampleMessage("INBOX", _raw(n), SEEN, NOW) for n in range(1, 6)),
    SampleMessage("Projects/Alpha", _raw(6), SEEN, NOW),
    SampleMessage("Projects/Alpha", _raw(2), SEEN, NOW),
    SampleMessage("INBOX", _raw(7, Date=""), SEEN, NOW),
    SampleMessage("Drafts", _raw(8), SEEN | {"\\Draft"}, NOW),
    SampleMessage("INBOX", _raw(9), frozenset(), NOW),
]


@pytest.fixture(scope="module")
def imap() -> Iterator[Imap]:
    with embedded_imap(MAIL, USER, PASSWORD) as child:
        yield child


@pytest.fixture(scope="module", params=["merge"])
def sandbox(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    extra = ["--assume", f"dedupe-trash={request.param}"]
    with running(tmp_path_factory.mktemp("undo"), extra=extra) as child:
        yield child


class Scene:
    """A migration with messages that were in Gmail before: one of the source's, and another."""

    def __init__(self, folder: Path, imap: Imap, sandbox: Running, name: str) -> None:
        self.imap, self.sandbox = imap, sandbox
        self.target = "".join(each for each in name if each.isalnum()) + "@example.org"
        self.migration = Migration(folder / "m")
        self.write()
        self.gmail = Gmail(sandbox, self.target)
        self.before = [self._put(_raw(3), "STARRED"), self._put(_raw(99), "INBOX")]

    def write(self, more: str = FAST, scopes: str = "modify") -> None:
        self.migration.write(
            f"imaps://{self.imap.host}:{self.imap.port}",
            self.imap.ca_file,
            self.sandbox,
            {(USER, self.target): PASSWORD},
            more,
            f'scopes = "{scopes}"',
        )

    def _put(self, raw: bytes, label: str) -> str:
        body = {"raw": b64(raw), "labelIds": [label]}
        made = self.gmail.call("messages?internalDateSource=dateHeader", "POST", body)
        return str(made["id"])

    def run(self) -> str:
        """One run; its id."""
        done = self.migration("run", "--json")
        assert done.code == 0, done.err
        return str(done.json["run"])

    def undo(self, *words: str, code: int = 0) -> Any:
        done = self.migration("undo", *words, "--json")
        assert done.code == code, (done.out, done.err)
        return done.json["accounts"][0]

    def there(self) -> dict[str, tuple[str, ...]]:
        """Subject → labels, of what does not lie in Trash."""
        found = {}
        for each in self.gmail.messages():
            labels = sorted(each.labels)
            if "TRASH" not in labels:
                subject = next(
                    line for line in each.raw.decode().splitlines() if line.startswith("Subject")
                )
                found[subject.partition(": ")[2]] = tuple(labels)
        return found

    def id_of(self, number: int) -> str:
        return next(
            each
            for each in self.gmail.ids()
            if f"<{number}@example.com>"
            in str(self.gmail.call(f"messages/{each}?format=metadata&metadataHeaders=Message-ID"))
        )

    def modify(self, number: int, *, add: str = "", remove: str = "") -> None:
        body = {"addLabelIds": add.split(), "removeLabelIds": remove.split()}
        self.gmail.call(f"messages/{self.id_of(number)}/modify", "POST", body)

    def complete(self) -> None:
        """The sums close, and every byte is there with its date and labels."""
        status = self.migration("status", "--json").json
        assert status["totals"]["pending"] == 0
        verified = self.migration("verify", "--deep", "--json")
        assert (verified.code, verified.json["differences"]) == (0, [])


@pytest.fixture
def scene(tmp_path: Path, imap: Imap, sandbox: Running, request: pytest.FixtureRequest) -> Scene:
    return Scene(tmp_path, imap, sandbox, request.node.name)


@pytest.mark.parametrize("sandbox", ["merge", "untrash", "new"], indirect=True)
def test_all_goes_but_what_was_there_before_and_a_run_brings_it_back(scene: Scene) -> None:
    before = scene.there()
    run = scene.run()
    whole = scene.there()
    assert len(whole) == 10
    told = scene.undo(run, "--dry-run")
    assert scene.there() == whole
    assert (told["removed"], told["spared"]) == (8, [])
    done = scene.undo("last")
    assert (done["removed"], done["spared"]) == (8, [])
    assert sorted(done["labels_deleted"]) == ["Projects", "Projects/Alpha"]
    assert scene.there() == before
    assert not {"Projects", "Projects/Alpha"} & set(scene.gmail.labels().values())
    totals = scene.migration("status", "--json").json["totals"]
    assert totals["pending"] == totals["source"] == 10
    sent = uploads(scene.sandbox)
    scene.run()
    assert uploads(scene.sandbox) == sent
    after = scene.there()
    assert after["Number 3"][:1] == ("INBOX",) or "STARRED" in after["Number 3"]
    assert {key: value for key, value in after.items() if key != "Number 3"} == {
        key: value for key, value in whole.items() if key != "Number 3"
    }
    scene.complete()


def test_what_its_owner_changed_is_spared(scene: Scene) -> None:
    run = scene.run()
    scene.modify(1, add="STARRED")
    scene.modify(4, remove="INBOX")
    scene.modify(9, remove="UNREAD")
    scene.gmail.call(f"messages/{scene.id_of(5)}", "DELETE")
    scene.gmail.call(f"messages/{scene.id_of(6)}/trash", "POST")
    done = scene.undo(run, code=3)
    assert sorted(each["why"] for each in done["spared"]) == [
        *("changed", "changed", "gone", "read", "trashed")
    ]
    assert {"Number 1", "Number 4", "Number 9"} <= scene.there().keys()
    assert not {"Number 2", "Number 7"} & scene.there().keys()
    listed = scene.migration("report", "--json").json["spared"]
    assert {each["why"] for each in listed} == {"changed", "gone", "read", "trashed"}
    read = scene.undo(run, "--include-read", code=3)
    assert read["removed"] == 1
    assert "Number 9" not in scene.there()
    report = scene.migration("report", "--json").json
    assert {each["why"] for each in report["spared"]} == {"changed", "gone", "trashed"}
    assert any(each["what"] == "trashed" for each in report["undone"])


def test_labels_that_a_later_run_added_go_alone(scene: Scene) -> None:
    """The first run copies INBOX only; the second adds a label to what the first made."""
    scene.write(f'[labels]\ninclude = ["INBOX"]\n{FAST}')
    scene.run()
    first = scene.there()
    scene.write()
    second = scene.run()
    assert "Projects/Alpha" in scene.there()["Number 2"]
    scene.undo(second)
    assert scene.there() == first
    scene.run()
    assert "Projects/Alpha" in scene.there()["Number 2"]
    scene.complete()


def test_deleting_needs_the_scope_and_leaves_nothing(scene: Scene) -> None:
    before = scene.there()
    run = scene.run()
    refused = scene.migration("undo", run, "--delete", "--lang", "en")
    assert refused.code == 2
    assert 'scopes = "full"' in refused.err
    scene.write(scopes="full")
    scene.undo(run, "--delete")
    assert scene.there() == before
    assert len(list(scene.gmail.ids())) == 2
    scene.run()
    scene.complete()


def test_another_form_is_not_swallowed_by_the_copy_in_trash(scene: Scene) -> None:
    """7 has no Date: it got one from INTERNALDATE, which is another one by now."""
    run = scene.run()
    scene.undo(run)
    with sqlite3.connect(scene.migration.directory / "state" / "ledger.db") as conn:
        conn.execute(
            "UPDATE occurrence SET internal_date = '2001-01-01T00:00:00+00:00' "
            "WHERE message_id = (SELECT message_id FROM repair WHERE field = 'Date')"
        )
    braked = scene.migration("run", "--lang", "en")
    assert braked.code == 6
    assert "--delete" in braked.err
    scene.write(scopes="full")
    scene.undo(run, "--delete")
    scene.run()
    assert "Number 7" in scene.there()


def test_an_undo_that_was_killed_goes_on(scene: Scene) -> None:
    before = scene.there()
    run = scene.run()
    faults(scene.sandbox, {"method": "gmail.users.messages.*odify", "times": 1, "status": 400})
    try:
        scene.migration("undo", run)
    finally:
        faults(scene.sandbox)
    scene.undo(run)
    assert scene.there() == before


def test_a_pause_is_heeded(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    run, whole = scene.run(), scene.there()
    config, stop = load(scene.migration.directory), threading.Event()
    told = {"users": USER, "directory": config.directory}

    class Pausing(Progress):
        def open(self, user: str, messages: int, what: str = "copy") -> None:
            ledger.write(pauses.pause)
            stop.wait(60.0)

    def typed(*, dry: bool = False) -> tuple[int, str]:
        with pytest.raises(typer.Exit) as ended:
            undo(run, config.directory, dry_run=dry, lang="en")
        return ended.value.exit_code, capsys.readouterr().err

    with Ledger(config.ledger_url) as ledger:
        (found,) = UndoEngine(config, ledger, "x", Wish(run), Pausing(), stop).run(config.accounts)
        assert found.stopped and not found.error and scene.there() == whole
        code, said = typed()
        assert (code, "The migration was paused" in said) == (4, True)
        assert typed(dry=True)[0] == 0  # it only looks
        ledger.write(pauses.resume)
        ledger.write(lambda conn: pauses.pause(conn, [1]))
        assert typed() == (4, f"{Texts('en')('batch.run.paused_some', **told)}\n")
        assert scene.there() == whole
        ledger.write(pauses.resume)
    assert typed() == (0, "")
    assert scene.there() != whole


def test_unknown_runs_and_undos_of_undos_are_refused(scene: Scene) -> None:
    run = scene.run()
    unknown = scene.migration("undo", "nonsense", "--lang", "en")
    assert unknown.code == 2
    assert run in unknown.err
    scene.undo(run)
    report = scene.migration("report", "--json").json
    assert report["undone"][0]["taken_back"] == run
    nothing = scene.migration("undo", "last", "--lang", "en")
    assert (nothing.code, "Nothing that a run did" in nothing.err) == (2, True)
    again = scene.run()
    scene.run()
    assert scene.undo("last", "--dry-run")["removed"] == 8
    assert again != run
    with sqlite3.connect(scene.migration.directory / "state" / "ledger.db") as conn:
        ids = conn.execute("SELECT id FROM run WHERE json_extract(options, '$.undo') NOT NULL")
        ((undo,),) = ids.fetchall()
    refused = scene.migration("undo", undo, "--lang", "en")
    assert (refused.code, "is itself an undo" in refused.err) == (2, True)
