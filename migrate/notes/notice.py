"""The mail that tells an owner that their mail has arrived (`[policy] notice`).

Like the note for a missing message it is no occurrence, and known by its Message-ID, which follows
from the account and the ledger. It is written down before it is sent; what a process that died
left open is looked up and adopted before anybody's mail is told from ours.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial

from sqlalchemy import Connection

from migrate.body import Body
from migrate.config import PolicyConfig, is_mailbox
from migrate.delivery.memory import Memory
from migrate.events import Tell
from migrate.figures import number
from migrate.gmail.errors import MessageRefused
from migrate.gmail.upload import Parcel
from migrate.ledger import Ledger, notices
from migrate.ledger.accounts import Account
from migrate.ledger.notices import Told
from migrate.message import format_date
from migrate.sending import Finder, Letter, Sender, Target
from migrate.shown import visible
from migrate.texts import Texts

LABELS = frozenset({"INBOX", "UNREAD"})
_PLACES = 30
"""The most folders to name."""


def message_id(account: Account, ledger: Ledger, count: int) -> str:
    """Of the notice after `count` others: the same in every run of this migration."""
    facts = (account.source_user, account.target_user, repr(ledger.created), str(count))
    digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()
    return f"<{digest[:32]}.notice@mailhaul.invalid>"


def write(
    told: Told, account: Account, own_id: str, policy: PolicyConfig, now: datetime, texts: Texts
) -> bytes:
    """The mail itself (RFC 5322, UTF-8 in base64)."""
    made = EmailMessage(policy=SMTP)
    made["From"] = policy.notice_from
    made["To"] = account.target_user
    if policy.notice_contact and is_mailbox(policy.notice_contact):
        made["Reply-To"] = policy.notice_contact
    made["Subject"] = texts("notice.subject", user=visible(account.source_user))
    made["Date"] = format_date(now)
    made["Message-ID"] = own_id
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it
    lines = _lines(told, visible(account.source_user), policy.notice_contact, texts)
    made.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    return made.as_bytes()


def _lines(told: Told, user: str, contact: str | None, texts: Texts) -> Iterator[str]:
    yield texts("notice.arrived", user=user)
    yield from ("", texts("notice.source", n=number(told.source)))
    yield texts("notice.here", n=number(told.here))
    if told.copies:
        yield texts("notice.copies", n=number(told.copies))
    if told.left_out or told.quarantined:
        yield from ("", texts("notice.away"))
    for rule, count in told.left_out.items():
        yield texts("notice.left_out", n=number(count), rule=_rule(rule, texts))
    if told.quarantined:
        yield texts("notice.quarantined", n=number(told.quarantined))
    yield from ("", texts("notice.labels"))
    for name, label in told.places[:_PLACES]:
        key = f"notice.system.{label}"
        shown = texts(key) if key in texts else visible(label)
        yield texts("notice.place", folder=visible(name), label=shown)
    if (more := len(told.places) - _PLACES) > 0:
        yield texts("notice.more", n=more)
    yield from (
        "",
        texts("notice.contact", contact=visible(contact)) if contact else texts("notice.ask"),
    )
    yield texts("notice.end")


def _rule(code: str, texts: Texts) -> str:
    key = f"notice.rule.{code}"
    return texts(key if key in texts else "notice.rule.other")


class Notice:
    """Tells the owner of one account, once."""

    def __init__(
        self,
        ledger: Ledger,
        account: Account,
        target: Target,
        settle: float,
        policy: PolicyConfig,
        texts: Texts,
    ) -> None:
        """`settle`: as in `Sender`. `texts`: where the policy names no language."""
        self._ledger, self._account, self._target = ledger, account, target
        self._settle, self._policy = settle, policy
        language = policy.notice_language
        self._texts = texts if language == "auto" else Texts(language)

    def send(self, run_id: str, tell: Tell) -> None:
        """If it is due. What Gmail refuses is tried again in the next run. Raises what stops the
        account."""
        mine, readable = self._account.id, self._target.readable
        with self._ledger.read() as conn:
            if not notices.due(conn, mine, follows=readable):
                return
            own_id = message_id(self._account, self._ledger, notices.known(conn, mine).number)
            told = notices.tell(conn, mine)
        now = datetime.now(UTC)
        data = write(told, self._account, own_id, self._policy, now, self._texts)
        history_id = self._target.mailbox.profile().history_id if readable else None
        self._intend(run_id, history_id)
        letter = Letter(Parcel(b"", Body(data), 0), own_id, LABELS, history_id)
        sender = Sender(self._target, self._settle, Memory(self._ledger, mine).ids)
        try:
            stored = sender.send("import", letter)
        except MessageRefused:
            self._record(None)
            tell("notice-refused")
        else:
            self._record(stored.gmail_id)
            tell("notice-sent")

    def resume(self) -> None:
        """Adopt the notice that a process brought which died before it could say so.

        Gmail may still be carrying out its request: absence counts after `settle` seconds.
        """
        with self._ledger.read() as conn:
            known = notices.known(conn, self._account.id)
        if known.gmail_id or not known.begun or not self._target.readable:
            return
        own_id = message_id(self._account, self._ledger, known.number)
        finder = Finder(self._target.mailbox, Memory(self._ledger, self._account.id).ids)
        deadline = time.time() + self._settle
        while True:
            found = finder.by_message_id(known.history_id, {own_id}).get(own_id)
            left = deadline - time.time()
            if found or left <= 0:
                break
            self._target.pacer.pause(min(left, 4.0))
        self._record(found)

    def _intend(self, run_id: str, history_id: str | None) -> None:
        mine = self._account.id
        self._write(lambda conn: notices.intend(conn, mine, run_id, history_id))

    def _record(self, gmail_id: str | None) -> None:
        self._write(partial(notices.brought, account_id=self._account.id, gmail_id=gmail_id))

    def _write(self, op: Callable[[Connection], None]) -> None:
        self._ledger.write(op, self._account.lease)
