"""`answers.toml`: one table per question, and weights of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from assess.catalog.model import Entry, Value


class Answer(Entry):
    """`unknown`: asked, and nobody knows. Neither a value nor unknown: still to be asked, like a
    question without an entry; there may be a note already."""

    value: Value | None = None
    unknown: bool = False
    source: Literal["asked", "measured", "imported"] = "asked"
    by: str | None = None
    at: datetime | None = None
    note: str | None = None
    evidence: str | None = None

    @property
    def shown(self) -> bool:
        """It rests on more than somebody's word."""
        return self.source != "asked" or bool((self.evidence or "").strip())


@dataclass(frozen=True)
class Answers:
    organisation: str | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)  # criterion -> swing, any scale

    @property
    def values(self) -> dict[str, Value]:
        """What was answered: question -> value."""
        return {key: a.value for key, a in self.answers.items() if a.value is not None}

    def settled(self, question: str) -> bool:
        """Whether nobody needs to be asked any more: it has a value, or nobody knows."""
        answer = self.answers.get(question)
        return answer is not None and (answer.value is not None or answer.unknown)

    def having(self, question: str, answer: Answer) -> Answers:
        return replace(self, answers={**self.answers, question: answer})
