"""Taking back a run in one account: written down, done, settled, piece by piece.

A kill at any point costs nothing: what is written down and not settled is looked at again, and what
already lies in Trash because of this undo is only settled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection

from migrate.delta.membership import membership
from migrate.delta.writing import Write, apply
from migrate.gmail.errors import LabelRefused, NotFound
from migrate.gmail.quota import Stopped
from migrate.labelling import SYSTEM
from migrate.ledger import Ledger, changes, notices, placeholders, undoing
from migrate.ledger.accounts import Account
from migrate.ledger.changes import Change
from migrate.ledger.undoing import Done, Mine
from migrate.sending import Target
from migrate.undo.deciding import Why, spared, taken_back
from migrate.undo.pairs import Pairs

_PIECE = 20_000
"""For each the mailbox may have to be listed."""
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class Undone:
    """What an undo did in one account, or would do."""

    removed: int = 0
    """Messages that went to Trash, or for good."""
    changed: int = 0
    """Messages whose labels are again as before the run, or that are out of Trash again."""
    labels: list[str] = field(default_factory=list)
    """Labels that are deleted."""
    used: list[str] = field(default_factory=list)
    """Labels of the run that stay, because something is under them."""
    spared: list[tuple[str, Why]] = field(default_factory=list)
    """(Gmail id, why) of messages of the run that stay."""


@dataclass(frozen=True, slots=True)
class Wish:
    run_id: str
    """What is to be taken back."""
    delete: bool = False
    """For good, instead of to Trash."""
    include_read: bool = False
    dry: bool = False
    """Only look."""


class Undo:
    """Of one account, whose lease this process holds."""

    def __init__(
        self,
        ledger: Ledger,
        account: Account,
        target: Target,
        undo_id: str,
        wish: Wish,
        stop: threading.Event,
        done: Undone,
        seen: Callable[[int], None],
    ) -> None:
        """`done` tells how far it came, `seen` is told how many more were looked at."""
        self._ledger, self._account, self._target = ledger, account, target
        self._undo, self._wish, self._stop, self._seen = undo_id, wish, stop, seen
        self._left = Pairs()
        """(Label, message) that a dry run would part; (TRASH, message) that it would remove."""
        self.done = done

    def run(self) -> None:
        """Everything. Raises what stops the account, Stopped."""
        with self._left:
            self._changes()
            self._messages()
            self._notes()
            self._labels()

    def _messages(self) -> None:
        last = 0
        while True:
            with self._ledger.read() as conn:
                mine, run = self._account.id, self._wish.run_id
                piece = undoing.made(
                    conn, mine, run, after=last, limit=_PIECE, trashed=self._wish.delete
                )
            if not piece:
                return
            last = piece[-1].id
            self._check()
            looks = membership(self._target.mailbox, {each.gmail_id for each in piece})
            self._created([each for each in piece if each.before is None], looks)
            self._present([each for each in piece if each.before is not None], looks)
            self._seen(len(piece))

    def _created(self, piece: Sequence[Mine], looks: dict[str, frozenset[str] | None]) -> None:
        going: list[Mine] = []
        stay: list[tuple[Mine, Why]] = []
        for each in piece:
            now = looks[each.gmail_id]
            why: Why | None = "shared" if each.shared else None
            if not each.started or (now is not None and "TRASH" not in now):
                written = self._ids(each.labels)
                read = self._wish.include_read
                why = why or spared(written, now, include_read=read)
                if each.trashed and now is not None:
                    why = "changed"  # its owner took it out of Trash
            if why:
                stay.append((each, why))
            else:
                going.append(each)
        self.done.removed += len(going)
        self.done.spared += [(each.gmail_id, why) for each, why in stay]
        if self._wish.dry:
            self._left.add(("TRASH", each.gmail_id) for each in going)
            return
        how = "deleted" if self._wish.delete else "trashed"
        fresh = [each for each in going if not each.started]
        self._write(partial(self.intend, planned=[Change(e.gmail_id, e.id, how) for e in fresh]))
        rows = [(each.id, each.gmail_id, str(why)) for each, why in stay]
        mine, undo = self._account.id, self._undo
        self._write(lambda conn: undoing.spare(conn, mine, undo, rows))
        for start in range(0, len(going), 100):
            self._check()
            some = going[start : start + 100]
            self._remove([each.gmail_id for each in some])
            settled = [each.id for each in some]
            self._write(partial(undoing.gone, ids=settled, how=how))

    def _remove(self, gmail_ids: Sequence[str]) -> None:
        mailbox = self._target.mailbox
        if self._wish.delete:
            mailbox.batch_delete(gmail_ids)
            return
        writes = [Write(each, frozenset({"TRASH"}), _NONE) for each in gmail_ids]
        for gmail_id, why in apply(self._target, writes).items():
            if why == "refused":  # a draft takes no label
                with suppress(NotFound):
                    mailbox.trash(gmail_id)

    def _present(self, piece: Sequence[Mine], looks: dict[str, frozenset[str] | None]) -> None:
        """What was there before us keeps what it had; what we added goes."""
        writes: list[Write] = []
        planned: list[Change] = []
        for each in piece:
            now = looks[each.gmail_id]
            before = each.before or _NONE
            _, off = taken_back(self._ids(each.labels), (), now or _NONE, before)
            if off:
                writes.append(Write(each.gmail_id, _NONE, off))
                names = frozenset(name for name in each.labels if self._ids([name]) & off)
                planned.append(Change(each.gmail_id, each.id, "labels", removed=names))
        self.done.changed += len(writes)
        if self._wish.dry:
            self._left.add((label, each.gmail_id) for each in writes for label in each.remove)
            return
        self._write(partial(self.intend, planned=planned))
        apply(self._target, writes)
        self._write(partial(undoing.parted, ids=[each.id for each in piece]))

    def _changes(self) -> None:
        """The newest first; the messages that the run itself made go anyway. A dry run, which
        settles nothing, goes from message to message."""
        run, mine, last = self._wish.run_id, self._account.id, 0
        while True:
            with self._ledger.read() as conn:
                after = last if self._wish.dry else None
                piece = undoing.changed(conn, mine, run, limit=_PIECE, after=after)
            if not piece:
                return
            last = piece[-1].message_id
            self._check()
            looks = membership(self._target.mailbox, {each.gmail_id for each in piece})
            written: dict[int, frozenset[str]] = {}
            for each in piece:
                self._take_back(each, looks, written)

    def _take_back(
        self,
        each: Done,
        looks: dict[str, frozenset[str] | None],
        written: dict[int, frozenset[str]],
    ) -> None:
        now = looks[each.gmail_id]
        labels = written.get(each.message_id, each.labels)
        add = off = _NONE
        what = "labels"
        if now is not None and each.what == "labels":
            added, removed = self._ids(each.added), frozenset(self._made_again(each.removed))
            add, off = taken_back(added, removed, now, each.before)
            labels = (labels - each.added) | each.removed
        elif now is not None and each.what == "trashed" and "TRASH" in now:
            what, add, off = "untrashed", self._ids(each.removed) - now, frozenset({"TRASH"})
            labels = (labels - {"TRASH"}) | each.removed
        written[each.message_id] = labels
        if add or off:
            looks[each.gmail_id] = (now or _NONE) - off | add
            self.done.changed += 1
        if self._wish.dry:
            self._left.add((label, each.gmail_id) for label in off)
            return
        if add or off:
            plan = Change(each.gmail_id, each.message_id, what, each.removed, each.added)
            self._write(partial(self.intend, planned=[plan]))
            apply(self._target, [Write(each.gmail_id, add, off)])
        undo, row = self._undo, (each.id, each.message_id, labels)
        self._write(lambda conn: undoing.taken_back(conn, undo, [row]))

    def _labels(self) -> None:
        """Those that the run made, if nothing but what lies in Trash is under them."""
        with self._ledger.read() as conn:
            made = undoing.labels_of(conn, self._account.id, self._wish.run_id)
        labels, left = self._target.labels, self._left
        names = labels.names()
        found = [(key, name, gmail_id or labels.existing(name)) for key, name, gmail_id in made]
        there = [(key, name, each) for key, name, each in found if each and each in names]
        if not there:
            return
        mailbox = self._target.mailbox
        left.add(("TRASH", each) for each in mailbox.ids("TRASH"))
        deleted: set[str] = set()
        for key, name, gmail_id in there:
            self._check()
            below = [
                one
                for one, other in names.items()
                if other.startswith(f"{name}/") and one not in deleted
            ]
            under = mailbox.ids(gmail_id)
            if below or any(("TRASH", m) not in left and (gmail_id, m) not in left for m in under):
                self.done.used.append(name)
                continue
            deleted.add(gmail_id)
            self.done.labels.append(name)
            if not self._wish.dry:
                with suppress(NotFound, LabelRefused):
                    mailbox.delete_label(gmail_id)
                self._write(partial(undoing.forget_label, account_id=self._account.id, key=key))

    def _notes(self) -> None:
        """Those that stand for messages that the run could not bring, and the one to the owner."""
        mine, run = self._account.id, self._wish.run_id
        with self._ledger.read() as conn:
            notes = placeholders.of_run(conn, mine, run)
            notice = notices.of_run(conn, mine, run)
        for gmail_id in [*notes, *([notice] if notice else [])]:
            self._check()
            self.done.removed += 1
            if self._wish.dry:
                self._left.add([("TRASH", gmail_id)])
                continue
            mailbox = self._target.mailbox
            with suppress(NotFound):
                (mailbox.delete if self._wish.delete else mailbox.trash)(gmail_id)
            if gmail_id == notice:
                self._write(partial(notices.removed, account_id=mine))
            else:
                self._write(partial(placeholders.removed, account_id=mine, gmail_id=gmail_id))

    def intend(self, conn: Connection, planned: Sequence[Change]) -> None:
        """Written before the act."""
        changes.intend(conn, self._account.id, self._undo, planned)

    def _ids(self, names: Collection[str]) -> frozenset[str]:
        """Of labels that are there."""
        labels = self._target.labels
        found = (name if name in SYSTEM else labels.existing(name) for name in names)
        return frozenset(each for each in found if each)

    def _made_again(self, names: Collection[str]) -> frozenset[str]:
        return self._ids(names) if self._wish.dry else self._target.labels.ids(frozenset(names))

    def _write(self, op: Callable[[Connection], None]) -> None:
        self._ledger.write(op, self._account.lease)

    def _check(self) -> None:
        if self._stop.is_set():
            raise Stopped


def total(found: Collection[Undone]) -> Undone:
    """Of all accounts."""
    whole = Undone()
    for each in found:
        whole = replace(
            whole,
            removed=whole.removed + each.removed,
            changed=whole.changed + each.changed,
            labels=whole.labels + each.labels,
            used=whole.used + each.used,
            spared=whole.spared + each.spared,
        )
    return whole
