"""The assessment as a paper for people: HTML and Markdown, PDF, and JSON for machines.

`paper.py` what a report consists of · `view.py` names and numbers in words · `summary.py` page
one · `sections/` the rest · `charts/` SVG · `page.py`, `markdown.py`, `pdf.py` the formats ·
`workbook/` the costs with live formulas.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from assess.answers import Answers
from assess.catalog.model import Catalog, Lang
from assess.conditions import counting
from assess.report.markdown import markdown
from assess.report.page import page
from assess.report.paper import Paper
from assess.report.pdf import to_pdf
from assess.report.sections import sections
from assess.report.summary import summary
from assess.report.view import View
from assess.result import Assessment
from assess.texts import Texts
from console.files import replace

__all__ = ["FORMATS", "Format", "to_html", "to_json", "to_markdown", "to_pdf", "write"]

Format = Literal["html", "md", "json", "xlsx", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "md", "json", "xlsx", "pdf")


def _paper(assessment: Assessment, catalog: Catalog, answers: Answers, lang: Lang) -> Paper:
    view = View(assessment, catalog, answers, lang)
    name = assessment.organisation or ""
    return Paper(
        title=view.say("title", organisation=name) if name else view.say("title_plain"),
        date=view.say("as_of", date=view.date()),
        summary=summary(view),
        sections=sections(view),
    )


def to_html(assessment: Assessment, catalog: Catalog, answers: Answers, lang: Lang) -> str:
    return page(_paper(assessment, catalog, answers, lang), Texts(lang))


def to_markdown(assessment: Assessment, catalog: Catalog, answers: Answers, lang: Lang) -> str:
    return markdown(_paper(assessment, catalog, answers, lang), Texts(lang))


def to_json(assessment: Assessment) -> str:
    return assessment.model_dump_json(by_alias=True, indent=2) + "\n"


def write(
    folder: Path,
    name: str,
    formats: Collection[Format],
    assessment: Assessment,
    catalog: Catalog,
    answers: Answers,
    lang: Lang,
) -> list[Path]:
    """`name.html` and so on in `folder`, each replaced whole; the paths, in the order of FORMATS.

    AssessError `pdf-missing`, before anything is written; OSError as it comes.
    """

    def made(form: Format) -> bytes:
        match form:
            case "html":
                return to_html(assessment, catalog, answers, lang).encode()
            case "md":
                return to_markdown(assessment, catalog, answers, lang).encode()
            case "json":
                return to_json(assessment).encode()
            case "pdf":
                return to_pdf(to_html(assessment, catalog, answers, lang))
            case "xlsx":
                from assess.report.workbook import to_xlsx

                return to_xlsx(
                    assessment, catalog, counting(catalog.questions, answers.values), lang
                )

    contents = {form: made(form) for form in FORMATS if form in formats}
    folder.mkdir(parents=True, exist_ok=True)
    for form, data in contents.items():
        replace(folder / f"{name}.{form}", data)
    return [folder / f"{name}.{form}" for form in contents]
