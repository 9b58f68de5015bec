"""Group commit: one thread writes everything that has gathered in one durable transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, bindparam, select

from migrate.errors import StateError
from migrate.ledger.tables import account
from migrate.ledger.trouble import Place, trouble
from migrate.pieces import padded

T = TypeVar("T")

_MOST = 1000
_GATHER = 0.1
"""Seconds."""


class LeaseLost(StateError):
    """Another process works on this account now; what we know of it is no longer the truth."""

    def __init__(self, account_id: int) -> None:
        super().__init__("lease-lost", account=account_id)


Lease = tuple[int, int]
"""(Account id, fence)."""


@dataclass(slots=True)
class _Job:
    op: Callable[..., Any]
    lease: Lease | None
    done: Future[Any] = field(default_factory=Future)
    items: list[Any] | None = None
    """What `op` is to write, together with what other jobs have for it."""


class _Inbox:
    """What waits to be written. Nobody waits for an item; the more of them are written at a time,
    the less each one costs, and so does handing it over without waking the writer."""

    def __init__(self) -> None:
        self._jobs: deque[_Job] = deque()
        self._gathering: dict[Lease | None, _Job] = {}
        """The job to which the next item may be added, without passing what is written before."""
        self._waited_for = 0
        """Jobs that have no items."""
        self._closed = False
        self._lock = threading.Lock()
        self._change = threading.Condition(self._lock)

    def put(self, op: Callable[[Connection], T], lease: Lease | None) -> Future[T]:
        job = _Job(op, lease)
        with self._lock:
            self._gathering.clear()
            self._jobs.append(job)
            self._waited_for += 1
            self._change.notify()
        return job.done

    def put_item(self, op: Callable[..., Any], item: Any, lease: Lease | None) -> Future[None]:
        with self._lock:
            job = self._gathering.get(lease)
            if job is None or job.items is None or job.op is not op:
                job = self._gathering[lease] = _Job(op, lease, items=[])
                self._jobs.append(job)
                if len(self._jobs) == 1:
                    self._change.notify()
            assert job.items is not None
            job.items.append(item)
            return job.done

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._change.notify()

    def take(self) -> list[_Job]:
        """What has come, at least one job and at most _MOST; empty when all is done and closed."""
        with self._lock:
            self._change.wait_for(lambda: self._jobs or self._closed)
            self._change.wait_for(lambda: self._waited_for or self._closed, _GATHER)
            jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), _MOST))]
            self._waited_for -= sum(job.items is None for job in jobs)
            self._gathering.clear()
            return jobs


class Writer:
    """Runs operations one after the other, many to a transaction, in its own thread."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine, self._place = engine, place
        self._inbox = _Inbox()
        self._broken: StateError | None = None
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def post(self, op: Callable[[Connection], T], lease: Lease | None) -> Future[T]:
        """Queue `op`; the future holds its result once the transaction is on disk."""
        return self._inbox.put(op, lease)

    def post_item(
        self, op: Callable[[Connection, Sequence[T]], None], item: T, lease: Lease | None
    ) -> Future[None]:
        """The same for something of which many are written at a time, and share their future."""
        return self._inbox.put_item(op, item, lease)

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
                    elif group[0].items is not None:
                        op(conn, [item for job in group for item in job.items or ()])
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
        return job.lease[0] if job.lease and lost else None, job.op, job.items is not None

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
