"""The test messages and labels of a measurement, and how they go again.

Every test message carries the lab's label, so that a later run finds what a killed one left
behind by the label's name alone; search, which may lag, is never asked.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from migrate.errors import TargetError
from migrate.measure.client import Client, Reply

PREFIX = "mailhaul measure "
DOMAIN = "measure.mailhaul.invalid"
PAGE = 500


class Lab:
    """A label of its own in one mailbox."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = f"{PREFIX}{secrets.token_hex(4)}"
        self.label = str(self._must(client.call("POST", "labels", {"name": self.name}))["id"])

    def mail(
        self,
        *,
        sender: str = "",
        message_id: str | None = "",
        date: float | None = None,
        body: bytes = b"A test of mailhaul.\r\n",
        headers: Sequence[str] = (),
    ) -> bytes:
        """A small message; `message_id` "" is a new one, None leaves it out; `date` in seconds."""
        when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(date or time.time() - 3600))
        lines = [
            f"From: {sender or f'mailhaul@{DOMAIN}'}",
            f"Date: {when}",
            "Subject: mailhaul test",
        ]
        if message_id is not None:
            lines.append(f"Message-ID: {message_id or self.new_id()}")
        return "\r\n".join([*lines, *headers, "", ""]).encode() + body

    @staticmethod
    def new_id() -> str:
        return f"<{secrets.token_hex(12)}@{DOMAIN}>"

    def put(self, mail: bytes, *labels: str, method: str = "import") -> Reply:
        """Import (or insert) a message under the lab's label."""
        body = {"raw": urlsafe_b64encode(mail).decode(), "labelIds": [self.label, *labels]}
        path = "messages/import" if method == "import" else "messages"
        query = {"internalDateSource": "dateHeader"}
        if method == "import":
            query["neverMarkSpam"] = "true"
        return self.client.call("POST", path, body, query=query)

    def stored(self, mail: bytes, *labels: str) -> str:
        """The id of an imported message; TargetError when it is refused."""
        return str(self._must(self.put(mail, *labels))["id"])

    def raw(self, gmail_id: str) -> bytes:
        found = self._must(self.client.call("GET", f"messages/{gmail_id}", query={"format": "raw"}))
        return urlsafe_b64decode(str(found["raw"]))

    def create_label(self, ending: str) -> Reply:
        """A label whose name begins as the lab's does, so that it is removed with it."""
        return self.client.call("POST", "labels", {"name": self.name + ending})

    @staticmethod
    def _must(reply: Reply) -> dict[str, object]:
        if not reply.fine:
            raise TargetError("target-refused", reason=str(reply))
        return dict(reply.json)


@contextmanager
def lab(client: Client, *, delete: bool) -> Iterator[Lab]:
    """A lab for the length of the block; what an earlier one left behind goes first."""
    clean(client, delete=delete)
    try:
        yield Lab(client)
    finally:
        clean(client, delete=delete)


def clean(client: Client, *, delete: bool) -> int:
    """Remove all labs with their messages (to Trash if not `delete`); how many messages."""
    removed = 0
    labels = client.call("GET", "labels").json.get("labels", ())
    for label in (each for each in labels if str(each["name"]).startswith(PREFIX.strip())):
        while ids := _messages(client, label["id"]):
            removed += len(ids)
            if delete:
                client.call("POST", "messages/batchDelete", {"ids": ids})
            else:
                # Without its label a message in Trash is not found here again.
                change = {"addLabelIds": ["TRASH"], "removeLabelIds": [label["id"]]}
                client.call("POST", "messages/batchModify", {"ids": ids} | change)
        client.call("DELETE", f"labels/{label['id']}")
    return removed


def _messages(client: Client, label: str) -> list[str]:
    query = {"labelIds": label, "includeSpamTrash": "true", "maxResults": str(PAGE)}
    found = client.call("GET", "messages", query=query).json.get("messages", ())
    return [str(each["id"]) for each in found]
