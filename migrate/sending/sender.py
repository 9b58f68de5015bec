"""Sending one message until it is known what became of it.

No request that may have been carried out is repeated before Gmail has been asked. A message that
is found there is adopted. Gmail may still be carrying out a request that went unanswered, so
absence counts only after `settle` seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
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
from migrate.gmail.upload import Method, Stored, Uploader
from migrate.labelling import SYSTEM, Labels
from migrate.sending.finding import Finder
from migrate.sending.letter import FALLBACKS, Letter

_UNKNOWN_AT_MOST = 6
_NOT_SENT_AT_MOST = 8
_OUTAGE = 3
_COSTS: dict[Method, str] = {
    "import": "messages.import",
    "insert": "messages.insert",
    "draft": "drafts.create",
}
_PARAMETERS: dict[Method, dict[str, str]] = {
    "import": {"internalDateSource": "dateHeader", "neverMarkSpam": "true"},
    "insert": {"internalDateSource": "dateHeader"},
    "draft": {},
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


class Sender:
    """Sends for one account, from many threads."""

    def __init__(
        self,
        target: Target,
        settle: float,
        is_known: Callable[[Collection[str]], Collection[str]],
    ) -> None:
        """`is_known` picks the Gmail ids that are ours or were there before us."""
        self._target, self._settle = target, settle
        self._finder = Finder(target.mailbox, is_known)
        self._given_up_on = 0

    def send(self, method: Method, letter: Letter, thread_id: str | None = None) -> Stored:
        """Send until Gmail has it. MessageRefused for the message, TargetError for the account."""
        pacer = self._target.pacer
        # Gmail allows a draft no label but DRAFT, which it sets by itself.
        wanted = frozenset() if letter.draft else self._target.labels.ids(letter.names)
        labels, stubborn = set(wanted), set[str]()
        unknown = unsent = expired = 0
        while True:
            token = ""
            try:
                with pacer.turn(_COSTS[method]):
                    token = self._target.tokens.bearer()
                    stored = self._target.uploader.send(
                        method,
                        letter.parcel,
                        token,
                        labels=sorted(labels),
                        thread_id=thread_id,
                        parameters=_parameters(method, labels),
                        check=pacer.check,
                    )
            except Throttled:
                pass
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
                self._drop(labels, refusal, stubborn)
            except MessageRefused as refusal:
                if thread_id is None or "thread_id" not in str(refusal.params.get("detail")):
                    raise
                thread_id = None
            except OutcomeUnknown as error:
                found = self.settled([letter], time.time() + self._settle)
                if found:
                    return found[1]
                unknown += 1
                if unknown == _UNKNOWN_AT_MOST:
                    raise self._given_up(error) from error
                pacer.pause(0.1 * 2**unknown)
            else:
                self._given_up_on = 0
                return replace(stored, refused=refused) if (refused := wanted - labels) else stored

    def settled(self, forms: Sequence[Letter], deadline: float) -> tuple[Letter, Stored] | None:
        """The message in the mailbox, in the first of its `forms` that is there; None when it is
        certainly not there at `deadline`."""
        pause = 0.1
        while True:
            for letter in forms if self._target.readable else ():
                if found := self._finder.find(letter):
                    return letter, found
            left = deadline - time.time()
            if left <= 0:
                return None
            self._target.pacer.pause(min(left, pause))
            pause = min(2 * pause, 4.0)

    def _given_up(self, error: OutcomeUnknown) -> MailhaulError:
        """One message that Gmail chokes on is refused; several in a row are an outage."""
        self._given_up_on += 1
        if self._given_up_on >= _OUTAGE:
            return TargetError("target-unreachable", host="", reason=error)
        return MessageRefused("gmail-keeps-failing", detail=error)

    def _drop(self, labels: set[str], refusal: LabelRefused, stubborn: set[str]) -> None:
        """Go on without the label that Gmail refuses; its place is taken by a label of ours.

        `stubborn` are those that Gmail refused although it lists them: it gets a second chance.
        """
        users = labels - SYSTEM
        refused = {refusal.label} if refusal.label in labels else users
        if not refused:
            raise MessageRefused("gmail-label", detail=str(refusal)) from refusal
        before = frozenset(labels)
        for named in sorted(refused):
            found = self._instead(named, known=named in stubborn)
            if found == named:
                stubborn.add(named)
                continue
            labels.discard(named)
            if found:
                labels.add(found)
        if before == labels:
            self._target.pacer.pause(1)

    def _instead(self, named: str, *, known: bool) -> str | None:
        ours = self._target.labels
        if named in SYSTEM:
            return ours.id(FALLBACKS[named]) if named in FALLBACKS else None
        return None if known else ours.renew(named)


def _parameters(method: Method, labels: set[str]) -> dict[str, str]:
    parameters = dict(_PARAMETERS[method])
    if method == "import" and "SPAM" in labels:
        parameters["neverMarkSpam"] = "false"
    return parameters
