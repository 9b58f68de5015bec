"""What stands in `*.toml` beside this file, as types; `checks.py` holds the rules between entries.

Every entry carries its provenance: `source`, `as_of`, `trust` (A primary page, B secondary page,
C estimate, J judgement without a source) and `stale_after`, its own or that of the file's
`[defaults]`. Everything that a person reads is a `Text`, English and Japanese side by side.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Lang = Literal["en", "ja"]
MOST_YEN = 1e12
MOST_MAILBOXES = 1e8
"""Beyond these a number is a slip of the hand, and sums would lose their precision."""

Option = Literal["onprem", "cloud"]
Value = str | float
"""An answer: the id of an option, or a number (mailboxes, a share from 0 to 1, yen)."""


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Line = Annotated[
    str, Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+$")
]
"""One line, without what could steer a terminal or turn its direction."""


class Text(Entry):
    en: Line
    ja: Line

    def __call__(self, lang: Lang, /, **params: object) -> str:
        text = self.ja if lang == "ja" else self.en
        return text.format(**params) if params else text


def _both(source: object) -> object:
    """A name (`RFC 7208`) is the same in both languages."""
    return {"en": source, "ja": source} if isinstance(source, str) else source


class Sourced(Entry):
    source: Annotated[Text, BeforeValidator(_both)]
    url: Line | None = None
    as_of: date
    trust: Literal["A", "B", "C", "J"]
    stale_after: date

    def stale(self, today: date) -> bool:
        return today > self.stale_after


class Range(Entry):
    """Numbers: `above < x < below`, `at_least <= x <= at_most`; what isn't given doesn't bind."""

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None

    def holds(self, x: float) -> bool:
        return not (
            (self.above is not None and x <= self.above)
            or (self.at_least is not None and x < self.at_least)
            or (self.below is not None and x >= self.below)
            or (self.at_most is not None and x > self.at_most)
        )


Condition = dict[str, tuple[str, ...] | Range]
"""Question id → the options for which it holds, or a range; all must hold (AND)."""


class Choice(Entry):
    id: Line
    text: Text
    number: float | None = None  # what the costs take it for, where they ask the question


class Question(Sourced):
    """One question; `kind` says what an answer is.

    choice: the id of an option · count: a whole number >= 1 · share: 0 to 1 · money: yen, >= 0.
    """

    number: Line  # of the model, `22b`
    requirements: tuple[str, ...] = ()  # A01 …
    section: str
    role: Literal["it", "finance", "legal", "management", "hr"]
    kind: Literal["choice", "count", "share", "money"]
    text: Text
    why: Text  # why we ask
    who: Text  # who knows this
    options: tuple[Choice, ...] = ()
    when: Condition = {}  # asked only if this holds or may still come to hold
    fixed: bool = False  # a fact that nobody can change, so not told as what would flip a result
    reference: Value | None = None  # what the costs assume while it is unanswered
    plausible: tuple[float, ...] = ()  # numbers that are tried while it is unanswered

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(each.id for each in self.options)


class Section(Entry):
    name: Text


class Points(Entry):
    """Points of a criterion by answer, for each side; a side that isn't given gets none."""

    onprem: dict[str, float] = {}
    cloud: dict[str, float] = {}
    reason: Text  # why this answer counts here


class Sides(Entry):
    onprem: float
    cloud: float


class Criterion(Sourced):
    """Value = base + points of the answers, 0 worst to 100 best; `cost` has yen instead."""

    weight: Annotated[float, Field(ge=0, le=100)]
    name: Text
    worst: Text
    best: Text
    reason: Text
    base: Sides | None = None
    answers: dict[str, Points] = {}
    worst_yen: float | None = None  # per mailbox and month: 0 points
    best_yen: float | None = None  # 100 points


