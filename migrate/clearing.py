"""Clearing the quarantine of what has arrived after all.

Only when the ledger says so on disk; what is left lying by a crash goes with the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from migrate.gmail.api import Mailbox
from migrate.gmail.errors import NotFound
from migrate.ledger import Ledger, placeholders, retry
from migrate.ledger.accounts import Account
from migrate.quarantine import path


def clear(
    ledger: Ledger,
    account: Account,
    quarantine: Path,
    mailbox: Mailbox | None,
    check: Callable[[], None],
) -> None:
    """Remove what stands for messages of `account` that are quarantined no more.

    `mailbox` is None where the scopes allow to change nothing: placeholders stay then. `check`
    raises when the account is not ours any more.
    """
    if mailbox:
        _clear_mailbox(ledger, account, mailbox)
    _clear_files(ledger, quarantine, account.target_user, check)


def _clear_mailbox(ledger: Ledger, account: Account, mailbox: Mailbox) -> None:
    """The placeholders; in Trash, their owner can still read them."""
    with ledger.read() as conn:
        found = placeholders.outdated(conn, [account.id])
    for gmail_id in found:
        with suppress(NotFound):  # its owner may have deleted it
            mailbox.trash(gmail_id)
        forget = partial(placeholders.removed, account_id=account.id, gmail_id=gmail_id)
        ledger.write(forget, account.lease)


def _clear_files(
    ledger: Ledger, quarantine: Path, target_user: str, check: Callable[[], None]
) -> None:
    """The .eml, with what lies beside it."""
    folder = (quarantine / path(target_user, "")).parent
    for file in sorted(folder.glob("*.eml")):
        with ledger.read() as conn:
            gone = retry.arrived(conn, target_user, file.stem)
        if gone:
            # The .eml last: as long as it is there, the next run comes back for the rest.
            for beside in sorted(folder.glob(f"{file.stem}.*"), key=lambda each: each == file):
                check()
                beside.unlink()
