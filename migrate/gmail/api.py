"""Everything but the upload: labels, listing, reading back, history, through Google's client.

All calls here may be repeated, so errors are retried with growing pauses.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from googleapiclient.errors import HttpError

from migrate.errors import TargetError
from migrate.gmail.auth import Tokens
from migrate.gmail.errors import OutcomeUnknown, Throttled, TokenExpired, classify
from migrate.gmail.lines import Lines
from migrate.gmail.quota import Pacer
from migrate.gmail.service import service
from migrate.web import BROKEN

_ATTEMPTS = 7
_PAGE = 500
_BATCH = 1000
_LABELS = 100
"""Of one request; the limits are those of the discovery document."""
_BROKEN = (*BROKEN, ValueError)


@cache
def _calls(api: str) -> tuple[Any, ...]:
    """Users, messages, labels, history and drafts at `api`."""
    users = service("gmail", "v1", api).users()
    return users, users.messages(), users.labels(), users.history(), users.drafts()


@dataclass(frozen=True, slots=True)
class Profile:
    address: str
    messages: int
    history_id: str


@dataclass(frozen=True, slots=True)
class Label:
    gmail_id: str
    name: str
    system: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A message as Gmail holds it; `raw` only when asked for."""

    gmail_id: str
    thread_id: str
    labels: frozenset[str]
    internal_date: int
    """Seconds since 1970."""
    message_id: str | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages have a label, Spam and Trash included."""

    messages: int
    unread: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one history record says of a message."""

    gmail_id: str
    added: bool
    """It came into the mailbox."""
    labels: frozenset[str]
    """Labels that it got."""
    removed: frozenset[str] = frozenset()
    """Labels that it lost."""
    deleted: bool = False
    """It is gone for good."""


