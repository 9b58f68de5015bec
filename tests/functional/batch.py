"""Hundreds of accounts on Dovecot, some of which can't be moved as they are, and their mending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .dovecot import Dovecot, free_port
from .migration import FAST, Migration, faults

DOMAIN = "example.org"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = {
    2: "wrong password",
    7: "no such user",
    11: "suspended",
    16: "no mailbox",
    20: "quota-locked",
}
"""Account → what is wrong with it."""
HOUR = 3600
_FOLDERS = (("INBOX", ["\\Seen"]), ("Projects/Alpha", ["\\Seen"]), ("Sent", ["\\Seen"]))


def source(number: int) -> str:
    return f"user{number:03}"


def target(number: int) -> str:
    return f"user{number:03}@{DOMAIN}"


def mail(account: int, number: int, size: int) -> bytes:
    head = (
        f"From: {target(account)}\r\nTo: someone@example.com\r\nSubject: {account}/{number}\r\n"
        f"Message-ID: <{account}.{number}@example.com>\r\n"
        f"Date: Fri, 21 Nov 2025 09:{number % 60:02}:06 +0000\r\n\r\n"
    )
    return head.encode() + b"All work and no play.\r\n" * (size // 23 + 1)


@dataclass
class Batch:
    """So many accounts with so many messages each, over three folders."""

    dovecot: Dovecot
    directory: Path
    accounts: int
    messages: int
    size: int = 200
    more: str = FAST
    extra: tuple[str, ...] = ()
    """Options of the sandbox."""
    port: int = 0

    def __post_init__(self) -> None:
        self.port = free_port()
        for account in range(self.accounts):
            self.dovecot.add_user(source(account))
            for place, (folder, flags) in enumerate(_FOLDERS):
                numbers = range(place, self.messages, len(_FOLDERS))
                letters = [(mail(account, each, self.size), flags, WHEN) for each in numbers]
                self.dovecot.seed(source(account), folder, letters)

    @property
    def broken(self) -> dict[int, str]:
        return {number: what for number, what in BROKEN.items() if number < self.accounts}

    @contextmanager
    def sandbox(self, *, mended: bool) -> Iterator[Running]:
        """The organisation as it is before or after the mending; its mailboxes stay."""
        users = self.directory / "organisation.toml"
        rows = []
        for account in range(self.accounts):
            what = "" if mended else self.broken.get(account)
            if what != "no such user":
                state = {"suspended": "suspended = true", "no mailbox": "mail = false"}
                rows.append(
                    f'[[users]]\naddress = "{target(account)}"\n{state.get(what or "", "")}'
                )
        users.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        users.write_text("\n".join(rows), "utf-8")
        extra = ["--directory", str(users), "--port", str(self.port), *self.extra]
        with running(self.directory / "gmail", target(0), extra=extra) as server:
            if not mended:
                faults(server, *map(_locked, self._with("quota-locked")))
            yield server

    def migration(self, sandbox: Running, *, mended: bool) -> Migration:
        """Its folder; before the mending with passwords that are not all right."""
        wrong = () if mended else self._with("wrong password")
        return Migration(self.directory / "move").write(
            f"imaps://{self.dovecot.host}:{self.dovecot.imaps_port}",
            self.dovecot.ca,
            sandbox,
            {
                (source(each), target(each)): "mistyped" if each in wrong else "secret"
                for each in range(self.accounts)
            },
            self.more,
        )

    def _with(self, what: str) -> list[int]:
        return [number for number, each in self.broken.items() if each == what]


def _locked(account: int) -> dict[str, object]:
    """Gmail has closed the mailbox for an hour, as it does after too much mail."""
    return {"user": target(account), "method": "gmail.*", "error": "retry-after"} | {
        "retry_after": HOUR
    }
