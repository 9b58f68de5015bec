"""The note that stands in a mailbox for a quarantined message (`[policy] placeholder`).

It is no occurrence, so the accounting does not know it. Its Message-ID follows from the account
and the message it stands for. Before the first note of a pass goes out, Gmail's history id is
durable in the ledger, and it is taken back after the last was recorded. Where it is found, a
process died in between: what that one brought is looked up by Message-ID and adopted before
anything else is sent, also before others' mail is told from ours.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial

from sqlalchemy import Connection

from migrate.body import Body
from migrate.delivery.job import Job
from migrate.delivery.memory import Memory
from migrate.errors import FolderRefused
from migrate.gmail.errors import MessageRefused
from migrate.gmail.upload import Parcel
from migrate.labels import message_labels
from migrate.ledger import Ledger, placeholders
from migrate.ledger.accounts import Account
from migrate.ledger.placeholders import Absent
from migrate.message import Header, content, format_date, prepare
from migrate.missing import Missing, describe
from migrate.quarantine import path
from migrate.sending import FALLBACKS, Finder, Letter, Sender, Target
from migrate.source import Source
from migrate.texts import Texts

SENDER = "mailhaul <note@mailhaul.invalid>"
"""Not the owner: what they sent gets the label SENT. `.invalid` is nobody's (RFC 2606 2)."""


def message_id(account: Account, missing: Absent) -> str:
    """Of the note for `missing`: the same in every run, and after a lost ledger."""
    first = missing.copies[0]
    place = f"{first.uidvalidity} {first.uid} ".encode() + first.raw
    what = missing.sha256.encode() if missing.sha256 else place
    digest = hashlib.sha256(account.source_user.encode() + b"\0" + what).hexdigest()
    return f"<{digest[:32]}.note@mailhaul.invalid>"


def note(missing: Missing, to: str, own_id: str, date: datetime | None, texts: Texts) -> bytes:
    """The note itself; the same bytes for the same words."""
    made = EmailMessage(policy=SMTP)
    made["From"] = SENDER
    made["To"] = to
    subject = missing.shown("Subject") or texts("missing.unknown")
    made["Subject"] = texts("missing.note.subject", subject=subject)
    if date:
        made["Date"] = format_date(date)
    made["Message-ID"] = own_id
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it
    lines = [texts("missing.note.title"), "", *describe(missing, texts)]
    lines += ["", texts("missing.note.end"), ""]
    made.set_content("\n".join(lines), charset="utf-8", cte="base64")
    return made.as_bytes()


class Notes:
    """Brings the notes of one account; `clearing` takes them away."""

    def __init__(self, ledger: Ledger, target: Target, job: Job, texts: Texts) -> None:
        self._ledger, self._target, self._job, self._texts = ledger, target, job, texts
        self._account = job.account
        self._sender = Sender(target, job.settle, Memory(ledger, job.account.id).ids)

    def bring(self, source: Source) -> None:
        """A note for every quarantined message that has none.

        Of what the source did not hand out, it is asked for the header once more. What Gmail
        refuses is tried again in the next run. Raises what stops the account.
        """
        with self._ledger.read() as conn:
            wanted = placeholders.absent(conn, self._account.id)
        if not wanted:
            return
        readable = self._target.readable
        history_id = self._target.mailbox.profile().history_id if readable else None
        self._begin(history_id)
        for each in wanted:
            self._bring(each, source, history_id)
        self._begin(None)

    def _bring(self, absent: Absent, source: Source, history_id: str | None) -> None:
        folders, user = self._job.folders, self._account.target_user
        copies = [
            (folders[each.folder_id], each.flags)
            for each in absent.copies
            if each.folder_id in folders
        ]
        if not copies:
            return
        header = self._header(absent, source)
        own_id = message_id(self._account, absent)
        file = f"quarantine/{path(user, absent.sha256)}" if absent.sha256 else None
        places = tuple((each.folder, each.uid) for each in absent.copies)
        missing = Missing(
            self._account.source_user, places, absent.code, absent.detail, file, header
        )
        data = note(missing, user, own_id, _date(absent, header), self._texts)
        names = message_labels(copies, self._job.rules)
        # Nobody goes on writing it.
        names = frozenset(FALLBACKS["DRAFT"] if each == "DRAFT" else each for each in names)
        letter = Letter(Parcel(b"", Body(data), 0), own_id, names, history_id)
        try:
            stored = self._sender.send("import", letter)
        except MessageRefused:
            return
        self._write(partial(placeholders.brought, missing=absent, gmail_id=stored.gmail_id))

    def _header(self, absent: Absent, source: Source) -> Header:
        if absent.sha256:
            kept = self._job.quarantine / path(self._account.target_user, absent.sha256)
            return Header.parse(content(Body(kept))[0] if kept.is_file() else b"")
        copy = absent.copies[0]
        try:
            source.examine(self._job.folders[copy.folder_id].folder)
            listed = next(iter(source.scan([copy.uid])), None)
        except FolderRefused:
            listed = None
        return Header.parse(listed.header if listed else b"")

    def _begin(self, history_id: str | None) -> None:
        self._write(partial(placeholders.begin, account_id=self._account.id, history_id=history_id))

    def _write(self, op: Callable[[Connection], None]) -> None:
        self._ledger.write(op, self._account.lease)


def resume(ledger: Ledger, account: Account, target: Target, settle: float) -> None:
    """Adopt the notes that a process brought which died before it could say so.

    Gmail may still be carrying out its last request: absence counts after `settle` seconds.
    """
    with ledger.read() as conn:
        since = placeholders.begun(conn, account.id)
        wanted = {message_id(account, each): each for each in placeholders.absent(conn, account.id)}
    if since is None:
        return
    finder = Finder(target.mailbox, Memory(ledger, account.id).ids)
    deadline = time.time() + settle
    while wanted:
        for own_id, gmail_id in finder.by_message_id(since, wanted).items():
            adopt = partial(placeholders.brought, missing=wanted.pop(own_id), gmail_id=gmail_id)
            ledger.write(adopt, account.lease)
        if (left := deadline - time.time()) <= 0:
            break
        target.pacer.pause(min(left, 4.0))
    done = partial(placeholders.begin, account_id=account.id, history_id=None)
    ledger.write(done, account.lease)


def _date(absent: Absent, header: Header) -> datetime | None:
    """The one that Gmail would show of the message."""
    received = absent.copies[0].internal_date
    internal = datetime.fromisoformat(received) if received else None
    return prepare(header, digest="", internal_date=internal, now=datetime.now(UTC)).date
