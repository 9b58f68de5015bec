"""149 MiB go to Gmail, 151 MiB stay here, and neither lies in memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import running

from .dovecot import Dovecot
from .memory_source import TARGET
from .migration import FAST, ROOT, Gmail, Migration, uploads

pytestmark = pytest.mark.dovecot

MIB = 1 << 20
WHEN = datetime(2024, 3, 4, tzinfo=UTC)


def large(number: int, mib: int) -> bytes:
    """A message of so many MiB, in lines of 64 bytes."""
    head = (
        f"From: a@example.com\r\nMessage-ID: <{number}@example.com>\r\n"
        f"Date: Mon, 4 Mar 2024 00:00:00 +0000\r\nSubject: {mib} MiB\r\n\r\n"
    ).encode()
    line = (f"{number}" * 62).encode() + b"\r\n"
    return head.ljust(len(line) * 4, b"x") + line * (mib * MIB // len(line) - 4)


WATCHED = """
import atexit, pathlib, sys
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: pathlib.Path(sys.argv.pop()).write_text(status.read_text()))
import mailhaul
mailhaul.app(sys.argv[1:-1])
"""
"""`mailhaul`, which leaves in a file what it had in memory; getrusage would count its parent's."""


def measured(migration: Migration, *words: str) -> tuple[int, int]:
    """Exit code and the most MiB that `mailhaul migrate …` ever had in memory."""
    told = migration.directory.with_name("status")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "migrate", *words, told],
        cwd=migration.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    (most,) = [int(line.split()[1]) for line in told.read_text().splitlines() if "VmHWM" in line]
    return done.returncode, most // 1024


def lines(document: Any, part: str, *keys: str) -> Sequence[Sequence[Any]]:
    return [[each[key] for key in keys] for each in document[part]]


def test_what_is_too_large_is_kept_or_left_out(
    dovecot: Dovecot, mailbox_user: str, tmp_path: Path
) -> None:
    fits, exceeds = large(1, 149), large(2, 151)
    dovecot.add_user(mailbox_user)
    seen = ("\\Seen",)
    dovecot.seed(mailbox_user, "INBOX", [(fits, seen, WHEN), (exceeds, seen, WHEN)])
    url = f"imaps://{dovecot.host}:{dovecot.imaps_port}"
    with running(tmp_path / "sandbox", TARGET) as sandbox:
        migration, accounts = Migration(tmp_path / "move"), {(mailbox_user, TARGET): "secret"}
        migration.write(url, dovecot.ca, sandbox, accounts)
        code, most = measured(migration, "run")
        assert code == 3
        assert most < 149, "MiB; on their way both lie on disk"
        assert uploads(sandbox) == 1
        report = migration("report", "--json").json
        assert lines(report, "quarantine", "uid", "code") == [[2, "gmail-too-large"]]
        (file,) = [migration.directory / each["file"] for each in report["quarantine"]]
        assert file.stat().st_size == len(exceeds)
        with file.open("rb") as kept:
            digest = hashlib.file_digest(kept, "sha256").digest()
        assert digest == hashlib.sha256(exceeds).digest()

        migration.write(url, dovecot.ca, sandbox, accounts, f'[policy]\noversize = "skip"\n{FAST}')
        code, most = measured(migration, "retry", "--class", "gmail-too-large")
        assert code == 0
        assert most < 149
        assert uploads(sandbox) == 1
        assert not file.exists()
        report = migration("report", "--json").json
        assert lines(report, "quarantine") == []
        assert lines(report, "skips", "folder", "rule", "count") == [["INBOX", "oversize", 1]]
        (stored,) = Gmail(sandbox, TARGET).messages()
        assert stored.raw.endswith(fits)
        verified = migration("verify", "--json")
        assert (verified.code, verified.json["differences"]) == (0, [])
