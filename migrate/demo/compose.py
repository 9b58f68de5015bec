"""Bytes of a message, written by hand: `email` would make them cleaner than real mail is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

OWNER = "tanaka@example.jp"
"""Whose mailbox it is: her address is the sender of what lies in Sent."""

_NAMES = {
    OWNER: "田中 葵",
    "sato@example.jp": "佐藤 健太",
    "suzuki@example.jp": "鈴木 美咲",
    "it@example.jp": "IT Desk",
    "kobayashi@example.com": "小林 直樹（株式会社サンプル）",
    "emma@example.com": "Emma Clarke",
    "news@example.com": "Example Trade Weekly",
    "promo@example.com": "Prize Centre",
}


def words(text: str, charset: str) -> bytes:
    """Encoded-words of RFC 2047, folded; ASCII stays as it is."""
    if text.isascii():
        return text.encode()
    pieces = (text[at : at + 12].encode(charset) for at in range(0, len(text), 12))
    return b"\r\n ".join(b"=?%s?B?%s?=" % (charset.encode(), b64encode(piece)) for piece in pieces)


def lines(text: str, charset: str) -> bytes:
    return text.strip("\n").replace("\n", "\r\n").encode(charset) + b"\r\n"


def text_part(text: str, charset: str) -> bytes:
    """Header and body of one text part, in the transfer encoding usual for the charset."""
    kind = b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n"
    if charset == "iso-2022-jp":
        return kind + b"Content-Transfer-Encoding: 7bit\r\n\r\n" + lines(text, charset)
    return kind + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + lines(text, charset)


def message_id(sender: str, when: datetime) -> bytes:
    return b"<%s.%s>" % (when.strftime("%Y%m%d%H%M%S").encode(), sender.encode())


def head(
    sender: str,
    to: str,
    subject: bytes,
    when: datetime,
    *,
    charset: str = "utf-8",
    references: Sequence[bytes] = (),
) -> bytes:
    """The usual header down to MIME-Version, without the blank line."""
    date = format_datetime(when).encode()
    fields = [
        b"From: %s <%s>" % (words(_NAMES[sender], charset), sender.encode()),
        b"To: %s <%s>" % (words(_NAMES[to], charset), to.encode()),
        b"Subject: " + subject,
        b"Date: " + date,
        b"Message-ID: " + message_id(sender, when),
    ]
    if sender != OWNER:
        host = sender.partition("@")[2].encode()
        trace = b"Received: from mail.%s by mx.example.jp with ESMTPS\r\n\tfor <%s>; %s"
        fields.insert(0, trace % (host, to.encode(), date))
    if references:
        fields += [b"In-Reply-To: " + references[-1], b"References: " + b"\r\n ".join(references)]
    return b"\r\n".join([*fields, b"MIME-Version: 1.0", b""])
