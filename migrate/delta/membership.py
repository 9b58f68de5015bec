"""Which labels messages have in Gmail now, asked for as cheaply as it goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from migrate.delta.merge import ours
from migrate.gmail.api import Mailbox
from migrate.gmail.errors import LabelRefused, NotFound
from migrate.gmail.units import UNITS

_PAGE = 500
_THREADS = 4
_FEW = 3
"""To find out what a listing costs is not worth it for so few."""
_LABELS_EACH = 3
"""Labels that a message has, about; only for the choice of the way."""


def membership(mailbox: Mailbox, gmail_ids: Collection[str]) -> dict[str, frozenset[str] | None]:
    """Gmail id → its labels as ids, without those that Gmail decides by itself; None: it is gone.

    Few are asked for one by one. For many, the whole mailbox is listed label by label, of which
    only what concerns `gmail_ids` is kept.
    """
    if len(gmail_ids) > _FEW:
        labels = [each.gmail_id for each in mailbox.labels() if ours([each.gmail_id])]
        if len(gmail_ids) * UNITS["messages.get"] > _listing(mailbox, len(labels)):
            return _listed(mailbox, gmail_ids, labels)
    with ThreadPoolExecutor(_THREADS) as pool:
        return dict(pool.map(lambda each: (each, _asked(mailbox, each)), gmail_ids))


def _listing(mailbox: Mailbox, labels: int) -> int:
    """Units that it costs, about."""
    pages = mailbox.profile().messages * (1 + _LABELS_EACH) // _PAGE
    return UNITS["messages.list"] * (1 + labels + pages)


def _asked(mailbox: Mailbox, gmail_id: str) -> frozenset[str] | None:
    try:
        return ours(mailbox.get(gmail_id).labels)
    except NotFound:
        return None


def _listed(
    mailbox: Mailbox, gmail_ids: Collection[str], labels: Collection[str]
) -> dict[str, frozenset[str] | None]:
    wanted = frozenset(gmail_ids)
    found: dict[str, set[str]] = {each: set() for each in mailbox.ids() if each in wanted}
    for label in labels:
        for gmail_id in _having(mailbox, label):
            if gmail_id in found:
                found[gmail_id].add(label)
    return {each: frozenset(found[each]) if each in found else None for each in wanted}


def _having(mailbox: Mailbox, label: str) -> Iterator[str]:
    with suppress(LabelRefused):  # deleted a moment ago
        yield from mailbox.ids(label)
