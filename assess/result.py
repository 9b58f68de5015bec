"""What an assessment says, as data: the JSON of `score` and `report`, and all that reports read.

It holds ids and numbers, no sentences, so it is the same in every language; the words stand in
the catalogue. Money is yen, tax excluded. Points are those of the margin: -100 to +100, positive
where the cloud is ahead. A pure function of the answers file, the catalogue, an organisation's
own file and the date, so an auditor can make it again byte for byte.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assess.catalog.model import Option, Owner, Severity, Value

Outcome = Literal[
    "cloud", "on-prem", "hybrid", "close-call", "need-more-information", "no-feasible-option"
]
Side = Literal["cloud", "on-prem"]


class Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contribution(Result):
    """What one answer adds to the margin; `margin = tilt + sum of points`, exactly."""

    question: str  # or "prices": what the table of costs says before any answer
    answer: Value | None
    points: float
    criteria: dict[str, float]  # the same by criterion


class Criterion(Result):
    id: str
    weight: float  # of 100
    onprem: float  # 0 to 100
    cloud: float
    points: float  # weight/100 * (cloud - onprem)


class Exclusion(Result):
    """A veto that holds, or that an unanswered question leaves open."""

    veto: str
    state: Literal["holds", "open", "warning"]
    excludes: list[str]  # onprem · cloud · status-quo · profile · profile/edition
    rule: int  # which of the veto's rules (or, after them, limits)
    answers: dict[str, Value | None]  # that triggered it, or are missing
    partial: bool = False  # only for a share of the mailboxes
    share: float | None = None  # of mailboxes that must stay, if known


class Flip(Result):
    """Other answers that would turn the leaning round or take away the feasible side."""

    answers: dict[str, Value]
    margin: float
    leaning: Side | None
    vetoes: list[str]  # that would hold then, or by another rule, and don't now


class Threshold(Result):
    """The value at which the margin is zero, or at which both cost the same."""

    id: str  # a criterion, or a row of the costs
    now: float
    at: float
    kind: Literal["weight", "price", "equal-cost"]


class AskNext(Result):
    """An unanswered question, by how much it could change."""

    question: str
    swing: float  # points of the margin between its extreme answers
    robustness: tuple[float, float]  # lowest and highest over its answers
    veto: bool  # it may exclude a side


class Band(Result):
    """P5, the value with every price at its median, P95."""

    low: float
    mid: float
    high: float


class Plan(Result):
    """What one way of having mail costs."""

    id: str  # onprem · profile/edition
    chosen: bool  # this is the one that the margin compares
    obstacles: list[str]  # mailboxes · storage · archive · own-keys · organisation · a veto's id
    per_mailbox_month: Band  # 5-year NPV over mailbox-months
    start: Band  # year 0, in all
    running: Band  # per mailbox and month, without the start
    years: list[Band]  # year 0 to 5, in all, not discounted
    parts: dict[str, float]  # mid of the NPV in yen, by part (staff, servers, subscription …)


class Driver(Result):
    """A row of the costs: the difference (cloud - on-premises, yen per mailbox and month) at its
    low and high end, all others at their median."""

    row: str
    low: float
    high: float
    stale: bool


class BreakEven(Result):
    """`sizes`: mailboxes from which on the cheaper side changes; `price`: where both are equal."""

    plan: str
    sizes: list[int]
    price: float | None  # of the plan's subscription, yen per user and month
    now: float


class Costs(Result):
    plans: list[Plan]
    drivers: list[Driver]  # the largest first
    break_even: list[BreakEven]
    quotes: list[str]  # rows that matter here and have no public price
    yen_per_usd: float
    outgrows: int | None = None  # the year in which the chosen edition's limit is passed


class PostureFinding(Result):
    check: str
    answer: Value | None
    severity: Severity | Literal["unknown"]
    raised: bool  # one step more severe, because of what is at stake
    owner: dict[Option, Owner]


class Posture(Result):
    """Counts and findings, the most severe first; no index, there is no arithmetic behind one."""

    findings: list[PostureFinding]
    by_risk: dict[str, dict[str, int]]  # risk -> severity -> count
    by_measure: dict[str, dict[str, int]]


class Inputs(Result):
    """Everything that the result was made from, as it was read."""

    answers: str
    overrides: str | None
    catalog: str  # SHA-256 of our own files
    seed: str
    draws: Annotated[int, Field(ge=1, le=100_000)]


class Assessment(Result):
    schema_version: int = Field(1, alias="schema")
    as_of: date
    organisation: str | None
    outcome: Outcome
    leaning: Side | None  # the feasible side that is ahead; None if neither is feasible
    margin: float
    robustness: float  # share of the draws in which the cloud is ahead
    confidence: Literal["A", "B", "C", "D"]
    confidence_failed: list[str]  # open-veto · evidence · robustness
    share_to_stay: float | None
    conflict: dict[str, Value] = {}  # no feasible option: the fewest answers that can't all stay
    vetoes: list[str]
    exclusions: list[Exclusion]
    tilt: float
    contributions: list[Contribution]
    criteria: list[Criterion]
    histogram: list[int]  # draws by margin, 2 points each from -100 to +100
    quantiles: list[float]  # P5, P50, P95 of the margin over the draws
    flips: list[Flip]  # single answers; pairs if there is none
    thresholds: list[Threshold]
    ask_next: list[AskNext]
    unanswered: list[str]
    cost: Costs
    posture: Posture
    inputs: Inputs
