"""Who exists in the sandbox's organisation, and in which state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.sandbox.options import Options, is_address


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the organisation."""

    address: str
    suspended: bool = False
    mail: bool = True
    """Has the Gmail service; without it every call answers "Mail service not enabled"."""


class Directory:
    def __init__(self, options: Options) -> None:
        self._open = options.users is None
        self._known: Mapping[str, Account] = {
            each: Account(each) for each in sorted(options.users or ())
        }

    def find(self, address: str) -> Account | None:
        """The account of an address; with `--users *` any address has one."""
        address = address.lower()
        known = self._known.get(address)
        return Account(address) if known is None and self._open and is_address(address) else known
