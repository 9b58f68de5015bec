"""One connection to the source of an account: what is in doubt, then slice after slice."""

from __future__ import annotations

import threading
from collections.abc import Callable

from migrate import takeup
from migrate.delivery import Delivery, Job
from migrate.delta import History
from migrate.engine.slices import Bounds, Work
from migrate.gmail.api import Mailbox
from migrate.ledger import Ledger, claims, scanning
from migrate.ledger.claims import Bundle
from migrate.ledger.retry import reopen
from migrate.sending import Target
from migrate.source import Source

VAGUE = "gmail-refused"
"""The code of a refusal whose reason Gmail keeps to itself."""


class Tally:
    """Messages of one account that this run has brought to their end; counted by many threads."""

    def __init__(self) -> None:
        self.messages = 0
        self.connected = False
        """The source has been logged in to before."""
        self.second_try = False
        """What Gmail refused without a reason was tried once more."""
        self._lock = threading.Lock()

    def add(self, messages: int) -> None:
        with self._lock:
            self.messages += messages


class Session:
    """Copies what is open in the folders of its job, as long as the source stays connected."""

    def __init__(
        self,
        ledger: Ledger,
        target: Target,
        job: Job,
        bounds: Bounds,
        tally: Tally,
        limit: int | None = None,
        mend: bool = False,
    ) -> None:
        """`limit`: at most about so many messages in this run. `mend`: a From that is refused."""
        self._ledger, self._target, self._job = ledger, target, job
        self._bounds, self._tally, self._limit = bounds, tally, limit
        self._mend, self._account = mend, job.account

    def run(
        self, source: Source, stop: threading.Event, finished: Callable[[Bundle], None]
    ) -> None:
        """`finished` is told of every bundle, from many threads. Raises what stops the account."""
        self._target.labels.prepare(
            mapped.label
            for mapped in self._job.folders.values()
            if mapped.label and not mapped.system
        )
        with self._ledger.read() as conn:
            known = scanning.folders(conn, self._account.id)
        delivery = Delivery(self._ledger, self._target, self._job)
        work = Work(
            self._ledger,
            source,
            delivery,
            self._account.lease,
            self._job.folders,
            {each.id: each.uidvalidity for each in known},
            self._bounds,
            stop,
            finished,
        )
        try:
            self._doubts(work)
            delivery.caught_up()
            closed = {each.id for each in known} - set(self._job.folders)
            self._slices(work, delivery, closed)
            if self._second_try():
                self._slices(work, delivery, closed)
        finally:
            work.close()
            work.raise_failure()

    def _doubts(self, work: Work) -> None:
        """First of all, for only then can others' mail be told from ours."""
        account = self._account
        self._ledger.write(lambda conn: claims.hand_over(conn, account.id), account.lease)
        if doubtful := self._doubtful():
            work.advance(doubtful)
            work.settle()
        # In a folder that the source does not open now, a doubt may have to wait.
        if self._target.readable and not self._doubtful():
            history = History(self._ledger, self._account, self._target.labels)
            mailbox = self._target.mailbox
            history.caught_up(takeup.catch_up(self._ledger, self._account, mailbox, history.told))

    def _doubtful(self) -> list[Bundle]:
        with self._ledger.read() as conn:
            return claims.doubts(conn, self._account.id)

    def _second_try(self) -> bool:
        """Some of what Gmail refuses without a reason it takes later (GAM-team/got-your-back issue
        147). Once in a run, and not in a pilot, whose limit would leave it pending."""
        if self._tally.second_try or self._limit is not None:
            return False
        self._tally.second_try = True
        account, run = self._account, self._job.run_id
        again = self._ledger.write(lambda conn: reopen(conn, account.id, VAGUE, run), account.lease)
        return again > 0

    def _slices(self, work: Work, delivery: Delivery, closed: set[int]) -> None:
        """`closed`: ids of the folders that are not copied now."""
        copied, claimed = self._tally.messages, 0
        while True:
            work.make_room()
            bundles = self._claim(copied + claimed, closed | work.refused)
            if not bundles:
                break
            size = sum(len(each.occurrences) for each in bundles)
            claimed += size
            work.advance(bundles)
            self._job.tell("slice-done", claimed=size, **delivery.ended())
        work.settle()
        if rest := delivery.ended():
            self._job.tell("slice-done", claimed=0, **rest)

    def _claim(self, copied: int, closed: set[int]) -> list[Bundle]:
        count = self._bounds.messages
        if self._limit is not None:
            count = min(count, self._limit - copied)
        with self._ledger.read() as conn:
            if count <= 0 or not scanning.any_pending(conn, self._account.id):
                return []
        mailbox: Mailbox = self._target.mailbox
        history_id = mailbox.profile().history_id if self._target.readable else None
        return self._ledger.write(
            lambda conn: claims.claim(
                conn,
                self._account.id,
                self._job.run_id,
                history_id,
                messages=count,
                size=self._bounds.memory,
                mend=self._mend,
                without=closed,
            ),
            self._account.lease,
        )
