"""Ctrl-C, a terminal that is closed, and outputs that nobody reads any more."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from migrate.ledger import create
from migrate.sandbox.embed import Running

from ..cli.contract import PASSWORD, USER
from ..migration import Migration, release
from .place import ONE_BY_ONE, PATIENCE, Make, Place, distinct, en

AT_ONCE = 5.0


@pytest.fixture
def options() -> str:
    return ONE_BY_ONE


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("plan", signal.SIGINT),
        ("verify", signal.SIGINT),
        ("check", signal.SIGTERM),
        ("plan", signal.SIGHUP),
    ],
)
def test_what_has_nothing_in_hand_ends_at_once(
    sandbox: Running, tmp_path: Path, command: str, number: int
) -> None:
    """Here the source never says a word; a thread waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        port = silent.getsockname()[1]
        accounts = {(USER, "nobody@example.org"): PASSWORD}
        made = Migration(tmp_path / "move").write(
            f"imaps://127.0.0.1:{port}", None, sandbox, accounts
        )
        here = Place(made, sandbox, "nobody@example.org")
        here.ledger.parent.mkdir(mode=0o700)
        create(here.ledger)
        with here.started(command) as child, silent.accept()[0]:
            child.send_signal(number)
            assert child.wait(AT_ONCE) == 4
            assert child.stderr is not None
            assert en("cli.stopped") in child.stderr.read()


def test_a_closed_terminal_finishes_what_is_in_hand(make: Make) -> None:
    here = make()
    with here.at_work() as child:
        assert child.stderr is not None
        child.send_signal(signal.SIGHUP)
        while en("cli.run.stopping") not in child.stderr.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGHUP)  # by the shell and by the kernel
        done = here.ended(child)
    assert done.code == 4, done.said
    pending = here.migration("status", "--json").json["totals"]["pending"]
    assert en("cli.run.resume", n=pending) in done.err
    here.check_finishes()


def test_nohup_outlives_the_terminal(make: Make) -> None:
    here = make()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with here.at_work() as child:
            child.send_signal(signal.SIGHUP)
            assert here.ended(child).code == 3
    finally:
        signal.signal(signal.SIGHUP, before)
    assert here.count() == distinct()


def test_outputs_that_nobody_reads_any_more_stop_nothing(make: Make) -> None:
    here = make()
    with here.at_work() as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        child.stderr.close()
        release(here.sandbox)
        assert child.wait(PATIENCE) == 3
    assert here.count() == distinct()
