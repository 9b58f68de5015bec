"""Outcomes on their way to the ledger, and at hand until they are there."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

from sqlalchemy import Connection

from migrate.delivery.attempts import Attempt
from migrate.delivery.job import Job
from migrate.delivery.memory import Memory
from migrate.delivery.message import Message
from migrate.gmail.errors import MessageRefused
from migrate.gmail.upload import Stored
from migrate.ledger import Ledger, outcomes
from migrate.ledger.claims import Occurrence
from migrate.ledger.outcomes import Known, Outcome
from migrate.quarantine import keep
from migrate.sending import FALLBACKS


class Recorder:
    """Queues what became of messages; nothing is on disk when these return. Thread-safe."""

    def __init__(self, ledger: Ledger, job: Job, memory: Memory) -> None:
        self._ledger, self._job, self._memory = ledger, job, memory
        self._failure: BaseException | None = None
        self._watched: Future[None] | None = None
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()

    def taken(self) -> dict[str, int]:
        """State → occurrences that have reached it since this was asked last."""
        with self._counting:
            taken, self._counts = self._counts, Counter()
        return dict(taken)

    def check(self) -> None:
        """Raise why an earlier outcome could not be written: the lease is lost, the disk full."""
        if self._failure is not None:
            raise self._failure

    def stored(
        self,
        message: Message,
        attempt: Attempt,
        stored: Stored,
        state: str = "imported",
        *,
        before: frozenset[str] | None = None,
        reason: str | None = None,
    ) -> None:
        """Gmail has it; `before` are the labels of a message that was there before us."""
        prepared = attempt.form.prepared
        written = (attempt.names - stored.refused) | {
            FALLBACKS[each] for each in stored.refused if each in FALLBACKS
        }
        # The date of a draft is Gmail's: when it was last written on.
        date = prepared.date if stored.draft_id is None else None
        outcome = Outcome(
            account_id=self._job.account.id,
            sha256=message.sha256,
            size=message.body.size,
            state=state,
            reason=reason,
            occurrences=message.ends(state, reason),
            run_id=self._job.run_id,
            header_id=prepared.message_id,
            gmail_id=stored.gmail_id,
            thread_id=stored.thread_id,
            date=int(date.timestamp()) if date else None,
            basis=attempt.form.basis,
            labels=written,
            labels_before=before,
            repairs=prepared.repairs,
            draft_id=stored.draft_id,
        )
        done = self._record(outcome)
        assert outcome.known is not None
        self._memory.remember(outcome.known, prepared.message_id, done)

    def copies(self, message: Message, known: Known) -> None:
        """More copies of a message that Gmail has, as `known` now."""
        ends = tuple((each.id, "merged", "copy") for each in message.occurrences)
        account, sha256, labels = self._job.account.id, message.sha256, known.labels
        self._count(state for _, state, _ in ends)
        done = self._post(lambda conn: outcomes.add_copies(conn, account, sha256, labels, ends))
        self._memory.remember(known, message.message_id, done)

    def refused(self, message: Message, refusal: MessageRefused) -> None:
        """Kept as .eml, which is on disk before the ledger says so."""
        self._job.check()
        keep(self._job.quarantine, self._job.account.target_user, message.sha256, message.body)
        detail = str(refusal.params.get("detail", ""))
        for each in message.occurrences:
            self._quarantined(each, refusal.code)
        self._ended(message, "quarantined", refusal.code, detail)

    def skipped(self, message: Message, rule: str) -> None:
        """Left out by a rule that needed its bytes."""
        self._ended(message, "skipped", rule)

    def unread(self, occurrences: Sequence[Occurrence], why: tuple[str, str]) -> None:
        """The source does not hand them out: (code, its words)."""
        occurrence_ids = [each.id for each in occurrences]
        self._count("quarantined" for _ in occurrences)
        for each in occurrences:
            self._quarantined(each, why[0])
        self._post(lambda conn: outcomes.close_unread(conn, occurrence_ids, why))

    def _ended(self, message: Message, state: str, reason: str, detail: str | None = None) -> None:
        outcome = Outcome(
            account_id=self._job.account.id,
            sha256=message.sha256,
            size=message.body.size,
            state=state,
            reason=reason,
            detail=detail,
            occurrences=message.ends(state, reason),
            run_id=self._job.run_id,
            header_id=message.message_id,
        )
        self._record(outcome)

    def _quarantined(self, occurrence: Occurrence, code: str) -> None:
        mapped = self._job.folders.get(occurrence.folder_id)
        folder = mapped.folder.name if mapped else None
        self._job.tell("quarantined", code=code, folder=folder, uid=occurrence.uid)

    def _count(self, states: Iterable[str]) -> None:
        with self._counting:
            self._counts.update(states)

    def _record(self, outcome: Outcome) -> Future[None]:
        self._count(state for _, state, _ in outcome.occurrences)
        done = self._ledger.post_item(outcomes.record, outcome, self._job.account.lease)
        if done is not self._watched:  # many outcomes share one
            self._watched = done
            done.add_done_callback(self._written)
        return done

    def _post(self, op: Callable[[Connection], None]) -> Future[None]:
        done = self._ledger.post(op, self._job.account.lease)
        done.add_done_callback(self._written)
        return done

    def _written(self, done: Future[None]) -> None:
        self._failure = self._failure or done.exception()
