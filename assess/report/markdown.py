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
            lines += _block(block, texts)
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
        yield _bullets(
            [texts("markdown.answer", question=each, answer=its) for each, its in one.conflict]
        )
    yield _bullets(
        [
            texts("markdown.figure", name=name, value=value, note=note)
            for name, value, note in one.figures
        ]
    )
    if one.barriers:
        yield heading("barriers")
        yield _bullets(
            [
                texts("markdown.barrier", cause=each.cause, effect=each.effect, lift=each.lift)
                for each in one.barriers
            ]
        )
    if one.reasons:
        yield f"## {_safe(one.reasons_title)}"
        yield _bullets([_reason(each, texts) for each in one.reasons])
    if one.against:
        yield heading("against")
        yield _bullets([_reason(one.against, texts)])
    yield heading("changes")
    yield _bullets([_change(each, texts) for each in one.changes])
    yield heading("money")
    yield _bullets(
        [
            texts(
                "markdown.money",
                name=each.name,
                mid=each.mid,
                dollars=each.dollars,
                band=each.band,
                start=each.start,
            )
            for each in one.money
        ]
    )
    yield heading("confidence")
    yield _bullets(one.confidence)
    yield heading("unknown")
    yield _safe(one.unknown)
    if one.ask:
        yield _bullets(
            [
                texts("markdown.ask", question=each.question, who=each.who, matters=each.matters)
                for each in one.ask
            ]
        )


def _reason(each: Reason, texts: Texts) -> str:
    return texts(
        "markdown.reason",
        question=each.question,
        answer=each.answer,
        points=each.points,
        why=each.why,
    )


def _change(each: Change, texts: Texts) -> str:
    conditions = [
        texts("markdown.change", question=question, answer=answer)
        for question, answer in each.answers
    ]
    return "".join([*conditions, each.effect])


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {_safe(each)}" for each in items)


def _block(block: Block, texts: Texts) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"### {_safe(text)}"
        case Prose(text):
            yield _safe(text)
        case Bullets(items):
            yield _bullets(items)
        case Changes(items):
            yield _bullets([_change(each, texts) for each in items])
        case Terms(pairs):
            yield _bullets([texts("markdown.term", name=name, text=text) for name, text in pairs])
        case Table():
            if block.caption:
                yield f"*{_safe(block.caption)}*"
            yield _table(block)
        case Figure():
            yield from _block(block.table, texts)
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
