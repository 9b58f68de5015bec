"""What is the same of every page: its language, its addresses, its templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import jinja2
from markupsafe import Markup

from console.texts import Lang
from migrate.sandbox.http.request import Answer, Request
from migrate.sandbox.page import policy, words
from migrate.sandbox.page.words import Texts

LANGUAGES: dict[Lang, str] = {"en": "English", "ja": "日本語"}


@dataclass(frozen=True, slots=True)
class View:
    """One request's."""

    t: Texts
    chosen: Lang | None
    """The language that the address names."""
    path: str
    query: Mapping[str, str]

    @classmethod
    def of(cls, request: Request) -> View:
        query = dict(parse_qsl(request.query))
        chosen = next((each for each in LANGUAGES if each == query.get("lang")), None)
        lang = chosen or preferred(request.header(b"accept-language"))
        return cls(Texts(lang), chosen, request.path, query)

    def url(self, *segments: str, **query: object) -> str:
        """An address of a mailbox and below; without segments that of all of them."""
        path = "/mail/" + "/".join(quote(each, safe="@") for each in segments) if segments else "/"
        given = {key: value for key, value in query.items() if value is not None}
        if self.chosen:
            given["lang"] = self.chosen
        return f"{path}?{urlencode(given)}" if given else path

    def switches(self) -> list[tuple[Lang, str, str | None]]:
        """Language, its name, the address of this page in it; None for the present one."""
        return [
            (
                lang,
                name,
                None
                if lang == self.t.lang
                else f"{self.path}?{urlencode({**self.query, 'lang': lang})}",
            )
            for lang, name in LANGUAGES.items()
        ]

    def label(self, label: str, names: Mapping[str, str]) -> str:
        """A label as it is called; `names` are those of user labels."""
        system = f"page.label.{label}"
        return self.t(system) if system in self.t else names.get(label, label)

    def page(
        self, template: str, status: int = 200, *, rule: str = policy.PAGE, **values: Any
    ) -> Answer:
        html = (
            _environment()
            .get_template(f"{template}.html.j2")
            .render(
                t=self.t,
                url=self.url,
                switches=self.switches(),
                moment=lambda ms: words.moment(ms, self.t),
                field_name=lambda field: self.t(f"page.message.{field}"),
                **values,
            )
        )
        return policy.document(status, html, rule)


def preferred(header: str) -> Lang:
    """The better liked of the two languages (RFC 9110 12.5.4); English by default."""
    liked: dict[str, float] = {}
    for each in header.lower().split(","):
        name, _, weight = each.partition(";")
        try:
            q = float(weight.partition("=")[2] or 1) if weight.strip() else 1.0
        except ValueError:
            q = 0.0
        main = name.strip().partition("-")[0]
        liked[main] = max(q, liked.get(main, 0.0))
    return "ja" if liked.get("ja", 0) > liked.get("en", 0) else "en"


def style() -> Answer:
    return policy.style(files(__package__).joinpath("templates/page.css").read_bytes())


@cache
def _environment() -> jinja2.Environment:
    """Everything that is printed is escaped and made visible, whatever its template forgets."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("migrate.sandbox.page"),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": words.number, "size": words.size, "iso": words.iso}
    environment.filters |= {"initial": words.initial, "tint": words.tint}
    return environment


def _shown(value: object) -> object:
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return words.readable(str(value)) if plain else value
