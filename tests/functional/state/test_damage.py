"""What is wrong with the ledger is said with its file and a cure, and nothing is lost by it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from migrate.demo.imap import Running as Imap
from migrate.errors import StateError
from migrate.ledger.tables import VERSION
from migrate.sandbox.embed import Running

from ..cli.contract import USER
from .place import Make, Place, distinct, en, ja, place, told


@pytest.fixture(scope="module")
def finished(imap: Imap, sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """To be copied, not touched."""
    made = place(tmp_path_factory.mktemp("done") / "move", imap, sandbox, "done@example.org")
    assert made.run().code == 3
    return made


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _half(file: Path) -> None:
    with file.open("r+b") as ledger:
        ledger.truncate(file.stat().st_size // 2)


def _garbage(file: Path) -> None:
    with file.open("r+b") as ledger:
        for at in range(4096, file.stat().st_size, 8192):
            ledger.seek(at)
            ledger.write(os.urandom(4096))


def _text(file: Path) -> None:
    file.write_text("not a database\n" * 1000)


def _log(file: Path) -> None:
    file.with_name(f"{file.name}-wal").write_bytes(b"x" * 8192)


def _others(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE meta_of_others (x)")


def _newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute("UPDATE meta SET value = '99' WHERE key = 'version'")
        ledger.commit()


MALFORMED = "database disk image is malformed"
DAMAGE: Mapping[str, tuple[Callable[[Path], None], str, Mapping[str, object]]] = {
    "empty": (_empty, "ledger-empty", {}),
    "cut off": (_half, "ledger-damaged", {"reason": MALFORMED}),
    "garbage": (_garbage, "ledger-damaged", {"reason": MALFORMED}),
    "no database": (_text, "ledger-damaged", {"reason": "file is not a database"}),
    "damaged log": (_log, "ledger-damaged", {"reason": "ledger.db-wal"}),
    "another database": (_others, "ledger-foreign", {}),
    "newer": (_newer, "ledger-version", {"found": "99", "supported": VERSION}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_ledger_that_cannot_be_used(finished: Place, tmp_path: Path, damage: str) -> None:
    here = finished.copied(tmp_path / "move")
    harm, code, params = DAMAGE[damage]
    harm(here.ledger)
    before = here.ledger.read_bytes()
    error = StateError(code, file=here.ledger, **params)
    for command, texts in (("run", ja), ("plan", en)):
        done = here.migration(command, "--lang", texts.lang)
        assert done.code == 2, (command, done.said)
        for line in told(error, texts):
            assert line in done.err, (command, done.said)
    assert here.ledger.read_bytes() == before


def test_what_to_do_about_a_damaged_ledger(finished: Place, tmp_path: Path) -> None:
    here = finished.copied(tmp_path / "move")
    _garbage(here.ledger)
    for command in ("status", "verify", "report", "retry"):
        done = here.run(command)
        assert done.code == 2, (command, done.said)
        cause = told(StateError("ledger-damaged", file=here.ledger, reason=MALFORMED))[0]
        assert cause in done.err, (command, done.said)
    here.set_state_aside()
    here.check_finishes()


def test_without_a_ledger_nothing_is_copied_twice(make: Make) -> None:
    here = make()
    assert here.run().code == 3
    shutil.rmtree(here.directory / "state")
    done = here.migration("run", "--json")
    assert (done.json["totals"]["present"], done.json["totals"]["imported"]) == (distinct(), 0)
    here.check_finishes()


def test_a_log_that_outlived_its_ledger_is_no_part_of_a_new_one(make: Make) -> None:
    here = make()
    with here.at_work() as child:
        child.kill()
    assert here.ledger.with_name("ledger.db-wal").stat().st_size
    here.ledger.unlink()
    here.check_finishes()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_ledger_that_disappears_during_a_run_ends_it(make: Make, replaced: bool) -> None:
    """What is written from then on would be lost."""
    here = make()
    with here.at_work() as child:
        old = here.ledger.read_bytes()
        for each in here.ledger.parent.glob("ledger.db*"):
            each.unlink()
        if replaced:
            here.ledger.write_bytes(old)
        done = here.ended(child)
    assert done.code == 2
    assert told(StateError("ledger-gone", file=here.ledger))[0] in done.err
    if replaced:
        here.ledger.unlink()
    here.check_finishes()


def test_a_ledger_that_is_damaged_during_a_run_ends_it(make: Make) -> None:
    here = make()
    with here.at_work() as child:
        _garbage(here.ledger)
        done = here.ended(child)
    assert done.code == 2, done.said
    cause = told(StateError("ledger-damaged", file=here.ledger, reason=MALFORMED))[0]
    assert cause in done.err
    here.set_state_aside()
    here.check_finishes()


def test_settings_that_change_during_a_run_are_those_of_the_next(make: Make) -> None:
    here = make()
    settings = here.directory / "migration.toml"
    good = settings.read_text("utf-8")
    with here.at_work() as child:
        settings.write_text("no settings", "utf-8")
        (here.directory / "accounts.csv").write_text("nobody\n")
        assert here.ended(child).code == 3
    assert here.run().code == 2
    settings.write_text(good, "utf-8")
    assert here.count() == distinct()


def test_a_ledger_that_came_from_another_machine_is_taken_when_its_lease_has_run_out(
    make: Make,
) -> None:
    """Nobody here can tell whether the process that held it is at work."""
    here = make()
    with here.at_work() as child:
        child.kill()
    with closing(sqlite3.connect(here.ledger)) as ledger:
        ledger.execute("UPDATE account SET lease_owner = 'another-boot/pid:[1]/1/5/abc'")
        ledger.commit()
    done = here.run()
    assert done.code == 2
    assert told(StateError("account-busy", user=USER))[0] in done.err
    with closing(sqlite3.connect(here.ledger)) as ledger:
        ledger.execute("UPDATE account SET lease_until = 1")
        ledger.commit()
    here.check_finishes()
