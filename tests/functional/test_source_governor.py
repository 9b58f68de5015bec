"""Connections and bytes that a source allows, over whole runs."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from migrate.cli.common import outcome
from migrate.cli.copying import copy
from migrate.config import Config, load
from migrate.daily import DailyBytes
from migrate.engine import local as engine
from migrate.errors import DayUsedUp, MailhaulError, SourceLost
from migrate.plan import plan
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.source.gate import Gate
from migrate.source.traffic import BytePace, Meter
from migrate.texts import Texts
from tests.sandboxes import running

from .conftest import OpenSource
from .dovecot import Dovecot
from .memory_source import LIMITS, TARGET, mail
from .migration import Migration
from .scripted_imap import HANG_UP, ScriptedImap, body
from .source_errors import raised

CROWDED = b"* BYE Too many connections from your address\r\n" + HANG_UP


def test_one_too_many_waits_until_another_has_ended(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    gate = Gate("host")
    first = open_source(scripted.login, gate=gate)
    scripted.greetings = [CROWDED]
    opened: list[object] = []
    waiting = threading.Thread(target=lambda: opened.append(open_source(scripted.login, gate=gate)))
    waiting.start()
    while scripted.greetings:
        time.sleep(0.01)
    waiting.join(0.2)
    assert waiting.is_alive() and not opened
    first.close()
    waiting.join()
    assert len(opened) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"[LIMIT] Maximum number of connections from user+IP exceeded",
        b"[ALERT] Too many simultaneous connections. (Failure)",
    ],
)
def test_a_limit_of_one_user_is_no_limit_of_the_others(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes
) -> None:
    gate = Gate("host")
    open_source(scripted.login, gate=gate)
    scripted.on(b"LOGIN", b"TAG NO " + answer + b"\r\n", times=1)
    error = raised(lambda: open_source(scripted.login, gate=gate))
    assert isinstance(error, SourceLost) and error.code == "source-busy"
    open_source(scripted.login, gate=gate)


def test_a_day_that_the_server_ends_itself(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.mail[1] = body(b"a")
    source = open_source(scripted.login)
    (folder,) = source.folders()
    source.examine(folder)
    words = b"TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)\r\n"
    scripted.on(b"UID FETCH", words)
    error = raised(lambda: list(source.fetch([(1, 1)])))
    assert isinstance(error, DayUsedUp) and error.code == "source-bandwidth"


class Day:
    """Of a few bytes."""

    def __init__(self, most: int) -> None:
        self.left, self.kept = most, 0

    def check(self) -> None:
        if self.left <= 0:
            raise DayUsedUp("source-day-used", user="ann", used=1, most=1, at="tomorrow")

    def add(self, size: int) -> None:
        self.left -= size

    def keep(self) -> None:
        self.kept += 1


def test_what_is_on_its_way_when_the_day_ends_still_comes(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"x" * 70_000) for uid in (1, 2, 3, 4)}
    day = Day(100_000)
    source = open_source(scripted.login, meter=Meter(day=day), batch_bytes=1)
    source.examine(source.folders()[0])
    came: list[int] = []

    def fetch() -> None:
        came.extend(each.uid for each in source.fetch([(uid, 70_000) for uid in (1, 2, 3, 4)]))

    assert raised(fetch).code == "source-day-used"
    assert came == [1, 2, 3]
    assert source.folders()  # the session goes on
    source.close()
    assert day.kept


def test_bytes_are_paced(scripted: ScriptedImap, open_source: OpenSource) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    data = b"x" * 600_000
    scripted.mail[1] = body(data)
    source = open_source(scripted.login, wait=wait, meter=Meter(BytePace(100_000, lambda: 0.0)))
    source.examine(source.folders()[0])
    (fetched,) = source.fetch([(1, len(data))])
    assert fetched.uid == 1
    paused = [each for each in waited if each]
    assert paused == sorted(paused) and 5.9 < paused[-1] < 6.1 and len(paused) > 2


@pytest.mark.dovecot
def test_a_day_ends_and_the_next_goes_on(
    dovecot: Dovecot, mailbox_user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(engine, "DailyBytes", partial(DailyBytes, clock=lambda: now))
    dovecot.add_user(mailbox_user)
    large = [mail(uid).raw + b"x" * 3_000_000 + b"\r\n" for uid in range(6)]
    date = datetime(2026, 1, 1, tzinfo=UTC)
    dovecot.seed(mailbox_user, "INBOX", [(raw, (), date) for raw in large])
    with running(tmp_path / "sandbox", TARGET) as sandbox:

        def settings(most: int) -> Config:
            url, account = f"imaps://{dovecot.host}:{dovecot.imaps_port}", (mailbox_user, TARGET)
            more = f"{LIMITS}source_bytes_per_day = {most}\n"
            made = Migration(tmp_path / "move")
            made.write(url, dovecot.ca, sandbox, {account: "secret"}, more)
            return load(made.directory)

        def run(most: int) -> tuple[Document, list[MailhaulError]]:
            config = settings(most)
            return copy(config, config.accounts, Progress(), Texts("en"), threading.Event())

        config = settings(7_000_000)
        document, _ = plan(config, config.accounts, Progress(), Texts("en"))
        assert document.seconds == 2 * 86_400
        assert "3 days" in " ".join(document.notes)
        config = settings(99_000_000)
        document, _ = plan(config, config.accounts, Progress(), Texts("en"))
        assert (document.seconds or 0) < 60 and "days" not in " ".join(document.notes)
        document, errors = run(7_000_000)
        assert [error.code for error in errors] == ["source-day-used"]
        assert outcome(document, errors) == 4
        (account,) = document.accounts
        assert account.state == "paused" and account.error
        assert "7 MB" in account.error["cause"]
        # Two are not enough, and the next two are asked for together.
        assert (document.totals.imported, document.totals.pending) == (4, 2)
        document, errors = run(7_000_000)
        assert (outcome(document, errors), document.totals.imported) == (4, 4)
        now += 25 * 3600
        document, errors = run(99_000_000)
        assert (errors, outcome(document, errors)) == ([], 0)
        assert document.totals.imported == 6
