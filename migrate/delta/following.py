"""One pass over what changed at the source: weighed, noted, written to Gmail, settled.

A kill between any two of these does no harm: what was not settled is weighed again, and what Gmail
has of it already is then nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from migrate.delivery import Job
from migrate.delta.history import History
from migrate.delta.membership import membership
from migrate.delta.merge import PLACES, altered
from migrate.delta.weighing import Step, refused, step, waits, written
from migrate.delta.writing import Write, apply
from migrate.errors import BrakeError
from migrate.ledger import Ledger, changes, held
from migrate.ledger.changes import Change, Settled
from migrate.ledger.held import Held
from migrate.sending import Target

_PIECE = 5_000
_TRASH = frozenset({"TRASH"})


class Delta:
    """Of one account, whose target can be read."""

    def __init__(self, ledger: Ledger, target: Target, job: Job) -> None:
        self._ledger, self._target, self._job = ledger, target, job
        self._account, self._mine = job.account, job.account.id
        self._history = History(ledger, job.account, target.labels)
        self._skip = job.rules.deleted == "skip"

    def follow(self) -> None:
        """Bring over what is stale; without any, Gmail is not asked."""
        with self._ledger.read() as conn:
            if not held.waiting(conn, self._mine):
                return
        self._history.refresh(self._target.mailbox)
        last = 0
        while True:
            with self._ledger.read() as conn:
                piece, last = held.stale(
                    conn, self._mine, after=last, limit=_PIECE, skip_deleted=self._skip
                )
            if not piece:
                return
            self._bring([each for each in piece if not waits(each)])

    def mirror(self, allowed: Sequence[str]) -> None:
        """To Trash with what is deleted at the source and as we left it. BrakeError when a folder
        other than the `allowed` was emptied, is gone or is another one now: nothing is trashed.

        Nothing either as long as a folder is not opened, or not shown in whole.
        """
        with self._ledger.read() as conn:
            if held.unopened(conn, self._mine):
                return
        self._spare()
        with self._ledger.read() as conn:
            emptied = held.emptied(conn, self._mine)
        let_go = {each.casefold() for each in allowed}
        brake = {name: n for name, n in emptied.items() if name.casefold() not in let_go}
        if brake:
            name = min(brake)
            raise BrakeError(
                "source-emptied", folder=name, count=brake[name], others=len(brake) - 1
            )
        last = 0
        while True:
            piece, last = self._deletions(last)
            if not piece:
                return
            self._trash(piece)

    def _bring(self, piece: Sequence[Held]) -> None:
        looks = self._looks(piece)
        rules = self._job.rules
        steps = [step(each, looks[each.gmail_id], rules, self._resolve) for each in piece]
        self.intend([each.change for each in steps if each.change])
        writes = [
            Write(each.gmail_id, self._target.labels.ids(each.add), each.remove)
            for each in steps
            if each.add or each.remove
        ]
        failed = apply(self._target, writes)
        self.settle(
            [
                done
                for each, one in zip(piece, steps, strict=True)
                for done in _done(each, one, failed)
            ],
            [row for each in steps for row in each.lost],
        )

    def _spare(self) -> None:
        """Note what is deleted at the source and stays: the user changed it, or it was there
        before us."""
        if not self._deletions(0, limit=1)[0]:
            return
        self._history.refresh(self._target.mailbox)
        last = 0
        while True:
            piece, last = self._deletions(last)
            if not piece:
                return
            looks = self._looks(piece)
            with self._ledger.read() as conn:
                ids = [part.id for each in piece for part in each.parts]
                ours = changes.trashed_last(conn, ids)
            spared = [
                replace(
                    Settled(part.id, part.labels, each.touched, deleted=True),
                    kept={"why": why, "labels": []},
                )
                for each in piece
                # Trashed by a process that died before it could say so: it is to be said again.
                if not any(part.id in ours for part in each.parts)
                and (why := self._why(each, looks[each.gmail_id]))
                for part in each.parts
            ]
            self.settle(spared)

    def _why(self, each: Held, target: frozenset[str] | None) -> str | None:
        if any(part.foreign for part in each.parts):
            return "before"
        if any(part.draft for part in each.parts):
            return "draft"
        if target is None:
            return "gone"
        if "TRASH" in target:
            return "trashed"
        base = {self._resolve(name) for name in written(each)}
        return "changed" if each.touched and altered(base, target) else None

    def _trash(self, piece: Sequence[Held]) -> None:
        self.intend(
            [
                Change(
                    each.gmail_id,
                    each.parts[0].id,
                    "trashed",
                    _TRASH,
                    (written(each) & PLACES) - _TRASH,
                )
                for each in piece
            ]
        )
        failed = apply(
            self._target,
            [Write(each.gmail_id, _TRASH, frozenset({"INBOX", "SPAM"})) for each in piece],
        )
        self.settle(
            [
                Settled(
                    part.id,
                    part.labels if each.gmail_id in failed else part.labels - PLACES | _TRASH,
                    touched=each.touched,
                    deleted=True,
                    kept={"why": failed[each.gmail_id], "labels": []}
                    if each.gmail_id in failed
                    else None,
                )
                for each in piece
                for part in each.parts
            ]
        )

    def intend(self, planned: Sequence[Change]) -> None:
        """Durable before anything of it is done."""
        if planned:
            note = partial(
                changes.intend, account_id=self._mine, run_id=self._job.run_id, planned=planned
            )
            self._ledger.write(note, self._account.lease)

    def settle(self, done: Sequence[Settled], lost: Sequence[int] = ()) -> None:
        """It is done."""
        if done:
            self._ledger.write(partial(changes.settle, done=done), self._account.lease)
        if lost:
            self._ledger.write(partial(changes.reopen, message_ids=lost), self._account.lease)

    def _deletions(self, after: int, limit: int | None = None) -> tuple[list[Held], int]:
        most, skip = limit or _PIECE, self._skip
        with self._ledger.read() as conn:
            return held.deletions(conn, self._mine, after=after, limit=most, skip_deleted=skip)

    def _looks(self, piece: Sequence[Held]) -> dict[str, frozenset[str] | None]:
        """What Gmail has of each: as we left it, where nobody else was."""
        touched = [each.gmail_id for each in piece if each.touched]
        looks: dict[str, frozenset[str] | None] = {
            each.gmail_id: frozenset(map(self._resolve, written(each))) for each in piece
        }
        return looks | (membership(self._target.mailbox, touched) if touched else {})

    def _resolve(self, name: str) -> str:
        # No id of Gmail's has a NUL.
        return self._target.labels.existing(name) or f"\0{name}"


def _done(each: Held, one: Step, failed: Mapping[str, str]) -> list[Settled]:
    why = failed.get(each.gmail_id)
    if why is None:
        return list(one.settled)
    parts = {part.id: part for part in each.parts}
    return [refused(settled, parts[settled.message_id], why) for settled in one.settled]
