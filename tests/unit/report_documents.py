"""Believable documents of every command, with hostile names among the folders."""

from __future__ import annotations

from typing import Any

from migrate.report.document import (
    AccountLine,
    Change,
    Confirmed,
    Difference,
    Document,
    FolderLine,
    Predicted,
    QuarantineLine,
    Rename,
    RepairLine,
    SkipLine,
    Surprise,
    Totals,
)

HOSTILE = '<script>alert(1)</script>\u202egpj.exe\x07 "&" =cmd|`x`'
RUN = "20261121-090012-7f3a"


def counts(
    imported: int = 0,
    merged: int = 0,
    present: int = 0,
    skipped: int = 0,
    quarantined: int = 0,
    pending: int = 0,
) -> Totals:
    six = (imported, merged, present, skipped, quarantined, pending)
    return Totals(sum(six), *six)


def account(
    user: str, *folders: FolderLine, state: str = "done", error: dict[str, Any] | None = None
) -> AccountLine:
    return AccountLine(
        f"{user}@mail.example.jp",
        f"{user}@example.co.jp",
        state,
        error,
        Totals.sum(line.totals for line in folders),
        list(folders),
        sum(line.bytes for line in folders),
    )


def document(command: str, *accounts: AccountLine, **rest: Any) -> Document:
    totals = Totals.sum(line.totals for line in accounts)
    closed = not totals.pending and not totals.quarantined
    return Document(
        command=command,
        run=None if command == "plan" else RUN,
        complete=rest.pop("complete", closed),
        totals=totals,
        accounts=list(accounts),
        created="2026-11-21T18:42:07+00:00",
        version="0.1.0",
        bytes=sum(line.bytes for line in accounts),
        **rest,
    )


def _sato(quarantined: int = 0) -> AccountLine:
    return account(
        "sato",
        FolderLine(
            "INBOX", "INBOX", counts(18_204 - quarantined, 310, 12, 4, quarantined), 2_913_004_551
        ),
        FolderLine("Sent", "SENT", counts(9_377, 41), 1_204_118_002),
        FolderLine(
            "プロジェクト/見積もり", "プロジェクト/見積もり", counts(1_812, 96), 806_551_020
        ),
        FolderLine("顧客/株式会社サンプル", "顧客/株式会社サンプル", counts(644, 3), 91_332_118),
        FolderLine("Archive/2024", "Archive (imported)/2024", counts(5_120), 655_091_774),
    )


def _tanaka() -> AccountLine:
    return account(
        "tanaka",
        FolderLine("INBOX", "INBOX", counts(7_440, 120, 3), 880_451_007),
        FolderLine("送信済みアイテム", "SENT", counts(3_310), 402_118_993),
        FolderLine("下書き", "DRAFT", counts(14), 310_220),
        FolderLine("迷惑メール", None, counts(skipped=218), 9_004_118, "junk"),
        FolderLine("すべてのメール", None, counts(skipped=10_887), 0, "virtual"),
    )


def _info(pending: int = 0) -> AccountLine:
    return account(
        "info",
        FolderLine("INBOX", "INBOX", counts(2_019 - pending, 8, pending=pending), 212_220_004),
        FolderLine(HOSTILE, "script alert(1) -script-", counts(3), 18_220),
        FolderLine("Newsletters", "Newsletters", counts(402, 402), 51_220_332),
        FolderLine("空", "空", counts()),
    )


RENAMES = [
    Rename("sato@mail.example.jp", "Archive/2024", "Archive (imported)/2024", "reserved"),
    Rename("info@mail.example.jp", HOSTILE, "script alert(1) -script-", "characters"),
]
REPAIRS = [
    RepairLine(
        "sato@mail.example.jp",
        "INBOX",
        4_411,
        "Date",
        "Mon, 31 Feb 2011 25:61:00 +0900",
        "Tue, 01 Mar 2011 09:12:44 +0900",
        "unparsable",
    ),
    RepairLine(
        "tanaka@mail.example.jp",
        "送信済みアイテム",
        88,
        "Message-ID",
        "",
        "<0f5b2c4e9a1d7788c3f0e2b1a4d5c6e7f8091a2b@mailhaul.invalid>",
        "missing",
    ),
    RepairLine(
        "info@mail.example.jp",
        HOSTILE,
        3,
        "Date",
        '=HYPERLINK("http://evil.example")|\udc8f',
        "Fri, 06 Jan 2023 10:00:00 +0900",
        "unparsable",
    ),
]
QUARANTINE = [
    QuarantineLine(
        "sato@mail.example.jp",
        "INBOX",
        uid,
        "gmail-from-invalid",
        cause,
        cure,
        detail,
        f"quarantine/sato@example.co.jp/c77f03a2eda0df626ae6078121e1{uid:04x}.eml",
    )
    for uid, cause, cure, detail in (
        (
            1_204,
            "The From line holds no address that Gmail can read.",
            "The message is kept as .eml. Correct its From line there, "
            "or keep the file as an archive.",
            "Invalid From header",
        ),
        (
            9_981,
            "Gmail found a kind of attachment that it blocks for security.",
            "Keep the file as an archive, or deliver it in another way.",
            "Message contains a blocked attachment: invoice.js",
        ),
    )
]
SKIPS = [
    SkipLine("sato@mail.example.jp", "INBOX", "deleted", 4),
    SkipLine("tanaka@mail.example.jp", "迷惑メール", "junk", 218),
    SkipLine("tanaka@mail.example.jp", "すべてのメール", "virtual", 10_887),
]
DIFFERENCES = [
    Difference(
        "sato@mail.example.jp", "INBOX", 771, "label", "INBOX, STARRED", "Projects, STARRED"
    ),
    Difference("tanaka@mail.example.jp", "INBOX", 12, "missing", "<20240105.1@example.jp>", ""),
]


