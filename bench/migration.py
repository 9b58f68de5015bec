"""How fast a mailbox is copied, end to end: `make bench`, or `python bench/migration.py`.

Dovecot over TLS → `mailhaul migrate run` → a bare stub of the Gmail API over TLS, the ledger on
disk. Beside it, in the same minute on the same mail: `mbsync` pulling the same mailboxes (if it is
installed: the fetching half only, in C) and a plain loop over imaplib and google-api-python-client.
Servers and client share the processor. `--delay 50` adds that many ms of round trip on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.delay import delayed
from bench.load import Target
from bench.mail import mailbox
from bench.sandbox import sandbox
from bench.stub import running as stub_running
from tests.functional.dovecot import Dovecot, running_dovecot

ROOT = Path(__file__).parents[1]
PASSWORD = "secret"


@dataclass(frozen=True, slots=True)
class Spent:
    seconds: float
    cpu: float
    """CPU seconds of the client."""
    peak: float
    """Resident memory in MiB."""


@dataclass(frozen=True, slots=True)
class Both:
    """Where the mail is, and where it goes."""

    imap_port: int
    server: Dovecot
    target: Target
    users: list[str]


def measured(words: list[str], *, order: str = "", expect: str = "") -> Spent:
    """Run a command to its end; its output must hold `expect`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        begun = time.perf_counter()
        child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=out, stderr=told, cwd=ROOT, env=os.environ
        )
        assert child.stdin is not None
        child.stdin.write(order.encode())
        child.stdin.close()
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        for each in (out, told):
            each.seek(0)
        said = out.read().decode()
        assert child.returncode == 0 and expect in said, said[-500:] + told.read().decode()[-2000:]
    return Spent(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def run_mailhaul(both: Both, count: int, more: str = "") -> Spent:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [f"{user},{_target(user)},{PASSWORD}" for user in both.users]
        accounts = folder / "accounts.csv"
        accounts.touch(mode=0o600)
        accounts.write_text("\n".join(["source_user,target_user,source_password", *rows, ""]))
        (folder / "migration.toml").write_text(f"""
[source]
url = "imaps://127.0.0.1:{both.imap_port}"
ca_file = {json.dumps(str(both.server.ca))}
[target]
api = "{both.target.url}"
key_file = {json.dumps(str(both.target.key_file))}
ca_file = {json.dumps(str(both.target.ca_file))}
[limits]
units_per_minute_user = 0
units_per_minute_project = 0
{more}
""")
        words = [sys.executable, "-m", "mailhaul", "migrate", "run", "--dir", name, "--json"]
        return measured(words, expect=f'"imported": {count}')


def run_loop(both: Both, count: int) -> Spent:
    order = {
        "api": both.target.url,
        "api_ca": str(both.target.ca_file),
        "key_file": str(both.target.key_file),
        "imap_port": both.imap_port,
        "imap_ca": str(both.server.ca),
        "password": PASSWORD,
        "pairs": [[user, _target(user)] for user in both.users],
    }
    script = str(Path(__file__).with_name("baseline.py"))
    return measured([sys.executable, script], order=json.dumps(order), expect=str(count))


def run_mbsync(both: Both, count: int) -> Spent:
    with tempfile.TemporaryDirectory() as name:
        config = "".join(
            f"""
IMAPStore far{number}
Host localhost
Port {both.imap_port}
User {user}
Pass {PASSWORD}
SSLType IMAPS
CertificateFile {both.server.ca}

MaildirStore near{number}
Path {name}/{number}/
Inbox {name}/{number}/INBOX
SubFolders Verbatim

Channel copy{number}
Far :far{number}:
Near :near{number}:
Patterns *
Sync Pull
Create Near
SyncState *
"""
            for number, user in enumerate(both.users)
        )
        file = Path(name, "mbsyncrc")
        file.write_text(config)
        for number in range(len(both.users)):
            Path(name, str(number)).mkdir()
        spent = measured(["mbsync", "-q", "-c", str(file), "-a"])
        found = sum(1 for each in Path(name).rglob("cur/*")) + sum(
            1 for each in Path(name).rglob("new/*")
        )
        assert found == count, f"mbsync brought {found} of {count}"
    return spent


def _target(user: str) -> str:
    return user.replace("example.jp", "example.org")


@contextmanager
def both_sides(accounts: int, messages: int, round_trip: float) -> Iterator[Both]:
    with ExitStack() as stack:
        server = stack.enter_context(running_dovecot())
        users = [f"user{number}@example.jp" for number in range(accounts)]
        for user in users:
            server.add_user(user, PASSWORD)
            for folder, found in mailbox(user, messages).items():
                server.seed(user, folder, found)
        keys, _ = stack.enter_context(sandbox([]))
        stub = stack.enter_context(stub_running(keys))
        port = int(stub.url.rpartition(":")[2])
        api = stack.enter_context(delayed(port, round_trip))
        imap = stack.enter_context(delayed(server.imaps_port, round_trip))
        target = Target(f"https://127.0.0.1:{api}", stub.key_file, stub.ca_file)
        yield Both(imap, server, target, users)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="of each account")
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--delay", type=float, default=0, metavar="MS", help="round trip, each side"
    )
    parser.add_argument("--limits", default="", help="more lines for [limits], parted by ;")
    given = parser.parse_args()
    count = given.messages * given.accounts
    more = given.limits.replace(";", "\n")
    runs: dict[str, Callable[[Both], Spent]] = {
        "mailhaul": lambda both: run_mailhaul(both, count, more)
    }
    if shutil.which("mbsync"):
        runs["mbsync (fetch only)"] = lambda both: run_mbsync(both, count)
    runs["imaplib + google-api-python-client"] = lambda both: run_loop(both, count)
    spent: dict[str, list[Spent]] = {name: [] for name in runs}
    with both_sides(given.accounts, given.messages, given.delay / 1000) as both:
        for _ in range(given.rounds):
            for name, run in runs.items():
                spent[name].append(run(both))
    ours = spent["mailhaul"]
    print(f"{given.accounts} × {given.messages} messages, {given.delay:.0f} ms more on each side")
    print(f"{'':36}{'messages/s':>12}{'CPU s/1,000':>13}{'MiB':>6}{'ours/theirs':>13}")
    for name, found in spent.items():
        ratios = [theirs.seconds / mine.seconds for mine, theirs in zip(ours, found, strict=True)]
        print(
            f"{name:36}{count / statistics.median(each.seconds for each in found):12.0f}"
            f"{statistics.median(each.cpu for each in found) / count * 1000:13.2f}"
            f"{max(each.peak for each in found):6.0f}{statistics.median(ratios):13.2f}"
        )


if __name__ == "__main__":
    main()
