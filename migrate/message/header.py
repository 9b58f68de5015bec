"""Where the header ends and which fields it has (RFC 5322 2.1 and 2.2), byte for byte.

Lines end with LF, whatever number of CRs stands before it. Only a message whose first line ends
with a bare CR is read with CR as a line end too: elsewhere a stray CR is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from migrate.body import Body

HEADER_LIMIT = 2 * 1024 * 1024
"""Bytes of a message in which its header is looked for: with a line of a megabyte in it, too."""
MOST = 5_000
LONGEST = 256 * 1024
"""Fields of one name, and bytes of one field, that are looked at: what somebody sends must not fill
the memory."""

_FIELD_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")  # 3.6.8; blanks before the colon: 4.5
_FOLD = re.compile(rb"[\r\n]+(?=[ \t])")
_COMMON = re.compile(
    rb"(?i)[\r\n](?:received|return-path|from|to|date|subject|message-id|mime-version)[ \t]*:"
)
_ENVELOPE = re.compile(rb">?From ")  # the line an mbox puts before a message, often left in
# Kept when a header is read; of other names a message may have a million.
_RULED = frozenset(
    b"from sender reply-to return-path date received message-id references in-reply-to"
    b" content-type content-disposition content-transfer-encoding".split()
)
# Such a field where lines end with LF, without its own: most of a header need not be taken apart.
_RULED_FIELD = re.compile(
    rb"\n((?i:" + rb"|".join(sorted(_RULED)) + rb"))[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+"
)


class _Lines(NamedTuple):
    blank: re.Pattern[bytes]
    end: re.Pattern[bytes]
    field: re.Pattern[bytes]


_LF = _Lines(
    blank=re.compile(rb"\r*\n"),
    end=re.compile(rb"\n\r*\n"),
    field=re.compile(rb"[^\n]*+\n?+(?:[ \t][^\n]*+\n?+)*+"),
)
_CR = _Lines(
    blank=re.compile(rb"\r\n?|\n"),
    end=re.compile(rb"(?>\r\n?|\n)(?>\r\n?|\n)"),
    field=re.compile(rb"[^\r\n]*+(?>\r\n?|\n)?+(?:[ \t][^\r\n]*+(?>\r\n?|\n)?+)*+"),
)


def _lines(data: bytes) -> _Lines:
    end = data.find(b"\n")
    first = data.find(b"\r", 0, end if end >= 0 else len(data))
    if first < 0 or (end >= 0 and not data[first:end].strip(b"\r")):
        return _LF
    return _CR


def header_end(data: bytes) -> int:
    """Offset of the body, that is after the first empty line.

    0 when the first line is no header field and nothing that follows up to the empty line is a
    common one: all is body then. `len(data)` when there is no empty line: all is header.
    """
    lines = _lines(data)
    if blank := lines.blank.match(data):
        return blank.end()
    found = lines.end.search(data)
    end = found.end() if found else len(data)
    if _FIELD_NAME.match(data) or _ENVELOPE.match(data) or _COMMON.search(data, 0, end):
        return end
    return 0


class Field(NamedTuple):
    """One header field, or a line that should not be there: its name is empty."""

    name: bytes
    """As written."""
    raw: bytes
    """All bytes, with folds and line end."""

    @property
    def folded(self) -> bytes:
        """What stands after the colon, folds and line end included."""
        return self.raw.partition(b":")[2]

    @property
    def value(self) -> bytes:
        """Unfolded (RFC 5322 2.2.3) and without blanks at its ends; not more than LONGEST of it."""
        return _FOLD.sub(b"", self.folded[:LONGEST]).strip(b" \t\r\n")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a message: `raw` is `fields` and, where there is one, the empty line."""

    raw: bytes
    _ruled: Mapping[bytes, list[Field]]

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        """Any bytes; what follows the first empty line stays in `raw` and is not looked at."""
        ruled: dict[bytes, list[Field]] = {}
        for name, field in _ruled_fields(raw):
            same = ruled.get(name)
            if same is None:
                ruled[name] = [field]
            elif len(same) < MOST:
                same.append(field)
        return cls(raw, ruled)

    @property
    def fields(self) -> Iterator[Field]:
        """All fields, from the top."""
        return _fields(self.raw)

    def all(self, name: str) -> list[Field]:
        """The fields of that name, in whatever case, from the top, at most MOST."""
        wanted = name.lower().encode()
        if wanted in _RULED:
            return self._ruled.get(wanted, [])
        same = (field for field in self.fields if field.name.lower() == wanted)
        return list(islice(same, MOST))

    def get(self, name: str) -> list[bytes]:
        """The values of the fields of that name."""
        return [field.value for field in self.all(name)]

    @property
    def line_end(self) -> bytes:
        """For lines to add: CRLF, unless all lines of the header end otherwise."""
        if _lines(self.raw) is _CR:
            return b"\r"
        header = self.raw[: header_end(self.raw)]
        return b"\n" if b"\n" in header and b"\r\n" not in header else b"\r\n"

    @property
    def start(self) -> int:
        """Index in `fields` where a new first field goes: behind the line of an mbox."""
        first = next((field.raw for field in self.fields), b"")
        return int(bool(_ENVELOPE.match(first)) and first.endswith((b"\r", b"\n")))


def _fields(raw: bytes) -> Iterator[Field]:
    for match in _lines(raw).field.finditer(raw, 0, header_end(raw)):
        text = match[0]
        if not text.strip(b"\r\n"):
            return
        name = _FIELD_NAME.match(text)
        yield Field(name[1] if name else b"", text)


def _ruled_fields(raw: bytes) -> Iterator[tuple[bytes, Field]]:
    """Those of `_fields` whose names, given in lower case, are _RULED; one at a time: a header may
    have hundreds of thousands."""
    if _lines(raw) is _CR:
        named = ((field.name.lower(), field) for field in _fields(raw))
        yield from ((name, field) for name, field in named if name in _RULED)
        return
    text = b"\n" + raw[: header_end(raw)]
    for match in _RULED_FIELD.finditer(text):
        end = match.end() + 1  # with its line end, which is also the one before the next field
        yield match[1].lower(), Field(match[1], text[match.start() + 1 : end])


def content(body: Body) -> tuple[bytes, int]:
    """The header of a fetched message and the offset where the rest begins.

    Of a header over HEADER_LIMIT this is what was read, up to its last whole line.
    """
    data = body.start(HEADER_LIMIT)
    end = header_end(data)
    if end == len(data) < body.size:
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1 or end
    return data[:end], end
