"""Sending one message until it is known what became of it.

No request that may have been carried out is repeated before Gmail has been asked: its history
since the slice began, or all its ids when the history has expired. A message that is found there
is adopted. Gmail may still be carrying out a request that went unanswered, so absence counts only
after `settle` seconds.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from migrate.errors import MailhaulError, TargetError
from migrate.gmail.api import Mailbox
from migrate.gmail.auth import Tokens
from migrate.gmail.errors import (
    LabelRefused,
    MessageRefused,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Throttled,
    TokenExpired,
)
from migrate.gmail.quota import Pacer
from migrate.gmail.upload import Method, Parcel, Stored, Uploader
from migrate.labelling import SYSTEM, Labels

_UNKNOWN_AT_MOST = 6
_NOT_SENT_AT_MOST = 8
_OUTAGE = 3
FALLBACKS = {"SENT": "Sent (imported)", "DRAFT": "Drafts (imported)"}
"""Labels of ours that stand in for those that Gmail sometimes refuses to have set."""
_PARAMETERS = {
    "import": {"internalDateSource": "dateHeader", "neverMarkSpam": "true"},
    "insert": {"internalDateSource": "dateHeader"},
}


@dataclass(frozen=True, slots=True)
class Target:
    """One target mailbox with everything that writes to it."""

    mailbox: Mailbox
    uploader: Uploader
    tokens: Tokens
    pacer: Pacer
    labels: Labels
    readable: bool
    """False with the scopes `minimal`: nothing can be read back."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes to Gmail."""

    parcel: Parcel
    message_id: str
    labels: frozenset[str]
    """Gmail's ids."""
    history_id: str | None
    """Gmail's history before this message's first upload."""


