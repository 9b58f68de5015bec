"""One bundle of candidates to Gmail: prove which are one message, upload it, record what it became.

The way of a message from its bytes to its outcome; how a single upload survives everything that
can happen to it stands in `sending.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from migrate.body import Body
from migrate.errors import FetchRefused, TargetError
from migrate.gmail.errors import LabelRefused, MessageRefused, NotFound
from migrate.gmail.upload import Parcel, Stored
from migrate.labels import Mapped, message_labels
from migrate.ledger import Ledger, outcomes
from migrate.ledger.accounts import Account
from migrate.ledger.claims import Bundle, Occurrence
from migrate.ledger.outcomes import Known, Outcome
from migrate.memory import Memory
from migrate.message import UPLOAD_LIMIT, Header, Prepared, content, prepare
from migrate.quarantine import keep
from migrate.sending import FALLBACKS, Letter, Sender, Target, ends_with

_ONLY_FIRST = frozenset({"UNREAD", "STARRED", "INBOX", "SPAM", "TRASH"})
"""Labels that a copy found later does not bring: the user may have changed them since."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is constant for one account in one run."""

    account: Account
    run_id: str
    folders: Mapping[int, Mapped]
    settle: float
    """Seconds for which Gmail may still be carrying out a request that went unanswered."""
    quiet_from: float
    """When no request of an earlier process can be under way any more, seconds since 1970."""
    keep_both: bool
    """Policy `collisions`: other bytes under a Message-ID that is taken are kept beside it."""
    quarantine: Path


@dataclass(frozen=True, slots=True)
class _Message:
    """Distinct bytes, ready to go, with the occurrences that have them."""

    sha256: str
    occurrences: tuple[Occurrence, ...]
    prepared: Prepared
    parcel: Parcel
    basis: Mapping[str, str | float | None]

    def ends(
        self, state: str, reason: str | None = None
    ) -> tuple[tuple[int, str, str | None], ...]:
        """The class of each occurrence: copies of what was imported are `merged` with it."""
        rest = ("merged", "copy") if state == "imported" else (state, reason)
        first, *others = (each.id for each in self.occurrences)
        return ((first, state, reason), *((each, *rest) for each in others))


