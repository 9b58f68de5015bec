"""Whole runs while the source turns us away: patient for a while, then a clear end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.cli.common import outcome
from migrate.cli.copying import copy
from migrate.config import load
from migrate.engine import local as engine
from migrate.errors import MailhaulError
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from .certificate import Certificate
from .memory_source import LIMITS, TARGET
from .migration import Gmail, Migration
from .scripted_imap import HANG_UP, OK, ScriptedImap
from .scripted_mail import MAIL, serving_mail

BUSY = b"TAG NO [UNAVAILABLE] maintenance\r\n"


@pytest.fixture
def server(certificate: Certificate) -> Iterator[ScriptedImap]:
    with serving_mail(certificate) as scripted:
        yield scripted


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Before each further session: how many in a row have brought nothing."""
    noted: list[int] = []

    def at_once(failures: int) -> float:
        noted.append(failures)
        return 0.0

    monkeypatch.setattr(engine, "reconnect_delay", at_once)
    return noted


def run(
    directory: Path, server: ScriptedImap, ca: Path, sandbox: Running
) -> tuple[Document, list[MailhaulError]]:
    migration = Migration(directory)
    account = {(server.login.user, TARGET): server.login.password}
    migration.write(f"imaps://{server.host}:{server.port}", ca, sandbox, account, LIMITS)
    config = load(directory)
    return copy(config, config.accounts, Progress(), Texts("en"), threading.Event())


def test_an_outage_is_waited_out_and_costs_nothing(
    server: ScriptedImap,
    certificate: Certificate,
    sandbox: Running,
    pauses: list[int],
    tmp_path: Path,
) -> None:
    server.greetings = [b"* BYE too many connections\r\n" + HANG_UP]
    server.on(b"LOGIN", BUSY, times=2)
    server.on(b"LIST", b"* BYE restart\r\n" + HANG_UP, times=1)
    server.on(
        rb"UID FETCH .*BODY.PEEK\[\]",
        b"* 2 FETCH (UID 2 BODY[] {900}\r\nFrom: a@" + HANG_UP,
        times=1,
    )
    document, errors = run(tmp_path / "move", server, certificate.ca, sandbox)
    assert (errors, outcome(document, errors)) == ([], 0)
    assert pauses == [1, 2, 3, 4]
    (log,) = (tmp_path / "move" / "state" / "logs").iterdir()
    told = [json.loads(line) for line in log.read_text().splitlines()]
    lost = [(each["code"], each["attempt"]) for each in told if each["event"] == "source-lost"]
    assert [attempt for _, attempt in lost] == pauses
    assert [each["event"] for each in told].count("reconnected") == 1
    stored = [one.raw for one in Gmail(sandbox, TARGET).messages()]
    assert document.totals.imported == len(stored) == len(MAIL)
    for raw in MAIL.values():
        assert sum(each.endswith(raw) for each in stored) == 1


def test_an_outage_that_does_not_pass_ends_the_account(
    server: ScriptedImap,
    certificate: Certificate,
    sandbox: Running,
    pauses: list[int],
    tmp_path: Path,
) -> None:
    server.on(b"LOGIN", BUSY)
    document, errors = run(tmp_path / "move", server, certificate.ca, sandbox)
    assert [error.code for error in errors] == ["source-busy"]
    assert errors[0].params["answer"] == "NO [UNAVAILABLE] maintenance"
    assert outcome(document, errors) == 5 and pauses == [1, 2, 3, 4, 5, 6, 7]
    # Gone for good, after it was there: the next run, in the same folder, goes on.
    pauses.clear()
    server.on(b"LOGIN", b"TAG OK\r\n")
    server.on(b"EXAMINE", HANG_UP)
    _, errors = run(tmp_path / "move", server, certificate.ca, sandbox)
    assert [error.code for error in errors] == ["source-lost"]
    server.greeting = HANG_UP
    pauses.clear()
    document, errors = run(tmp_path / "move", server, certificate.ca, sandbox)
    assert [error.code for error in errors] == ["source-unreachable"]
    assert outcome(document, errors) == 5 and len(pauses) == 7
    server.greeting = b"* OK ready\r\n"
    server.on(b"EXAMINE", server.examined + OK)
    document, errors = run(tmp_path / "move", server, certificate.ca, sandbox)
    assert (errors, outcome(document, errors)) == ([], 0)
    assert document.totals.imported == len(MAIL)
