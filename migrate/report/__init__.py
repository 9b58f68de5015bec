"""Reports: read the ledger, are read by nobody.

One `Document` becomes NAME.html for people who never see a terminal, NAME.json for programs,
NAME.csv and NAME-*.csv for spreadsheets, NAME.md for tickets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from console.files import replace
from migrate.report.csv_files import LISTS, lists, to_csv
from migrate.report.document import Document
from migrate.report.markdown import to_markdown
from migrate.report.verdict import summary
from migrate.texts import Texts

__all__ = ["summary", "to_csv", "to_html", "to_json", "to_markdown", "write"]


def to_html(document: Document, texts: Texts) -> str:
    """One self-contained page without scripts; see `page.py`."""
    from migrate.report.page import render  # jinja2 only when a page is made

    return render(document, texts)


def to_json(document: Document) -> str:
    """The contract of `docs/json.md`; undecodable bytes are JSON escapes (RFC 8259 8.2)."""
    text = json.dumps(document.to_json(), ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def write(document: Document, folder: Path, name: str, texts: Texts) -> list[Path]:
    """Write all files of a report into `folder` (made 0700) and return their paths.

    Each is 0600 and replaced whole: a reader sees the old one or the new one. Lists that an
    earlier report of this name had and this one has not are removed. OSError as it comes.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for suffix, text in _files(document, texts):
        path = folder / f"{name}{suffix}"
        replace(path, text.encode("utf-8"))
        written.append(path)
    for stale in {folder / f"{name}-{key}.csv" for key in LISTS} - set(written):
        stale.unlink(missing_ok=True)
    return written


def _files(document: Document, texts: Texts) -> Iterator[tuple[str, str]]:
    yield ".html", to_html(document, texts)
    yield ".json", to_json(document)
    yield ".csv", to_csv(document, texts)
    yield ".md", to_markdown(document, texts)
    for key, text in lists(document, texts).items():
        yield f"-{key}.csv", text
