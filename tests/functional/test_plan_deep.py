"""`plan --deep` over a source in memory: read once, confirmed by the run, resumed after a break."""

from __future__ import annotations

import io
import threading
import zipfile
from base64 import encodebytes
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.config import load
from migrate.errors import MailhaulError, SourceLost
from migrate.plan import dry_run, plan
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.sandbox.embed import Running
from migrate.source import Fetched
from migrate.texts import Texts
from tests.sandboxes import running

from .memory_source import LIMITS, TARGET, Mail, MemorySource, mail, run
from .migration import Migration, uploads

Content = Mapping[str, Sequence[Mail]]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), TARGET) as server:
        yield server


class Reading(MemorySource):
    """Notes what is fetched, and may break."""

    fetched: Counter[int]
    breaks: list[int]

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        for each in super().fetch(wanted):
            if self.breaks and each.uid >= self.breaks[0]:
                self.breaks.pop(0)
                raise SourceLost("source-lost", host="here", reason="cut")
            self.fetched[each.uid] += 1
            yield each


@pytest.fixture
def planning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> Callable[..., tuple[Document, list[MailhaulError]]]:
    """`plan --deep` of one account, in its migration folder."""
    monkeypatch.setattr(Reading, "fetched", Counter(), raising=False)
    monkeypatch.setattr(Reading, "breaks", [], raising=False)
    monkeypatch.setattr(dry_run, "RECONNECTS", 3)
    move = Migration(tmp_path / "move")
    move.write("imaps://mail.example.com", None, sandbox, {("source", TARGET): "secret"}, LIMITS)

    def planned(
        content: Content, *, deep: bool = True, stop: threading.Event | None = None
    ) -> tuple[Document, list[MailhaulError]]:
        monkeypatch.setattr(dry_run, "open_source", lambda *_: Reading(content))
        config = load(move.directory)
        progress = Stopping(stop) if stop else Progress()
        return plan(config, config.accounts, progress, Texts("en"), deep=deep, stop=stop)

    return planned


class Stopping(Progress):
    """Sets `stop` as soon as something was read."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def done(self, user: str, messages: int, size: int) -> None:
        self._stop.set()


def attached(number: int, inside: str) -> Mail:
    """With a zip that holds a file of this name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(inside, b"nothing")
    one = mail(number, encodebytes(packed.getvalue()).decode().replace("\n", "\r\n"))
    head = (
        b'Content-Type: application/zip; name="a.zip"\r\n'
        b'Content-Disposition: attachment; filename="a.zip"\r\n'
        b"Content-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n"
    )
    return replace(one, raw=head + one.raw)


def predicted(document: Document) -> dict[str, int]:
    return {each.verdict: each.count for each in document.predicted or ()}


def test_the_run_confirms_what_was_read_also_after_another_plan(
    planning: Callable[..., tuple[Document, list[MailhaulError]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sandbox: Running,
) -> None:
    same, other = mail(5), replace(mail(5, "Other"), date=mail(5).date)
    content = {
        "INBOX": [attached(1, "setup.exe"), attached(2, "notes.txt"), mail(3), same],
        "Work": [same, other, replace(mail(4), refused=True)],
    }
    before = uploads(sandbox)
    document, errors = planning(content)
    assert (errors, uploads(sandbox)) == ([], before)
    assert predicted(document) == {
        "attachment-blocked": 1,
        "accepted": 2,
        "message-id-shared": 3,
        "source-unreadable": 1,
    }
    # Two of the three that share an id are the same message.
    assert document.units == 6 * 25
    again, _ = planning(content, deep=False)
    assert predicted(again)["attachment-blocked"] == 1
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.document.surprises == []
    confirmed = {
        (each.verdict, each.actual): each.count for each in copied.document.confirmed or ()
    }
    assert confirmed == {
        ("attachment-blocked", "attachment-blocked"): 1,
        ("accepted", "accepted"): 2,
        ("message-id-shared", "accepted"): 3,
        ("source-unreadable", "source-unreadable"): 1,
    }
    assert uploads(sandbox) > before


def test_nothing_is_read_twice_but_what_the_source_kept(
    planning: Callable[..., tuple[Document, list[MailhaulError]]],
) -> None:
    content = {"INBOX": [mail(1), replace(mail(2), refused=True)]}
    for _ in range(2):
        assert predicted(planning(content)[0])["source-unreadable"] == 1
    assert Reading.fetched == {1: 1, 2: 2}


def test_a_connection_that_breaks_is_made_again(
    planning: Callable[..., tuple[Document, list[MailhaulError]]],
) -> None:
    content = {"INBOX": [mail(number % 60) for number in range(250)]}
    Reading.breaks.extend([120, 230])
    document, errors = planning(content)
    assert (errors, Reading.breaks) == ([], [])
    assert document.notes == []
    assert set(Reading.fetched) == set(range(1, 251))
    # Of a piece that broke off nothing is kept, of those before it everything.
    assert {uid for uid, times in Reading.fetched.items() if times > 1} <= set(range(101, 251))
    assert max(Reading.fetched.values()) == 2


def test_a_source_that_gives_nothing_is_given_up(
    planning: Callable[..., tuple[Document, list[MailhaulError]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dry_run, "RECONNECTS", 1)
    Reading.breaks.extend([1, 1, 1])
    document, errors = planning({"INBOX": [mail(1)]})
    # The first connection had at least brought the list.
    assert ([error.code for error in errors], Reading.breaks) == (["source-lost"], [1])
    assert not document.complete


def test_what_is_stopped_goes_on_from_there(
    planning: Callable[..., tuple[Document, list[MailhaulError]]],
) -> None:
    content = {"INBOX": [mail(number % 60) for number in range(250)]}
    document, errors = planning(content, stop=threading.Event())
    assert errors == []
    assert any("150" in note for note in document.notes)
    assert len(Reading.fetched) == 100
    document, _ = planning(content)
    assert document.notes == []
    assert set(Reading.fetched.values()) == {1}
    assert len(Reading.fetched) == 250
