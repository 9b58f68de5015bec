"""SEARCH in the words of the user (RFC 9051 6.4.4), as one command and nothing else. Pure."""

from __future__ import annotations

import re

from migrate.errors import UsageError
from migrate.source.wire import Literal

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([()])|([^\s()"]+)')
_NOT_A_KEY = re.compile(r"(?:CHARSET|RETURN)\b", re.IGNORECASE)


def search_words(criteria: str) -> list[bytes]:
    """`criteria` as the words of a command, CHARSET first if it is not all ASCII.

    Strings that are not ASCII go as literals, as UTF-8. UsageError `source-search-invalid` for
    what is not one line of search keys: it must never become a second command, or one whose
    answer is not a list of messages.
    """
    text = criteria.strip()
    tokens = list(_TOKEN.finditer(text))
    if (
        not text
        or re.search(r"[\r\n\0]", text)
        or _NOT_A_KEY.match(text)
        # A last `{5}` would announce a literal: the next command would be swallowed.
        or re.search(r"\{\d+\+?\}$", text)
        or '"' in _TOKEN.sub("", text)  # an open quote
    ):
        raise UsageError("source-search-invalid", criteria=ascii(criteria)[1:-1])
    if text.isascii():
        return [text.encode()]
    words, end = [b"CHARSET", b"UTF-8"], 0
    for token in tokens:
        if not token[0].isascii():
            between = text[end : token.start()].strip()
            words += [between.encode()] if between else []
            words.append(Literal((_unquoted(token[1]) if token[1] else token[0]).encode()))
            end = token.end()
    rest = text[end:].strip()
    return words + ([rest.encode()] if rest else [])


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def searched(line: bytes) -> set[int]:
    """The UIDs of an untagged SEARCH response; none of any other."""
    word, *numbers = line.split() or [b""]
    return {int(each) for each in numbers if each.isdigit()} if word.upper() == b"SEARCH" else set()
