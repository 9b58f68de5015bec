"""What a report consists of, whatever the format: page one, then sections of blocks.

Everything is worded and formatted already; the page and the Markdown only lay it out, and escape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

Tag = Literal["high", "medium", "low", "ok", "unknown", "cloud", "onprem", "flag", "soft", "strong"]


@dataclass(frozen=True)
class Cell:
    """A value of a table; `tag` marks what it says, `more` is small print under it."""

    text: str
    tag: Tag | None = None
    more: str = ""
    url: str | None = None


Kind = Literal["text", "wide", "number", "short"]
Row = Sequence[str | Cell]


@dataclass(frozen=True)
class Column:
    heading: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    caption: str  # empty where the heading says it
    columns: Sequence[Column]
    rows: Sequence[Row]
    foot: Sequence[Row] = ()

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in [*self.rows, *self.foot])


@dataclass(frozen=True)
class Figure:
    """A chart and the same numbers; `note` says how to read it."""

    svg: Markup
    note: str
    table: Table


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Prose:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: Sequence[str]


@dataclass(frozen=True)
class Terms:
    """Names and what is said of each."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Signatures:
    """Lines to be signed by hand: whose, and what the blank columns are for."""

    lines: Sequence[str]
    blanks: Sequence[str]


@dataclass(frozen=True)
class Change:
    """Other answers, or none for a weight or a price, and what would follow."""

    answers: Sequence[tuple[str, str]]
    effect: str


@dataclass(frozen=True)
class Changes:
    """What would turn the result."""

    items: Sequence[Change]


Block = Heading | Prose | Bullets | Terms | Table | Figure | Signatures | Changes


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    lead: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Reason:
    """An answer that speaks for the outcome, or against it."""

    question: str
    answer: str
    points: str
    why: str


@dataclass(frozen=True)
class Barrier:
    """A condition that takes something out, and how to lift it."""

    cause: str
    effect: str
    lift: str


@dataclass(frozen=True)
class Money:
    side: Literal["onprem", "cloud"]
    name: str
    mid: str
    dollars: str
    band: str
    start: str


@dataclass(frozen=True)
class Ask:
    who: str
    question: str
    matters: str


@dataclass(frozen=True)
class Summary:
    """Page one."""

    tone: Literal["cloud", "onprem", "open", "stop"]
    outcome: str
    lead: str
    conflict: Sequence[
        tuple[str, str]
    ]  # the answers that contradict each other, if nothing is feasible
    figures: Sequence[tuple[str, str, str]]  # name, value, small print
    reasons_title: str
    reasons: Sequence[Reason]
    against: Reason | None
    barriers: Sequence[Barrier]
    changes: Sequence[Change]
    money: Sequence[Money]
    confidence: Sequence[str]
    unknown: str
    ask: Sequence[Ask]


@dataclass(frozen=True)
class Paper:
    title: str
    date: str
    summary: Summary
    sections: Sequence[Section]
