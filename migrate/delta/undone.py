"""What an undo did that died before it could say so: found out before anything else is done.

Else its messages in Trash would pass for thrown away by their owner, and never be brought back.
"""

from __future__ import annotations

from functools import partial

from migrate.delta.membership import membership
from migrate.gmail.api import Mailbox
from migrate.ledger import Ledger, undoing
from migrate.ledger.accounts import Account

_PIECE = 2_000


def settle_undo(ledger: Ledger, account: Account, mailbox: Mailbox) -> None:
    """What is in Trash, or deleted, because of it is undone; the rest is as before."""
    last = 0
    while True:
        with ledger.read() as conn:
            piece = undoing.begun(conn, account.id, after=last, limit=_PIECE)
        if not piece:
            return
        last = piece[-1].message_id
        looks = membership(mailbox, {each.gmail_id for each in piece})
        trashed = {e.message_id for e in piece if "TRASH" in (looks[e.gmail_id] or ())}
        deleted = {
            each.message_id
            for each in piece
            if each.how == "deleted" and looks[each.gmail_id] is None
        }
        for ids, how in ((trashed, "trashed"), (deleted, "deleted")):
            ledger.write(partial(undoing.gone, ids=ids, how=how), account.lease)
