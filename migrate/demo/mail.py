"""Sample mail for the demo: the mailbox of 田中 葵 at a small trading firm, the same every time.

All people, firms and numbers are invented; the domains are those of RFC 2606 and example.jp.
Beside ordinary conversations it holds one of every case that makes a migration interesting: see
`_oddities`.
"""

from __future__ import annotations

import re
import tomllib
from base64 import b64decode, encodebytes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

from migrate.demo.compose import OWNER, head, lines, message_id, text_part, words
from migrate.report.document import Totals

__all__ = ["EMPTY_FOLDERS", "OWNER", "SampleMessage", "expected", "sample"]

EMPTY_FOLDERS = ("空のフォルダー",)

_JST = timezone(timedelta(hours=9))
_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One occurrence: where it lies, its bytes (CRLF), IMAP flags and INTERNALDATE (aware)."""

    folder: str
    """Path with `/` between the levels."""
    raw: bytes
    flags: frozenset[str]
    internal_date: datetime


def sample() -> list[SampleMessage]:
    """The whole mailbox, in the order of delivery within each folder."""
    text = files("migrate.demo").joinpath("stories.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    spring = datetime(2026, 3, 3, 11, 20, tzinfo=_JST)
    messages = [
        *(message for story in told["story"] for message in _conversation(story)),
        *(_newsletter(number, issue) for number, issue in enumerate(told["newsletter"], 41)),
        *(_single(message) for message in told["single"]),
        _with_attachment(
            "suzuki@example.jp", "新しいロゴ案", spring, "logo.png", "image/png", b64decode(_PNG)
        ),
        _with_attachment(
            "emma@example.com", "Signed contract", spring, "contract.pdf", "application/pdf", _PDF
        ),
        *_oddities(),
    ]
    return sorted(messages, key=lambda message: (message.folder, message.internal_date))


def expected(messages: Sequence[SampleMessage]) -> Totals:
    """What the default policy makes of `messages` in an empty target, if Gmail does as documented.

    \\Deleted is skipped, a From that is not exactly one address is quarantined, byte-identical
    copies merge, everything else is imported.
    """
    totals = Totals(source=len(messages))
    seen: set[bytes] = set()
    for message in messages:
        fields = message.raw.partition(b"\r\n\r\n")[0]
        senders = re.findall(rb"^From:(.*(?:\n[ \t].*)*)", fields, re.MULTILINE | re.IGNORECASE)
        if "\\Deleted" in message.flags:
            totals.skipped += 1
        elif len(senders) != 1 or b"@" not in senders[0]:
            totals.quarantined += 1
        elif message.raw in seen:
            totals.merged += 1
        else:
            totals.imported += 1
            seen.add(message.raw)
    return totals


def _delivered(folder: str, raw: bytes, when: datetime, *flags: str) -> SampleMessage:
    return SampleMessage(folder, raw, frozenset(flags), when + timedelta(seconds=2))


def _conversation(story: Mapping[str, Any]) -> Iterator[SampleMessage]:
    """What the owner wrote lies in Sent, the rest in the story's folder."""
    references: list[bytes] = []
    charset = story["charset"]
    turns = story["turns"]
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        sender, when = turn["from"], turn["at"]
        subject = words(("Re: " if references else "") + story["subject"], charset)
        flags = {"\\Seen"}
        if sender != OWNER and following and following["from"] == OWNER:
            flags.add("\\Answered")
        if following is None and story.get("unread"):
            flags.remove("\\Seen")
        if turn is turns[0] and story.get("flagged"):
            flags.add("\\Flagged")
        to = story["partner"] if sender == OWNER else OWNER
        top = head(sender, to, subject, when, charset=charset, references=references)
        folder = "Sent" if sender == OWNER else story["folder"]
        yield _delivered(folder, top + text_part(turn["text"], charset), when, *flags)
        references.append(message_id(sender, when))


def _newsletter(number: int, issue: Mapping[str, Any]) -> SampleMessage:
    headline, text, when = issue["headline"], issue["text"], issue["at"]
    mark = b"=_issue-%d" % number
    html = f"<html><body><h1>{headline}</h1><p>{text}</p></body></html>"
    raw = (
        head("news@example.com", OWNER, f"Issue {number}: {headline}".encode(), when)
        + b"List-Id: Example Trade Weekly <weekly.example.com>\r\n"
        + b"List-Unsubscribe: <https://www.example.com/unsubscribe>\r\n"
        + b'Content-Type: multipart/alternative; boundary="%s"\r\n\r\n' % mark
        + b"--%s\r\n%s" % (mark, text_part(f"{headline}\n\n{text}", "utf-8"))
        + b"\r\n--%s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" % mark
        + lines(html, "utf-8")
        + b"\r\n--%s--\r\n" % mark
    )
    return _delivered("Newsletters", raw, when, *(["\\Seen"] if number % 3 else []))


