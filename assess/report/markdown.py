"""The report as Markdown (GitHub's, for its tables): the same words and numbers, without charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assess.report.paper import (
    Block,
    Bullets,
    Cell,
    Change,
    Changes,
    Figure,
    Heading,
    Paper,
    Prose,
    Reason,
    Row,
    Signatures,
    Summary,
    Table,
    Terms,
)
from assess.texts import Texts
from console.visible import visible

_SPECIAL = re.compile(r"([\\*_\[\]<>|#~])")


def markdown(paper: Paper, texts: Texts) -> str:
    lines = [f"# {_safe(paper.title)}", paper.date, *_summary(paper.summary, texts)]
    for section in paper.sections:
        lines += [f"## {_safe(section.title)}", _safe(section.lead)]
        for block in section.blocks:
            lines += _block(block)
    return "\n\n".join(lines) + "\n"


def _safe(text: str) -> str:
    """`text` in one line, with nothing in it that Markdown or HTML would obey."""
    return _SPECIAL.sub(r"\\\1", visible(text).replace("&", "&amp;"))


def _summary(one: Summary, texts: Texts) -> Iterator[str]:
    def heading(key: str) -> str:
        return f"## {texts(f'report.page.{key}')}"

    yield f"**{_safe(one.outcome)}**"
    yield _safe(one.lead)
    if one.conflict:
        yield _safe(texts("report.conflict"))
        yield _bullets([f"{question} {answer}" for question, answer in one.conflict])
    yield _bullets([f"{name}: {value} ({note})" for name, value, note in one.figures])
    if one.barriers:
        yield heading("barriers")
        yield _bullets([f"{each.cause} {each.effect}. {each.lift}" for each in one.barriers])
    if one.reasons:
        yield f"## {_safe(one.reasons_title)}"
        yield _bullets([_reason(each) for each in one.reasons])
    if one.against:
        yield heading("against")
        yield _bullets([_reason(one.against)])
    yield heading("changes")
    yield _bullets([_change(each) for each in one.changes])
    yield heading("money")
    yield _bullets(
        [
            f"{each.name}: {each.mid} ({each.dollars}); {each.band}; {each.start}"
            for each in one.money
        ]
    )
    yield heading("confidence")
    yield _bullets(one.confidence)
    yield heading("unknown")
    yield _safe(one.unknown)
    if one.ask:
        yield _bullets([f"{each.question} {each.who} ({each.matters})" for each in one.ask])


def _reason(each: Reason) -> str:
    return f"{each.question} {each.answer} ({each.points}). {each.why}"


def _change(each: Change) -> str:
    return " ".join([*(f"{question} {answer}:" for question, answer in each.answers), each.effect])


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {_safe(each)}" for each in items)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"### {_safe(text)}"
        case Prose(text):
            yield _safe(text)
        case Bullets(items):
            yield _bullets(items)
        case Changes(items):
            yield _bullets([_change(each) for each in items])
        case Terms(pairs):
            yield _bullets([f"{name}: {text}" for name, text in pairs])
        case Table():
            if block.caption:
                yield f"*{_safe(block.caption)}*"
            yield _table(block)
        case Figure():
            yield from _block(block.table)
        case Signatures():
            yield "\n".join(f"- {_safe(each)}: {'_' * 24}  {'_' * 12}" for each in block.lines)


def _table(table: Table) -> str:
    heads = [_safe(each.heading) for each in table.columns]
    rules = ["---:" if each.kind == "number" else "---" for each in table.columns]
    lines = [heads, rules, *([_cell(each) for each in row] for row in _rows(table))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows(table: Table) -> list[Row]:
    return [*table.rows, *table.foot]


def _cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return _safe(cell)
    return _safe(cell.text) + (f"<br>{_safe(cell.more)}" if cell.more else "")
