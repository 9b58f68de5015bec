"""File names of a part: Content-Disposition's `filename` and Content-Type's `name`, decoded.

RFC 2183 2.3; RFC 2231; RFC 2047 inside the quotes, which is forbidden and what many write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from migrate.message.header import Header

_FIELDS = (("Content-Disposition", "filename"), ("Content-Type", "name"))
_LONGEST = 4096
"""Bytes of a field that are looked at: `email` takes quadratic time."""


def names(header: Header) -> Iterator[str]:
    """Readable names, none for what can't be parsed. Undecodable bytes become U+FFFD."""
    for field, parameter in _FIELDS:
        for value in header.get(field)[:1]:
            if b"name" in value[:_LONGEST].lower():
                # `email` raises many things for malformed parameters.
                with suppress(Exception):
                    yield from _parameter(field, parameter, value[:_LONGEST])


def _parameter(field: str, parameter: str, value: bytes) -> Iterator[str]:
    part = Message()
    part[field] = value.decode("ascii", "surrogateescape")
    found = part.get_param(parameter, header=field)
    if found is not None:
        yield _decoded(collapse_rfc2231_value(found))


def _decoded(text: str) -> str:
    if "=?" in text:
        with suppress(Exception):
            return str(make_header(decode_header(text)))
    return text
