"""What Gmail's history says of messages of ours: noted, until somebody has to look.

Our own writes stand in it, too. What they left is what `message.labels` says, so records that agree
with it are none of anybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from sqlalchemy import Connection

from migrate.delta.merge import ours
from migrate.gmail.api import Change, Mailbox
from migrate.gmail.errors import NotFound
from migrate.labelling import SYSTEM, Labels
from migrate.ledger import Ledger, accounts, changes
from migrate.ledger.accounts import Account
from migrate.pieces import pieces


class History:
    """The history of one account's mailbox since the last pass."""

    def __init__(self, ledger: Ledger, account: Account, labels: Labels) -> None:
        self._ledger, self._account, self._labels = ledger, account, labels

    def told(self, records: Sequence[Change] | None) -> None:
        """Note whom a piece of history concerns; None: it has expired, it may be anybody."""
        mine = self._account.id
        if records is None:
            self._ledger.write(lambda conn: changes.mark_all(conn, mine), self._account.lease)
            return
        with self._ledger.read() as conn:
            touched = by_others(conn, mine, records, self._labels.existing, self._labels.names())
        if touched:
            mark = partial(changes.mark, account_id=mine, gmail_ids=touched)
            self._ledger.write(mark, self._account.lease)

    def caught_up(self, history_id: str) -> None:
        """Everything up to `history_id` has been told."""
        with self._ledger.read() as conn:
            since = accounts.changes_since(conn, self._account.id)
        if since is None:
            # A ledger of an older version, which did not follow the history.
            self.told(None)
        put = partial(accounts.set_changes, account_id=self._account.id, history_id=history_id)
        self._ledger.write(put, self._account.lease)

    def refresh(self, mailbox: Mailbox) -> None:
        """Hear of what happened until now: 3 units, if it is little."""
        with self._ledger.read() as conn:
            since = accounts.changes_since(conn, self._account.id)
        history_id = mailbox.profile().history_id
        try:
            for piece in pieces(mailbox.changes(since) if since else ()):
                self.told(piece)
        except NotFound:
            self.told(None)
        self.caught_up(history_id)


def by_others(
    conn: Connection,
    account_id: int,
    records: Sequence[Change],
    resolve: Callable[[str], str | None],
    labels: Collection[str],
) -> set[str]:
    """The Gmail ids of those messages of ours that somebody else changed. `resolve`: name of a
    label → its id; `labels`: the ids of all that there are."""
    changed = [each for each in records if not each.added]
    written = changes.written(conn, account_id, {each.gmail_id for each in changed})
    known = {
        gmail_id: frozenset(found for name in names if (found := resolve(name)))
        for gmail_id, names in written.items()
    }
    return {
        each.gmail_id
        for each in changed
        if each.gmail_id in known and others(each, known[each.gmail_id], labels)
    }


def others(change: Change, written: frozenset[str], labels: Collection[str]) -> bool:
    """Whether a record is somebody else's: it does not lead to the labels that we wrote. We delete
    none either."""
    added, removed = ours(change.labels), ours(change.removed)
    lost = removed & written or removed.difference(labels, SYSTEM)
    return change.deleted or bool(added - written) or bool(lost)
