"""All questions, one after the other, in one mailbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from migrate.accounts import Account
from migrate.config import Config
from migrate.connections import Gmail
from migrate.errors import TargetError, UsageError
from migrate.measure.client import Client
from migrate.measure.lab import Lab, clean
from migrate.measure.questions import (
    LARGE,
    NEVER,
    QUESTIONS,
    QUOTA,
    Finding,
    Question,
    Unclear,
)


@dataclass(slots=True)
class Measured:
    """What was found out in `user`'s mailbox; `missed` says why something was not."""

    user: str
    found: dict[str, Finding] = field(default_factory=dict)
    missed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name → (reason: a key of `measure.why`, what was seen)."""
    label: str = ""
    """The lab's, with which the names of all its labels begin."""
    left: str | None = None
    """Why the test messages could not be removed; None when they are."""


def count(*, large: bool, quota: bool) -> int:
    """How many questions there are to ask."""
    return len(QUESTIONS) + large * len(LARGE) + quota * len(QUOTA)


def measure(
    config: Config,
    account: Account,
    *,
    large: bool = False,
    quota: bool = False,
    asked: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Ask, and leave the mailbox as it was. UsageError with `minimal` scopes; TargetError."""
    target = config.target
    if target.scopes == "minimal":
        raise UsageError("measure-needs-scopes")
    gmail = Gmail(config, threading.Event())
    _, tokens, _ = gmail.open(account.target_user)
    client = Client(target.api, tokens, target.ca_file, config.limits.request_timeout)
    measured = Measured(account.target_user)
    questions = QUESTIONS | (LARGE if large else {}) | (QUOTA if quota else {})
    for name in (LARGE if not large else {}) | (QUOTA if not quota else {}):
        measured.missed[name] = ("not_asked", "")
    delete = target.scopes == "full"
    clean(client, delete=delete)
    try:
        room = Lab(client)
        measured.label = room.name
        _ask(room, questions, measured, asked)
    except BaseException:
        with suppress(TargetError):
            clean(client, delete=delete)
        raise
    measured.missed |= {name: (reason, "") for name, reason in NEVER.items()}
    try:
        clean(client, delete=delete)
    except TargetError as error:
        measured.left = str(error.params.get("reason", error))
    return measured


def _ask(
    room: Lab, questions: Mapping[str, Question], measured: Measured, asked: Callable[[str], None]
) -> None:
    for name, question in questions.items():
        asked(name)
        if name == "dedupe-trash" and measured.found["dedupe"].value == "off":
            measured.missed[name] = ("nothing_merged", "")
            continue
        try:
            measured.found[name] = question(room)
        except Unclear as seen:
            measured.missed[name] = ("unclear", str(seen))
