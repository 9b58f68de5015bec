"""The labels of one account at the target: made once, then looked up.

A refused label never costs a message. Where Gmail takes neither the name nor one like it, the
nearest label above stands in, else one for all, else the mail goes without; the ledger says which.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from migrate.gmail.api import Mailbox
from migrate.gmail.errors import Conflict, LabelRefused, MessageRefused
from migrate.labels import IMPORTED, LABELS_AT_MOST, flat, label_key, parents
from migrate.ledger import Ledger
from migrate.ledger import labels as noted
from migrate.ledger.accounts import Account
from migrate.ledger.labels import LabelRow

SYSTEM = frozenset({"INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT"})
COMMON = "Other folders (imported)"
"""Stands in for what has no label above it that Gmail took."""
_SETS = 1_000
"""Sets of labels that are remembered."""
_VAIN = 9
"""Refusals in a row that don't speak of the name, after which no more labels are asked for."""


class Labels:
    """Label name → Gmail's id. Names are compared as Gmail does, whatever their case.

    Only what concerns the account is raised: the token, the quota, a lost lease.
    """

    def __init__(self, mailbox: Mailbox, ledger: Ledger, account: Account, run_id: str) -> None:
        self._mailbox, self._ledger, self._account, self._run = mailbox, ledger, account, run_id
        self._lock = threading.RLock()
        self._ids: dict[str, str | None] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        """What `ids` found: thousands of messages have the same labels."""
        self._asked: dict[str, str] = {}
        self._wanted: frozenset[str] = frozenset()
        self._renewed: dict[str, str | None] = {}
        self._vain = 0
        self._read()

    def id(self, name: str) -> str | None:
        """The id of a system label or of a user label, which is made if there is none.

        It may be that of a stand-in; None when there is none either.
        """
        if name in SYSTEM:
            return name
        with self._lock:
            return self._find(name)

    def ids(self, names: frozenset[str]) -> frozenset[str]:
        with self._lock:
            found = self._sets.get(names)
            if found is None:
                found = frozenset(each for name in names if (each := self.id(name)))
                if len(self._sets) < _SETS:
                    self._sets[names] = found
            return found

    def existing(self, name: str) -> str | None:
        """Like `id`, but nothing is made: None when there is no such label."""
        if name in SYSTEM:
            return name
        with self._lock:
            return self._ids.get(label_key(name))

    def names(self) -> dict[str, str]:
        """Id → name of all user labels that are there; of a system label both are the same."""
        with self._lock:
            return dict(self._names)

    def refresh(self) -> None:
        """See which labels there are now."""
        with self._lock:
            self._read()

    def prepare(self, names: Iterable[str]) -> None:
        """Have all these labels and those above them, without which Gmail does not nest them.

        The upper ones come first: if there is room for some only, these can stand in.
        """
        names = set(names)
        every = {label_key(each): each for name in names for each in parents(name)}
        every |= {label_key(name): name for name in names}
        with self._lock:
            self._wanted = frozenset(every)
            if len(self._names) + len(every.keys() - self._ids.keys()) > LABELS_AT_MOST:
                self._find(COMMON)
            for name in sorted(every.values(), key=lambda each: (each.count("/"), each)):
                self._find(name)

    def renew(self, gmail_id: str) -> str | None:
        """The id to use instead of one that Gmail does not know: the label is made again if
        somebody deleted it. None when there is nothing to put in its place."""
        with self._lock:
            if gmail_id in self._renewed:
                return self._renewed[gmail_id]
            lost = [key for key, one in self._ids.items() if one == gmail_id and key in self._asked]
            self._read()
            if gmail_id in self._names:
                return gmail_id
            found = [self._find(self._asked[key]) for key in lost]
            self._renewed[gmail_id] = found[0] if found else None
            return self._renewed[gmail_id]

    def _find(self, name: str) -> str | None:
        key = label_key(name)
        self._asked.setdefault(key, name)
        if key not in self._ids:
            for above in parents(name)[-1:]:
                self._find(above)
            # Before the request: undo must know of a label whose creation was never confirmed.
            row = LabelRow(key, name)
            self._note(row, self._run)
            self._ids[key] = self._make(row)
        return self._ids[key]

    def _make(self, row: LabelRow) -> str | None:
        """Under its name or one like it, or what stands in."""
        gmail_id, said = self._create(row.name)
        if gmail_id:
            self._note(replace(row, gmail_id=gmail_id), self._run)
            return gmail_id
        if row.name == COMMON:
            return None
        row = replace(row, refused=said)
        for other in () if self._full else self._others(row.name):
            self._note(replace(row, stand_in=other), self._run)
            if gmail_id := self._create(other)[0]:
                self._note(replace(row, gmail_id=gmail_id, stand_in=other), self._run)
                return gmail_id
        for above in reversed(parents(row.name)):
            gmail_id = gmail_id or self._ids.get(label_key(above))
        gmail_id = gmail_id or self._find(COMMON)
        stand_in = self._names.get(gmail_id, "") if gmail_id else ""
        self._note(replace(row, gmail_id=gmail_id, stand_in=stand_in), None)
        return gmail_id

    def _others(self, name: str) -> Iterator[str]:
        """Names of its own that may pass where `name` did not."""
        above, _, last = name.rpartition("/")
        real = self._names.get(self._ids.get(label_key(above)) or "", above)
        # Below a label that was itself refused, the name can only be had below its stand-in.
        like = f"{real}/{last}" if label_key(real) != label_key(above) else f"{name}{IMPORTED}"
        if label_key(like) not in self._wanted.union(map(label_key, self._names.values())):
            yield like
        yield flat(name)

    def _create(self, name: str) -> tuple[str | None, str]:
        """The id of a new label; else what Gmail said."""
        if self._full:
            return None, f"{len(self._names)} labels"
        try:
            gmail_id = self._mailbox.create_label(name).gmail_id
        except Conflict as error:
            # Ours, if an answer was lost; or a name that Gmail takes for another's, and we don't:
            # a-b and a/b are reported.
            self._read()
            return self._ids.get(label_key(name)), str(error)
        except LabelRefused as error:
            return None, str(error)
        except MessageRefused as error:
            self._vain += 1
            return None, str(error.params.get("detail", ""))
        self._vain = 0
        self._names[gmail_id] = name
        return gmail_id, ""

    @property
    def _full(self) -> bool:
        return len(self._names) >= LABELS_AT_MOST or self._vain >= _VAIN

    def _note(self, row: LabelRow, run: str | None) -> None:
        self._ledger.write(
            lambda conn: noted.note(conn, self._account.id, row, run), self._account.lease
        )

    def _read(self) -> None:
        self._sets.clear()
        self._names = {each.gmail_id: each.name for each in self._mailbox.labels()}
        self._ids = {key: None for key, gmail_id in self._ids.items() if gmail_id is None}
        self._ids |= {label_key(name): gmail_id for gmail_id, name in self._names.items()}
        with self._ledger.read() as conn:
            rows = noted.known(conn, self._account.id).values()
        # A label that was renamed on creation, or by its owner since, is found again by its id.
        self._ids |= {each.key: each.gmail_id for each in rows if each.gmail_id in self._names}
