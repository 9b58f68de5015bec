"""The answers file of `init`: all questions as comments, for those who prefer an editor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assess.catalog.model import Catalog, Condition, Lang, Question, Range
from assess.questionnaire import order
from assess.texts import Texts
from console.tables import as_table

_WIDTH = 88
_EXAMPLES = {"count": "300", "share": "0.35", "money": "1000000"}


def template(catalog: Catalog, lang: Lang) -> str:
    """TOML without an answer in it: to answer is to take away the `# ` before a line."""
    texts = Texts(lang)
    lines = [*_comment(texts("ask.template.header")), "", "[organisation]", '# name = "…"']
    section = ""
    for name in order(catalog):
        question = catalog.questions[name]
        if question.section != section:
            section = question.section
            lines += ["", f"# ==== {catalog.sections[section].name(lang)}"]
        lines += ["", *_question(name, question, texts)]
    lines += ["", *_comment(texts("ask.template.weights")), "[weights]"]
    rows = [
        (f"# {key} = {criterion.weight:g}", f"# {criterion.name(lang)}")
        for key, criterion in catalog.criteria.items()
    ]
    return "\n".join([*lines, *as_table(rows)]) + "\n"


def _question(name: str, question: Question, texts: Texts) -> Iterator[str]:
    lang = texts.lang
    yield from _comment(f"{question.number}. {question.text(lang)}")
    yield from _comment(texts("ask.why", why=question.why(lang)))
    yield from _comment(texts("ask.who", who=question.who(lang)))
    if question.when:
        yield from _comment(texts("ask.template.only_if", condition=_written(question.when)))
    yield f"[answers.{name}]"
    rows = [(f'# value = "{each.id}"', f"# {each.text(lang)}") for each in question.options]
    if not rows:
        example = _EXAMPLES[question.kind]
        rows = [(f"# value = {example}", f"# {texts(f'ask.template.{question.kind}')}")]
    yield from as_table([*rows, ("# unknown = true", f"# {texts('ask.unknown')}")])


def _written(condition: Condition) -> str:
    return ", ".join(
        f"{question} {_bounds(wanted)}"
        if isinstance(wanted, Range)
        else f"{question} = {' | '.join(wanted)}"
        for question, wanted in condition.items()
    )


def _bounds(wanted: Range) -> str:
    signs = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
    given = ((sign, getattr(wanted, key)) for key, sign in signs.items())
    return " ".join(f"{sign} {bound:g}" for sign, bound in given if bound is not None)


def _comment(text: str) -> list[str]:
    """Comment lines; Japanese has no spaces to break at and is left to the editor."""
    return [
        f"# {line}".rstrip()
        for paragraph in text.splitlines()
        for line in textwrap.wrap(paragraph, _WIDTH, break_long_words=False) or [""]
    ]
