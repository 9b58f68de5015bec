"""How fast a mailbox is copied, end to end: `make bench`, or `python bench/migration.py`.

Dovecot over TLS → `mailhaul migrate run` → a bare stub of the Gmail API over TLS, the ledger on
disk. Beside it, in the same minute on the same mail: `mbsync` pulling the same mailboxes (if it is
installed: the fetching half only, in C) and a plain loop over imaplib and google-api-python-client.
Servers and client share the processor, and each figure is of a whole command, its start included.
Then the same with 50 ms more of round trip on both sides, where the loop copies but a few of them.
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
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.child import ROOT
from bench.delay import delayed
from bench.folder import PASSWORD, UNLIMITED, target_of, write
from bench.load import Target
from bench.mail import mailbox
from bench.sandbox import resident, sandbox
from bench.stub import running as stub_running
from tests.functional.dovecot import Dovecot, running_dovecot

FAR = "uploads_per_user_max = 32"
"""The default of 12 is what Gmail is said to take; at 50 ms no more than 240 a second fit in."""


@dataclass(frozen=True, slots=True)
class Spent:
    messages: int
    seconds: float
    cpu: float
    """CPU seconds of the client."""
    peak: float
    """Resident memory in MiB."""

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


@dataclass(frozen=True, slots=True)
class Both:
    """Where the mail is, and where it goes."""

    imap_port: int
    server: Dovecot
    target: Target
    users: list[str]
    messages: int
    """Of all users."""
    most: int
    """Messages that the loop copies."""


def measured(
    words: list[str], messages: int, *, order: str = "", expect: str = "", code: int = 0
) -> Spent:
    """Run a command to its end, which must be `code`; its output must hold `expect`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        begun = time.perf_counter()
        child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=out, stderr=told, cwd=ROOT, env=os.environ
        )
        assert child.stdin is not None
        child.stdin.write(order.encode())
        child.stdin.close()
        peak = 0.0
        # ru_maxrss would not do: it counts what the child was before its exec, a copy of us.
        while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            peak = max(peak, resident(child.pid))
            time.sleep(0.02)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        for each in (out, told):
            each.seek(0)
        said = out.read().decode()
        assert child.returncode == code and expect in said, (
            said[-500:] + told.read().decode()[-2000:]
        )
    return Spent(messages, seconds, used.ru_utime + used.ru_stime, peak)


def run_mailhaul(both: Both, more: str = "") -> Spent:
    with tempfile.TemporaryDirectory() as name:
        limits = f"{UNLIMITED}{more}\n"
        write(Path(name), both.imap_port, both.server.ca, both.target, both.users, limits)
        words = [sys.executable, "-m", "mailhaul", "migrate", "run", "--dir", name, "--json"]
        return measured(words, both.messages, expect=f'"imported": {both.messages}')


def run_loop(both: Both) -> Spent:
    order = {
        "most": both.most,
        "api": both.target.url,
        "api_ca": str(both.target.ca_file),
        "key_file": str(both.target.key_file),
        "imap_port": both.imap_port,
        "imap_ca": str(both.server.ca),
        "password": PASSWORD,
        "pairs": [[user, target_of(user)] for user in both.users],
    }
    script = str(Path(__file__).with_name("baseline.py"))
    words = [sys.executable, script]
    return measured(words, both.most, order=json.dumps(order), expect=str(both.most))


def run_mbsync(both: Both) -> Spent:
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
        spent = measured(["mbsync", "-q", "-c", str(file), "-a"], both.messages)
        found = sum(1 for each in Path(name).rglob("cur/*")) + sum(
            1 for each in Path(name).rglob("new/*")
        )
        assert found == both.messages, f"mbsync brought {found} of {both.messages}"
    return spent


@contextmanager
def both_sides(accounts: int, messages: int) -> Iterator[Both]:
    with ExitStack() as stack:
        server = stack.enter_context(running_dovecot())
        users = [f"user{number}@example.jp" for number in range(accounts)]
        for user in users:
            server.add_user(user, PASSWORD)
            for folder, found in mailbox(user, messages).items():
                server.seed(user, folder, found)
        keys, _ = stack.enter_context(sandbox([]))
        target = stack.enter_context(stub_running(keys))
        count = accounts * messages
        yield Both(server.imaps_port, server, target, users, count, count)


@contextmanager
def farther(near: Both, round_trip: float, most: int) -> Iterator[Both]:
    """The same two sides `round_trip` seconds away."""
    port = int(near.target.url.rpartition(":")[2])
    with delayed(port, round_trip) as api, delayed(near.imap_port, round_trip) as imap:
        target = replace(near.target, url=f"https://127.0.0.1:{api}")
        most = min(most, near.messages) if round_trip else near.most
        yield replace(near, imap_port=imap, target=target, most=most)


def compare(both: Both, more: str, rounds: int) -> None:
    """Every round runs all of them one after the other; the medians are printed."""
    runs: dict[str, Callable[[Both], Spent]] = {
        "mailhaul": lambda both: run_mailhaul(both, more),
        "mbsync (fetch only)": run_mbsync,
        "imaplib + google-api-python-client": run_loop,
    }
    if not shutil.which("mbsync"):
        print("mbsync is not installed (Debian: apt install isync): left out")
        del runs["mbsync (fetch only)"]
    spent: dict[str, list[Spent]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            spent[name].append(run(both))
    ours = spent["mailhaul"]
    print(
        f"{'':36}{'messages':>9}{'messages/s':>12}{'CPU s/1,000':>13}{'MiB':>6}{'ours/theirs':>13}"
    )
    for name, found in spent.items():
        ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, found, strict=True)]
        print(
            f"{name:36}{found[0].messages:9}"
            f"{statistics.median(each.rate for each in found):12.0f}"
            f"{statistics.median(each.cpu / each.messages for each in found) * 1000:13.2f}"
            f"{max(each.peak for each in found):6.0f}{statistics.median(ratios):13.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000, help="of each account")
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="one, with a delay")
    parser.add_argument(
        "--delay",
        type=float,
        nargs="+",
        default=[0, 50],
        metavar="MS",
        help="round trip, each side",
    )
    parser.add_argument("--most", type=int, default=200, help="messages of the loop with a delay")
    parser.add_argument("--limits", default="", help="more lines for [limits], parted by ;")
    given = parser.parse_args()
    with both_sides(given.accounts, given.messages) as near:
        for delay in given.delay:
            print(f"{given.accounts} × {given.messages} messages, {delay:.0f} ms more on each side")
            more = given.limits.replace(";", "\n") or (FAR if delay else "")
            with farther(near, delay / 1000, given.most) as both:
                compare(both, more, 1 if delay else given.rounds)


if __name__ == "__main__":
    main()