def plan() -> Document:
    """What the dry run says: everything is still to be done."""
    parts = []
    for line in (_sato(2), _tanaka(), _info()):
        for folder in line.folders:
            left = folder.totals.source - folder.totals.skipped
            folder.totals = counts(skipped=folder.totals.skipped, pending=left)
        parts.append(account(line.source_user.partition("@")[0], *line.folders, state="scanned"))
    return document(
        "plan",
        *parts,
        complete=False,
        target_consulted=False,
        predicted=[
            Predicted("from-invalid", 2, True),
            Predicted("date-repaired", 17, True),
            Predicted("message-id-repaired", 3, False),
            Predicted("accepted", 49_331, True),
        ],
        units=1_233_775,
        seconds=12_340,
        renames=RENAMES,
        skips=SKIPS,
    )


def finished() -> Document:
    return document(
        "run",
        _sato(),
        _tanaka(),
        _info(),
        confirmed=[
            Confirmed("accepted", "accepted", 49_321, agrees=True),
            Confirmed("date-repaired", "date-repaired", 17, agrees=True),
        ],
        surprises=[],
        renames=RENAMES,
        repairs=REPAIRS,
        skips=SKIPS,
    )


def compared() -> Document:
    """A plan against an older one."""
    made = plan()
    user = "sato@mail.example.jp"
    made.changes = [
        Change(user, HOSTILE, "label", "Work", f"Work {HOSTILE}"),
        Change(user, "INBOX", "messages", "18,204", "18,211"),
        Change("", "", "setting", "labels.depth = 0", "labels.depth = 2"),
    ]
    made.settings = {"labels": {}, "filters": {}, "policy": {}}
    return made


def unopened() -> Document:
    """A folder that the source did not open."""
    error = {
        "code": "source-folder-refused",
        "cause": "The source does not open the folder: `NO [NOPERM] no`.",
        "cure": "Ask whoever runs the server.",
    }
    shut = FolderLine(HOSTILE, "Shut", counts(), error=error)
    sato = account("sato", *_sato().folders, shut)
    return document("run", sato, _tanaka(), complete=False, renames=[], repairs=[], skips=[])


def interrupted() -> Document:
    """Quarantine, pending messages and one account that cannot be reached."""
    down = account(
        "suzuki",
        state="failed",
        error={
            "code": "source-login-refused",
            "cause": "The source refused the password.",
            "cure": "Check the password in accounts.csv.",
        },
    )
    return document(
        "run",
        _sato(2),
        _tanaka(),
        _info(340),
        down,
        confirmed=[
            Confirmed("accepted", "gmail-refused", 1, agrees=False),
            Confirmed("from-invalid", "accepted", 1, agrees=False),
            Confirmed("accepted", "accepted", 49_001, agrees=True),
            Confirmed("from-invalid", "from-invalid", 1, agrees=True),
        ],
        surprises=[
            Surprise("sato@mail.example.jp", HOSTILE, 9, "accepted", "gmail-refused"),
            Surprise("sato@mail.example.jp", "INBOX", 12, "from-invalid", "accepted"),
        ],
        renames=RENAMES,
        repairs=REPAIRS,
        quarantine=QUARANTINE,
        skips=SKIPS,
    )


def verified() -> Document:
    return document(
        "verify",
        _sato(),
        _tanaka(),
        _info(),
        complete=False,
        checked=49_352,
        differences=DIFFERENCES,
    )


def small() -> Document:
    """The example of `docs/json.md`: one account, one of everything that `report` adds."""
    user = account(
        "sato",
        FolderLine("INBOX", "INBOX", counts(1_180, 12, 3, 4, 1), 96_114_208),
        FolderLine("Archive", "Archive (imported)", counts(640), 51_220_332),
    )
    return document(
        "report",
        user,
        confirmed=[
            Confirmed("from-invalid", "accepted", 1, agrees=False),
            Confirmed("accepted", "accepted", 1_834, agrees=True),
            Confirmed("date-repaired", "date-repaired", 1, agrees=True),
        ],
        surprises=[Surprise(user.source_user, "INBOX", 977, "from-invalid", "accepted")],
        renames=[Rename(user.source_user, "Archive", "Archive (imported)", "reserved")],
        repairs=[REPAIRS[0]],
        quarantine=[QUARANTINE[0]],
        skips=[SKIPS[0]],
    )


ALL = {
    "plan": plan,
    "compared": compared,
    "finished": finished,
    "refused": unopened,
    "interrupted": interrupted,
    "verified": verified,
}
