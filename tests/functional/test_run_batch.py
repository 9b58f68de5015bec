"""Many accounts at once, five of them broken: the others arrive, and each broken one says why.

`bench/batch.py` does the same with 200 accounts of 500 messages.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running

from .batch import BROKEN, Batch, source, target
from .dovecot import Dovecot
from .migration import Gmail, uploads

pytestmark = pytest.mark.dovecot

ACCOUNTS, MESSAGES = 24, 3
CODES = {
    "wrong password": "source-login-refused",
    "no such user": "target-unknown-user",
    "suspended": "target-unknown-user",
    "no mailbox": "target-no-mail-service",
    "quota-locked": "target-closed",
}
"""A token is refused in the same words for a user who is suspended and for one who isn't there."""


def accounts(report: Any) -> dict[str, Any]:
    return {each["source_user"]: each for each in report["accounts"]}


def arrived(sandbox: Running, account: int) -> int:
    return len(list(Gmail(sandbox, target(account)).ids()))


def test_what_is_broken_keeps_nobody_else_and_is_finished_when_mended(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    batch = Batch(dovecot, tmp_path, ACCOUNTS, MESSAGES)
    whole = ACCOUNTS * MESSAGES
    with batch.sandbox(mended=False) as sandbox:
        migration = batch.migration(sandbox, mended=False)
        done = migration("run", "--json", "--lang", "en")
        assert done.code == 5, done.said
        assert done.json["complete"] is False
        found = accounts(done.json)
        for account in range(ACCOUNTS):
            row = found[source(account)]
            if account not in BROKEN:
                assert (row["state"], row["error"]) == ("done", None), row
                assert row["totals"]["imported"] == MESSAGES, row
        for account, what in BROKEN.items():
            row = found[source(account)]
            assert row["error"]["code"] == CODES[what], (what, row)
            assert row["error"]["cause"] and row["error"]["cure"], row
            assert row["totals"]["imported"] == 0
            assert source(account) in done.err or target(account) in done.err, what
        assert uploads(sandbox) == (ACCOUNTS - len(BROKEN)) * MESSAGES
        assert [arrived(sandbox, each) for each in (0, ACCOUNTS - 1)] == [MESSAGES, MESSAGES]
    with batch.sandbox(mended=True) as sandbox:
        done = batch.migration(sandbox, mended=True)("run", "--json")
        assert done.code == 0, done.said
        assert done.json["totals"]["imported"] == whole == done.json["totals"]["source"]
        assert Counter(each["state"] for each in done.json["accounts"]) == {"done": ACCOUNTS}
        assert uploads(sandbox) == len(BROKEN) * MESSAGES
        assert {arrived(sandbox, each) for each in (0, *BROKEN)} == {MESSAGES}
