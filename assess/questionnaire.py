"""Which questions are asked, in which order, and what counts as an answer. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from assess.answers import Answers
from assess.catalog.model import MOST_MAILBOXES, MOST_YEN, Catalog, Question, Value
from assess.conditions import applies
from assess.errors import AssessError, misspelt

_TIMES = {"億": 100_000_000, "万": 10_000, "": 1}
_AMOUNT = r"\d+(?:\.\d+)?"
_MONEY = re.compile(rf"[¥\\]?({_AMOUNT}億)?({_AMOUNT}万)?({_AMOUNT})?(円|yen|jpy)?")
_FOREIGN = re.compile(r"[$€£]|usd|eur|gbp|ドル|ユーロ")


def order(catalog: Catalog) -> list[str]:
    """All questions: the sections in their order, in each the questions in theirs."""
    rank = {section: place for place, section in enumerate(catalog.sections)}
    return sorted(catalog.questions, key=lambda each: rank[catalog.questions[each].section])


@dataclass(frozen=True)
class Progress:
    answered: int  # with a value or as unknown
    applicable: int


def applicable(
    catalog: Catalog, answers: Answers, roles: Collection[str] = (), only: Collection[str] = ()
) -> list[str]:
    """Questions that apply or may come to, in order; `only` those, or those of `roles` if given."""
    return [
        each
        for each in order(catalog)
        if (each in only if only else not roles or catalog.questions[each].role in roles)
        and applies(each, catalog.questions, answers.values) is not False
    ]


def pending(catalog: Catalog, answers: Answers, roles: Collection[str] = ()) -> list[str]:
    """Those of the applicable questions that have neither an answer nor a "don't know"."""
    return [each for each in applicable(catalog, answers, roles) if not answers.settled(each)]


def progress(catalog: Catalog, answers: Answers, roles: Collection[str] = ()) -> Progress:
    asked = applicable(catalog, answers, roles)
    return Progress(sum(answers.settled(each) for each in asked), len(asked))


def known(catalog: Catalog, question: str, **place: object) -> Question:
    """The question of that id. AssessError `question-unknown` with the one that was meant."""
    if question not in catalog.questions:
        raise misspelt("question-unknown", question, list(catalog.questions), **place)
    return catalog.questions[question]


def check(question: Question, value: Value, **place: object) -> None:
    """AssessError if `value` is no answer to `question`; `place` says where it stands."""
    if question.kind == "choice":
        if value not in question.ids:
            word = f"{value:g}" if isinstance(value, float) else value
            raise misspelt("option-unknown", word, question.ids, **place)
    elif isinstance(value, str):
        raise AssessError(f"{question.kind}-text", word=value, **place)
    elif question.kind == "count" and not (1 <= value <= MOST_MAILBOXES and value.is_integer()):
        raise AssessError("count-wrong", word=f"{value:g}", **place)
    elif question.kind == "share" and not 0 <= value <= 1:
        raise AssessError("share-wrong", word=f"{value:g}", **place)
    elif question.kind == "money" and not 0 <= value <= MOST_YEN:
        raise AssessError("money-wrong", word=f"{value:g}", **place)


def parse(question: Question, typed: str) -> Value:
    """What a person typed as an answer: `2` or an id; `1,200`; `35%`, `0.35`; `100万`, `¥500`.

    A choice's number counts from 1; full-width characters are as good as ASCII. AssessError with
    what could be typed instead.
    """
    text = unicodedata.normalize("NFKC", typed).strip().casefold()
    if question.kind == "choice":
        value = _choice(question, text)
    elif question.kind == "share":
        value = _share(text)
    elif question.kind == "money":
        value = _money(text)
    else:
        value = _number(text, "count-text")
    check(question, value)
    return value


def _choice(question: Question, text: str) -> Value:
    if text.isdecimal() and 1 <= int(text) <= len(question.ids):
        return question.ids[int(text) - 1]
    return next((each for each in question.ids if each.casefold() == text), text)


def _number(text: str, code: str) -> float:
    """Digits, in groups of three if there are commas, and a decimal point: no `1e3`, no `nan`."""
    if not re.fullmatch(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", text):
        raise AssessError(code, word=text)
    return float(text.replace(",", ""))


def _share(text: str) -> float:
    """A bare number from 1 up could mean percent or parts of one, so it has to say which."""
    if text.endswith("%"):
        return _number(text[:-1].rstrip(), "share-text") / 100
    share = _number(text, "share-text")
    if share >= 1:
        raise AssessError("share-bare", word=text)
    return share


def _money(text: str) -> float:
    if _FOREIGN.search(text):
        raise AssessError("money-foreign", word=text)
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))|\s", "", text)
    parts = re.findall(rf"({_AMOUNT})([億万]?)", plain)
    if not (parts and _MONEY.fullmatch(plain)):
        raise AssessError("money-text", word=text)
    return float(sum(Decimal(digits) * _TIMES[unit] for digits, unit in parts))
