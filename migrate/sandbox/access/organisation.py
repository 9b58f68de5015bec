"""An organisation as a directory file describes it: users, groups, and the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

Address = NewType("Address", str)
"""Well-formed, in lower case."""


@dataclass(frozen=True, slots=True)
class Licence:
    """https://developers.google.com/workspace/admin/licensing/v1/how-tos/products."""

    product: str
    sku: str


@dataclass(frozen=True, slots=True)
class User:
    address: Address
    aliases: tuple[Address, ...] = ()
    name: str = ""
    suspended: bool = False
    suspension_reason: str = "ADMIN"
    archived: bool = False
    mail: bool = True
    """Has the Gmail service; without it every call answers "Mail service not enabled"."""
    admin: bool = False
    org_unit: str = "/"
    language: str = ""
    licences: tuple[Licence, ...] = ()

    @property
    def active(self) -> bool:
        """Can sign in. That an archived user is refused like a suspended one is a guess."""
        return not (self.suspended or self.archived)


@dataclass(frozen=True, slots=True)
class Group:
    address: Address
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """The service account as the Cloud project and the Admin console know it."""

    state: Literal["active", "blocked", "deleted", "disabled", "internal", "unknown"] = "active"
    scopes: tuple[str, ...] | None = None
    """Delegated to it by the domain's administrator; None: as `--authorized-scopes` says."""


@dataclass(frozen=True, slots=True)
class Organisation:
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    client: Client = Client()
