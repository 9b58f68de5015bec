"""One call, with what befalls every call: latency, statistics, fault rules, commit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import Any, NamedTuple

from migrate.sandbox.http.request import Answer
from migrate.sandbox.limits.faults import Faults, Rule
from migrate.sandbox.mailbox.store import Store

Work = Callable[[], Answer | Coroutine[Any, Any, Answer]]


class Fate(IntEnum):
    """Of the connection, from the kindest to the worst."""

    KEPT = 0
    DOOMED = 1
    """The next request on it is cut."""
    TRUNCATED = 2
    """Cut in the middle of this answer."""
    CUT = 3
    """Cut without an answer."""


class Outcome(NamedTuple):
    answer: Answer
    fate: Fate = Fate.KEPT
    rule: Rule | None = None
    """The one that decided the fate."""


NOTHING = Answer(0, b"", ())


class Exchange:
    def __init__(self, store: Store, faults: Faults, latency: float) -> None:
        self._store, self._faults, self._latency = store, faults, latency
        self.by_method: Counter[str] = Counter()
        self._commit: asyncio.Future[None] | None = None

    async def run(self, name: str, user: str | None, work: Work, doomed: Rule | None) -> Outcome:
        """Do the work of a received call, or to it what a fault rule says.

        `doomed` is the rule that an earlier request has left on this connection. What the work
        changed is committed before an answer is known.
        """
        if self._latency:
            await asyncio.sleep(self._latency)
        self.by_method[name] += 1
        rule = doomed or self._faults.strike(name, user)
        if rule and rule.when == "before":
            await self._faults.wait(rule)
            if doomed or rule.drop:
                return Outcome(NOTHING, Fate.CUT, rule)
            if rule.answers:
                return Outcome(rule.answer(name, user, self._store.clock.now()))
        done = work()
        answer = done if isinstance(done, Answer) else await done
        await self._committed()
        if rule is None:
            return Outcome(answer)
        if rule.when == "after":
            await self._faults.wait(rule)
            if doomed or rule.drop:
                return Outcome(NOTHING, Fate.CUT, rule)
            if rule.answers:
                answer = rule.answer(name, user, self._store.clock.now())
        if rule.truncate:
            return Outcome(answer, Fate.TRUNCATED, rule)
        return Outcome(answer, Fate.DOOMED if rule.drop_idle else Fate.KEPT, rule)

    async def _committed(self) -> None:
        """Group commit: everything handled in this turn of the loop is committed together."""
        if self._commit is None and self._store.db.in_transaction:
            loop = asyncio.get_running_loop()
            self._commit = loop.create_future()
            loop.call_soon(self._commit_now)
        if self._commit is not None:
            await self._commit

    def _commit_now(self) -> None:
        done, self._commit = self._commit, None
        assert done is not None
        try:
            self._store.commit()
            done.set_result(None)
        except Exception as error:
            done.set_exception(error)
