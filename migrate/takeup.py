"""Taking up an account: the baseline, and what happened to the mailbox since the last time.

`messages.import` does not say whether it created a message or merged into one: the baseline, the
ids that were there before us, does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sqlalchemy import Connection

from migrate.gmail.api import Change, Mailbox
from migrate.gmail.errors import NotFound
from migrate.ledger import Ledger, accounts, outcomes
from migrate.ledger.accounts import Account
from migrate.pieces import pieces


def take_baseline(ledger: Ledger, account: Account, mailbox: Mailbox) -> None:
    """Before the first import: every id in the mailbox, Spam and Trash too.

    The history id is read first, so that nothing that arrives meanwhile falls between.
    """
    history_id = mailbox.profile().history_id
    _add(ledger, account, mailbox.ids())

    def known(conn: Connection) -> None:
        accounts.set_history(conn, account.id, history_id)
        accounts.set_changes(conn, account.id, history_id)

    ledger.write(known, account.lease)


def catch_up(
    ledger: Ledger,
    account: Account,
    mailbox: Mailbox,
    told: Callable[[Sequence[Change] | None], None] = lambda _: None,
) -> str:
    """What came since the baseline and is not ours was there before what we bring next.

    Only when nothing is in doubt: what is in doubt would be taken for somebody else's. `told` gets
    every piece of what happened, None when Gmail does not say any more. Gives the history id as of
    which everything is told.
    """
    history_id = mailbox.profile().history_id
    try:
        if account.history_id is None:
            raise NotFound
        for changes in pieces(mailbox.changes(account.history_id)):
            _add(ledger, account, (change.gmail_id for change in changes if change.added))
            told(changes)
    except NotFound:
        _add(ledger, account, mailbox.ids())
        told(None)
    ledger.write(lambda conn: accounts.set_history(conn, account.id, history_id), account.lease)
    return history_id


def _add(ledger: Ledger, account: Account, gmail_ids: Iterable[str]) -> None:
    for piece in pieces(gmail_ids):
        with ledger.read() as conn:
            mine = outcomes.ours(conn, account.id, piece)
        foreign = [each for each in piece if each not in mine]
        add = partial(accounts.add_baseline, account_id=account.id, gmail_ids=foreign)
        ledger.write(add, account.lease)
