"""In which ways a message may go in, and after which refusal."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.body import Body
from migrate.delivery.attempts import Attempt, attempts
from migrate.delivery.message import Message, formed
from migrate.gmail.errors import MessageRefused
from migrate.gmail.upload import DRAFT_LIMIT
from migrate.labels import LabelRules, Mapped
from tests.unit.ledgers import folder

SEEN = frozenset({"\\Seen"})
SHELF = "Drafts (imported)"
DRAFTS = Mapped(folder("Entwürfe"), "DRAFT", system=True, rule=None, renamed=None)
INBOX = Mapped(folder("INBOX"), "INBOX", system=True, rule=None, renamed=None)
WORK = Mapped(folder("Work"), "Work", system=False, rule=None, renamed=None)
PLAIN = (
    b"From: a@example.com\r\nMessage-ID: <1@x>\r\nDate: Fri, 21 Nov 2025 09:00:00 +0000\r\n\r\nx"
)


def ways(
    *copies: tuple[Mapped, frozenset[str]], raw: bytes = PLAIN, **rules: Any
) -> list[tuple[bool, set[str]]]:
    basis = {"internal_date": None, "now": 1.8e9}
    message = Message("0" * 64, (), formed(Body(raw), "0" * 64, basis))
    found = attempts(message, copies, LabelRules(**rules))
    return [(each.draft, set(each.names)) for each in found]


def test_a_draft_first_then_a_message() -> None:
    assert ways((DRAFTS, SEEN)) == [(True, {"DRAFT"}), (False, {SHELF})]
    flagged = frozenset({"\\Flagged"})
    assert ways((DRAFTS, flagged))[1] == (False, {SHELF, "STARRED", "UNREAD"})


@pytest.mark.parametrize(("size", "draft"), [(DRAFT_LIMIT, True), (DRAFT_LIMIT + 1, False)])
def test_up_to_the_limit_of_drafts(size: int, draft: bool) -> None:
    assert ways((DRAFTS, SEEN), raw=PLAIN.ljust(size, b"x"))[0][0] is draft


def test_what_lies_elsewhere_too_is_a_message() -> None:
    assert ways((DRAFTS, SEEN), (WORK, SEEN)) == [(False, {"Work"})]
    assert ways((INBOX, SEEN)) == [(False, {"INBOX"})]


def test_the_rules_decide() -> None:
    assert ways((DRAFTS, SEEN), drafts="label") == [(False, {SHELF})]
    deleted = SEEN | {"\\Deleted"}
    assert ways((DRAFTS, deleted), deleted="trash") == [(False, {"TRASH"})]
    keywords = {"$Forwarded": "Forwarded"}
    flags = SEEN | {"$Forwarded"}
    assert ways((WORK, flags), keywords=keywords) == [(False, {"Work", "Forwarded"})]
    assert ways((DRAFTS, flags), keywords=keywords)[0] == (True, {"DRAFT"})


def test_which_refusal_leads_on() -> None:
    nothing: Any = None
    attempt = Attempt(nothing, frozenset(), after="gmail-from-")
    assert attempt.answers(MessageRefused("gmail-from-count"))
    assert not attempt.answers(MessageRefused("gmail-attachment"))
    assert Attempt(nothing, frozenset()).answers(MessageRefused("gmail-attachment"))


@pytest.mark.parametrize(
    ("sender", "mended"),
    [(b"", True), (b"From: (nobody)\r\n", True), (b"From: a@example.com\r\n", False)],
)
def test_mended_only_where_there_is_something_to_mend(sender: bytes, mended: bool) -> None:
    raw = sender + PLAIN.partition(b"\r\n")[2]
    basis = {"internal_date": None, "now": 1.8e9}
    message = Message("0" * 64, (), formed(Body(raw), "0" * 64, basis))
    copies = [(WORK, SEEN)]
    assert len(list(attempts(message, copies, LabelRules()))) == 1
    plain, *rest = attempts(message, copies, LabelRules(), mend=True)
    assert plain.form is message.form
    assert [each.after for each in rest] == ["gmail-from-"] * mended
    for each in rest:
        assert [one.field for one in each.form.prepared.repairs] == ["From"]
        assert formed(message.body, "0" * 64, each.form.basis) == each.form
