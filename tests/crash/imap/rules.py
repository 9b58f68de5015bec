"""Scripted failures of the IMAP server: which command fails, and how."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from tests.crash.imap.store import Store

Does = Literal["cut", "refuse", "close", "change"]


@dataclass(slots=True)
class Rule:
    """Strikes the `nth`, every `every`-th or by chance one of what `at` names; `times` at most."""

    at: str
    """A command word, `SCAN` for FETCH without bodies, or `BODY`: one message handed out."""
    does: Does | None = None
    """`cut`: the connection ends in the middle of the literal (`BODY`), or of the answer; `refuse`:
    NO [UNAVAILABLE] (RFC 5530); `close`: the connection ends without an answer; `change`: the
    account becomes another, the answer is that of a server to which it just happened."""
    nth: Collection[int] | None = None
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    times: int | None = None
    delay: float = 0.0
    """Seconds before the answer."""
    change: Callable[[Store], None] | None = None
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def hit(self, what: str) -> bool:
        """Count an event; whether the rule strikes it."""
        if what != self.at:
            return False
        self.seen += 1
        if self.times is not None and self.hits >= self.times:
            return False
        struck = (
            (self.nth is None or self.seen in self.nth)
            and (self.every is None or self.seen % self.every == 0)
            and (self.probability is None or self._random.random() < self.probability)
        )
        self.hits += struck
        return struck
