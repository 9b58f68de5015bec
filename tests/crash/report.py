"""The tables of docs/reliability.md, from what the trials came to and nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.crash.trial import Result

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
_FIGURES = ("migrations", "kills", "faults", "lost", "twice", "wrong", "sums")
SCOPES = ("minimal", "modify", "full")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def tables(results: Sequence[Result], about: dict[str, str], lang: str) -> str:
    """Markdown in `en` or `ja`; `about`: `seconds`, `version` and `date` of the run."""
    return "\n".join(_lines(results, about, lambda kind, name: _WORDS[kind][name][lang]))


def rewritten(page: str, middle: str) -> str:
    """The page with `middle` between its two markers; ValueError when it has none."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(BEGIN)
    return f"{before}{BEGIN}\n{middle}\n{END}{after}"


Word = Callable[[str, str], str]


def _lines(results: Sequence[Result], about: dict[str, str], word: Word) -> Iterator[str]:
    figures = {
        "migrations": len(results),
        "kills": sum(each.kills for each in results),
        "named": sum(len(each.steps) for each in results),
        "faults": sum(each.faults for each in results),
    }
    figures["random"] = figures["kills"] - figures["named"]
    numbers = {name: f"{figure:,}" for name, figure in figures.items()}
    yield f"{word('titles', 'made')}: {word('titles', 'figures').format(**numbers, **about)}"
    matrix = [each for each in results if each.what == "copy"]

    def merging(each: Result) -> tuple[str, ...]:
        return each.row.scopes, word("dedupe", each.row.dedupe)

    def value(name: str) -> Callable[[Result], tuple[str, ...]]:
        return lambda each: (word("values", getattr(each.row, name)),)

    in_order = sorted(matrix, key=lambda each: (SCOPES.index(each.row.scopes), each.row.dedupe))
    yield from _grouped("by_scopes", ("scopes", "dedupe"), in_order, merging, word)
    yield from _grouped("by_source", ("source",), matrix, value("source"), word)
    yield from _grouped("by_target", ("target",), matrix, value("target"), word)
    if len(matrix) < len(results):
        by_what = [each for each in results if each.what != "copy"]
        yield from _grouped(
            "by_what",
            ("what", "scopes", "dedupe"),
            by_what,
            lambda each: (word("values", each.what), *merging(each)),
            word,
        )
    yield from ("", f"<details><summary>{word('titles', 'rows')}</summary>", "")
    names = ("source", "target", "dedupe", "scopes", "lag")
    yield from _table(
        [*(word("columns", each) for each in (*names, *_FIGURES[1:]))],
        [
            [
                word("values", each.row.source),
                word("values", each.row.target),
                word("dedupe", each.row.dedupe),
                each.row.scopes,
                each.row.lag,
                *_summed([each], word)[1:],
            ]
            for each in matrix
        ],
        len(names),
    )
    yield from ("", "</details>")


def _grouped(
    title: str,
    columns: Sequence[str],
    results: Sequence[Result],
    key: Callable[[Result], tuple[str, ...]],
    word: Word,
) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[Result]] = {}
    for each in results:
        groups.setdefault(key(each), []).append(each)
    rows = [[*name, *_summed(some, word)] for name, some in groups.items()]
    first = [word("titles", "total"), *[""] * (len(columns) - 1)]
    yield from ("", f"### {word('titles', title)}", "")
    header = [word("columns", each) for each in (*columns, *_FIGURES)]
    yield from _table(header, [*rows, [*first, *_summed(results, word)]], len(columns))


def _summed(results: Sequence[Result], word: Word) -> list[str]:
    numbers = (
        len(results),
        sum(each.kills for each in results),
        sum(each.faults for each in results),
        sum(each.lost for each in results),
    )
    twice, allowed = (sum(getattr(each, name) for each in results) for name in ("twice", "allowed"))
    wrong = sum(len(each.wrong) for each in results)
    closed = "yes" if all(each.sums for each in results) else "no"
    figures = [*(f"{each:,}" for each in numbers), f"{twice:,} / {allowed:,}", f"{wrong:,}"]
    return [*figures, word("sums", closed)]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * left + "---:|" * (len(header) - left)
    for row in rows:
        yield f"| {' | '.join(row)} |"
