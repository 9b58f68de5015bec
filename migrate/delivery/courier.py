"""Delivers the bundles of one account: each message in the first way that Gmail takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from migrate.body import Body
from migrate.delivery.attempts import Attempt, Copies, attempts
from migrate.delivery.collision import Collisions
from migrate.delivery.copies import add_copies, align
from migrate.delivery.job import Job
from migrate.delivery.memory import Memory
from migrate.delivery.message import Message, answers, messages
from migrate.delivery.recorder import Recorder
from migrate.delivery.restoring import restore
from migrate.errors import FetchRefused
from migrate.gmail.errors import MessageRefused
from migrate.ledger import Ledger, changes
from migrate.ledger.changes import Change
from migrate.ledger.claims import Bundle, Occurrence
from migrate.ledger.outcomes import Known
from migrate.message import UPLOAD_LIMIT, Header, answered
from migrate.sending import Sender, Target


class Delivery:
    """Works from many threads; every outcome goes through its recorder."""

    def __init__(self, ledger: Ledger, target: Target, job: Job) -> None:
        self._ledger, self._target, self._job = ledger, target, job
        self._memory = Memory(ledger, job.account.id)
        self._recorder = Recorder(ledger, job, self._memory)
        self._sender = Sender(target, job.settle, self._memory.ids)
        self._collisions = Collisions(
            target, self._sender, self._memory, self._recorder, keep_both=job.keep_both
        )

    def caught_up(self) -> None:
        """The ledger knows all that was in the mailbox before what is delivered from now on."""
        self._memory.caught_up()

    def ended(self) -> dict[str, int]:
        """State → occurrences that have reached it since this was asked last."""
        return self._recorder.taken()

    def deliver(self, bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]) -> None:
        """Bring every occurrence of `bundle` to its end; `bodies` by occurrence id.

        Copies with the EMAILID of a fetched one need no body of their own (RFC 8474 5.1).
        Outcomes are queued for the ledger, not yet on disk. Raises what concerns the account,
        also that an earlier outcome could not be written.
        """
        self._recorder.check()
        for why, some in _by_refusal(bundle, bodies).items():
            self._recorder.unread(some, why)
        for message in messages(bundle, bodies):
            with self._memory.turn_of(message.message_id):
                try:
                    self._bring(message, bundle)
                except MessageRefused as refusal:
                    self._recorder.refused(message, refusal)

    def _bring(self, message: Message, bundle: Bundle) -> None:
        known = self._memory.find(message.sha256, message.message_id)
        same = next((each for each in known if each.sha256 == message.sha256), None)
        copies, rules = self._job.copies(message.occurrences), self._job.rules
        if same and not same.undone and (now := self._copies(same, copies)):
            self._recorder.copies(message, now)
            return
        ways = list(attempts(message, copies, rules, mend=bundle.mend))
        if same and same.undone and (found := restore(self._target, message, same, ways)):
            self._recorder.stored(message, *found)
            return
        size = message.form.parcel.size
        if size > UPLOAD_LIMIT:
            if self._job.oversize == "quarantine":
                raise MessageRefused("gmail-too-large", detail=f"{size} bytes")
            self._recorder.skipped(message, "oversize")
            return
        others = [each for each in known if each is not same and not each.undone]
        self._upload(message, bundle, ways, others)

    def _copies(self, same: Known, copies: Copies) -> Known | None:
        """What `add_copies` gives; that it adds labels is on disk before, for an undo."""

        def intend(names: frozenset[str]) -> None:
            if same.row is not None:
                change = Change(same.gmail_id, same.row, "labels", added=names)
                account, run = self._job.account, self._job.run_id
                self._ledger.write(
                    lambda conn: changes.intend(conn, account.id, run, [change]), account.lease
                )

        return add_copies(self._target, same, copies, self._job.rules, intend)

    def _upload(
        self, message: Message, bundle: Bundle, ways: Sequence[Attempt], others: Sequence[Known]
    ) -> None:
        """In the first way that Gmail takes, unless it has the message already."""
        if bundle.doubt and self._adopt(message, bundle, ways):
            return
        refusal: MessageRefused | None = None
        for attempt in ways:
            if attempt.answers(refusal):
                try:
                    self._send(message, bundle, attempt, others)
                except MessageRefused as error:
                    refusal = error
                else:
                    return
        if refusal:
            raise refusal

    def _adopt(self, message: Message, bundle: Bundle, ways: Sequence[Attempt]) -> bool:
        """Whether an earlier process got it in, in whichever way."""
        # The draft first: its bytes may well be those of a message. Then the longest: a mended
        # form that only has a line more in front ends with the plain one.
        ordered = sorted(ways, key=lambda each: (not each.draft, -each.form.parcel.size))
        letters = [(each.letter(bundle.history_id), each) for each in ordered]
        found = self._sender.settled([letter for letter, _ in letters], self._job.quiet_from)
        if found is None:
            return False
        attempt = next(each for letter, each in letters if letter is found[0])
        align(self._target, found[1], attempt.names)
        self._recorder.stored(message, attempt, found[1])
        return True

    def _send(
        self, message: Message, bundle: Bundle, attempt: Attempt, others: Sequence[Known]
    ) -> None:
        letter = attempt.letter(bundle.history_id)
        if attempt.draft:
            stored = self._sender.send("draft", letter, self._thread(attempt))
        elif (others or self._shadowed(bundle)) and self._job.keep_both:
            thread_id = others[0].thread_id if others else None
            stored = self._sender.send("insert", letter, thread_id)
        else:
            stored = self._sender.send("import", letter)
            if self._collisions.merged(stored.gmail_id, others) or (
                bundle.doubt and self._collisions.strange(stored.gmail_id, letter)
            ):
                self._collisions.settle(message, attempt, letter, stored)
                return
        self._recorder.stored(message, attempt, stored)

    def _thread(self, attempt: Attempt) -> str | None:
        """The conversation that a draft answers in: Gmail puts only what it imports there by itself
        (https://developers.google.com/workspace/gmail/api/guides/threads)."""
        for each in answered(Header.parse(attempt.form.prepared.header)):
            if found := self._memory.find("", each):
                return found[0].thread_id
        return None

    def _shadowed(self, bundle: Bundle) -> bool:
        """Whether Gmail might merge into what nobody knows of, and nobody could see it."""
        return bundle.shadowed and not self._target.readable


def _by_refusal(
    bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]
) -> dict[tuple[str, str], list[Occurrence]]:
    refused: dict[tuple[str, str], list[Occurrence]] = defaultdict(list)
    if all(isinstance(each, Body) for each in bodies.values()):
        return refused
    for each, answer in answers(bundle, bodies):
        if isinstance(answer, FetchRefused):
            refused[answer.code, str(answer.params.get("answer", ""))].append(each)
    return refused
