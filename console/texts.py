"""Everything that a person reads, English and Japanese side by side, as data.

A package of texts holds `*.toml`, each one area; its tables flatten to dotted keys that end in
`en` and `ja`:

    [run.nothing_to_do]
    en = "Nothing to do: all {n} messages are accounted for."
    ja = "作業はありません。{n} 通すべて処理済みです。"

`Texts("ja")("run.nothing_to_do", n=60)` fills it in. A unit test holds both languages to the same
keys and placeholders.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pkgutil import get_data
from typing import ClassVar, Literal

Lang = Literal["en", "ja"]


def _flatten(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, dict[str, str]]]:
    if "en" in table and isinstance(table["en"], str):
        yield prefix, {lang: str(table[lang]) for lang in ("en", "ja") if lang in table}
        return
    for name, value in table.items():
        assert isinstance(value, Mapping), f"{prefix}.{name} is no table with en and ja"
        yield from _flatten(f"{prefix}.{name}" if prefix else name, value)


@cache
def catalogue(package: str, area: str) -> dict[str, dict[str, str]]:
    """All texts of one area (`errors`, `cli` …) of a package: key → language → text."""
    source = get_data(package, f"{area}.toml")  # importlib.resources is dear, and help needs none
    assert source is not None, "a package that is no files"
    return dict(_flatten(area, tomllib.loads(source.decode())))


class Texts:
    """The texts of one language; a subclass names the package that holds them."""

    package: ClassVar[str]

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def __call__(self, key: str, /, **params: object) -> str:
        """The text of `key` (`area.name…`), filled in. KeyError for an unknown key."""
        text = catalogue(self.package, key.partition(".")[0])[key][self.lang]
        return text.format(**params) if params else text

    def __contains__(self, key: str) -> bool:
        return key in catalogue(self.package, key.partition(".")[0])


def language(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> Lang:
    """`--lang`, else the locale; help texts need it before the options are parsed."""
    words = list(sys.argv[1:] if argv is None else argv)
    env = os.environ if environ is None else environ
    for word, following in zip(words, [*words, ""][1:], strict=True):
        if word.startswith("--lang"):
            chosen = word.partition("=")[2] or following
            return "ja" if chosen == "ja" else "en"
    locale = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "ja" if locale.startswith("ja") else "en"
