"""Who exists in the sandbox's organisation, and in which state."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.sandbox.access.organisation import Address, Group, Organisation, User
from migrate.sandbox.access.organisation_file import read
from migrate.sandbox.options import Options, is_address

CUSTOMER_ID = "C01mhaul0"
"""Of the one organisation there is; what `my_customer` means."""


class Directory:
    """The users of `--directory` and `--users` together. DirectoryError; OSError."""

    def __init__(self, options: Options) -> None:
        found = read(options.directory) if options.directory else Organisation()
        self._open = options.users is None
        self._listed = options.directory is not None
        self.client = found.client
        self._groups: dict[str, Group] = {each.address: each for each in found.groups}
        self._users: dict[str, User] = {each.address: each for each in found.users}
        aliases: dict[str, User] = {alias: each for each in found.users for alias in each.aliases}
        for address in (options.users or frozenset()) - aliases.keys() - self._groups.keys():
            self._users.setdefault(address, self._other(address))
        self._named = aliases | self._users

    def find(self, address: str) -> User | None:
        """Whose address or alias it is; with `--users *` any other address has a user, too."""
        address = address.lower()
        known = self._named.get(address)
        if known or not self._open or not is_address(address) or self.group(address):
            return known
        return self._other(address)

    def group(self, address: str) -> Group | None:
        return self._groups.get(address.lower())

    def all(self, seen: Iterable[str]) -> list[User]:
        """By address; `seen` are mailboxes, which with `--users *` are all that tells of some."""
        others = (self.find(each) for each in seen if self._open)
        users = self._users | {each.address: each for each in others if each}
        return [users[address] for address in sorted(users)]

    def _other(self, address: str) -> User:
        """A user who isn't in a file: an administrator, unless a file says who is one."""
        return User(Address(address), admin=not self._listed)
