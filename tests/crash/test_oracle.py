"""The judge itself: it passes what is right, and names each thing that can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.crash.letters import letters
from tests.crash.oracle import Held, faults

SEEDED = {"stranger": (b"", ["INBOX"])}
STRANGER = Held(b"From: x\r\n\r\ntoken stranger\r\n", frozenset({"INBOX"}), 0)


def _right() -> list[Held]:
    """What Gmail holds if all went well; the first is `plain0`, the last before us."""
    found = [
        Held(
            b"Received: x\r\n" + each.raw,
            each.labels(),
            int(each.when.timestamp()) * 1000,
            each.draft,
        )
        for each in letters()
        if each.end == "imported"
    ]
    return [*found, STRANGER]


def test_nothing_is_wrong() -> None:
    assert list(faults(letters(), _right(), SEEDED)) == []


def _first(change: Callable[[Held], Held]) -> Callable[[list[Held]], list[Held]]:
    return lambda held: [change(held[0]), *held[1:]]


def _repaired(old: bytes, new: bytes) -> Callable[[list[Held]], list[Held]]:
    return lambda held: [
        replace(each, raw=each.raw.replace(old, new)) if b"token undated0" in each.raw else each
        for each in held
    ]


REFUSED = next(each for each in letters() if each.end == "quarantined")


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("lost: plain0", lambda held: held[1:]),
        ("twice: plain0", lambda held: [held[0], *held]),
        ("altered: plain0", _first(lambda one: replace(one, raw=one.raw + b"\r\n"))),
        ("altered: undated0", _repaired(b"Date: yesterday", b"Date: tomorrow")),
        ("altered: undated0", _repaired(b"token undated0\r\n", b"token undated0\r\n\r\n")),
        ("misdated: plain0", _first(lambda one: replace(one, date=one.date + 1))),
        ("mislabelled: plain0", _first(lambda one: replace(one, labels=frozenset()))),
        ("mislabelled: plain0", _first(lambda one: replace(one, labels=one.labels | {"x"}))),
        ("made a draft: plain0", _first(lambda one: replace(one, draft=True))),
        ("unwanted: refused0", lambda held: [*held, replace(held[0], raw=REFUSED.raw)]),
        ("strange: ?", lambda held: [*held, replace(held[0], raw=b"From: y\r\n\r\n")]),
        ("strange: stranger", lambda held: [*held, STRANGER]),
        ("strange: stranger", lambda held: [*held[:-1], replace(STRANGER, labels=frozenset())]),
    ],
)
def test_damage_is_named(kind: str, damage: Callable[[list[Held]], list[Held]]) -> None:
    (found,) = faults(letters(), damage(_right()), SEEDED)
    assert found.startswith(kind)
