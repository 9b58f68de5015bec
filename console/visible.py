"""Text from other people's files, made harmless for a terminal and for a reader's eye."""

from __future__ import annotations

import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def visible(text: str) -> str:
    """`text` in one line, with control and direction characters shown instead of obeyed."""
    return "".join(
        " " if each in "\n\r\t" else f"\\x{ord(each):02x}" if _hidden(each) else each
        for each in text
    )


def printable(text: str) -> str:
    """The same line by line."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN
