"""What a pass costs in which nothing has changed: `python bench/nochange.py`.

Dovecot over TLS, the bare stub of the Gmail API, small messages. First they are copied; then the
same command runs again and again. Told are the seconds of the pass itself (connect, compare, write
the ledger), those of the whole command with its start and its reports, and the copy beside it.
`--plain` has Dovecot without CONDSTORE and QRESYNC.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.child import ROOT
from bench.folder import PASSWORD, write
from bench.mail import FOLDERS, Seeded
from bench.sandbox import sandbox
from bench.stub import running as stub_running
from tests.functional.dovecot import running_dovecot

USER = "user@example.jp"
_TIMED = """
import sys, time
import mailhaul
from migrate.engine import local as engine
run = engine.LocalEngine.run
def timed(*args):
    begun = time.perf_counter()
    try:
        return run(*args)
    finally:
        print(f"pass {time.perf_counter() - begun}", file=sys.stderr)
engine.LocalEngine.run = timed
mailhaul.app(sys.argv[1:])
"""


def small(count: int) -> Iterator[Seeded]:
    """Messages of about 400 bytes."""
    for number in range(count):
        when = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        head = (
            f"From: Anna <anna{number % 97}@example.com>\r\nSubject: Matter {number}\r\n"
            f"Date: {format_datetime(when)}\r\nMessage-ID: <{number}@example.com>\r\n\r\n"
        )
        yield f"{head}{'text ' * 50}\r\n".encode(), ["\\Seen"], when


def passed(folder: str) -> tuple[float, float]:
    """Run once: seconds of the pass, and of the whole command."""
    begun = time.perf_counter()
    words = ["migrate", "run", "--dir", folder, "--json"]
    done = subprocess.run(
        [sys.executable, "-c", _TIMED, *words],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    whole = time.perf_counter() - begun
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    assert json.loads(done.stdout)["complete"]
    (line,) = (each for each in done.stderr.splitlines() if each.startswith("pass "))
    return float(line.split()[1]), whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    with (
        running_dovecot() as server,
        sandbox([]) as (keys, _),
        stub_running(keys) as stub,
        tempfile.TemporaryDirectory() as name,
    ):
        more = "imap_capability = IMAP4rev1 LITERAL+ ID NAMESPACE UIDPLUS LIST-EXTENDED"
        if given.plain:
            with (server.root / "dovecot.conf").open("a") as config:
                config.write(f"protocol imap {{\n  {more}\n}}\n")
            subprocess.run(
                ["doveadm", "-c", str(server.root / "dovecot.conf"), "reload"], check=True
            )
        server.add_user(USER, PASSWORD)
        each = given.messages // len(FOLDERS)
        mails = small(given.messages)
        for folder in FOLDERS:
            server.seed(USER, folder, [next(mails) for _ in range(each)])
        write(Path(name), server.imaps_port, server.ca, stub, [USER])
        copied, whole = passed(name)
        print(f"{given.messages} messages copied in {copied:.1f} s ({whole:.1f} s with the start)")
        passes = [passed(name) for _ in range(given.rounds + 1)][1:]
        inner, outer = (statistics.median(found) for found in zip(*passes, strict=True))
        print(
            f"no change: {inner:.2f} s the pass, {outer:.2f} s the whole command; "
            f"{inner / copied:.5f} of the copy"
        )


if __name__ == "__main__":
    main()
