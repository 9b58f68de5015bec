"""Would Gmail take this From? It wants exactly one field with a mailbox that it can parse.

Refusals in public reports: GAM-team/got-your-back issues 61, 77, 147 and 383,
google/import-mailbox-to-gmail issues 4 and 23. The rule is ours, for a forecast, and for
what is mended on request.
"""

from __future__ import annotations

import re

from migrate.message.comments import without_comments
from migrate.message.header import Header

# A value becomes a string of kinds: W a word, L a domain literal, and the specials themselves.
_TOKEN = re.compile(
    rb'(?P<W>"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\x00-\x20\x7f"(),.:;<>@\[\\\]]+)'
    rb"|(?P<L>\[[^\[\]\\]*\])|(?P<special>[.,:;<>@])|(?P<blank>[ \t\r\n]+)",
    re.DOTALL,
)
_LONGEST = 16 * 1024  # bytes of a From; what is longer counts as unreadable
# More dots than RFC 5322 3.4.1 allows: Japanese carriers gave such addresses to millions.
_ADDRESS = r"\.*W(?:\.+W)*\.*@(?:W(?:\.W)*\.?|L)"
# In a name `?` is welcome: letters of Shift_JIS have second bytes that read as `[`, `\` or `]`.
_MAILBOX = re.compile(rf"(?:[W.]*:)?(?:{_ADDRESS}|[W.@L?]*<{_ADDRESS}>)")

# What most mail has: as `_MAILBOX` would find, without looking at every word.
_WORDS = rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*+"
_PLAIN = re.compile(
    rb"(?:(?:[A-Za-z0-9_-]++[ ]*+)*+|\"[^\"\\,;]*+\"[ ]*+)<" + _WORDS + rb"@" + _WORDS + rb">"
)


def from_problem(header: Header) -> tuple[str, bool] | None:
    """Why Gmail would refuse this header's From, and whether that is certain; None if it won't.

    Codes: `from-missing`, `from-several`, `from-invalid`.
    """
    values = header.get("From")
    if not values:
        return "from-missing", True
    if len(values) > 1:
        return "from-several", True
    if _PLAIN.fullmatch(values[0]):
        return None
    plain = without_comments(values[0]) if len(values[0]) <= _LONGEST else None
    if plain is not None and any(map(_MAILBOX.fullmatch, re.split("[,;]", _kinds(plain)))):
        return None
    only_comment = bool(values[0]) and plain is not None and not plain.strip()
    return "from-invalid", only_comment  # "(unknown sender)" is the one form seen refused


def _kinds(value: bytes) -> str:
    kinds, at = [], 0
    while at < len(value):
        token = _TOKEN.match(value, at)
        if token is None:
            kinds.append("?")
            at += 1
            continue
        at = token.end()
        if token.lastgroup != "blank":
            kinds.append(
                token[0].decode() if token.lastgroup == "special" else str(token.lastgroup)
            )
    return "".join(kinds)
