"""Group commit: one thread writes everything that has gathered in one durable transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, bindparam, select

from migrate.errors import StateError
from migrate.ledger.tables import account
from migrate.ledger.trouble import Place, trouble
from migrate.pieces import padded

T = TypeVar("T")

_MOST = 1000
_GATHER = 0.05
"""Seconds."""


class LeaseLost(StateError):
    """Another process works on this account now; what we know of it is no longer the truth."""

    def __init__(self, account_id: int) -> None:
        super().__init__("lease-lost", account=account_id)


@dataclass(slots=True)
class _Job:
    op: Callable[..., Any]
    lease: tuple[int, int] | None
    done: Future[Any]
    items: tuple[Any, ...] = ()
    """What `op` is to write, together with what other jobs have for it."""


class _Inbox:
    """What waits to be written. Nobody waits for an item; the more of them are written at a time,
    the less each one costs, and so does handing it over without waking the writer."""

    def __init__(self) -> None:
        self._jobs: deque[_Job] = deque()
        self._waited_for = 0
        """Jobs that are no items."""
        self._closed = False
        self._change = threading.Condition()

    def put(self, job: _Job) -> None:
        with self._change:
            self._jobs.append(job)
            self._waited_for += not job.items
            if not job.items or len(self._jobs) in (1, _MOST):
                self._change.notify()

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify()

    def take(self) -> list[_Job]:
        """What has come, at least one job and at most _MOST; empty when all is done and closed."""
        with self._change:
            self._change.wait_for(lambda: self._jobs or self._closed)
            self._change.wait_for(self._enough, _GATHER)
            count = min(len(self._jobs), _MOST)
            jobs = [self._jobs.popleft() for _ in range(count)]
            self._waited_for -= sum(not job.items for job in jobs)
            return jobs

    def _enough(self) -> bool:
        return bool(self._waited_for) or len(self._jobs) >= _MOST or self._closed


class Writer:
    """Runs operations one after the other, many to a transaction, in its own thread."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine, self._place = engine, place
        self._inbox = _Inbox()
        self._broken: StateError | None = None
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def post(self, op: Callable[[Connection], T], lease: tuple[int, int] | None) -> Future[T]:
        """Queue `op`; the future holds its result once the transaction is on disk."""
        done: Future[T] = Future()
        self._inbox.put(_Job(op, lease, done))
        return done

    def post_item(
        self, op: Callable[[Connection, Sequence[T]], None], item: T, lease: tuple[int, int] | None
    ) -> Future[None]:
        """The same for something of which many are written at a time."""
        done: Future[None] = Future()
        self._inbox.put(_Job(op, lease, done, (item,)))
        return done

    def close(self) -> None:
        self._inbox.close()
        self._thread.join()

    def _work(self) -> None:
        while jobs := self._inbox.take():
            if self._broken is None:
                self._commit(jobs)
            else:
                for job in jobs:
                    job.done.set_exception(self._broken)

    def _commit(self, jobs: list[_Job]) -> None:
        """All or nothing; after a failure the ledger takes no more writes from this process."""
        try:
            with self._engine.connect().execution_options(writer=True) as conn, conn.begin():
                self._place.check()
                fences = _fences(conn, jobs)
                results: list[Any] = []
                for lost, op, group in _groups(jobs, fences):
                    if lost is not None:
                        results += [LeaseLost(lost) for _ in group]
                    elif group[0].items:
                        op(conn, [item for job in group for item in job.items])
                        results += [None] * len(group)
                    else:
                        results += [job.op(conn) for job in group]
        except BaseException as error:
            self._broken = (
                error if isinstance(error, StateError) else trouble(error, self._place.file)
            )
            for job in jobs:
                job.done.set_exception(self._broken)
            return
        for job, result in zip(jobs, results, strict=True):
            if isinstance(result, LeaseLost):
                job.done.set_exception(result)
            else:
                job.done.set_result(result)


def _groups(
    jobs: list[_Job], fences: Mapping[int, int]
) -> Iterator[tuple[int | None, Callable[..., Any], list[_Job]]]:
    """Jobs in their order, neighbours with one operation together: (account whose lease is lost,
    operation, jobs)."""

    def key(job: _Job) -> tuple[int | None, Callable[..., Any], bool]:
        lost = job.lease is not None and fences.get(job.lease[0]) != job.lease[1]
        return job.lease[0] if job.lease and lost else None, job.op, bool(job.items)

    for (lost, op, _), group in groupby(jobs, key):
        yield lost, op, list(group)


_FENCES = select(account.c.id, account.c.fence).where(
    account.c.id.in_(bindparam("ids", expanding=True))
)


def _fences(conn: Connection, jobs: list[_Job]) -> dict[int, int]:
    wanted = {job.lease[0] for job in jobs if job.lease}
    if not wanted:
        return {}
    return {row.id: row.fence for row in conn.execute(_FENCES, {"ids": padded([*wanted])})}
