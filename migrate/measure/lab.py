"""The test messages and labels of a measurement, and how they go again.

Every test message carries the lab's label, so that a later run finds what a killed one left
behind by the label's name alone; search, which may lag, is never asked.
"""

from __future__ import annotations

import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from migrate.errors import TargetError
from migrate.measure.client import Client, Reply

PREFIX = "mailhaul measure "
DOMAIN = "measure.mailhaul.invalid"
OURS = re.compile(rf"{PREFIX}[0-9a-f]{{8}}( twin| TWIN| a  ?b ?|x*|y*|あ*|😀*|/Drafts)")
"""The names of labels that are removed: the lab's own, and those that the questions make."""
PAGE = 500
BATCH = 1000


class Lab:
    """A label of its own in one mailbox."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = f"{PREFIX}{secrets.token_hex(4)}"
        self.label = str(must(client.call("POST", "labels", {"name": self.name}))["id"])

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

    def put(
        self,
        mail: bytes,
        *labels: str,
        method: str = "import",
        refusals: Sequence[int] = (400,),
    ) -> Reply:
        """Import (or insert) a message under the lab's label. TargetError for a refusal with a
        status that is none of `refusals`."""
        body = {"raw": urlsafe_b64encode(mail).decode(), "labelIds": [self.label, *labels]}
        path = "messages/import" if method == "import" else "messages"
        query = {"internalDateSource": "dateHeader"}
        if method == "import":
            query["neverMarkSpam"] = "true"
        return _judged(self.client.call("POST", path, body, query=query), refusals)

    def stored(self, mail: bytes, *labels: str) -> str:
        """The id of an imported message; TargetError when it is refused."""
        return str(must(self.put(mail, *labels))["id"])

    def raw(self, gmail_id: str) -> bytes:
        found = must(self.client.call("GET", f"messages/{gmail_id}", query={"format": "raw"}))
        return urlsafe_b64decode(str(found["raw"]))

    def create_label(self, ending: str, *, refusals: Sequence[int] = (400,)) -> Reply:
        """A label whose name begins as the lab's does, so that it is removed with it; `OURS` must
        know the ending. TargetError as `put`."""
        return _judged(self.client.call("POST", "labels", {"name": self.name + ending}), refusals)


def clean(client: Client, *, delete: bool) -> None:
    """Remove all labs with their messages (to Trash if not `delete`); TargetError.

    A message under a lab's label that isn't the lab's own is left alone.
    """
    for label in must(client.call("GET", "labels"))["labels"]:
        if not OURS.fullmatch(str(label["name"])):
            continue
        ids = [each for each in _messages(client, label["id"]) if _is_ours(client, each)]
        for start in range(0, len(ids), BATCH):
            _remove(client, ids[start : start + BATCH], delete=delete)
        must(client.call("DELETE", f"labels/{label['id']}"))


def _remove(client: Client, ids: list[str], *, delete: bool) -> None:
    if delete:
        must(client.call("POST", "messages/batchDelete", {"ids": ids}))
        return
    reply = client.call("POST", "messages/batchModify", {"ids": ids, "addLabelIds": ["TRASH"]})
    if reply.status == 400:  # drafts take no labels
        for each in ids:
            must(client.call("POST", f"messages/{each}/trash"))
        return
    must(reply)


def _is_ours(client: Client, gmail_id: str) -> bool:
    """Whether its sender or its Message-ID, which Gmail may rewrite, is of the lab's domain."""
    query = {"format": "metadata", "metadataHeaders": ["From", "Message-ID"]}
    found = must(client.call("GET", f"messages/{gmail_id}", query=query))
    headers = found.get("payload", {}).get("headers", ())
    return any(
        each["name"].lower() in ("from", "message-id")
        and parseaddr(each["value"])[1].endswith(f"@{DOMAIN}")
        for each in headers
    )


def _messages(client: Client, label: str) -> list[str]:
    query = {"labelIds": label, "includeSpamTrash": "true", "maxResults": str(PAGE)}
    ids: list[str] = []
    while True:
        page = must(client.call("GET", "messages", query=query))
        ids += [str(each["id"]) for each in page.get("messages", ())]
        if not (token := page.get("nextPageToken")):
            return ids
        query["pageToken"] = str(token)


def _judged(reply: Reply, refusals: Sequence[int]) -> Reply:
    if not reply.fine and reply.status not in refusals:
        must(reply)
    return reply


def must(reply: Reply) -> Mapping[str, Any]:
    """What a call answered that has to succeed; TargetError."""
    if not reply.fine:
        raise TargetError("target-refused", reason=str(reply))
    return reply.json
