"""The words of messages, for `q`: a full-text index that is filled when a search needs it.

    texts      one row a message (its id), the words of each COLUMN; contentless
    indexed    up to which message id a mailbox is filled

A word is a run of letters and digits; an ideograph or kana is a word by itself, so that a phrase
of them is a substring, as Japanese needs it. Words are compared without case and in NFKC (half
and full width are the same). Rows of deleted messages stay behind: ids are never used again.
"""

from __future__ import annotations

import re
import unicodedata
from email.message import Message

from migrate.sandbox.mailbox import mime
from migrate.sandbox.mailbox.headers import clean, decode_words
from migrate.sandbox.mailbox.parts import parts
from migrate.sandbox.mailbox.store import Store

TABLE = "texts"
HEADERS = {
    "from": "sender",
    "to": "recipient",
    "cc": "cc",
    "bcc": "bcc",
    "subject": "subject",
    "delivered-to": "deliveredto",
    "list-id": "list",
    "list-post": "list",
    "mailing-list": "list",
}
COLUMNS = (*dict.fromkeys(HEADERS.values()), "filename", "body", "has")
ATTACHMENT = "attachment"
"""What the column `has` says."""
SCHEMA = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING "
    f"fts5({', '.join(COLUMNS)}, content='', tokenize='ascii')",  # `words` did the work
    "CREATE TABLE IF NOT EXISTS indexed (mailbox INTEGER PRIMARY KEY, last INTEGER NOT NULL)",
)
MAX_TEXT = 256 * 1024
"""Encoded bytes of text indexed of a message."""
BETWEEN = " ¦ "
"""A word that nobody can search for: no phrase reaches from one value into the next."""
_IDEOGRAPH = "々-〇ぁ-ヿㇰ-ㇿ㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_IDEOGRAPH}]|[^\W_{_IDEOGRAPH}]+")


def words(text: str) -> str:
    """The words of a text with spaces between."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", clean(text)).casefold()))


def fill(store: Store, mailbox: int) -> None:
    """Index every message of the mailbox that isn't yet."""
    for statement in SCHEMA:
        store.db.execute(statement)
    last = store.db.execute("SELECT last FROM indexed WHERE mailbox = ?", (mailbox,)).fetchone()
    rows = store.db.execute(
        "SELECT id, draft FROM messages WHERE id > ? AND mailbox = ? AND NOT deleted ORDER BY id",
        (last[0] if last else 0, mailbox),
    ).fetchall()
    if not rows:
        return
    owner = store.db.execute("SELECT address FROM mailboxes WHERE id = ?", (mailbox,)).fetchone()[0]
    insert = (
        f"INSERT INTO {TABLE} (rowid, {', '.join(COLUMNS)}) "  # noqa: S608
        f"VALUES (?{', ?' * len(COLUMNS)})"
    )
    with store.changing() as db:
        for row in rows:
            found = read(memoryview(store.content(row["id"])))
            if row["draft"] is None:  # Gmail prepends Delivered-To
                found["deliveredto"].append(owner)
            values = (BETWEEN.join(map(words, found[each])) for each in COLUMNS)
            db.execute(insert, (row["id"], *values))
        db.execute("INSERT OR REPLACE INTO indexed VALUES (?, ?)", (mailbox, rows[-1]["id"]))


def read(data: memoryview) -> dict[str, list[str]]:
    """The texts of a message by column. Never fails."""
    found: dict[str, list[str]] = {each: [] for each in COLUMNS}
    left = MAX_TEXT
    for number, (header, body) in enumerate(parts(data)):
        part = mime.tree(header + b"\r\n\r\n")
        for name, value in part.raw_items() if number == 0 else ():
            if column := HEADERS.get(name.lower()):
                found[column].append(decode_words(mime.text(value)))
        if name := decode_words(mime.filename(part)):
            found["filename"].append(name)
        if _attached(part, name):
            found["has"].append(ATTACHMENT)
        elif mime.content_type(part).startswith("text/"):
            part.set_payload(bytes(body[:left]).decode("ascii", "surrogateescape"))
            left -= min(left, len(body))
            found["body"].append(mime.plain(part) or "")
    return found


def _attached(part: Message, name: str) -> bool:
    """What Gmail calls an attachment isn't documented: here, whatever is named and not inline."""
    disposition = part.get_content_disposition()
    return disposition == "attachment" or bool(name and disposition != "inline")
