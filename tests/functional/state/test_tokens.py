"""Tokens that expire, and rights that are taken away, in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.demo.imap import Running as Imap
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from ..migration import faults, stats
from .place import ONE_BY_ONE, distinct, place

TAKEN = "taken@example.org"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "sandbox") as server:
        yield server


def test_a_run_outlasts_its_tokens(imap: Imap, tmp_path: Path) -> None:
    with running(tmp_path / "sandbox", extra=["--token-lifetime", "300ms"]) as sandbox:
        here = place(tmp_path / "move", imap, sandbox, TAKEN, ONE_BY_ONE)
        faults(sandbox, {"method": "gmail.users.messages.import", "delay": 0.1})
        assert here.run().code == 3
        faults(sandbox)
        asked = stats(sandbox)["requests"]["token"]
        assert asked > 3
        totals = here.migration("status", "--json").json["totals"]
    assert (totals["imported"], totals["pending"]) == (distinct(), 0)


TAKEN_AWAY: Mapping[str, tuple[list[Mapping[str, Any]], str]] = {
    "the key": (
        [
            {"method": "gmail.*", "error": "invalid-credentials"},
            {"method": "token", "error": "deleted-client"},
        ],
        "target-key-revoked",
    ),
    "the delegation": (
        [
            {"method": "gmail.*", "error": "invalid-credentials"},
            {"method": "token", "error": "unauthorized-client"},
        ],
        "target-unauthorized-client",
    ),
    "the user": (
        [{"method": "gmail.*", "error": "mail-service-not-enabled"}],
        "target-no-mail-service",
    ),
}


@pytest.mark.parametrize("what", TAKEN_AWAY)
def test_what_is_taken_away_in_the_middle_can_be_given_back(
    imap: Imap, sandbox: Running, tmp_path: Path, what: str
) -> None:
    """It is said, with exit code 5; what was done is kept; put right, the next run finishes."""
    rules, code = TAKEN_AWAY[what]
    here = place(tmp_path / "move", imap, sandbox, TAKEN, ONE_BY_ONE)
    with here.at_work() as child:
        faults(sandbox, *rules)
        stopped = here.ended(child)
    assert stopped.code == 5, stopped.said
    line = here.migration("status", "--json").json["accounts"][0]
    assert line["error"]["code"] == code
    assert 0 < line["totals"]["imported"] < distinct()
    assert line["error"]["cause"] in stopped.err
    here.check_finishes()
