"""The text beside a quarantined message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.body import Body
from migrate.quarantine import beside, keep
from migrate.report.document import Document, QuarantineLine
from migrate.report.kept import write_texts
from migrate.shown import visible
from migrate.texts import Lang, Texts
from tests.unit import report_documents as sample

EN = Texts("en")
USER, SHA = "sato@example.co.jp", "ab" * 32
SUBJECT = "御見積\u202eの件"
MESSAGE = (
    b"From: =?utf-8?B?5L2Q6Jek?= <sato@example.jp>\r\n"
    b"Subject: " + SUBJECT.encode() + b"\r\n \x07more\r\nDate: never\r\n\r\nhello\r\n"
)


def quarantined(
    directory: Path, code: str = "gmail-from-invalid", detail: str = "Invalid From"
) -> tuple[Document, Path]:
    """A document with two copies of one kept message, and where it is kept."""
    kept = keep(directory / "quarantine", USER, SHA, Body(MESSAGE))
    file = str(kept.relative_to(directory))
    line = QuarantineLine("sato@mail.example.jp", "INBOX", 7, code, "c", "c", detail, file)
    document = sample.small()
    document.quarantine = [
        line,
        replace(line, folder=sample.HOSTILE, uid=9),
    ]
    return document, kept


def test_it_says_which_message_why_and_what_to_do(tmp_path: Path) -> None:
    document, kept = quarantined(tmp_path)
    assert write_texts(document, tmp_path, EN) == [beside(kept)]
    text = beside(kept).read_text(encoding="utf-8")
    for said in (
        "From: 佐藤 <sato@example.jp>\n",
        "Subject: 御見積⟨U+202E⟩の件 ⟨U+0007⟩more\n",
        "Folder: INBOX (UID 7)\n",
        f"Folder: {visible(sample.HOSTILE)} (UID 9)\n",
        "Invalid From",
        EN("errors.gmail-from-invalid.cause"),
        EN("errors.gmail-from-invalid.cure"),
        str(kept.relative_to(tmp_path)),
        f"mailhaul migrate retry --dir {tmp_path} --class gmail-from-invalid --repair\n",
    ):
        assert said in text
    assert beside(kept).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_nothing_hidden_is_in_it_whatever_the_message_holds(tmp_path: Path, lang: Lang) -> None:
    document, kept = quarantined(tmp_path, detail="\x1b[31m no\r\n\u2066", code="gmail-refused")
    write_texts(document, tmp_path, Texts(lang))
    text = beside(kept).read_text(encoding="utf-8")
    assert "⟨U+001B⟩[31m" in text
    assert visible(text.replace("\n", "")) == text.replace("\n", "")
    assert "--repair" not in text


def test_it_follows_the_ledger_and_is_left_alone_when_nothing_is_new(tmp_path: Path) -> None:
    document, kept = quarantined(tmp_path)
    write_texts(document, tmp_path, EN)
    before = beside(kept).stat().st_mtime_ns
    write_texts(document, tmp_path, EN)
    assert beside(kept).stat().st_mtime_ns == before
    document, _ = quarantined(tmp_path, code="gmail-attachment")
    write_texts(document, tmp_path, EN)
    assert "gmail-attachment" in beside(kept).read_text(encoding="utf-8")


def test_a_message_without_a_file_or_whose_file_is_gone_has_no_text(tmp_path: Path) -> None:
    document, kept = quarantined(tmp_path)
    assert document.quarantine
    document.quarantine.append(replace(document.quarantine[0], file=None))
    kept.unlink()
    assert write_texts(document, tmp_path, EN) == []
