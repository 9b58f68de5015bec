"""How much there is to do, as far as that is known before the work begins: for the bar of all."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.config import Config
from migrate.forecast import counted
from migrate.ledger import Ledger, accounts, totals

Pair = tuple[str, str]


def expected(config: Config, ledger: Ledger, ids: Mapping[Pair, int]) -> dict[str, int | None]:
    """Source user → messages that are open: by the ledger, or by the last plan where no run has
    scanned the account yet; None: nobody knows."""
    with ledger.read() as conn:
        scanned = accounts.scanned(conn, [*ids.values()])
        left = totals.open_counts(conn, [*ids.values()])
    planned = counted(config.scan_cache) if len(scanned) < len(ids) else {}
    return {
        pair[0]: left.get(number, 0) if number in scanned else planned.get(pair)
        for pair, number in ids.items()
    }
