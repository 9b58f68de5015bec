"""What the settings share: addresses, whole numbers, and the errors for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.mailbox.settings import Resource, Settings
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.options import is_address


def of(call: Call, kind: str) -> Settings:
    """The settings of one kind in the mailbox of the call."""
    return Settings(call.store, call.mailbox, kind)


def one(call: Call, kind: str, parameter: str) -> Resource:
    """The resource whose key is in the path, in any case; ApiError 404."""
    found = of(call, kind).get(call.path[parameter].lower())
    if found is None:
        raise not_found()
    return found


def listed(name: str, resources: list[Resource]) -> dict[str, Any]:
    """A list answer: without resources, the field "doesn't appear" (ListDelegatesResponse)."""
    return {name: resources} if resources else {}


def new_address(call: Call, kind: str, field: str) -> str:
    """The address to add; ApiError 400, 409. Of both, the wording is a guess."""
    address = str(call.json.get(field) or "").strip()
    if not is_address(address):
        raise ApiError(400, f"Invalid {field}")
    if of(call, kind).get(address.lower()) is not None:
        raise ApiError(409, "Requested entity already exists", reason="alreadyExists")
    return address


def verification(call: Call, address: str) -> str:
    """`accepted` in the user's own domain and below it, as the forwarding guide says; nobody can
    answer the verification mail of the others, so they stay `pending`."""
    own, domain = (each.lower().rpartition("@")[2] for each in (call.user, address))
    return "accepted" if f".{domain}".endswith(f".{own}") else "pending"


def integer(resource: Mapping[str, Any], name: str) -> int | None:
    """An integer field, which may be a JSON number or text; None without."""
    given = resource.get(name)
    return None if given is None else int(given)


def specified(resource: Mapping[str, Any]) -> None:
    """Refuse the enum values that say "unspecified".

    The forwarding guide says so of one; that the rest is alike, and the wording, is a guess.
    """
    for name, value in resource.items():
        if isinstance(value, str) and value == f"{name}Unspecified":
            raise ApiError(400, f"Invalid {name}")


def failed_precondition(message: str) -> ApiError:
    return ApiError(400, message, reason="failedPrecondition", status="FAILED_PRECONDITION")
