"""What a measurement makes of Gmail's answers, where a real minute would take too long."""

from __future__ import annotations

from typing import Any, cast

import pytest

from migrate.measure.client import Reply
from migrate.measure.lab import Lab
from migrate.measure.questions import Unclear, attachments, conflict_reason, quota

FULL = Reply(403, {"error": {"message": "Quota exceeded", "errors": [{"reason": "x"}]}})
FINE = Reply(200, {"id": "1"})


class Scripted:
    """A lab whose calls answer `fine` times well, then with `then`."""

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

    def create_label(self, _: str) -> Reply:
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
