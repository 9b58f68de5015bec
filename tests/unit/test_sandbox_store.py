"""The store: a change happens whole or not at all, and survives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.sandbox.mailbox.store import FIRST_HISTORY, Store


def test_a_failed_change_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path)
    box = store.mailbox("a@example.com")
    with store.changing():
        store.record(box, "messageAdded", (1, 1), "", "")
    with pytest.raises(RuntimeError), store.changing():
        store.record(box, "messageAdded", (2, 2), "", "")
        raise RuntimeError
    store.close()
    again = Store(tmp_path)
    assert again.history_id(again.mailbox("a@example.com")) == FIRST_HISTORY + 1
    assert again.db.execute("SELECT message FROM history").fetchall()[0][0] == 1
    again.close()


def test_ids_grow_whatever_the_clock_does(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ids = [store.next_id(now) for now in (1_000, 1_000, 5, 2_000)]
    assert ids == sorted(set(ids))
    store.close()


def test_blobs_of_deleted_messages_go_with_the_commit(tmp_path: Path) -> None:
    store = Store(tmp_path)
    box = store.mailbox("a@example.com")
    store.keep(7, memoryview(b"x"))
    with store.changing() as db:
        db.execute(
            "INSERT INTO messages VALUES (7, ?, 7, 1, 1, 1, '', NULL, '', 1, 1, 0, NULL, NULL)",
            (box,),
        )
        row = store.message(box, 7)
        assert row is not None
        store.remove(row)
    assert store.blob(7).exists()
    store.commit()
    assert not store.blob(7).exists()
    store.close()


def test_a_change_that_is_taken_back_keeps_the_bytes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    mailbox = store.mailbox("a@example.org")
    message = store.next_id(1)
    store.keep(message, memoryview(b"mail"))
    store.db.execute(
        "INSERT INTO messages VALUES (?, ?, ?, 1, 1, 4, '', NULL, '', 1, 1, 0, NULL, NULL)",
        (message, mailbox, message),
    )
    row = store.message(mailbox, message)
    assert row is not None
    with pytest.raises(ZeroDivisionError), store.changing():
        store.remove(row)
        _ = 1 / 0
    store.commit()
    assert store.content(message) == b"mail"
    store.close()