def _with_attachment(
    sender: str, subject: str, when: datetime, name: str, kind: str, data: bytes
) -> SampleMessage:
    raw = (
        head(sender, OWNER, words(subject, "utf-8"), when)
        + b'Content-Type: multipart/mixed; boundary="=_part"\r\n\r\n--=_part\r\n'
        + text_part(subject, "utf-8")
        + f'\r\n--=_part\r\nContent-Type: {kind}; name="{name}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n"
        + f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'.encode()
        + encodebytes(data).replace(b"\n", b"\r\n")
        + b"\r\n--=_part--\r\n"
    )
    return _delivered("INBOX", raw, when, "\\Seen", "\\Flagged")


def _plain(sender: str, subject: str, when: datetime, text: str) -> bytes:
    to = "emma@example.com" if sender == OWNER else OWNER
    return head(sender, to, words(subject, "utf-8"), when) + text_part(text, "utf-8")


def _single(message: Mapping[str, Any]) -> SampleMessage:
    raw = _plain(message["from"], message["subject"], message["at"], message["text"])
    return _delivered(message["folder"], raw, message["at"], *message["flags"])


def _oddities() -> Iterator[SampleMessage]:
    """One of every case that needs a decision, a repair or a person."""
    day = datetime(2025, 9, 8, 10, 0, tzinfo=_JST)

    # Byte-identical in three folders, read in only one of them.
    memo = _plain("sato@example.jp", "価格表 2025 年版", day, "全員で共有してください。")
    yield _delivered("INBOX", memo, day)
    yield _delivered("顧客/株式会社サンプル", memo, day, "\\Seen")
    yield _delivered("プロジェクト/見積もり", memo, day, "\\Flagged")

    # Gmail refuses both: no address in From; two From headers.
    day += timedelta(days=1)
    good = _plain("it@example.jp", "Scan from the copier", day, "1 page, attached elsewhere.")
    yield _delivered("INBOX", re.sub(rb"From: .*", b"From: (unknown sender)\r", good), day)
    day += timedelta(days=1)
    good = _plain("emma@example.com", "Fwd: price list", day, "Forwarded by an old gateway.")
    yield _delivered("INBOX", b"From: gateway@example.com\r\n" + good, day, "\\Seen")

    # No Message-ID, twice.
    day += timedelta(days=1)
    fax = re.sub(
        rb"Message-ID: .*\r\n", b"", _plain("it@example.jp", "FAX 受信", day, "1 枚です。")
    )
    yield _delivered("INBOX", fax, day, "\\Seen")
    yield _delivered("顧客/株式会社サンプル", fax, day, "\\Seen")

    # One Message-ID, two messages: a mailing program that counts from 1 at every start.
    for text in ("Stock report: 112 items.", "Stock report: 98 items."):
        day += timedelta(days=1)
        report = _plain("it@example.jp", "Stock report", day, text)
        yield _delivered(
            "INBOX", re.sub(rb"Message-ID: .*\r", b"Message-ID: <1@example.jp>\r", report), day
        )

    # Date: unparsable, missing, in the future. INTERNALDATE is good each time.
    for subject, date in (
        ("議事録", "昨日の夕方".encode()),
        ("Minutes", None),
        ("Clock of the old PC", b"Fri, 13 Sep 2052 10:00:00 +0900"),
    ):
        day += timedelta(days=1)
        raw = _plain("suzuki@example.jp", subject, day, "添付はありません。")
        raw = re.sub(rb"Date: .*\r\n", b"Date: " + date + b"\r\n" if date else b"", raw)
        yield _delivered("INBOX", raw, day, "\\Seen")

    # Raw Shift_JIS in the header, never allowed and often seen.
    day += timedelta(days=1)
    raw = head("kobayashi@example.com", OWNER, "請求書の件".encode("shift_jis"), day)
    yield _delivered("INBOX", raw + text_part("請求書を郵送しました。", "shift_jis"), day)

    # Marked as deleted, never expunged.
    day += timedelta(days=1)
    raw = _plain("news@example.com", "Please rate us", day, "How did we do?")
    yield _delivered("INBOX", raw, day, "\\Seen", "\\Deleted")
