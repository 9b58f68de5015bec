"""The addresses of the mailbox page: what its owner would see of a rehearsed mailbox. Read-only.

    /                                         all mailboxes
    /mail/ADDRESS/?label=&older=&newer=       the conversations of a label
    /mail/ADDRESS/labels                      all labels, where there are many
    /mail/ADDRESS/thread/ID?label=&page=      a conversation
    /mail/ADDRESS/message/ID/raw              a message as .eml
    /mail/ADDRESS/message/ID/body/N           part N, HTML, for a frame
    /mail/ADDRESS/message/ID/part/N           part N, to save
    /mail/page.css

Every one takes `lang=en` or `lang=ja`.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote

from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.http.request import Answer, Request
from migrate.sandbox.mailbox.arrival import prepended
from migrate.sandbox.mailbox.store import Row, Store
from migrate.sandbox.methods.calls import parse_id
from migrate.sandbox.page import labels, message, policy, view, words
from migrate.sandbox.page.conversations import Listing, Spot
from migrate.sandbox.page.frame import frame
from migrate.sandbox.page.reading import Piece, pieces
from migrate.sandbox.page.view import View

MESSAGES = 20
"""Of a conversation on one page."""
LABELS = 300
"""At the side of a page; the rest has a page of its own."""


class Mailbox(NamedTuple):
    id: int
    address: str


class Page:
    def __init__(self, store: Store) -> None:
        self._store = store

    @staticmethod
    def owns(path: str) -> bool:
        return path == "/" or path.startswith("/mail/")

    def answer(self, request: Request, peer: str) -> Answer:
        """HTML, the style sheet or a download; 403, 404 and 405 as HTML, too."""
        shown = View.of(request)
        try:
            policy.admit(request, peer)
            return self._answer(shown, [unquote(each) for each in request.path.split("/")[1:]])
        except ApiError as error:
            said = shown.t(f"page.error.{error.code}")
            return shown.page("error", error.code, code=error.code, said=said)

    def _answer(self, shown: View, path: list[str]) -> Answer:
        match path:
            case [""]:
                return self._mailboxes(shown)
            case ["mail", "page.css"]:
                return view.style()
            case ["mail", address] | ["mail", address, ""]:
                return self._conversations(shown, self._mailbox(address))
            case ["mail", address, "labels"]:
                return self._labels(shown, self._mailbox(address))
            case ["mail", address, "thread", thread]:
                return self._thread(shown, self._mailbox(address), parse_id(thread))
            case ["mail", address, "message", id_, *what]:
                mailbox = self._mailbox(address)
                row = self._store.message(mailbox.id, parse_id(id_))
                data = message.content(self._store, row["id"]) if row is not None else None
                if row is not None and data is not None:
                    return _piece(mailbox, row, data, what)
        raise not_found()

    def _mailbox(self, address: str) -> Mailbox:
        query = "SELECT id, address FROM mailboxes WHERE address = ?"
        row = self._store.db.execute(query, (address.lower(),)).fetchone()
        if row is None:
            raise not_found()
        return Mailbox(*row)

    def _mailboxes(self, shown: View) -> Answer:
        rows = self._store.db.execute(
            "SELECT b.address, coalesce(m.messages, 0) AS messages, coalesce(m.size, 0) AS size, "
            "(SELECT count(*) FROM labelled WHERE mailbox = b.id AND label = 'UNREAD') AS unread "
            "FROM mailboxes b LEFT JOIN (SELECT mailbox, count(*) AS messages, sum(size) AS size "
            "FROM messages WHERE NOT deleted GROUP BY mailbox) m ON m.mailbox = b.id "
            "ORDER BY b.address"
        ).fetchall()
        return shown.page("mailboxes", mailboxes=rows)

    def _conversations(self, shown: View, mailbox: Mailbox) -> Answer:
        tree = labels.read(self._store.db, mailbox.id)
        label = shown.query.get("label")
        if label is None:
            full = labels.used(self._store.db, mailbox.id, "INBOX")
            label = "INBOX" if full else labels.ALL
        elif label not in tree:
            raise not_found()
        older, newer = (Spot.parse(shown.query.get(key, "")) for key in ("older", "newer"))
        now = self._store.clock.ms()
        return shown.page(
            "mailbox",
            **self._side(shown, mailbox, tree, label),
            listed=Listing(self._store, mailbox.id, label).page(older, newer),
            short_moment=lambda ms: words.short_moment(ms, now, shown.t),
        )

    def _labels(self, shown: View, mailbox: Mailbox) -> Answer:
        tree = labels.read(self._store.db, mailbox.id)
        return shown.page("labels", **self._side(shown, mailbox, tree, None))

    def _thread(self, shown: View, mailbox: Mailbox, thread: int) -> Answer:
        given = shown.query.get("page", "")
        number = max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 9 else 1
        rows = self._store.db.execute(
            "SELECT *, count(*) OVER () AS count FROM messages WHERE mailbox = ? AND thread = ? "
            "AND NOT deleted ORDER BY +date, id LIMIT ? OFFSET ?",
            (mailbox.id, thread, MESSAGES, MESSAGES * (number - 1)),
        ).fetchall()
        if not rows:
            raise not_found()
        tree = labels.read(self._store.db, mailbox.id)
        label = shown.query.get("label")
        return shown.page(
            "thread",
            **self._side(shown, mailbox, tree, label if label and label in tree else None),
            thread=f"{thread:016x}",
            messages=[message.show(self._store, row, mailbox.address) for row in rows],
            fallback=rows[0]["subject"],
            number=number,
            pages=-(-rows[0]["count"] // MESSAGES),
        )

    def _side(
        self, shown: View, mailbox: Mailbox, tree: labels.Labels, label: str | None
    ) -> dict[str, Any]:
        """What the pages of a mailbox have in common."""
        return {
            "named": lambda label: shown.label(label, tree.names),
            "hidden": {each: shown.t(f"page.hidden.{each}") for each in labels.HIDDEN},
            "address": mailbox.address,
            "labels": tree,
            "label": label,
            "at_most": LABELS,
            "discard": self._store.discard,
        }


def _piece(mailbox: Mailbox, row: Row, data: bytes, what: list[str]) -> Answer:
    """A message or a part of it; ApiError 404."""
    match what:
        case ["raw"]:
            return policy.download(prepended(row, mailbox.address) + data, f"{row['id']:016x}.eml")
        case ["body", number]:
            html = frame(data, _number(number))
            if html is not None:
                return policy.document(200, html, policy.FRAME)
        case ["part", number]:
            wanted = _number(number)
            found: Piece | None = next((p for p in pieces(data) if p.number == wanted), None)
            if found is not None and found.attached:
                return policy.download(found.content(), message.attachment(found).name)
    raise not_found()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise not_found()
    return int(text)
