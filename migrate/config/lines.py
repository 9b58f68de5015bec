"""Where in a TOML text a key stands; tomllib does not say."""

from __future__ import annotations

import re

HEADER = re.compile(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]")
KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, location: tuple[str | int, ...]) -> int | None:
    """The line (from 1) of the key at `location`, or of the nearest table or key around it.

    An index chooses among several lines of the same key, as `[[labels.rename]]` has them.
    """
    names = [part for part in location if isinstance(part, str)]
    index = next((part for part in location if isinstance(part, int)), 0)
    table: list[str] = []
    best, lines = 0, list[int]()
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            path = table = _parts(header[1])
        elif key := KEY.match(line):
            path = table + _parts(key[1])
        else:
            continue
        if path == names[: len(path)] and len(path) >= best:
            lines = [*lines, number] if len(path) == best else [number]
            best = len(path)
    return lines[min(index, len(lines) - 1)] if lines else None


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in PART.findall(dotted)]
