"""How the cost grows with a mailbox: `python bench/growth.py 1000 10000 100000`.

Messages of 400 bytes from a source that makes them up (`generated.py`), over TLS, to the bare stub,
over TLS. With `--large` instead a hundred of 20 KB and one of 150 MiB, from Dovecot. Told are the
CPU seconds of the command, its peak memory, and the ledger on disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.folder import PASSWORD, write
from bench.generated import generating
from bench.load import Target
from bench.mail import mailbox
from bench.migration import measured
from bench.sandbox import sandbox
from bench.stub import running as stub_running
from migrate.message import UPLOAD_LIMIT
from tests.functional.dovecot import running_dovecot

COMMAND = [sys.executable, "-m", "mailhaul", "migrate", "run", "--json", "--dir"]


def copied(port: int, ca: Path | None, stub: Target, count: int, accounts: int = 1) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, port, ca, stub, [f"u{each}@example.jp" for each in range(accounts)])
        total = count * accounts
        spent = measured([*COMMAND, name], total, expect=f'"imported": {total}')
        size = sum(each.stat().st_size for each in (folder / "state").glob("ledger.db*"))
        print(
            f"{accounts:5} × {count:9,} {spent.rate:8.0f}/s {spent.cpu:8.1f} CPU s"
            f" {spent.cpu / total * 1000:6.2f} per 1,000 {spent.peak:6.0f} MiB"
            f" {size / total:6.0f} bytes of ledger a message",
            flush=True,
        )


def large() -> None:
    """Some mail, and in the midst of it the largest that Gmail takes."""
    user = "u0@example.jp"
    found = mailbox(user, 500)["INBOX"]
    head = b"From: a@example.com\r\nMessage-ID: <large@example.com>\r\n\r\n"
    lines = b"x" * 76 + b"\r\n"
    _, flags, when = found[len(found) // 2]
    found[len(found) // 2] = head + lines * ((UPLOAD_LIMIT - 1000) // len(lines)), flags, when
    with running_dovecot() as server, sandbox([]) as (keys, _), stub_running(keys) as stub:
        server.add_user(user, PASSWORD)
        server.seed(user, "INBOX", found)
        copied(server.imaps_port, server.ca, stub, len(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=int, nargs="*", help="of each account")
    parser.add_argument("--accounts", type=int, nargs="+", default=[1])
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    if given.large:
        large()
        return
    with sandbox([]) as (keys, _), stub_running(keys) as stub:
        for count in given.messages:
            for accounts in given.accounts:
                with generating(count, keys) as port:
                    copied(port, keys.ca_file, stub, count, accounts)


if __name__ == "__main__":
    main()
