"""The HTML of a message, for a frame without origin, script and network.

Nothing is cleaned away but what `policy.FRAME` and the sandbox can't stop: `<link>` opens
connections (preconnect) and so does `<iframe>` before its policy is asked (Chromium), `<meta>`
can undo response headers, `<base>` gives every link another meaning. A start tag is these letters
after `<` and nothing else (HTML 13.2.5), so renaming them is certain without parsing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import unquote

from migrate.sandbox.page.message import MAX_TEXT
from migrate.sandbox.page.reading import Piece, pieces, values

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MAX_PICTURE = 300 * 1024
MAX_PICTURES = 2 * 1024 * 1024
"""Encoded bytes of one, and of all wherever they stand."""
RENAMED = re.compile(r"(?i)<(/?)(link|meta|base|i?frame)(?=[\s/>])")
CID = re.compile(r"(?i)\bcid:([^\s\"'<>()]{1,500})")
BEGINNING = """<!doctype html>
<meta charset="utf-8">
<style>
:root { color-scheme: light; }
body { margin: 12px; font: 15px/1.6 system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif;
  overflow-wrap: break-word; }
img { max-width: 100%; }
img:not([src^="data:"]) { display: none; }
</style>
"""


def frame(data: bytes, number: int) -> str | None:
    """The document of part `number` of a message; None when that is no HTML."""
    found = list(pieces(data))
    if number >= len(found) or found[number].kind != "text/html":
        return None
    html = RENAMED.sub(r"<\1x-\2", found[number].text(MAX_TEXT))
    return BEGINNING + _with_pictures(html, found)


def _with_pictures(html: str, found: list[Piece]) -> str:
    """`cid:` of small pictures (RFC 2392) as data; the policy keeps every other from loading."""
    small = {
        ident.strip().strip("<>"): piece
        for piece in found
        if piece.kind in PICTURES and len(piece.body) <= MAX_PICTURE
        for ident in values(piece.head, "content-id")
    }
    room = MAX_PICTURES

    def picture(match: re.Match[str]) -> str:
        nonlocal room
        piece = small.get(unquote(match[1]))
        if piece is None or len(piece.body) > room:
            return match[0]
        room -= len(piece.body)
        return f"data:{piece.kind};base64,{b64encode(piece.content()).decode()}"

    return CID.sub(picture, html)