class Mailbox:
    """The mailbox of one target user. Thread-safe: each thread has its own connection."""

    def __init__(
        self,
        api: str,
        tokens: Tokens,
        pacer: Pacer,
        ca_file: Path | None = None,
        timeout: float = 120,
    ) -> None:
        self._api, self._tokens, self._pacer = api, tokens, pacer
        self._lines = Lines(api, tokens, ca_file, timeout, pacer.check)
        self._users, self._messages, self._labels, self._history, self._drafts = _calls(api)

    def profile(self) -> Profile:
        answer = self._call("getProfile", self._users.getProfile(userId="me"))
        return Profile(answer["emailAddress"], answer["messagesTotal"], answer["historyId"])

    def labels(self) -> list[Label]:
        answer = self._call("labels.list", self._labels.list(userId="me"))
        return [
            Label(each["id"], each["name"], each["type"] == "system") for each in answer["labels"]
        ]

    def create_label(self, name: str) -> Label:
        """Conflict when a label of that name exists; LabelRefused or MessageRefused otherwise."""
        answer = self._call("labels.create", self._labels.create(userId="me", body={"name": name}))
        return Label(answer["id"], answer["name"], system=False)

    def label_counts(self, label_id: str) -> Counts:
        """NotFound when there is no such label."""
        answer = self._call("labels.get", self._labels.get(userId="me", id=label_id))
        return Counts(answer.get("messagesTotal", 0), answer.get("messagesUnread", 0))

    def delete_label(self, label_id: str) -> None:
        """Delete a user label and take it from all messages that have it. NotFound."""
        self._call("labels.delete", self._labels.delete(userId="me", id=label_id))

    def ids(self, label_id: str | None = None) -> Iterator[str]:
        """The ids of all messages, or of those with a label, Spam and Trash too: 5 units for 500.

        LabelRefused when there is no such label.
        """
        only = {} if label_id is None else {"labelIds": [label_id]}
        for page in self._pages("messages", self._messages, "messages/id", only):
            yield from (each["id"] for each in page.get("messages", ()))

    def drafts(self) -> Iterator[tuple[str, str]]:
        """(draft id, id of its message now) of all real drafts: 5 units for 500."""
        for page in self._pages("drafts", self._drafts, "drafts(id,message/id)"):
            yield from ((each["id"], each["message"]["id"]) for each in page.get("drafts", ()))

    def draft(self, draft_id: str) -> Found:
        """The message that is this draft now, labels and date. NotFound when it is gone or sent."""
        request = self._drafts.get(userId="me", id=draft_id, format="minimal")
        return _found(self._call("drafts.get", request)["message"])

    def get(self, gmail_id: str) -> Found:
        """Labels and date. NotFound when there is no such message."""
        return self._get(gmail_id, "minimal")

    def get_message_id(self, gmail_id: str) -> Found:
        """Labels, date and the Message-ID header."""
        return self._get(gmail_id, "metadata", metadataHeaders=["Message-ID"])

    def get_raw(self, gmail_id: str) -> Found:
        """Labels, date and all bytes, Gmail's own header lines in front."""
        return self._get(gmail_id, "raw")

    def modify(self, gmail_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Change labels; more than a hundred, in several requests. LabelRefused for one that does
        not exist, NotFound."""
        for body in _deltas(add, remove):
            request = self._messages.modify(userId="me", id=gmail_id, body=body)
            self._call("messages.modify", request)

    def batch_modify(
        self, gmail_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> None:
        """The same changes of labels for many messages: 50 units for 1,000. LabelRefused.

        Nothing is said of ids that don't exist. NotFound, should Gmail refuse a batch for one.
        """
        for body in _deltas(add, remove):
            for ids in _batches(gmail_ids):
                request = self._messages.batchModify(userId="me", body={"ids": ids} | body)
                self._call("messages.batchModify", request)

    def trash(self, gmail_id: str) -> None:
        """To Trash, from where the user can have it back for 30 days. NotFound."""
        self._call("messages.trash", self._messages.trash(userId="me", id=gmail_id))

    def untrash(self, gmail_id: str) -> None:
        """Out of Trash, with the labels that it still has. NotFound."""
        self._call("messages.untrash", self._messages.untrash(userId="me", id=gmail_id))

    def delete(self, gmail_id: str) -> None:
        """For good. It needs the scopes `full`. NotFound."""
        self._call("messages.delete", self._messages.delete(userId="me", id=gmail_id))

    def batch_delete(self, gmail_ids: Sequence[str]) -> None:
        """For good, many at once: 50 units for 1,000. It needs the scopes `full`.

        "No guarantees that messages … existed": nothing is said of ids that don't.
        """
        for ids in _batches(gmail_ids):
            request = self._messages.batchDelete(userId="me", body={"ids": ids})
            self._call("messages.batchDelete", request)

    def changes(self, since: str) -> Iterator[Change]:
        """What happened after `since`, oldest first. NotFound when that is too long ago."""
        token = None
        while True:
            request = self._history.list(
                userId="me",
                startHistoryId=since,
                maxResults=_PAGE,
                pageToken=token,
            )
            answer = self._call("history.list", request)
            for record in answer.get("history", ()):
                for entry in record.get("messagesAdded", ()):
                    yield Change(entry["message"]["id"], True, frozenset())
                for entry in record.get("labelsAdded", ()):
                    yield Change(entry["message"]["id"], False, frozenset(entry["labelIds"]))
                for entry in record.get("labelsRemoved", ()):
                    removed = frozenset(entry["labelIds"])
                    yield Change(entry["message"]["id"], False, frozenset(), removed)
                for entry in record.get("messagesDeleted", ()):
                    yield Change(entry["message"]["id"], False, frozenset(), deleted=True)
            if not (token := answer.get("nextPageToken")):
                return

    def _get(self, gmail_id: str, form: str, **more: object) -> Found:
        request = self._messages.get(userId="me", id=gmail_id, format=form, **more)
        if form == "raw":
            # httplib2 refuses a gzip that grows by more than a hundred times, as of a mail that
            # repeats itself; and base64 of most mail hardly shrinks.
            request.headers["accept-encoding"] = "identity"
        return _found(self._call("messages.get", request))

    def _pages(
        self, resource: str, calls: Any, fields: str, only: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        token = None
        while True:
            request = calls.list(
                userId="me",
                includeSpamTrash=True,
                maxResults=_PAGE,
                pageToken=token,
                fields=f"{fields},nextPageToken",
                **(only or {}),
            )
            answer = self._call(f"{resource}.list", request)
            yield answer
            if not (token := answer.get("nextPageToken")):
                return

    def _call(self, method: str, request: Any) -> Any:
        """Execute, paced, until it is done or refused; TargetError when Gmail stays away."""
        failures = 0
        while True:
            try:
                with self._pacer.turn(method):
                    return self._execute(request)
            except Throttled:
                continue
            except (OutcomeUnknown, TokenExpired) as error:
                reason: Exception = error
            except _BROKEN as error:
                self._lines.drop()
                reason = error
            failures += 1
            if failures == _ATTEMPTS:
                raise TargetError("target-unreachable", host=self._api, reason=reason)
            self._pacer.pause(0.1 * 2**failures)

    def _execute(self, request: Any) -> Any:
        """Raises the type of a refusal."""
        try:
            return request.execute(http=self._lines.mine())
        except HttpError as error:
            raise classify(error.resp.status, error.content) from error


def _deltas(add: Sequence[str], remove: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    """Bodies of requests that together add and remove these labels; none for no change."""
    more, less = sorted(add), sorted(remove)
    for start in range(0, max(len(more), len(less)), _LABELS):
        end = start + _LABELS
        yield {"addLabelIds": more[start:end], "removeLabelIds": less[start:end]}


def _batches(gmail_ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(gmail_ids), _BATCH):
        yield list(gmail_ids[start : start + _BATCH])


def _found(answer: dict[str, Any]) -> Found:
    headers = answer.get("payload", {}).get("headers", ())
    ids = [each["value"] for each in headers if each["name"].lower() == "message-id"]
    raw = answer.get("raw")
    return Found(
        answer["id"],
        answer["threadId"],
        frozenset(answer.get("labelIds", ())),
        int(answer["internalDate"]) // 1000,
        ids[0] if ids else None,
        base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)) if raw else None,
    )