class Delivery:
    """Delivers the bundles of one account, from many threads."""

    def __init__(self, ledger: Ledger, target: Target, job: Job) -> None:
        self._ledger, self._target, self._job = ledger, target, job
        self._memory = Memory(ledger, job.account.id)
        self._sender = Sender(target, job.settle, self._memory.ids)
        self._failure: BaseException | None = None

    def deliver(self, bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]) -> None:
        """Bring every occurrence of `bundle` to its end; `bodies` by occurrence id.

        Copies with the EMAILID of a fetched one need no body of their own (RFC 8474 5.1).
        Outcomes are queued for the ledger, not yet on disk. Raises what concerns the account,
        also that an earlier outcome could not be written: the lease is lost, the disk full.
        """
        if self._failure is not None:
            raise self._failure
        for why, ids in self._by_refusal(bundle, bodies).items():
            self._post(partial(outcomes.close_unread, occurrence_ids=ids, why=why))
        for sha256, (body, found) in self._by_bytes(bundle, bodies).items():
            message = self._prepare(sha256, body, found, bundle)
            with self._memory.turn_of(message.prepared.message_id):
                try:
                    self._bring(message, bundle)
                except MessageRefused as refusal:
                    self._quarantine(message, refusal)

    def _by_refusal(
        self, bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]
    ) -> dict[tuple[str, str], list[int]]:
        refused: dict[tuple[str, str], list[int]] = defaultdict(list)
        for each, answer in _answers(bundle, bodies):
            if isinstance(answer, FetchRefused):
                refused[answer.code, str(answer.params.get("answer", ""))].append(each.id)
        return refused

    def _by_bytes(
        self, bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]
    ) -> dict[str, tuple[Body, list[Occurrence]]]:
        groups: dict[str, tuple[Body, list[Occurrence]]] = {}
        for each, answer in _answers(bundle, bodies):
            if isinstance(answer, Body):
                groups.setdefault(answer.sha256(), (answer, []))[1].append(each)
        return groups

    def _prepare(
        self, sha256: str, body: Body, found: Sequence[Occurrence], bundle: Bundle
    ) -> _Message:
        occurrences = tuple(sorted(found, key=lambda each: (each.folder_id, each.uid)))
        date = occurrences[0].internal_date
        header, offset = content(body)
        prepared = prepare(
            Header.parse(header),
            digest=sha256,
            internal_date=date,
            now=datetime.fromtimestamp(bundle.since, UTC),
        )
        basis = {"internal_date": date.isoformat() if date else None, "now": bundle.since}
        parcel = Parcel(prepared.header, body, offset)
        return _Message(sha256, occurrences, prepared, parcel, basis)

    def _bring(self, message: _Message, bundle: Bundle) -> None:
        known = self._memory.find(message.sha256, message.prepared.message_id)
        same = next((each for each in known if each.sha256 == message.sha256), None)
        if same and self._add_copies(message, same):
            return
        if message.parcel.size > UPLOAD_LIMIT:
            raise MessageRefused("gmail-too-large", detail=f"{message.parcel.size} bytes")
        names = self._labels(message.occurrences)
        letter = Letter(
            message.parcel,
            message.prepared.message_id,
            self._target.labels.ids(names),
            bundle.history_id,
        )
        others = [each for each in known if each is not same]
        stored = None
        if bundle.doubt:
            stored = self._sender.settled(letter, self._job.quiet_from)
        if stored is None and others and self._job.keep_both:
            stored = self._sender.send("insert", letter, others[0].thread_id)
        elif stored is None:
            stored = self._sender.send("import", letter)
            if self._merged(stored.gmail_id, others):
                self._collided(message, letter, stored, names)
                return
        self._record(message, "imported", stored, names)

    def _merged(self, gmail_id: str, others: Sequence[Known]) -> bool:
        """Whether Gmail answered with a message that was there before us or is another of ours."""
        if not self._target.readable:
            return False
        return bool(self._memory.ids([gmail_id])) or any(
            each.gmail_id == gmail_id for each in others
        )

    def _collided(
        self, message: _Message, letter: Letter, stored: Stored, names: frozenset[str]
    ) -> None:
        """Gmail merged by Message-ID: the same bytes are `present`, other bytes get a place."""
        mailbox = self._target.mailbox
        there = mailbox.get_raw(stored.gmail_id)
        added = letter.labels & self._added(letter, stored.gmail_id)
        before = there.labels - added
        if there.raw is not None and ends_with(there.raw, message.parcel):
            self._record(message, "present", stored, names, before=before)
        elif not self._job.keep_both:
            self._record(message, "merged", stored, names, before=before, reason="gmail")
        else:
            if added:
                mailbox.modify(stored.gmail_id, remove=sorted(added))
            second = self._sender.send("insert", letter, stored.thread_id)
            self._record(message, "imported", second, names)

    def _added(self, letter: Letter, gmail_id: str) -> frozenset[str]:
        """The labels that our import added to a message that was there before."""
        try:
            if letter.history_id is None:
                return frozenset()
            changes = self._target.mailbox.changes(letter.history_id)
            mine = [each.labels for each in changes if each.gmail_id == gmail_id]
        except NotFound:
            return frozenset()
        return frozenset().union(*mine)

    def _add_copies(self, message: _Message, same: Known) -> bool:
        """More copies of a message of ours: only their labels are missing. False: it is gone."""
        names = self._labels(message.occurrences) - _ONLY_FIRST
        # Gmail lets nobody add these to a message that is there already.
        names = frozenset(FALLBACKS.get(each, each) for each in names)
        labels = same.labels | names
        missing = self._target.labels.ids(labels - same.labels)
        if missing and not self._target.readable:
            return False
        try:
            if missing:
                self._target.mailbox.modify(same.gmail_id, add=sorted(missing))
            elif self._target.readable:
                self._target.mailbox.get(same.gmail_id)
        except NotFound:
            return False
        except LabelRefused as refusal:
            label = ", ".join(sorted(labels - same.labels))
            raise TargetError("target-label", label=label, detail=refusal) from refusal
        ends = tuple((each.id, "merged", "copy") for each in message.occurrences)
        account, sha256 = self._job.account.id, message.sha256
        done = self._post(lambda conn: outcomes.add_copies(conn, account, sha256, labels, ends))
        self._memory.remember(
            Known(same.sha256, same.header_id, same.gmail_id, same.thread_id, labels),
            message.prepared.message_id,
            done,
        )
        return True

    def _quarantine(self, message: _Message, refusal: MessageRefused) -> None:
        user = self._job.account.target_user
        keep(self._job.quarantine, user, message.sha256, message.parcel.body)
        outcome = Outcome(
            account_id=self._job.account.id,
            sha256=message.sha256,
            size=message.parcel.body.size,
            state="quarantined",
            reason=refusal.code,
            detail=str(refusal.params.get("detail", "")),
            occurrences=message.ends("quarantined", refusal.code),
            run_id=self._job.run_id,
            header_id=message.prepared.message_id,
        )
        self._post(lambda conn: outcomes.record(conn, outcome))

    def _record(
        self,
        message: _Message,
        state: str,
        stored: Stored,
        names: frozenset[str],
        *,
        before: frozenset[str] | None = None,
        reason: str | None = None,
    ) -> None:
        prepared = message.prepared
        written = (names - stored.refused) | {
            FALLBACKS[each] for each in stored.refused if each in FALLBACKS
        }
        outcome = Outcome(
            account_id=self._job.account.id,
            sha256=message.sha256,
            size=message.parcel.body.size,
            state=state,
            reason=reason,
            occurrences=message.ends(state, reason),
            run_id=self._job.run_id,
            header_id=prepared.message_id,
            gmail_id=stored.gmail_id,
            thread_id=stored.thread_id,
            date=int(prepared.date.timestamp()) if prepared.date else None,
            basis=message.basis,
            labels=written,
            labels_before=before,
            repairs=prepared.repairs,
        )
        done = self._post(lambda conn: outcomes.record(conn, outcome))
        assert outcome.known is not None
        self._memory.remember(outcome.known, prepared.message_id, done)

    def _labels(self, occurrences: Sequence[Occurrence]) -> frozenset[str]:
        return message_labels(
            [(self._job.folders[each.folder_id], each.flags) for each in occurrences]
        )

    def _post(self, op: Callable[[Connection], None]) -> Future[None]:
        done = self._ledger.post(op, self._job.account.lease)
        done.add_done_callback(self._written)
        return done

    def _written(self, done: Future[None]) -> None:
        self._failure = self._failure or done.exception()


def _answers(
    bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]
) -> Iterator[tuple[Occurrence, Body | FetchRefused]]:
    """What the source said of each occurrence; of equal EMAILIDs only one was asked for."""
    twins = {each.email_id: bodies[each.id] for each in bundle.occurrences if each.id in bodies}
    for each in bundle.occurrences:
        if each.id in bodies:
            yield each, bodies[each.id]
        elif each.email_id and each.email_id in twins:
            yield each, twins[each.email_id]
