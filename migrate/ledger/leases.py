"""Leases in use: who was stopped past the end of one does nothing more under it.

Another process may take an account when its lease has run out by the wall clock that both share, or
when its holder has ended. The holder may have been stopped (SIGSTOP, a sleeping machine), so before
each request to Gmail, and before each write outside the ledger, it looks at its own clock, which
counts sleep. While the lease is fresh, that is all. Where it is not, it is renewed in the ledger,
which fails when somebody else took the account. Writes to the ledger need no look: each carries the
fence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from migrate.clock import elapsed
from migrate.errors import MailhaulError, StateError
from migrate.ledger import Ledger, accounts
from migrate.ledger.accounts import Account, Term
from migrate.ledger.writer import LeaseLost

_HEARTBEAT = 20.0
# A request that is under way when the lease ends must have arrived before somebody else begins.
_MARGIN = 10.0


class Lease:
    """This process's right to work on one account. Thread-safe."""

    def __init__(self, ledger: Ledger, account: Account) -> None:
        self._ledger, self.account, self._term = ledger, account, account.term
        self._lost = False
        self._renewing = threading.Lock()

    def check(self) -> None:
        """Return while the account is ours. LeaseLost when somebody else took it; StateError when
        the ledger can't be written. Waits for the disk only where the lease has run out."""
        while self._lost or not self._fresh():
            with self._renewing:
                if self._lost:
                    raise LeaseLost(self.account.id)
                if not self._fresh():
                    renew(self._ledger, [self])

    def renewed(self, term: Term | None) -> None:
        """The ledger's answer; None: it is somebody else's."""
        if term is None:
            self._lost = True
        else:
            self._term = term

    def _fresh(self) -> bool:
        # The wall clock too: others go by it, and it may have been set forward.
        term = self._term
        return elapsed() < term.elapsed - _MARGIN and time.time() < term.wall - _MARGIN


def renew(ledger: Ledger, leases: Sequence[Lease]) -> None:
    """Go on holding those of `leases` that are still ours."""
    wanted = [each.account.lease for each in leases]
    terms = ledger.write(lambda conn: accounts.renew(conn, wanted))
    for each in leases:
        each.renewed(terms.get(each.account.id))


class Leases:
    """The leases of one process on one ledger, with a heart that beats while its context lasts."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: dict[int, Lease] = {}

    def take(self, account_id: int) -> Lease | None:
        """None while another process holds it."""
        taken = self._ledger.write(lambda conn: accounts.take(conn, account_id))
        if taken is None:
            return None
        lease = Lease(self._ledger, taken)
        self._held[account_id] = lease
        return lease

    def give_back(self, lease: Lease, state: str, failure: MailhaulError | None = None) -> None:
        """Say how the account stands. LeaseLost when it is not ours to say any more."""
        self._held.pop(lease.account.id, None)
        mine = lease.account
        self._ledger.write(lambda conn: accounts.release(conn, mine.id, state, failure), mine.lease)

    def __enter__(self) -> Leases:
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._heart.join()

    def _beat(self) -> None:
        while not self._over.wait(_HEARTBEAT):
            try:
                renew(self._ledger, list(self._held.values()))
            except StateError:
                return  # whoever works finds out by its own writes
