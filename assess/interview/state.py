"""Where an interview stands: the answers by now and the question that is next. No terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from assess.answers import Answer, Answers
from assess.catalog.model import Catalog, Value
from assess.questionnaire import applicable, order


def utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Interview:
    """`roles`, `only`: whose questions, or which; `again`: those with an answer too."""

    catalog: Catalog
    answers: Answers
    roles: Collection[str] = ()
    only: Collection[str] = ()
    again: bool = False
    by: str | None = None
    now: Callable[[], datetime] = utc_now
    current: str | None = field(default=None, init=False)  # None: nothing is left to ask
    _passed: list[str] = field(default_factory=list, init=False)  # in this session, to go back to

    def __post_init__(self) -> None:
        self._order = order(self.catalog)
        self.current = self._next(self._asked())

    def position(self) -> tuple[int, int]:
        """The place of the current question among all that apply, from 1, and their number."""
        asked = self._asked()
        return asked.index(self.current) + 1 if self.current in asked else 0, len(asked)

    def left(self) -> list[str]:
        """Questions that apply and nobody has settled, those put off included."""
        return [each for each in self._asked() if not self.answers.settled(each)]

    def answer(self, value: Value) -> None:
        self._settle(Answer(value=value, by=self.by, at=self.now()))

    def unknown(self) -> None:
        self._settle(Answer(unknown=True, by=self.by, at=self.now()))

    def skip(self) -> None:
        """On, the answer as it is; what has none will be asked in the next session."""
        assert self.current is not None
        self._passed.append(self.current)
        asked = self._asked()
        later = asked[asked.index(self.current) + 1 :] if self.current in asked else []
        # An answer can bring up a question that comes before it.
        self.current = self._next(later) or self._next(asked)

    def back(self) -> bool:
        """To the question before; at first to what an earlier session asked. False: none."""
        if self._passed:
            self.current = self._passed.pop()
            return True
        asked = self._asked()
        place = asked.index(self.current) if self.current in asked else 0
        self.current = asked[place - 1] if place else self.current
        return place > 0

    def note(self, text: str) -> None:
        """A remark on the current question; empty: none."""
        assert self.current is not None
        old = self.answers.answers.get(self.current, Answer())
        new = old.model_copy(update={"note": text.strip() or None})
        self.answers = self.answers.having(self.current, new)

    def _settle(self, new: Answer) -> None:
        """A new answer keeps the note; the same answer also keeps who gave it, when, and why."""
        assert self.current is not None
        old = self.answers.answers.get(self.current, Answer())
        if (old.value, old.unknown) != (new.value, new.unknown):
            kept = new.model_copy(update={"note": old.note})
            self.answers = self.answers.having(self.current, kept)
        self.skip()

    def _asked(self) -> list[str]:
        return applicable(self.catalog, self.answers, self.roles, self.only)

    def _next(self, among: Collection[str]) -> str | None:
        return next(
            (
                each
                for each in among
                if each not in self._passed
                and (self.again or self.only or not self.answers.settled(each))
            ),
            None,
        )
