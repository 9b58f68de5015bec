"""What a report reads from the ledger."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from migrate.cli.common import outcome
from migrate.errors import EXIT_DIFFERS, EXIT_DONE
from migrate.ledger import Ledger, accounts
from migrate.ledger.tables import folder
from migrate.report.document import Document
from migrate.report.gather import gather
from migrate.texts import Texts
from tests.unit import ledgers

EN = Texts("en")


def gathered(ledger: Ledger) -> Document:
    with ledger.read() as conn:
        return gather(conn, "run", ledgers.RUN, EN)


def test_a_folder_says_what_is_known_of_its_uids(tmp_path: Path) -> None:
    with ledgers.opened(tmp_path) as ledger:
        account = ledgers.take(ledger)
        ledgers.put_folder(ledger, account, "Work", validity=7)
        ledger.write(lambda conn: conn.execute(update(folder).values(uidnext=41)))
        (line,) = gathered(ledger).accounts[0].folders
    assert (line.uidvalidity, line.uidnext, line.error) == (7, 41, None)


def test_a_folder_that_does_not_open_leaves_its_account_incomplete(tmp_path: Path) -> None:
    with ledgers.opened(tmp_path) as ledger:
        account = ledgers.take(ledger)
        ledgers.put_folder(ledger, account)
        ledger.write(lambda conn: accounts.release(conn, account.id, "done"), account.lease)
        before = gathered(ledger)
        problem = {"problem": "source-folder-refused", "problem_params": {"answer": "NO [X] no"}}
        ledger.write(lambda conn: conn.execute(update(folder).values(**problem)))
        after = gathered(ledger)
    assert (before.complete, outcome(before)) == (True, EXIT_DONE)
    assert (after.complete, outcome(after)) == (False, EXIT_DIFFERS)
    error = after.accounts[0].folders[0].error
    assert error
    assert error["code"] == "source-folder-refused"
    assert "NO [X] no" in error["cause"]
