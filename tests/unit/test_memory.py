"""What is ours is found, on disk or not yet; and the ledger is spared what is certainly new."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from migrate.delivery.bloom import Bloom
from migrate.delivery.memory import Memory
from migrate.ledger import Ledger, accounts, outcomes
from migrate.ledger.accounts import Account
from migrate.ledger.outcomes import Outcome
from tests.unit import ledgers


def outcome(account: Account, number: int) -> Outcome:
    return Outcome(
        account.id,
        f"sha{number}",
        9,
        "imported",
        (),
        ledgers.RUN,
        header_id=f"<{number}>",
        gmail_id=f"id{number}",
        thread_id="t",
    )


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Ledger, Account]]:
    """Messages 0 to 9 are ours, `old` was there before us."""
    with ledgers.opened(tmp_path) as ledger:
        account = ledgers.take(ledger)
        mine = [outcome(account, number) for number in range(10)]
        ledger.write(lambda conn: outcomes.record(conn, mine))
        ledger.write(lambda conn: accounts.add_baseline(conn, account.id, ["old"]))
        yield ledger, account


@pytest.mark.parametrize("caught_up", [False, True])
def test_what_is_on_disk_is_found(scene: tuple[Ledger, Account], caught_up: bool) -> None:
    ledger, account = scene
    memory = Memory(ledger, account.id)
    if caught_up:
        memory.caught_up()
    for number in range(10):
        (same,) = memory.find(f"sha{number}", "<other>")
        assert same.gmail_id == f"id{number}"
        (shared,) = memory.find("other", f"<{number}>")
        assert shared.sha256 == f"sha{number}"
    assert memory.find("other", "<other>") == []
    assert memory.ids(["id3", "old", "other"]) == {"id3", "old"}
    assert memory.ids(["other"]) == set()


def test_one_message_is_found_without_a_look_at_all_of_them(scene: tuple[Ledger, Account]) -> None:
    ledger, account = scene
    with ledgers.overheard(ledger) as sent, ledger.read() as conn:
        assert outcomes.find(conn, account.id, "sha3", "<4>")
    asked = [each for each in sent if each[0].startswith("SELECT")]
    ((_, plan),) = ledgers.explained(ledger, asked)
    assert "account_id=? AND sha256=?" in plan and "account_id=? AND header_id=?" in plan
    assert "(account_id=?)" not in plan


def test_what_is_on_its_way_to_the_ledger_is_found(scene: tuple[Ledger, Account]) -> None:
    ledger, account = scene
    memory = Memory(ledger, account.id)
    memory.caught_up()
    on_disk: Future[None] = Future()
    first, second = outcome(account, 20), outcome(account, 21)
    assert first.known and second.known
    memory.remember(first.known, "<20>", on_disk)
    memory.find("other", "<other>")  # the names are read now at the latest
    memory.remember(second.known, "<21>", on_disk)
    assert [each.gmail_id for each in memory.find("sha20", "<20>")] == ["id20"]
    assert memory.ids(["id20", "id21"]) == {"id20", "id21"}
    ledger.write(lambda conn: outcomes.record(conn, [first, second]))
    on_disk.set_result(None)
    assert [each.gmail_id for each in memory.find("sha21", "<21>")] == ["id21"]
    assert memory.ids(["id20", "id21"]) == {"id20", "id21"}


def test_the_ledger_is_not_asked_for_what_is_new(
    scene: tuple[Ledger, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, account = scene
    memory = Memory(ledger, account.id)
    memory.caught_up()
    memory.find("other", "<other>")
    monkeypatch.setattr(ledger, "read", None)
    assert memory.find("new", "<new>") == []
    assert memory.ids(["new"]) == set()
    with pytest.raises(TypeError):
        memory.ids(["old"])


def test_before_all_is_known_the_ledger_decides(scene: tuple[Ledger, Account]) -> None:
    ledger, account = scene
    memory = Memory(ledger, account.id)
    assert memory.ids(["late"]) == set()
    ledger.write(lambda conn: accounts.add_baseline(conn, account.id, ["late"]))
    assert memory.ids(["late"]) == {"late"}
    memory.caught_up()
    assert memory.ids(["late"]) == {"late"}


def test_a_filter_never_forgets_and_seldom_errs() -> None:
    names = Bloom(5000)
    for number in range(5000):
        names.add(f"{number:016x}")
    assert all(names.has_any([f"{number:016x}"]) for number in range(5000))
    assert sum(names.has_any([f"x{number}"]) for number in range(10_000)) < 50
