"""Names of attachments: the same facts on both sides, rules of our own."""

from __future__ import annotations

from importlib.resources import files

import pytest

from migrate.message.attachments import BLOCKED, archive, blocked, suffix
from tests.unit.mail import vectors

TABLES = [
    (files(package) / "blocked_attachments.toml").read_text("utf-8")
    for package in ("migrate.message", "migrate.sandbox.mailbox")
]


def test_both_sides_hold_the_same_table() -> None:
    assert TABLES[0] == TABLES[1]
    assert set(vectors("blocked_attachment", "extensions")) == BLOCKED


@pytest.mark.parametrize(
    ("name", "kind"),
    [("A.EXE", ".exe"), ("a.exe. ", ".exe"), ("a.b/c", ".b/c"), ("exe", ""), (".j", ".j")],
)  # fmt: skip
def test_suffix(name: str, kind: str) -> None:
    assert suffix(name) == kind


def test_kinds() -> None:
    assert [blocked(name) for name in ("a.exe", "a.exe.txt", "a.zip")] == [True, False, False]
    assert [archive(name) for name in ("a.zip", "a.tar.GZ", "a.tbz", "zip", "a.pdf")] == [
        *(True, True, True),
        *(False, False),
    ]
