"""The rules between entries, which the types can't hold: what is referred to exists, every answer
has its points or its finding, and no value leaves the scale of 0 to 100."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from math import inf, isclose, nextafter

from assess.catalog import priced
from assess.catalog.model import (
    MOST_MAILBOXES,
    MOST_YEN,
    Catalog,
    Check,
    Condition,
    Criterion,
    Question,
    Range,
)
from assess.catalog.priced import Fault
from assess.catalog.validation import FILE_OF, SOURCED, TABLES, Place, setting
from assess.errors import AssessError, misspelt

_SLUG = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")
_SCALES = {"count": (1, MOST_MAILBOXES), "share": (0, 1), "money": (0, MOST_YEN)}


def problems(catalog: Catalog, place: Place = lambda table, _: FILE_OF[table]) -> list[AssessError]:
    """Everything that is wrong, each with file, entry and field; `place` names the file."""
    faults = (
        *_ids(catalog),
        *priced.faults(catalog),
        *_questions(catalog),
        *_criteria(catalog),
        *_vetoes(catalog),
        *_profiles(catalog),
        *_checks(catalog),
    )
    return [
        AssessError(
            error.code,
            where=place(table, entry),
            setting=setting(table, entry, *([field] if field else [])),
            **error.params,
        )
        for table, entry, field, error in faults
    ]


def stale(catalog: Catalog, today: date) -> list[tuple[str, str]]:
    """(file, entry) whose provenance has run out: a warning, no error."""
    return [
        (FILE_OF[table], entry)
        for table, group in TABLES.items()
        if table in SOURCED
        for entry, content in getattr(catalog, group).items()
        if content.stale(today)
    ]


def _ids(catalog: Catalog) -> Iterator[Fault]:
    for table, group in TABLES.items():
        for entry in getattr(catalog, group):
            if not _SLUG.fullmatch(entry):
                yield table, entry, "", AssessError("id-form")


def _questions(catalog: Catalog) -> Iterator[Fault]:
    for key, question in catalog.questions.items():
        choice = question.kind == "choice"
        if question.section not in catalog.sections:
            known = misspelt("section-unknown", question.section, list(catalog.sections))
            yield "question", key, "section", known
        if choice and len(question.options) < 2:
            yield "question", key, "options", AssessError("options-few")
        if not choice and question.options:
            yield "question", key, "options", AssessError("options-none", kind=question.kind)
        for option in sorted({each for each in question.ids if question.ids.count(each) > 1}):
            yield "question", key, "options", AssessError("option-twice", option=option)
        if question.reference is not None:
            for error in _value(question, question.reference):
                yield "question", key, "reference", error
        for number in question.plausible:
            for error in _value(question, number):
                yield "question", key, "plausible", error
        yield from _condition(catalog, "question", key, "when", question.when)


def _value(question: Question, value: str | float) -> Iterator[AssessError]:
    """What is wrong with `value` as an answer."""
    if question.kind == "choice":
        if value not in question.ids:
            yield misspelt("option-unknown", str(value), question.ids)
        return
    least, most = _SCALES[question.kind]
    if isinstance(value, str) or not least <= value <= most or (least and value % 1):
        yield AssessError("number-wrong", kind=question.kind, value=value)


def _condition(
    catalog: Catalog, table: str, entry: str, field: str, condition: Condition
) -> Iterator[Fault]:
    for key, wanted in condition.items():
        place = f"{field}.{key}"
        question = catalog.questions.get(key)
        if question is None:
            yield table, entry, place, _unknown_question(catalog, key)
        elif isinstance(wanted, Range) == (question.kind == "choice"):
            yield table, entry, place, AssessError("condition-kind", kind=question.kind)
        elif not isinstance(wanted, Range):
            for option in wanted:
                if option not in question.ids:
                    yield table, entry, place, misspelt("option-unknown", option, question.ids)


def _unknown_question(catalog: Catalog, key: str) -> AssessError:
    return misspelt("question-unknown", key, list(catalog.questions))


def _criteria(catalog: Catalog) -> Iterator[Fault]:
    total = sum(criterion.weight for criterion in catalog.criteria.values())
    if catalog.criteria and not isclose(total, 100):
        first = next(iter(catalog.criteria))
        yield "criterion", first, "weight", AssessError("weights-sum", total=f"{total:g}")
    for key, criterion in catalog.criteria.items():
        if (criterion.base is None) != (None not in (criterion.worst_yen, criterion.best_yen)):
            yield "criterion", key, "base", AssessError("base-or-yen")
        if (criterion.best_yen or 0) >= (criterion.worst_yen or inf):
            yield "criterion", key, "worst_yen", AssessError("yen-order")
        for name, points in criterion.answers.items():
            question = catalog.questions.get(name)
            if question is None:
                yield "criterion", key, f"answers.{name}", _unknown_question(catalog, name)
                continue
            if question.kind != "choice":
                yield "criterion", key, f"answers.{name}", AssessError("points-of-number")
                continue
            for side in ("onprem", "cloud"):
                for option in getattr(points, side):
                    if option not in question.ids:
                        unknown = misspelt("option-unknown", option, question.ids)
                        yield "criterion", key, f"answers.{name}.{side}", unknown
        yield from _bounds(catalog, key, criterion)


def _bounds(catalog: Catalog, key: str, criterion: Criterion) -> Iterator[Fault]:
    if criterion.base is None:
        return
    for side in ("onprem", "cloud"):
        low = high = getattr(criterion.base, side)
        for name, points in criterion.answers.items():
            table = getattr(points, side)
            question = catalog.questions.get(name)
            each = [table.get(option, 0.0) for option in question.ids] if question else []
            low, high = low + min(each, default=0), high + max(each, default=0)
        if low < 0 or high > 100:
            out = AssessError("value-out-of-scale", low=f"{low:g}", high=f"{high:g}")
            yield "criterion", key, f"base.{side}", out


def _vetoes(catalog: Catalog) -> Iterator[Fault]:
    editions = [f"{key}/{each}" for key, p in catalog.profiles.items() for each in p.editions]
    known = ["onprem", "cloud", "status-quo", *catalog.profiles, *editions]
    for key, veto in catalog.vetoes.items():
        if not veto.rules and not veto.limits:
            yield "veto", key, "rules", AssessError("veto-empty")
        for number, rule in enumerate(veto.rules, 1):
            place = f"rules[{number}]"
            if not rule.when:
                yield "veto", key, f"{place}.when", AssessError("veto-empty")
            yield from _condition(catalog, "veto", key, f"{place}.when", rule.when)
            for each in rule.excludes:
                if each not in known:
                    unknown = misspelt("exclude-unknown", each, known)
                    yield "veto", key, f"{place}.excludes", unknown
            if rule.partial and rule.partial not in rule.when:
                unasked = AssessError("partial-unasked", question=rule.partial)
                yield "veto", key, f"{place}.partial", unasked
            if rule.partial:
                yield from _of_kind(catalog, key, f"{place}.partial", rule.partial, "share")
        for number, limit in enumerate(veto.limits, 1):
            yield from _of_kind(catalog, key, f"limits[{number}].answer", limit.answer, "money")


def _of_kind(catalog: Catalog, veto: str, field: str, key: str, kind: str) -> Iterator[Fault]:
    question = catalog.questions.get(key)
    if question is None:
        yield "veto", veto, field, _unknown_question(catalog, key)
    elif question.kind != kind:
        yield "veto", veto, field, AssessError("kind-wrong", kind=question.kind, wanted=kind)


def _profiles(catalog: Catalog) -> Iterator[Fault]:
    organisation = catalog.questions.get("organisation")
    for key, profile in catalog.profiles.items():
        for name, edition in profile.editions.items():
            if edition.price not in catalog.costs:
                unknown = misspelt("cost-unknown", edition.price, list(catalog.costs))
                yield "profile", key, f"editions.{name}.price", unknown
            for kind in edition.only_for:
                if organisation and kind not in organisation.ids:
                    unknown = misspelt("option-unknown", kind, organisation.ids)
                    yield "profile", key, f"editions.{name}.only_for", unknown


def _checks(catalog: Catalog) -> Iterator[Fault]:
    for key, check in catalog.checks.items():
        question = catalog.questions.get(check.question)
        if question is None:
            yield "check", key, "question", _unknown_question(catalog, check.question)
        else:
            for field, error in _answers(check, question):
                yield "check", key, field, error
        if check.measure not in catalog.measures:
            unknown = misspelt("measure-unknown", check.measure, list(catalog.measures))
            yield "check", key, "measure", unknown
        for risk in check.risks:
            if risk not in catalog.risks:
                yield "check", key, "risks", misspelt("risk-unknown", risk, list(catalog.risks))
        yield from _condition(catalog, "check", key, "raised_by", check.raised_by)
        findings = {f"findings.{option}": each for option, each in check.findings.items()}
        findings |= {f"ranges[{i}]": each for i, (_, each) in enumerate(check.ranges, 1)}
        for field, finding in findings.items():
            if finding.severity != "ok" and not (finding.why and finding.first):
                yield "check", key, field, AssessError("finding-bare", severity=finding.severity)


def _answers(check: Check, question: Question) -> Iterator[tuple[str, AssessError]]:
    """Whether every answer to the question has its finding."""
    if question.kind == "choice":
        if check.ranges:
            yield "ranges", AssessError("condition-kind", kind=question.kind)
        for option in check.findings:
            if option not in question.ids:
                yield "findings", misspelt("option-unknown", option, question.ids)
        for option in question.ids:
            if option not in check.findings:
                yield "findings", AssessError("finding-missing", option=option)
        return
    if check.findings:
        yield "findings", AssessError("condition-kind", kind=question.kind)
    top = 1.0 if question.kind == "share" else inf
    edges = {0.0, top}
    for wanted, _ in check.ranges:
        for edge in (wanted.above, wanted.at_least, wanted.below, wanted.at_most):
            if edge is not None:
                edges |= {edge, nextafter(edge, -inf), nextafter(edge, inf)}
    for number in sorted(edge for edge in edges if 0 <= edge <= top):
        if not any(wanted.holds(number) for wanted, _ in check.ranges):
            yield "ranges", AssessError("range-gap", number=f"{number:g}")
            return
