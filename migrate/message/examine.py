"""What Gmail will say of a message, from all its bytes; in bounded memory."""

from __future__ import annotations

from datetime import datetime

from migrate.body import Body
from migrate.message.header import Header, content
from migrate.message.look import Look
from migrate.message.predict import UPLOAD_LIMIT, Prediction, Seen, judge
from migrate.message.repair import prepare

_DIGEST = "0" * 64  # the id it gives is as long as any other


def examine(
    body: Body, *, internal_date: datetime | None, now: datetime, mend_from: bool = False
) -> tuple[Prediction, ...]:
    """As `predict`, with the exact size after repairs and a look into attachments and archives.

    Takes any bytes. Of what is too large for Gmail nothing else than the header is read. Archives
    over a MiB go through an unnamed file in the system's folder for temporary ones.
    """
    raw, offset = content(body)
    header = Header.parse(raw)
    prepared = prepare(
        header, digest=_DIGEST, internal_date=internal_date, now=now, mend_from=mend_from
    )
    size = len(prepared.header) + body.size - offset
    look = Look()
    if size <= UPLOAD_LIMIT:
        look.at(body)
    seen = Seen(
        size,
        exact=True,
        empty=body.size == 0,
        blocked=look.blocked,
        sure=look.sure,
        archive=look.unknown,
    )
    return judge(header, prepared, seen, mend_from=mend_from)
