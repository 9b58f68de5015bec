"""Results in a few lines on a terminal; the report says it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assess import words
from assess.catalog.model import Catalog, Value
from assess.comparison import Comparison, End
from assess.conditions import applies
from assess.explanation import Explanation
from assess.reading import Case
from assess.report.summary import summary
from assess.report.view import View
from assess.result import Assessment
from assess.texts import Texts
from console.tables import as_table

LEAST_POINTS = 0.05
"""Less would be told as no points at all."""


def told(found: Assessment, case: Case, texts: Texts) -> Iterator[str]:
    """Page one of the report."""
    view = View(found, case.catalog, case.answers, texts.lang)
    page = summary(view)
    yield page.outcome
    yield page.lead
    for name, value, note in page.figures:
        yield texts("cli.score.figure", name=name, value=value, note=note)
    reasons = [f"{each.points:>6}  {each.question} {each.answer}" for each in page.reasons]
    yield from _block(texts("cli.score.reasons"), reasons)
    yield from _block(
        texts("cli.score.barriers"), [f"{each.cause} {each.effect}" for each in page.barriers]
    )
    changes = [
        "".join(
            [texts("cli.score.other", question=q, answer=a) for q, a in each.answers]
            + [each.effect]
        )
        for each in page.changes
    ]
    yield from _block(texts("cli.score.changes"), changes)
    costs = [
        texts("cli.score.cost", name=each.name, mid=each.mid, band=each.band) for each in page.money
    ]
    yield from _block(texts("cli.score.money"), costs)
    severities = [each.severity for each in found.posture.findings]
    counts = {name: severities.count(name) for name in ("high", "medium", "low", "unknown", "ok")}
    yield from _block(texts("cli.score.posture"), [texts("cli.score.findings", **counts)])
    ask = [texts("cli.score.whom", question=each.question, who=each.who) for each in page.ask]
    yield from _block(texts("cli.score.ask"), ask)


def _block(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield heading
        yield from (f"  {each}" for each in lines)


def told_question(found: Explanation, case: Case, texts: Texts) -> Iterator[str]:
    lang, catalog = texts.lang, case.catalog
    question = catalog.questions[found.question]
    words_of = _Words(texts, catalog)
    yield question.text(lang)
    yield texts("cli.explain.why", text=question.why(lang))
    yield texts("cli.explain.who", text=question.who(lang))
    if found.answer is None:
        yield texts("cli.explain.unanswered")
    else:
        yield texts("cli.explain.answer", answer=words_of.answer(found.question, found.answer))
    if found.alternatives:
        columns = ("answer", "points", "margin", "leaning", "vetoes")
        rows = [
            (
                ("* " if each.answer == found.answer else "  ")
                + words_of.answer(found.question, each.answer),
                words.points(each.points),
                words.points(each.margin),
                words_of.side(each.leaning),
                " ".join(each.vetoes),
            )
            for each in found.alternatives
        ]
        yield ""
        yield from as_table([[texts(f"cli.explain.{each}_column") for each in columns], *rows])
        yield ""
    else:
        yield texts("cli.explain.no_part" if found.asked else "cli.explain.not_asked")
    for criterion in catalog.criteria.values():
        if found.question in criterion.answers:
            reason = criterion.answers[found.question].reason(lang)
            yield texts("cli.explain.criterion", criterion=criterion.name(lang), reason=reason)
    for key in found.vetoes:
        veto = catalog.vetoes[key]
        yield texts("cli.explain.veto", id=key, name=veto.name(lang), citation=veto.citation(lang))
    for key in found.checks:
        yield texts("cli.explain.posture", item=catalog.checks[key].item(lang))
    yield texts(
        "cli.explain.source",
        source=question.source(lang),
        date=words.day(question.as_of, lang),
        trust=question.trust,
    )


def told_comparison(found: Comparison, old: Case, new: Case, texts: Texts) -> Iterator[str]:
    words_of = _Words(texts, old.catalog, new.catalog)
    sides = [list(words_of.end(each)) for each in (found.before, found.after)]
    names = ("outcome", "margin", "robustness", "confidence", "vetoes", "onprem", "cloud")
    rows = [(texts(f"cli.compare.{name}"), a, b) for name, a, b in zip(names, *sides, strict=True)]
    yield from as_table(rows)
    yield ""
    changes = [
        each
        for each in found.changes
        if each.before != each.after or abs(each.points) >= LEAST_POINTS
    ]
    if not changes:
        yield texts("cli.compare.same")
    for each in changes:
        yield texts(
            "cli.compare.change",
            question=words_of.question(each.question),
            before=words_of.said(old, each.question, each.before),
            after=words_of.said(new, each.question, each.after),
            points=words.points(each.points),
        )


class _Words:
    """Ids in words."""

    def __init__(self, texts: Texts, *catalogs: Catalog) -> None:
        """The words of the last of `catalogs` that has the question."""
        self._texts = texts
        self._questions = {key: q for each in catalogs for key, q in each.questions.items()}

    def question(self, key: str) -> str:
        found = self._questions.get(key)
        return found.text(self._texts.lang) if found else self._texts("cli.compare.prices")

    def answer(self, key: str, value: Value | None) -> str:
        if value is None:
            return self._texts("cli.compare.none")
        return words.answer(self._questions[key], value, self._texts.lang)

    def said(self, case: Case, key: str, value: Value | None) -> str:
        """The answer in `case`, or why there is none."""
        questions = case.catalog.questions
        if key in questions and applies(key, questions, case.values) is False:
            return self._texts("cli.compare.not_asked")
        return self.answer(key, value)

    def side(self, side: str | None) -> str:
        return self._texts(f"cli.outcome.{side or 'no-feasible-option'}")

    def end(self, each: End) -> Iterator[str]:
        yield self.side(each.outcome)
        yield words.points(each.margin)
        yield words.percent(each.robustness, self._texts.lang)
        yield each.confidence
        yield " ".join(each.vetoes) or "-"
        yield words.number(each.onprem)
        yield words.number(each.cloud)