class Rule(Entry):
    """When it holds: these are out. `partial`: only the share of mailboxes in that answer is."""

    when: Condition
    excludes: tuple[str, ...]  # onprem · cloud · status-quo · a profile · profile/edition
    partial: str | None = None  # the question whose share must stay on-premises
    cause: Text


class Limit(Entry):
    """A side is out when its cost is above the answer."""

    answer: str
    cost: Literal["start", "running"]  # yen in all · yen per mailbox and month
    cause: Text


class Veto(Sourced):
    """Outside the sum. `blocking`: an unknown one stands in the way of an outcome that it could
    change; the others are taken not to apply until somebody says so."""

    name: Text
    citation: Text  # the rule of law or of nature behind it
    lift: Text  # what would have to change
    blocking: bool = True
    rules: tuple[Rule, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def questions(self) -> set[str]:
        """All that it asks."""
        rules = {question for rule in self.rules for question in rule.when}
        return rules | {limit.answer for limit in self.limits}


class Edition(Entry):
    """A product that can be bought; `price` is a row of the costs."""

    name: Text
    price: str
    max_mailboxes: int | None = None
    comfortable_gb: float | None = None  # up to this average mailbox it leaves room to grow
    pool_gb: float | None = None  # for all mailboxes together
    archive: bool = False  # keeps mail by rule and searchable (Vault and its like)
    own_keys: bool = False  # client-side encryption with the customer's keys
    only_for: tuple[str, ...] = ()  # kinds of organisation; empty: all


class Profile(Sourced):
    """A cloud that mail could move to; editions from the cheapest up."""

    name: Text
    note: Text
    suite: bool = True  # more than mail: it takes the place of other tools
    gmail: bool = False  # who uses Gmail privately needs no training for it
    editions: dict[str, Edition]


class Cost(Sourced):
    """A price or quantity: triangular from `low` over `mode` to `high`."""

    name: Text
    low: float
    mode: float
    high: float
    unit: Text
    usd: tuple[float, float, float] | None = None  # the public dollar price, if that is the origin
    quote: bool = False  # no public price: ask for one
    side: Literal["onprem", "cloud", "both"]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, mode, high in ((self.low, self.mode, self.high), self.usd or (0, 0, 0)):
            if not 0 <= low <= mode <= high <= MOST_YEN:
                raise ValueError("0 <= low <= mode <= high <= 1e12 must hold")
        return self


class Risk(Entry):
    name: Text
    kind: Literal["external", "internal"]
    requirements: tuple[str, ...] = ()
    text: Text


class Measure(Entry):
    """One of the five measures of the posture."""

    name: Text
    requirements: tuple[str, ...] = ()


Severity = Literal["ok", "low", "medium", "high"]
Owner = Literal["provider", "you", "both"]


class Finding(Entry):
    """What an answer means; `title` names the state, `first` the first thing to do."""

    severity: Severity
    title: Text
    why: Text | None = None  # not for ok
    first: Text | None = None


class Check(Sourced):
    """One item of the posture: the answer to `question` decides which finding it is.

    A choice looks up `findings` by option; a number takes the first of `ranges` that holds.
    An unanswered question is the finding "unknown", never a bad one.
    """

    question: str
    measure: str
    item: Text  # access control, passwords, backup …
    risks: tuple[str, ...]
    requirements: tuple[str, ...] = ()
    onprem: Owner
    cloud: Owner
    findings: dict[str, Finding] = {}
    ranges: tuple[tuple[Range, Finding], ...] = ()
    raised_by: Condition = {}  # a finding that isn't ok is one step more severe if this holds


class Catalog(Entry):
    """All of it. Order is the order of the files."""

    version: str
    sections: dict[str, Section]
    questions: dict[str, Question]
    criteria: dict[str, Criterion]
    vetoes: dict[str, Veto]
    profiles: dict[str, Profile]
    costs: dict[str, Cost]
    risks: dict[str, Risk]
    measures: dict[str, Measure]
    checks: dict[str, Check]
