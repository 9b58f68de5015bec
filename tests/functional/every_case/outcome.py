"""What did become of the cases, read from outside: the ledger's tables, Gmail over HTTP."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

_PREPENDED = re.compile(
    rb"(?:Delivered-To: [^\r]*\r\nReceived: [^\r]*\r\n +[^\r]*\r\nX-Google-Smtp-Source: [^\r]*\r\n"
    rb"X-Received: [^\r]*\r\n +[^\r]*\r\n)?"
    rb"Received: [^\r]* gmailapi.google.com [^\r]*\r\n HTTPREST; ([^\r]*)\r\n"
    rb"(?:Date: \1\r\n)?"
)
"""What Gmail puts before a message; a Date where there is none."""


def uploaded(raw: bytes) -> bytes:
    """The bytes of a stored message without the lines that Gmail put before them."""
    before = _PREPENDED.match(raw)
    assert before, raw[:300]
    return raw[before.end() :]


def taken_back(raw: bytes, repairs: Mapping[str, str]) -> bytes | None:
    """The source's bytes: each recorded line goes, each original gets its name again.

    None where a recorded line is not there.
    """
    for field, after in repairs.items():
        if f"{field}: {after}".encode() not in raw:
            return None
        line = re.compile(
            rb"(?m)(?:^|(?<=\r))%s: %s(?:\r\n|\n|\r)" % (field.encode(), re.escape(after.encode()))
        )
        raw, count = line.subn(b"", raw, count=1)
        if not count:
            return None
        original = rb"(?mi)(?:^|(?<=\r))X-Mailhaul-Original-(?=%s[ \t]*:)" % field.encode()
        raw = re.sub(original, b"", raw)
    return raw


def is_from(source: bytes, raw: bytes, repairs: Mapping[str, str]) -> bool:
    """Whether what was uploaded is these bytes after these repairs."""
    return (taken_back(raw, repairs) if repairs else raw) == source


def states(directory: Path, user: str) -> dict[tuple[str, int], tuple[str, str | None]]:
    """(folder, UID) → (state, reason) of every occurrence of an account."""
    query = (
        "SELECT f.name, o.uid, o.state, o.reason FROM occurrence o "
        "JOIN folder f ON f.id = o.folder_id JOIN account a ON a.id = o.account_id "
        "WHERE a.source_user = ? AND NOT o.gone"
    )
    with closing(sqlite3.connect(directory / "state" / "ledger.db")) as db:
        rows = db.execute(query, (user,))
        return {(name, uid): (state, reason) for name, uid, state, reason in rows}
