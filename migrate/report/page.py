"""The report as one HTML page: no script, no external resource, whole when printed.

Jinja2 escapes every value; `visible` unmasks what escaping leaves in; `<bdi>` keeps a
right-to-left name from reordering its row. The style sheet is allowed by its hash, and nothing
else is (Content Security Policy 3, hash sources).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import PurePosixPath
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from migrate.report.document import Document
from migrate.report.tables import Cell, Row, tables
from migrate.report.verdict import accounting, verdict
from migrate.report.words import duration, equation, moment, named, number, share, size
from migrate.shown import visible
from migrate.texts import Texts

ROWS = 500
"""The most rows of one table in the page; the CSV and JSON files hold all."""

BAR = 1000
_SLIVER = 8
"""Width of the accounting bar, and of its narrowest part, in units of its viewBox."""

Segment = tuple[str, float, float]


def bar(counts: list[tuple[str, int]]) -> list[Segment]:
    """Class, start and width of each part of the bar; a single message stays visible."""
    drawn = [(name, count) for name, count in counts if count > 0]
    whole = sum(count for _, count in drawn)
    slim = [count for _, count in drawn if count * BAR < _SLIVER * whole]
    scale = (BAR - _SLIVER * len(slim)) / max(1, whole - sum(slim))
    segments: list[Segment] = []
    start = 0.0
    for name, count in drawn:
        width = _SLIVER if count * BAR < _SLIVER * whole else count * scale
        segments.append((name, round(start, 2), round(width, 2)))
        start += width
    return segments


def link(file: str) -> str | None:
    """`file`, relative to the migration folder, as seen from its `reports/`; None if it leaves."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        return None
    return "../" + quote(file, errors="surrogateescape")


def _grouped(rows: Sequence[Row]) -> list[tuple[Cell, list[Row]]]:
    """Neighbouring rows of one account, and the account."""
    return [(account, list(group)) for account, group in groupby(rows, itemgetter(0))]


def _prose(text: str) -> Markup:
    """`text` escaped, with what stands in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704


def _breakable(text: str) -> Markup:
    """`text` escaped; a line may end before the @ of an address and after a slash."""
    return Markup(re.sub(r"(?=@)|(?<=/)", "<wbr>", str(escape(visible(text)))))  # noqa: S704


@cache
def environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("migrate.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "size": size, "visible": visible, "link": link}
    environment.filters |= {"prose": _prose, "breakable": _breakable, "grouped": _grouped}
    return environment


@cache
def style(*sheets: str) -> tuple[Markup, str]:
    """The style sheets, ours and therefore safe, as one, and its CSP hash."""
    folder = files("migrate.report").joinpath("templates")
    text = "".join(folder.joinpath(each).read_text(encoding="utf-8") for each in sheets)
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704


def _effort(document: Document, texts: Texts) -> list[tuple[str, str]]:
    known = [
        ("messages", document.totals.pending, number),
        ("bytes", document.bytes, size),
        ("units", document.units, number),
        ("time", document.seconds, lambda seconds: duration(seconds, texts)),
    ]
    return [
        (texts(f"report.meta.{key}"), show(value))
        for key, value, show in known
        if value is not None
    ]


def render(document: Document, texts: Texts) -> str:
    sheet, sheet_hash = style("page.css")
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            t=texts,
            doc=document,
            title=texts(f"report.title.{document.command}"),
            said=verdict(document, texts),
            equation=equation(document, texts),
            sums=accounting(document, texts),
            created=moment(document.created, texts),
            effort=_effort(document, texts) if document.units is not None else [],
            classes=[
                (name, named(name, document), count, share(count, document.totals.source))
                for name, count in document.totals.classes()
            ],
            bar=bar(document.totals.classes()),
            bar_width=BAR,
            tables=tables(document, texts),
            rows=ROWS,
            words=("source", "folder", "uid", "header", "quota", "run"),
            style=sheet,
            style_hash=sheet_hash,
        )
    )
