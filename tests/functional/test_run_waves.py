"""Waves through the real command: a pilot that is not complete holds up all others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sandboxes import running

from .dovecot import Dovecot
from .migration import FAST, Gmail, Migration

pytestmark = pytest.mark.dovecot

PEOPLE = ("taro", "hanako", "jiro")
OLD = "@old.example.jp"


def mail(user: str, sender: str) -> bytes:
    return (
        f"From: {sender}\r\nTo: a@example.com\r\nSubject: {user}\r\nDate: Fri, 21 Nov 2025 "
        f"09:00:06 +0000\r\nMessage-ID: <{user}.{sender}>\r\n\r\nText\r\n"
    ).encode()


def waves(document: Any) -> list[tuple[str, bool, bool, list[str]]]:
    return [
        (each["wave"], each["begun"], each["complete"], each["held_up_by"])
        for each in document["waves"]
    ]


def test_a_wave_begins_when_the_one_before_is_complete(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: str
) -> None:
    """What they sent from an address of an old domain is theirs, too: in Gmail it is sent mail."""
    taro, hanako, jiro = (f"{mailbox_user}.{name}{OLD}" for name in PEOPLE)
    for user in (taro, hanako, jiro):
        dovecot.add_user(user)
        letter = mail(user, f"info{OLD}"), (), datetime(2026, 1, 1, tzinfo=UTC)
        dovecot.seed(user, "Sent", [letter])
    with running(
        tmp_path / "sandbox", ",".join(f"{each}@example.com" for each in PEOPLE)
    ) as sandbox:
        url = f"imaps://{dovecot.host}:{dovecot.imaps_port}"
        migration = Migration(tmp_path / "move").write(url, dovecot.ca, sandbox, {}, FAST)
        csv = migration.directory / "accounts.csv"
        csv.write_text(
            "source_user,target_user,source_password,wave,aliases\n"
            f"{taro},taro@example.com,secret,pilot,info{OLD}\n"
            f"{jiro},jiro@example.com,secret,later,\n"
            f"{hanako},hanako@example.com,wrong,pilot,\n"
        )

        held = migration("run", "--waves", "--json")
        assert held.code == 5, held.said
        assert waves(held.json) == [
            ("pilot", True, False, [hanako]),
            ("later", False, False, []),
        ]
        assert "--despite USER" in held.err and hanako in held.err
        assert [each["state"] for each in held.json["accounts"]] == ["done", "new", "failed"]
        (sent,) = Gmail(sandbox, "taro@example.com").messages()
        assert "SENT" in sent.labels

        let_go = migration("run", "--waves", "--despite", "hanako@example.com", "--json")
        assert let_go.code == 5, let_go.said
        assert waves(let_go.json) == [
            ("pilot", True, False, [hanako]),
            ("later", True, True, []),
        ]
        assert len(Gmail(sandbox, "jiro@example.com").messages()) == 1

        csv.write_text(csv.read_text().replace("wrong", "secret"))
        one = migration("run", "--wave", "Pilot", "--json")
        assert one.code == 0, one.said
        assert [each["source_user"] for each in one.json["accounts"]] == [taro, hanako]
        assert "waves" not in one.json
