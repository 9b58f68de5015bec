"""A mailbox on Dovecot that goes on living, its copy in Gmail, and whoever changes things there."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from migrate.sandbox.embed import Running

from .dovecot import Dovecot
from .migration import FAST, Done, Gmail, Migration

TARGET = "user@example.org"


def mail(number: int) -> bytes:
    return (
        f"From: a@example.com\r\nTo: {TARGET}\r\nSubject: Number {number}\r\n"
        f"Message-ID: <{number}@example.com>\r\n"
        f"Date: Fri, 21 Nov 2025 09:{number % 60:02}:06 +0000\r\n\r\nText {number}\r\n"
    ).encode()


@dataclass
class Scene:
    """Messages go by their number; the target's user and the source's are one person."""

    dovecot: Dovecot
    sandbox: Running
    user: str
    directory: Path
    more: str = FAST
    target: str = ""
    _ids: dict[int, str] = field(default_factory=dict)

    @property
    def migration(self) -> Migration:
        dovecot = self.dovecot
        return Migration(self.directory).write(
            f"imaps://{dovecot.host}:{dovecot.imaps_port}",
            dovecot.ca,
            self.sandbox,
            {(self.user, TARGET): "secret"},
            self.more,
            self.target,
        )

    @property
    def gmail(self) -> Gmail:
        return Gmail(self.sandbox, TARGET)

    def seed(self, folder: str, numbers: Sequence[int], *flags: str) -> None:
        date = datetime(2026, 1, 1, tzinfo=UTC)
        self.dovecot.seed(self.user, folder, [(mail(each), flags, date) for each in numbers])

    def run(self, *words: str, code: int = 0) -> Any:
        """The report of `migrate run`, which has to end with `code`."""
        done: Done = self.migration("run", "--json", *words)
        assert done.code == code, done.said
        return done.json

    @contextmanager
    def source(self, folder: str) -> Iterator[IMAPClient]:
        trust = ssl.create_default_context(cafile=str(self.dovecot.ca))
        with IMAPClient(self.dovecot.host, self.dovecot.imaps_port, ssl_context=trust) as client:
            client.login(self.user, "secret")
            client.select_folder(folder)
            yield client

    def flag(self, folder: str, number: int, *flags: str) -> None:
        with self.source(folder) as client:
            client.add_flags(_uid(client, number), flags)

    def unflag(self, folder: str, number: int, *flags: str) -> None:
        with self.source(folder) as client:
            client.remove_flags(_uid(client, number), flags)

    def move(self, folder: str, number: int, to: str) -> None:
        with self.source(folder) as client:
            if not client.folder_exists(to):
                client.create_folder(to)
            client.move(_uid(client, number), to)

    def copy(self, folder: str, number: int, to: str) -> None:
        with self.source(folder) as client:
            client.copy(_uid(client, number), to)

    def delete(self, folder: str, *numbers: int) -> None:
        with self.source(folder) as client:
            for number in numbers:
                client.delete_messages(_uid(client, number))
            client.expunge()

    def labels(self, number: int) -> set[str]:
        """By name."""
        names = self.gmail.labels()
        got = self.gmail.call(f"messages/{self.id(number)}?format=minimal")
        return {names[each] for each in got.get("labelIds", ())}

    def change(self, number: int, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """In Gmail, by its user; labels by name."""
        ids = {name: gmail_id for gmail_id, name in self.gmail.labels().items()}
        body = {"addLabelIds": [ids[n] for n in add], "removeLabelIds": [ids[n] for n in remove]}
        self.gmail.call(f"messages/{self.id(number)}/modify", "POST", body)

    def trash(self, number: int) -> None:
        self.gmail.call(f"messages/{self.id(number)}/trash", "POST")

    def erase(self, number: int) -> None:
        self.gmail.call(f"messages/{self.id(number)}", "DELETE")

    def id(self, number: int) -> str:
        if number not in self._ids:
            query = f"messages?includeSpamTrash=true&q=rfc822msgid:{number}%40example.com"
            (found,) = self.gmail.call(query)["messages"]
            self._ids[number] = found["id"]
        return self._ids[number]


def _uid(client: IMAPClient, number: int) -> int:
    found = client.search(["HEADER", "Message-ID", f"<{number}@example.com>"])
    return int(found[0])
