"""The command `mailhaul` that kills itself at a named step, or that is broken on purpose.

    [--kill STEP:N] [--mutant NAME] [--hurry] [--lease SECONDS] -- migrate run --dir DIR

The product has no hooks for this: its functions are wrapped here, in the child, at run time.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import mailhaul
from migrate import scan, sending, takeup
from migrate.delivery import collision, courier, recorder
from migrate.delta import following
from migrate.engine import local as engine
from migrate.engine import session, slices
from migrate.gmail import api, governor, quota, upload
from migrate.gmail.errors import NotSent, OutcomeUnknown
from migrate.ledger import accounts, leases, outcomes, undoing, writer
from migrate.notes import notice, placeholder
from migrate.source import patience
from migrate.undo import account

Wanted = Callable[..., bool]


def _method(name: str) -> Wanted:
    return lambda _self, method, *_: method == name


def _outcomes(_writer: object, jobs: Iterable[Any]) -> bool:
    return any(getattr(item, "gmail_id", None) for each in jobs for item in each.items or ())


def _partial(path: Path, *_: object) -> bool:
    return path.suffix == ".partial"


STEPS: dict[str, tuple[Any, str, str, Wanted | None]] = {
    "baseline half": (takeup, "_add", "after", None),
    "baseline taken": (takeup, "take_baseline", "after", None),
    "folder scanned": (scan.account._Scan, "_folder", "after", None),
    "scanned": (engine, "scan", "after", None),
    "label unmade": (api.Mailbox, "create_label", "before", None),
    "label made": (api.Mailbox, "create_label", "after", None),
    "caught up": (takeup, "catch_up", "after", None),
    "claimed": (session.Session, "_claim", "after", None),
    "fetched": (courier.Delivery, "deliver", "before", None),
    "unsent": (upload.Uploader, "send", "before", None),
    "stored": (upload.Uploader, "send", "after", None),
    "collided": (collision.Collisions, "settle", "before", None),
    "second unsent": (upload.Uploader, "send", "before", _method("insert")),
    "second stored": (upload.Uploader, "send", "after", _method("insert")),
    "draft unsent": (upload.Uploader, "send", "before", _method("draft")),
    "draft stored": (upload.Uploader, "send", "after", _method("draft")),
    "labels unmodified": (api.Mailbox, "modify", "before", None),
    "labels modified": (api.Mailbox, "modify", "after", None),
    "quarantine unmade": (recorder, "keep", "before", None),
    "quarantine half": (Path, "rename", "before", _partial),
    "quarantine made": (recorder, "keep", "after", None),
    "outcome queued": (recorder.Recorder, "stored", "after", None),
    "outcome uncommitted": (outcomes, "record", "after", None),
    "outcome committed": (writer.Writer, "_commit", "after", _outcomes),
    "doubt settled": (sending.Sender, "settled", "after", None),
    "slices done": (slices.Work, "close", "after", None),
    "account held": (accounts, "release", "before", None),
    "run open": (accounts, "end_run", "before", None),
}
"""Step → where it is in the product, `before` or `after` the function, which calls count."""

LATER = {"label made": 2, "claimed": 3, "fetched": 9, "unsent": 11, "stored": 14,
         "second stored": 2, "quarantine made": 2, "outcome queued": 17,
         "outcome uncommitted": 2, "outcome committed": 2}  # fmt: skip
"""A passage that there is in a migration of the suite's letters, where there are several."""


def _note(_self: object, _method: str, letter: Any, *_: object) -> bool:
    return ".note@" in str(letter.message_id)


NOTES: dict[str, tuple[Any, str, str, Wanted | None]] = {
    "notes begun": (placeholder.Notes, "_begin", "after", None),
    "note unsent": (sending.Sender, "send", "before", _note),
    "note stored": (sending.Sender, "send", "after", _note),
    "note recorded": (placeholder.Notes, "_bring", "after", None),
}
"""The same of the notes that stand for quarantined messages."""


def _notice(_self: object, _method: str, letter: Any, *_: object) -> bool:
    return ".notice@" in str(letter.message_id)


NOTICE: dict[str, tuple[Any, str, str, Wanted | None]] = {
    "notice intended": (notice.Notice, "_intend", "after", None),
    "notice stored": (sending.Sender, "send", "after", _notice),
}
"""The same of the notice to the owner."""


FOLLOWING: dict[str, tuple[Any, str, str, Wanted | None]] = {
    "change unnoted": (following.Delta, "intend", "before", None),
    "change noted": (following.Delta, "intend", "after", None),
    "labels unmodified": STEPS["labels unmodified"],
    "labels modified": STEPS["labels modified"],
    "change unsettled": (following.Delta, "settle", "before", None),
    "change settled": (following.Delta, "settle", "after", None),
}
"""The same of what changed at the source, on its way to Gmail."""


