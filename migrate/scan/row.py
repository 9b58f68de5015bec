"""What the scan writes down of one message. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from datetime import datetime
from typing import Any

from migrate.filters import Filters
from migrate.forecast import Foretold
from migrate.message import (
    Header,
    Prepared,
    conversation,
    depth,
    judge,
    message_id,
    parse_date,
    prepare,
    seen,
)
from migrate.source import Listed


def spelled(flags: frozenset[str]) -> str:
    """As in `occurrence.flags`."""
    return " ".join(sorted(flags))


def row(
    listed: Listed,
    filters: Filters,
    matched: Container[int] | None,
    foretold: Foretold | None,
    now: datetime,
    *,
    mend_from: bool,
) -> dict[str, Any]:
    """The columns of a new occurrence but its account and folder.

    `matched` and `filters` as in `Filters.rule`; `foretold` is what a plan predicted.
    """
    header = Header.parse(listed.header)
    fields = hashlib.sha256(listed.header)
    bundle = message_id(header) or f"?{listed.size}:{fields.hexdigest()[:20]}"
    at = listed.internal_date
    if at is None:
        at = next((parse_date(value) for value in header.get("Date")[:1]), None)
    date = listed.internal_date
    prepared = prepare(header, digest="", internal_date=date, now=now, mend_from=mend_from)
    dated = int(prepared.date.timestamp()) if prepared.date else None
    rule = filters.rule(
        uid=listed.uid, flags=listed.flags, size=listed.size, dated=dated, matched=matched
    )
    expected = foretold or _predicted(header, prepared, listed, mend_from=mend_from)
    return {
        "uid": listed.uid,
        "flags": spelled(listed.flags),
        "internal_date": listed.internal_date.isoformat() if listed.internal_date else None,
        "at": int(at.timestamp()) if at else 0,
        "dated": dated,
        "size": listed.size,
        "email_id": listed.email_id,
        "bundle": bundle,
        "conversation": conversation(header) or bundle,
        "depth": depth(header),
        "predicted": expected.verdict,
        "certain": expected.certain,
        "digest": expected.digest,
        "parts": foretold is not None or listed.parts is not None,
        "fields": int.from_bytes(fields.digest()[:7]),
        "state": "skipped" if rule else "pending",
        "reason": rule,
    }


def _predicted(header: Header, prepared: Prepared, listed: Listed, *, mend_from: bool) -> Foretold:
    parts = listed.parts
    names = None if parts is None else [p.filename for p in parts if p.filename]
    first, *_ = judge(header, prepared, seen(header, listed.size, names), mend_from=mend_from)
    return Foretold(first.verdict, first.certain)
