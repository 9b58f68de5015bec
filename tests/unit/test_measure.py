"""What a measurement makes of Gmail's answers, where a real minute would take too long."""

from __future__ import annotations

from typing import Any, cast

import pytest

from migrate.errors import TargetError
from migrate.measure.client import Client, Reply
from migrate.measure.lab import OURS, Lab
from migrate.measure.questions import (
    Unclear,
    attachments,
    concurrency,
    conflict_reason,
    label_length,
    label_spaces,
    nul,
    quota,
    raw_limit,
    sent_draft,
)

FULL = Reply(403, {"error": {"message": "Quota exceeded", "errors": [{"reason": "quotaExceeded"}]}})
FORBIDDEN = Reply(403, {"error": {"message": "No", "errors": [{"reason": "forbidden"}]}})
FINE = Reply(200, {"id": "1"})


class Scripted:
    """A client, and a lab, whose calls answer `fine` times well, then with `then`."""

    label = "1"

    def __init__(self, fine: int, then: Reply) -> None:
        self.left, self.then, self.client = fine, then, self

    def call(self, *_: Any, **__: Any) -> Reply:
        self.left -= 1
        return FINE if self.left >= 0 else self.then

    def put(self, *_: Any, **__: Any) -> Reply:
        return self.call()

    def mail(self, **_: Any) -> bytes:
        return b""

    def stored(self, *_: Any) -> str:
        return "1"

    def create_label(self, _: str, **__: Any) -> Reply:
        return self.call()


def lab(fine: int, then: Reply = FULL) -> Lab:
    return cast(Lab, Scripted(fine, then))


@pytest.mark.parametrize(
    ("calls", "plan"), [(115, "2026"), (120, "2026"), (299, "legacy"), (9999, "off")]
)
def test_the_plan_by_what_could_be_spent(calls: int, plan: str) -> None:
    assert quota(lab(calls)).value == plan


def test_an_answer_that_stands_for_nothing_is_unclear() -> None:
    with pytest.raises(Unclear):
        attachments(lab(1))
    with pytest.raises(Unclear):
        conflict_reason(lab(2))


def test_the_reason_of_a_conflict() -> None:
    taken = Reply(409, {"error": {"message": "exists", "errors": [{"reason": "aborted"}]}})
    assert conflict_reason(lab(1, taken)).value == "aborted"


def real_lab(fine: int, then: Reply) -> Lab:
    """A lab over a scripted client; its own label is the first of the `fine` answers."""
    return Lab(cast(Client, Scripted(fine, then)))


@pytest.mark.parametrize(
    "question", [sent_draft, nul, attachments, label_spaces, label_length, conflict_reason]
)
@pytest.mark.parametrize("status", [403, 404, 412, 413])
def test_a_refusal_of_another_kind_is_no_finding(question: Any, status: int) -> None:
    with pytest.raises(TargetError, match="target-refused"):
        question(real_lab(1, Reply(status, {})))


@pytest.mark.parametrize("question", [label_spaces, label_length])
def test_a_conflict_is_no_finding_about_names(question: Any) -> None:
    with pytest.raises(TargetError, match="target-refused"):
        question(real_lab(1, Reply(409, {})))


def test_a_refusal_that_is_no_quota_tells_no_plan() -> None:
    with pytest.raises(TargetError, match="target-refused"):
        quota(lab(115, FORBIDDEN))


def test_no_size_at_all_is_no_limit_of_size() -> None:
    with pytest.raises(Unclear):
        raw_limit(real_lab(1, Reply(400, {})))


def test_a_burst_refused_for_another_reason_is_unclear() -> None:
    class Burst(Scripted):
        def call(self, *_: Any, patient: bool = True, **__: Any) -> Reply:
            return FINE if patient else FORBIDDEN

    with pytest.raises(Unclear):
        concurrency(cast(Lab, Burst(0, FINE)))


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("mailhaul measure 0123abcdyy", True),
        ("mailhaul measure 0123abcdああ", True),
        ("mailhaul measure 0123abcd😀", True),
        ("mailhaul measure 0123abcd/Drafts", True),
        ("mailhaul measure 0123abcd/Drafts/mine", False),
        ("mailhaul measure 0123abcd", True),
        ("mailhaul measure 0123abcd twin", True),
        ("mailhaul measure 0123abcd a  b ", True),
        ("mailhaul measure 0123abcd a b", True),
        ("mailhaul measure 0123abcdxxx", True),
        ("mailhaul measure", False),
        ("mailhaul measure dead", False),
        ("mailhaul measure my things", False),
        ("mailhaul measured by hand", False),
        ("mailhaul measure 0123abcd of mine", False),
        ("my mailhaul measure 0123abcd", False),
    ],
)
def test_only_the_lab_s_own_labels_are_its(name: str, ours: bool) -> None:
    assert bool(OURS.fullmatch(name)) == ours
