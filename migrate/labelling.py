"""The labels of one account at the target: made once, then looked up."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from migrate.errors import TargetError
from migrate.gmail.api import Mailbox
from migrate.gmail.errors import Conflict, LabelRefused, MessageRefused
from migrate.labels import label_key, parents
from migrate.ledger import Ledger, accounts
from migrate.ledger.accounts import Account

SYSTEM = frozenset({"INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT"})


class Labels:
    """Label name → Gmail's id. Names are compared as Gmail does, whatever their case."""

    def __init__(self, mailbox: Mailbox, ledger: Ledger, account: Account, run_id: str) -> None:
        self._mailbox, self._ledger, self._account, self._run = mailbox, ledger, account, run_id
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}
        self._read()

    def id(self, name: str) -> str:
        """The id of a system label or of a user label, which is made if there is none."""
        if name in SYSTEM:
            return name
        with self._lock:
            found = self._ids.get(label_key(name))
            return found or self._create(name)

    def ids(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(self.id(name) for name in names)

    def ensure(self, name: str) -> None:
        """Have the label and those above it, so that Gmail nests them."""
        for each in (*parents(name), name):
            self.id(each)

    def _create(self, name: str) -> str:
        key, run = label_key(name), self._run
        with self._ledger.read() as conn:
            noted = accounts.labels(conn, self._account.id)
        if key not in noted:
            # Before the request: undo must know of a label whose creation was never confirmed.
            self._note(key, name, None, run)
        wanted = name
        while True:
            try:
                gmail_id = self._mailbox.create_label(wanted).gmail_id
                break
            except Conflict as error:
                self._read()
                if key in self._ids:
                    gmail_id = self._ids[key]
                    break
                if wanted != name:
                    raise TargetError("target-label", label=name, detail=error) from error
                # A name that Gmail takes for another's, and we don't: a-b and a/b are reported.
                wanted = f"{name} (imported)"
            except (LabelRefused, MessageRefused) as error:
                if wanted != name:
                    raise TargetError("target-label", label=name, detail=error) from error
                # A reserved name that our table does not know yet.
                wanted = f"{name} (imported)"
        self._ids[key] = gmail_id
        self._note(key, wanted, gmail_id, run)
        return gmail_id

    def _note(self, key: str, name: str, gmail_id: str | None, run: str | None) -> None:
        self._ledger.write(
            lambda conn: accounts.put_label(conn, self._account.id, key, name, gmail_id, run),
            self._account.lease,
        )

    def _read(self) -> None:
        there = self._mailbox.labels()
        self._ids.update({label_key(each.name): each.gmail_id for each in there})
        existing = {each.gmail_id for each in there}
        with self._ledger.read() as conn:
            noted = accounts.labels(conn, self._account.id)
        # A label that was renamed on creation is found again by its id.
        self._ids.update({key: one for key, one in noted.items() if one and one in existing})
