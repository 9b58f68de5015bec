"""Group commit: one thread writes everything that has gathered in one durable transaction."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError

from migrate.errors import StateError
from migrate.ledger.tables import account

T = TypeVar("T")

_MOST = 1000


class LeaseLost(StateError):
    """Another process works on this account now; what we know of it is no longer the truth."""

    def __init__(self, account_id: int) -> None:
        super().__init__("lease-lost", account=account_id)


@dataclass(slots=True)
class _Job:
    op: Callable[[Connection], Any]
    lease: tuple[int, int] | None
    done: Future[Any]


class Writer:
    """Runs operations one after the other, many to a transaction, in its own thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._broken: StateError | None = None
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def post(self, op: Callable[[Connection], T], lease: tuple[int, int] | None) -> Future[T]:
        """Queue `op`; the future holds its result once the transaction is on disk."""
        done: Future[T] = Future()
        self._jobs.put(_Job(op, lease, done))
        return done

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while jobs := self._gather():
            if self._broken is None:
                self._commit(jobs)
            else:
                for job in jobs:
                    job.done.set_exception(self._broken)

    def _gather(self) -> list[_Job]:
        """All that waits, at least one; empty when the writer is closed."""
        first = self._jobs.get()
        if first is None:
            return []
        jobs = [first]
        while len(jobs) < _MOST:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _commit(self, jobs: list[_Job]) -> None:
        """All or nothing; after a failure the ledger takes no more writes from this process."""
        try:
            with self._engine.connect().execution_options(writer=True) as conn, conn.begin():
                fences = _fences(conn, jobs)
                results = [
                    LeaseLost(job.lease[0])
                    if job.lease and fences.get(job.lease[0]) != job.lease[1]
                    else job.op(conn)
                    for job in jobs
                ]
        except BaseException as error:
            reason = error.orig if isinstance(error, DatabaseError) else error
            self._broken = StateError("ledger-write", reason=reason)
            self._broken.__cause__ = error
            for job in jobs:
                job.done.set_exception(self._broken)
            return
        for job, result in zip(jobs, results, strict=True):
            if isinstance(result, LeaseLost):
                job.done.set_exception(result)
            else:
                job.done.set_result(result)


def _fences(conn: Connection, jobs: list[_Job]) -> dict[int, int]:
    wanted = {job.lease[0] for job in jobs if job.lease}
    if not wanted:
        return {}
    rows = conn.execute(select(account.c.id, account.c.fence).where(account.c.id.in_(wanted)))
    return {row.id: row.fence for row in rows}
