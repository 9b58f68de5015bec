"""A small catalogue for what asks and is answered: every kind of question, one conditional."""

from __future__ import annotations

from typing import Any

from assess.catalog.model import Catalog, Criterion, Question, Section

SOURCED = {"source": "test", "as_of": "2026-11-24", "trust": "J", "stale_after": "2027-11-24"}


def text(words: str) -> dict[str, str]:
    return {"en": words, "ja": f"{words}（日本語）"}


def question(section: str, kind: str, *options: str, **more: Any) -> Question:
    return Question.model_validate(
        {
            **SOURCED,
            "number": "1",
            "section": section,
            "role": "it",
            "kind": kind,
            "text": text(f"A {kind}?"),
            "why": text("It counts."),
            "who": text("The mail team."),
            "options": [{"id": each, "text": text(f"it is {each}")} for each in options],
            **more,
        }
    )


def criterion(name: str) -> Criterion:
    texts = {"name": name, "worst": "worst", "best": "best", "reason": "It matters."}
    return Criterion.model_validate(
        {**SOURCED, "weight": 50, **{key: text(each) for key, each in texts.items()}}
    )


QUESTIONS = {
    # `fte` comes first here and last when asked: its section is the last.
    "fte": question("people", "choice", "0", "<0.5", "2+", role="hr"),
    "mailboxes": question("size", "count"),
    "organisation": question("size", "choice", "private", "municipality", role="management"),
    "lgwan": question("size", "choice", "alpha", "beta", when={"organisation": ["municipality"]}),
    "forbid": question("rules", "share", role="legal"),
    "capex": question("rules", "money", role="finance"),
}
ORDER = ["mailboxes", "organisation", "lgwan", "forbid", "capex", "fte"]

CATALOG = Catalog(
    version="test",
    sections={
        each: Section.model_validate({"name": text(each)}) for each in ("size", "rules", "people")
    },
    questions=QUESTIONS,
    criteria={each: criterion(each) for each in ("cost", "people", "control")},
    vetoes={},
    profiles={},
    costs={},
    risks={},
    measures={},
    checks={},
)
