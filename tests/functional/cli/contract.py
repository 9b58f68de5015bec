"""What the tests of the command line share: the mail, the folder, the JSON contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from migrate.demo.mail import SampleMessage
from tests.functional.migration import FAST, Migration

USER, PASSWORD = "taro@example.jp", "kx7-Zq29-very-secret"
TARGETS = [f"user{number}@example.org" for number in range(30)]
CLEAN = f'[labels]\nexclude = ["Refused"]\n{FAST}'
"""Leaves out the folder whose message Gmail refuses."""
CLASSES = ("imported", "merged", "present", "skipped", "quarantined", "pending")


Make = Callable[..., Migration]


def mail(number: int, folder: str = "INBOX", sender: str = "From: a@example.com") -> SampleMessage:
    lines = [sender, f"Message-ID: <{number}@example.com>", f"Subject: {folder} {number}"]
    lines += ["Date: Fri, 21 Nov 2025 09:55:06 -0600", "", f"Text {number}.", ""]
    date = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return SampleMessage(folder, "\r\n".join(lines).encode(), frozenset({"\\Seen"}), date)


def user_of(migration: Migration) -> str:
    return (migration.directory / "accounts.csv").read_text().splitlines()[1].split(",")[1]


def files(migration: Migration) -> set[str]:
    here = migration.directory
    return {str(each.relative_to(here)) for each in here.rglob("*") if each.is_file()}


def check_document(document: Mapping[str, Any], command: str) -> None:
    """The keys of the contract, and closed sums on every level."""
    assert list(document)[:2] == ["schema", "command"]
    assert (document["schema"], document["command"]) == (1, command)
    assert document.keys() >= {"run", "complete", "totals", "accounts"}
    further = {
        "plan": {"predicted", "units", "seconds", "renames"},
        "verify": {"checked", "differences"},
        "report": {"repairs", "quarantine"},
    }
    assert document.keys() >= further.get(command, set())
    whole = dict.fromkeys(("source", *CLASSES), 0)
    for account in document["accounts"]:
        keys = {"source_user", "target_user", "state", "error", "totals", "folders"}
        assert account.keys() >= keys
        for folder in account["folders"]:
            assert folder.keys() >= {"name", "label", "totals"}
            assert folder["totals"]["source"] == sum(folder["totals"][each] for each in CLASSES)
        for name in whole:
            counted = sum(folder["totals"][name] for folder in account["folders"])
            assert account["totals"][name] == counted
            whole[name] += counted
    assert document["totals"] == whole
