"""The report as one HTML page: no script, no external resource, whole when printed.

Jinja2 escapes every value, and `visible` unmasks what escaping leaves in. The style sheet is
allowed by its hash, and nothing else is (Content Security Policy 3, hash sources).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

from assess.report.paper import Paper
from assess.texts import Texts
from console.visible import visible


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else visible(str(value))


def _prose(text: str) -> Markup:
    """`text` escaped, with what stands in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704


def _web(url: str | None) -> str | None:
    """An address that a browser may follow; an organisation's own file can hold anything."""
    return url if url and url.startswith(("https://", "http://")) else None


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("assess.report", "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "web": _web}
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    return environment


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet, ours and therefore safe, and its CSP hash."""
    style = files("assess.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Markup(style), f"sha256-{digest}"  # noqa: S704


def page(paper: Paper, texts: Texts) -> str:
    style, style_hash = _style()
    template = _environment().get_template("page.html.j2")
    return template.render(
        paper=paper, one=paper.summary, t=texts, style=style, style_hash=style_hash
    )