class Sender:
    """Sends for one account, from many threads."""

    def __init__(
        self,
        target: Target,
        settle: float,
        is_known: Callable[[Collection[str]], Collection[str]],
    ) -> None:
        """`is_known` picks the Gmail ids that are ours or were there before us."""
        self._target, self._settle, self._is_known = target, settle, is_known
        self._foreign: dict[str, str | None] = {}
        self._lock = threading.Lock()
        self._given_up_on = 0

    def send(self, method: Method, letter: Letter, thread_id: str | None = None) -> Stored:
        """Send until Gmail has it. MessageRefused for the message, TargetError for the account."""
        pacer, labels = self._target.pacer, set(letter.labels)
        unknown = unsent = expired = 0
        while True:
            pacer.spend(f"messages.{method}")
            token = self._target.tokens.bearer()
            try:
                with pacer.slot():
                    stored = self._target.uploader.send(
                        method,
                        letter.parcel,
                        token,
                        labels=sorted(labels),
                        thread_id=thread_id,
                        parameters=_parameters(method, labels),
                    )
            except Throttled as refusal:
                pacer.refuse(refusal)
            except TokenExpired as error:
                expired += 1
                if expired == 3:
                    raise TargetError("target-token-refused", detail=error) from error
                self._target.tokens.bearer(refused=token)
            except NotSent as error:
                unsent += 1
                if unsent == _NOT_SENT_AT_MOST:
                    raise TargetError("target-unreachable", host="", reason=error) from error
                pacer.pause(0.1 * 2**unsent)
            except NotFound:
                if thread_id is None:
                    raise MessageRefused("gmail-refused", detail="404") from None
                thread_id = None
            except LabelRefused as refusal:
                self._drop(labels, refusal)
            except MessageRefused as refusal:
                if thread_id is None or "thread_id" not in str(refusal.params.get("detail")):
                    raise
                thread_id = None
            except OutcomeUnknown as error:
                found = self.settled(letter, time.time() + self._settle)
                if found:
                    return found
                unknown += 1
                if unknown == _UNKNOWN_AT_MOST:
                    raise self._given_up(error) from error
                pacer.pause(0.1 * 2**unknown)
            else:
                pacer.accepted()
                self._given_up_on = 0
                return replace(stored, refused=letter.labels - labels)

    def settled(self, letter: Letter, deadline: float) -> Stored | None:
        """The message in the mailbox; None when it is certainly not there at `deadline`."""
        pause = 0.1
        while True:
            found = self._find(letter) if self._target.readable else None
            left = deadline - time.time()
            if found or left <= 0:
                return found
            self._target.pacer.pause(min(left, pause))
            pause = min(2 * pause, 4.0)

    def _given_up(self, error: OutcomeUnknown) -> MailhaulError:
        """One message that Gmail chokes on is refused; several in a row are an outage."""
        self._given_up_on += 1
        if self._given_up_on >= _OUTAGE:
            return TargetError("target-unreachable", host="", reason=error)
        return MessageRefused("gmail-keeps-failing", detail=error)

    def _drop(self, labels: set[str], refusal: LabelRefused) -> None:
        """Go on without the label that Gmail names; its place is taken by a label of ours."""
        named = refusal.label
        if named is None or named not in labels:
            raise MessageRefused("gmail-label", detail=str(refusal)) from refusal
        if named not in SYSTEM:
            # Somebody deleted it; the next run makes it again.
            raise TargetError("target-label", label=named, detail=str(refusal)) from refusal
        labels.discard(named)
        if named in FALLBACKS:
            labels.add(self._target.labels.id(FALLBACKS[named]))

    def _find(self, letter: Letter) -> Stored | None:
        for gmail_id in self._strangers(letter.history_id):
            if self._message_id(gmail_id) != letter.message_id:
                continue
            try:
                found = self._target.mailbox.get_raw(gmail_id)
            except NotFound:
                continue
            if found.raw is not None and ends_with(found.raw, letter.parcel):
                refused = frozenset(FALLBACKS) & letter.labels - found.labels
                return Stored(found.gmail_id, found.thread_id, found.labels, refused)
        return None

    def _strangers(self, history_id: str | None) -> Iterator[str]:
        """Messages that came after `history_id` and that we know nothing of."""
        mailbox = self._target.mailbox
        try:
            if history_id is None:
                raise NotFound
            added = [change.gmail_id for change in mailbox.changes(history_id) if change.added]
        except NotFound:
            yield from self._unknown_of(mailbox.ids())
        else:
            yield from self._unknown_of(added)

    def _unknown_of(self, gmail_ids: Iterable[str]) -> Iterator[str]:
        piece: list[str] = []
        for gmail_id in gmail_ids:
            piece.append(gmail_id)
            if len(piece) == 500:
                yield from self._strange(piece)
                piece = []
        yield from self._strange(piece)

    def _strange(self, gmail_ids: list[str]) -> list[str]:
        known = self._is_known(gmail_ids) if gmail_ids else ()
        return [each for each in gmail_ids if each not in known]

    def _message_id(self, gmail_id: str) -> str | None:
        """The Message-ID of a message that is not ours, as far as we know; asked once."""
        with self._lock:
            if gmail_id in self._foreign:
                return self._foreign[gmail_id]
        try:
            value = self._target.mailbox.get_message_id(gmail_id).message_id
        except NotFound:
            value = None
        with self._lock:
            self._foreign[gmail_id] = value.strip() if value else None
        return self._foreign[gmail_id]


def ends_with(raw: bytes, parcel: Parcel) -> bool:
    """Whether Gmail's bytes are ours, but for the header lines that Gmail puts in front."""
    if len(raw) < parcel.size:
        return False
    digest = hashlib.sha256()
    for piece in parcel.chunks():
        digest.update(piece)
    tail = memoryview(raw)[len(raw) - parcel.size :]
    return hashlib.sha256(tail).digest() == digest.digest()


def _parameters(method: Method, labels: set[str]) -> dict[str, str]:
    parameters = dict(_PARAMETERS[method])
    if method == "import" and "SPAM" in labels:
        parameters["neverMarkSpam"] = "false"
    return parameters
