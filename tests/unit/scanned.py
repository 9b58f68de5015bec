"""A source whose content a test changes between two scans, and the ledger they go to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from migrate.errors import FolderRefused
from migrate.filters import Filters
from migrate.labels import LabelRules
from migrate.ledger import Ledger, claims
from migrate.ledger.accounts import Account
from migrate.ledger.order import Order
from migrate.report.document import Document, Totals
from migrate.report.gather import gather
from migrate.scan import Look, scan
from migrate.source import Fetched, Flags, Folder, FolderState, Listed, Provider
from migrate.texts import Texts
from tests.unit.ledgers import PAIR, RUN, folder, rows, take

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def listed(uid: int, *flags: str, **changes: Any) -> Listed:
    values: dict[str, Any] = {
        "internal_date": NOW,
        "size": 1000,
        "email_id": None,
        "header": f"From: a@x\r\nMessage-ID: <{uid}@x>\r\n\r\n".encode(),
    }
    return Listed(uid=uid, flags=frozenset(flags), **(values | changes))


class FakeSource:
    """Folders by name with UIDVALIDITY and messages; `silent` are listed but yield nothing,
    `refused` folders do not open, `hidden` ones list no UIDs."""

    def __init__(self, **folders: list[Listed]) -> None:
        self.messages: dict[str, list[Listed]] = folders
        self.validity = dict.fromkeys(folders, 7)
        self.attributes: dict[str, str] = {}
        self.silent: set[int] = set()
        self.unlisted: tuple[str, ...] = ()
        self.refused: set[str] = set()
        self.hidden: set[str] = set()
        self.provider = Provider("unknown", "")
        self.asked: list[bool] = []
        self.modseq: int | None = None
        self.since: list[int | None] = []
        self.opened: list[str] = []
        self._open = ""

    def flags(self, since: int | None = None) -> Flags:
        self.uids()
        self.since.append(since)
        return Flags({each.uid: each.flags for each in self.messages[self._open]}, whole=True)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        return False

    def search(self, criteria: str) -> set[int]:
        """As if the criteria were `KEYWORD …`."""
        return {each.uid for each in self.messages[self._open] if criteria.split()[1] in each.flags}

    def folders(self) -> list[Folder]:
        return [
            replace(
                folder(name, *self.attributes.get(name, "").split()),
                status=self._state(name) if self.modseq else None,
            )
            for name in self.messages
        ]

    def _state(self, name: str) -> FolderState:
        found = self.messages[name]
        uidnext = max((each.uid for each in found), default=0) + 1
        return FolderState(self.validity[name], len(found), uidnext, self.modseq)

    def examine(self, folder: Folder) -> FolderState:
        if folder.name in self.refused:
            raise FolderRefused("source-folder-refused", folder=folder.name, answer="NO")
        self._open = folder.name
        self.opened.append(folder.name)
        return self._state(folder.name)

    def uids(self) -> list[int]:
        if self._open in self.hidden:
            raise FolderRefused("source-folder-refused", folder=self._open, answer="BAD")
        return sorted(each.uid for each in self.messages[self._open])

    def scan(self, uids: Sequence[int], *, structure: bool = False) -> Iterator[Listed]:
        self.asked.append(structure)
        for each in self.messages[self._open]:
            if each.uid in uids and each.uid not in self.silent:
                yield each

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        raise AssertionError("the scan fetches no body")

    def close(self) -> None:
        pass


class Desk:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.account = ledger, take(ledger)
        self.told: list[int] = []
        self.filters = Filters(skip_deleted=True)

    def scan(
        self,
        source: FakeSource,
        *,
        exclude: Sequence[str] = (),
        rules: LabelRules | None = None,
        **look: Any,
    ) -> dict[int, str]:
        """Ledger id → name of the folders that are copied."""
        wanted = Look(rules or LabelRules(exclude=tuple(exclude)), self.filters, Order(), **look)
        found = scan(source, self.ledger, self.account, wanted, self.told.append)
        return {key: mapped.folder.name for key, mapped in found.items()}

    def document(self) -> Document:
        with self.ledger.read() as conn:
            return gather(conn, "plan", None, Texts("en"), [PAIR])

    def totals(self) -> Totals:
        whole = self.document().totals
        assert whole.closed
        return whole

    def states(self) -> dict[int, str]:
        return {uid: row.state for uid, row in rows(self.ledger).items() if not row.gone}

    def reasons(self) -> dict[int, str | None]:
        """UID → why it is left out, None when it is not."""
        return {uid: row.reason for uid, row in rows(self.ledger).items() if not row.gone}

    def predicted(self) -> dict[int, tuple[str, bool]]:
        """UID → verdict, and whether it is certain."""
        found = rows(self.ledger).items()
        return {uid: (row.predicted, row.certain) for uid, row in found if not row.gone}

    def errors(self) -> dict[str, str]:
        """Folder → code of what is wrong with it."""
        (account,) = self.document().accounts
        return {line.name: line.error["code"] for line in account.folders if line.error}

    def claim(self) -> list[int]:
        account: Account = self.account
        found = self.ledger.write(
            lambda conn: claims.claim(conn, account.id, RUN, None, messages=100, size=10**9)
        )
        return sorted(each.uid for bundle in found for each in bundle.occurrences)
