"""Which attachments messages.import refuses (vectors/blocked_attachment.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.archives import archived, with_attachment, with_part
from tests.contracts.gmail import Mailbox, refusal

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "blocked_attachment.json").read_text("utf-8")
)


def check(mailbox: Mailbox, case: dict[str, Any], mail: bytes) -> None:
    if mailbox.real and not case["certain"]:
        pytest.skip("an assumption")
    if case["refused"]:
        assert refusal(lambda: mailbox.import_(mail)) == (400, VECTORS["error"])
    else:
        assert mailbox.raw(mailbox.import_(mail)["id"]).endswith(mail)


@pytest.mark.parametrize("extension", VECTORS["extensions"])
def test_extension(mailbox: Mailbox, extension: str) -> None:
    case = {"refused": True, "certain": True}
    check(mailbox, case, with_attachment(f"file{extension}", b"some content"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: "|".join(case["headers"]))
def test_name(mailbox: Mailbox, case: dict[str, Any]) -> None:
    check(mailbox, case, with_part(*case["headers"]))


@pytest.mark.parametrize(
    "case", VECTORS["archives"], ids=lambda case: "/".join([*case["in"], case["name"]])
)
def test_archive(mailbox: Mailbox, case: dict[str, Any]) -> None:
    check(mailbox, case, archived(case))


def test_insert_takes_it(mailbox: Mailbox, assumed: None) -> None:
    mail = with_attachment("setup.exe", b"some content")
    assert mailbox.raw(mailbox.import_(mail, "insert")["id"]).endswith(mail)
