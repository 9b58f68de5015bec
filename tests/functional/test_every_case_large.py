"""Large messages from a real Dovecot: 12, 40 and 100 MiB, in copies, as drafts, without an id.

149 and 151 MiB, and what is in memory meanwhile: `test_run_large.py`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.sandboxes import running

from .dovecot import Dovecot
from .every_case.case import INBOX, OWNER, Case, letter, place
from .every_case.outcome import is_from, uploaded
from .every_case.seeding import lying, seed
from .migration import FAST, Gmail, Migration

pytestmark = pytest.mark.dovecot

MIB = 1024 * 1024
DRAFTS = place("Drafts", "\\Seen", "\\Draft")


def large(name: str, mib: int, **fields: str | None) -> bytes:
    """Exactly so many MiB, in lines of 64 bytes."""
    head = letter(name, b"", **fields)
    line = f"{name} ".ljust(62, "x").encode() + b"\r\n"
    return head + (line * (mib * MIB // 64))[len(head) :]


CASES = [
    (Case("twelve", large("twelve", 12)), {"INBOX"}),
    (Case("forty", large("forty", 40, Message_ID=None), (INBOX, place("Two"))), {"INBOX", "Two"}),
    (Case("hundred", large("hundred", 100), (place("Two", "\\Seen"),)), {"Two"}),
    (Case("draft", large("draft", 30, From=OWNER), (DRAFTS,)), {"DRAFT"}),
    # Gmail takes drafts up to 35 MiB.
    (Case("large-draft", large("large-draft", 36), (DRAFTS,)), {"Drafts (imported)"}),
]


def test_large_messages_arrive_whole(dovecot: Dovecot, tmp_path: Path) -> None:
    user = "large"
    dovecot.add_user(user)
    seed(dovecot, user, lying(case for case, _ in CASES))
    with running(tmp_path / "sandbox", OWNER) as sandbox:
        migration = Migration(tmp_path / "move")
        url = f"imaps://{dovecot.host}:{dovecot.imaps_port}"
        migration.write(url, dovecot.ca, sandbox, {(user, OWNER): "secret"}, FAST)
        assert migration("plan", "--deep", "--json").code == 0
        ran = migration("run", "--json")
        assert ran.code == 0, ran.said
        totals = {name: count for name, count in ran.json["totals"].items() if count}
        assert totals == {"source": 6, "imported": 5, "merged": 1}
        assert ran.json["surprises"] == []
        repairs = {each["field"]: each["after"] for each in ran.json["repairs"]}
        assert repairs.keys() == {"Message-ID"}
        found = {}
        for one in Gmail(sandbox, OWNER).messages():
            raw = uploaded(one.raw)
            name = raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
            case = next(case for case, _ in CASES if case.name == name)
            assert is_from(case.raw, raw, repairs if name == "forty" else {}), name
            found[name] = one.labels
        assert found == {case.name: labels for case, labels in CASES}
        digest = hashlib.sha256(CASES[1][0].raw).hexdigest()[:40]
        assert repairs == {"Message-ID": f"<{digest}@mailhaul.invalid>"}
