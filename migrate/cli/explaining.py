"""`migrate explain`: what a code means, or what Gmail said, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import print_json, tell
from migrate.cli import common
from migrate.cli.common import Json, Lang
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.explain import Meaning

_help = Texts(language())


def explain(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]", help=_help("explain.argument"))
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from dataclasses import asdict

        from migrate.explain import meanings

        known = list(meanings(texts))
        found = _found(" ".join(words), known, texts) if words else known
        if as_json:
            codes = [asdict(each) for each in found]
            print_json({"schema": 1, "command": "explain", "codes": codes})
        elif words:
            for each in found:
                _show(each, texts)
        else:
            _list(found, texts)


def _found(text: str, known: Sequence[Meaning], texts: Texts) -> list[Meaning]:
    """The meanings of a code, or of Gmail's own words. UsageError for a code there is not."""
    from migrate.problems import misspelt

    if found := [each for each in known if each.code == text.strip()]:
        return found
    if re.fullmatch(r"[a-z][a-z0-9-]*", text.strip()):
        codes = sorted({each.code for each in known})
        raise misspelt("explain-unknown", text.strip(), codes)
    return [_said(text, texts)]


def _said(text: str, texts: Texts) -> Meaning:
    """What mailhaul makes of an answer of the Gmail API."""
    from migrate.errors import MailhaulError
    from migrate.explain import Meaning
    from migrate.explain import explain as cause_and_cure
    from migrate.gmail.errors import classify

    words = re.sub(r"\A\s*(?:HTTP )?[345]\d\d:?\s+", "", text)
    refusal = classify(_status(text), words.encode())
    if isinstance(refusal, MailhaulError):
        return Meaning(refusal.code, "error", *cause_and_cure(refusal, texts))
    code = type(refusal).__name__
    parts = (texts(f"explain.handled.{code}.{part}") for part in ("cause", "cure"))
    return Meaning(code, "handled", *parts)


def _status(text: str) -> int:
    """The HTTP status in an answer; 400 when it names none."""
    try:
        return int(json.loads(text)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        number = re.search(r"\b[345]\d\d\b", text)
        return int(number[0]) if number else 400


def _show(meaning: Meaning, texts: Texts) -> None:
    tell(f"{meaning.code}  ({texts(f'explain.kind.{meaning.kind}')})")
    tell(f"  {meaning.cause}")
    for line in meaning.cure.splitlines():
        tell(f"  {line}")


def _list(found: Sequence[Meaning], texts: Texts) -> None:
    kind = ""
    width = max(len(each.code) for each in found)
    for each in found:
        if each.kind != kind:
            kind = each.kind
            tell(f"\n{texts(f'explain.kind.{kind}')}")
        tell(f"  {each.code:{width}}  {each.cause.splitlines()[0]}")
    tell("\n" + texts("explain.more"))
