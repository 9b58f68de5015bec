"""Believable certificates, with hostile names among the folders."""

from __future__ import annotations

from migrate.ledger.verifications import Verification
from migrate.report.certificate.document import (
    CauseCount,
    Certificate,
    Exception_,
    Lack,
    RepairCount,
    RunLine,
    Since,
    SkipCount,
)
from migrate.report.document import FolderLine
from tests.unit.report_documents import HOSTILE, account, counts

_AT = 1_763_700_000.0
PROOF = (
    "0" * 64,
    "1" * 64,
    "sato@a.jp=sato@b.jp.jsonl",
    "2" * 64,
    "sato@a.jp=sato@b.jp.json",
    "3" * 64,
)


def complete() -> Certificate:
    return _made(quarantined=0)


def exceptions() -> Certificate:
    return _made(quarantined=2)


def incomplete() -> Certificate:
    return _made(quarantined=2, pending=41)


def _made(quarantined: int, pending: int = 0) -> Certificate:
    line = account(
        "sato",
        FolderLine("INBOX", "INBOX", counts(18_204, 310, 12, 4, quarantined), 2_913_004_551),
        FolderLine(
            "プロジェクト/見積もり", "プロジェクト/見積もり", counts(1_812, 96), 806_551_020
        ),
        FolderLine(HOSTILE * 3, HOSTILE * 3, counts(50, pending=pending)),
        state="paused" if pending else "done",
    )
    causes = ["The message has an attachment of a type that Gmail blocks.", HOSTILE]
    return Certificate(
        account=line,
        source="imaps://mail.example.jp",
        target="https://gmail.googleapis.com",
        created=_AT + 100_000,
        version="0.1.0",
        lacks=[Lack("unfinished", 1), Lack("pending", pending)] if pending else [],
        runs=[RunLine("20261121-090012-7f3a", _AT, _AT + 30_000, 20_484)],
        skips=[SkipCount("deleted", 4)],
        causes=[CauseCount(f"code-{each}", each, 1) for each in causes[:quarantined]],
        exceptions=[Exception_(HOSTILE, 4711, each) for each in causes[:quarantined]],
        repairs=[RepairCount("Date", "missing", 12)],
        verification=Verification(_AT + 90_000, _AT + 93_000, True, True, 20_484, 14, 0),
        deep=Verification(_AT + 90_000, _AT + 93_000, True, True, 20_484, 14, 0),
        since=Since(0, 14, 3, 0, 0, "18f2a"),
        stamp="",
    )


ALL = {each.__name__: each for each in (complete, exceptions, incomplete)}