UNDOING: dict[str, tuple[Any, str, str, Wanted | None]] = {
    "undo unnoted": (account.Undo, "intend", "before", None),
    "undo noted": (account.Undo, "intend", "after", None),
    "undo done": (account.Undo, "_remove", "after", None),
    "undo settled": (undoing, "gone", "after", None),
    "present parted": (undoing, "parted", "after", None),
    "label left": (api.Mailbox, "delete_label", "before", None),
    "label deleted": (api.Mailbox, "delete_label", "after", None),
}
"""The same of an undo."""


def kill_at(step: str, passage: int) -> None:
    """End this process by SIGKILL when it passes `step` for the `passage`-th time."""
    place, name, moment, wanted = (STEPS | NOTES | NOTICE | FOLLOWING | UNDOING)[step]
    original, lock = getattr(place, name), threading.Lock()
    passed = 0

    def counted(*args: Any) -> None:
        nonlocal passed
        with lock:
            passed += wanted is None or wanted(*args)
            if passed == passage:
                os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(*args: Any, **named: Any) -> Any:
        if moment == "before":
            counted(*args)
        answer = original(*args, **named)
        if moment == "after":
            counted(*args)
        return answer

    setattr(place, name, wrapped)


def _outcome_without_intent(directory: Path) -> None:
    """As if claims lived in memory only: nothing of them is there after a crash."""
    ledger = directory / "state" / "ledger.db"
    if ledger.exists():
        with sqlite3.connect(ledger) as conn:
            conn.execute(
                "UPDATE occurrence SET state = 'pending', slice_id = NULL WHERE state = 'intended'"
            )
        conn.close()


def _repeat_without_asking(_: Path) -> None:
    """Send again after a time-out or 500, without a look at what is in Gmail."""
    sending.Sender.settled = lambda *_: None  # type: ignore[method-assign]


def _absent_at_once(_: Path) -> None:
    """Take for certain that Gmail has nothing, though it may still be carrying it out."""
    settled = sending.Sender.settled
    sending.Sender.settled = lambda self, forms, deadline: settled(self, forms, 0)  # type: ignore[method-assign]


def _retry_after_time_out(_: Path) -> None:
    """Take a request whose answer is lost for one that never arrived."""
    send = upload.Uploader.send

    def hopeful(*args: Any, **named: Any) -> upload.Stored:
        try:
            return send(*args, **named)
        except OutcomeUnknown as error:
            raise NotSent(str(error)) from error

    upload.Uploader.send = hopeful  # type: ignore[method-assign]


def _lease_not_checked(_: Path) -> None:
    """Trust the fence of the ledger alone: it keeps nobody from Gmail."""
    leases.Lease.check = lambda self: None  # type: ignore[method-assign]


def _base_before_the_act(_: Path) -> None:
    """Write down that Gmail has a change, and then make it."""
    waiting: list[tuple[Any, Any]] = []
    module, delta = vars(following), following.Delta
    act, settle = module["apply"], delta.settle

    def later(target: Any, writes: Any) -> dict[str, Any]:
        waiting.append((target, writes))
        return {}

    def first(self: following.Delta, *args: Any) -> None:
        settle(self, *args)
        while waiting:
            act(*waiting.pop())

    module["apply"] = later
    delta.settle = first  # type: ignore[method-assign, assignment]


MUTANTS = {
    "outcome without intent": _outcome_without_intent,
    "repeat without asking": _repeat_without_asking,
    "absent at once": _absent_at_once,
    "retry after time-out": _retry_after_time_out,
    "lease not checked": _lease_not_checked,
    "base before the act": _base_before_the_act,
}
_HURRY = 0.2


def short_lease(seconds: float) -> None:
    """A lease of so many seconds instead of a minute, everything about it in proportion."""
    scale = seconds / accounts.LEASE_SECONDS
    accounts.LEASE_SECONDS = seconds
    leases._HEARTBEAT *= scale
    leases._MARGIN *= scale


def hurry() -> None:
    """Time in small: of minutes that the product waits for a busy server, a moment is left. How
    long Gmail is given to carry out what it has received is not touched."""
    governor.LONGEST_BACKOFF = _HURRY
    patience.PAUSES = (_HURRY,) * len(patience.PAUSES)  # type: ignore[assignment]
    pause = quota.Pacer.pause
    quota.Pacer.pause = lambda self, seconds: pause(self, min(seconds, _HURRY))  # type: ignore[method-assign]


def command(words: list[str], out: str, err: str) -> None:
    """Be the command, in a process that was forked with all this loaded; output goes to files."""
    for number, path in ((1, out), (2, err)):
        with Path(path).open("wb") as file:
            os.dup2(file.fileno(), number)
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill")
    parser.add_argument("--mutant", choices=MUTANTS)
    parser.add_argument("--hurry", action="store_true")
    parser.add_argument("--lease", type=float)
    parser.add_argument("command", nargs="*")
    given = parser.parse_args(words)
    if given.lease:
        short_lease(given.lease)
    if given.hurry:
        hurry()
    if given.kill:
        step, _, passage = given.kill.partition(":")
        kill_at(step, int(passage))
    if given.mutant:
        MUTANTS[given.mutant](Path(given.command[given.command.index("--dir") + 1]))
    mailhaul.app(given.command)
