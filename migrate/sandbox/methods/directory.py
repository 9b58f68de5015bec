"""Admin SDK: directory.users.get and list.

https://developers.google.com/workspace/admin/directory/reference/rest/v1/users
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from migrate.sandbox.access.directory import CUSTOMER_ID
from migrate.sandbox.access.organisation import User
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.listing import page_token, read_page_token

T = TypeVar("T")
TERM = re.compile(r"(\w+)(:|=)('(?:[^'\\]|\\.)*'|\S+)")
FLAGS: Mapping[str, Callable[[User], bool]] = {
    "isadmin": lambda user: user.admin,
    "isarchived": lambda user: user.archived,
    "issuspended": lambda user: user.suspended,
}
ORDERS: Mapping[str, Callable[[User], str]] = {
    "email": lambda user: user.address,
    "familyName": lambda user: names(user)["familyName"].casefold(),
    "givenName": lambda user: names(user)["givenName"].casefold(),
}


def get(call: Call) -> dict[str, Any]:
    """By address, alias or id. ApiError 400 for a group's, 404 for nobody's."""
    require_admin(call)
    key = call.path["userKey"]
    if call.directory.group(key):  # GAM 6.60.18
        raise ApiError(400, "Type not supported: userKey", reason="badRequest")
    user = call.directory.find(key)
    if user is None:
        user = next((each for each in everybody(call) if user_id(each) == key), None)
    if user is None:
        raise ApiError(404, "Resource Not Found: userKey")
    return resource(user)


def list_(call: Call) -> dict[str, Any]:
    """The users of the customer or of one domain that `query` finds."""
    require_admin(call)
    query, domain = call.query, call.query.get("domain")
    if not domain and not query.get("customer"):  # 66degrees/agm#9
        raise ApiError(400, "Bad Request", reason="badRequest")
    wanted = _condition(query.get("query", ""))
    users = [each for each in everybody(call) if not domain or _in_domain(each, domain)]
    if (domain and not users) or not (domain or in_customer(call, query["customer"])):
        # googleworkspace/node-samples#37 has the words in another case.
        raise ApiError(404, "Domain not found.")
    found = [each for each in users if wanted(each) and query.get("showDeleted") != "true"]
    found.sort(
        key=ORDERS[query.get("orderBy", "email")], reverse=query.get("sortOrder") == "DESCENDING"
    )
    shown, following = page(call, [resource(each) for each in found])
    return {
        "kind": "admin#directory#users",
        "etag": etag(shown),
        **({"users": shown} if shown else {}),
        **following,
    }


def require_admin(call: Call) -> None:
    """ApiError 403, googleapis/google-api-nodejs-client#1884; 501 for the public view."""
    if call.query.get("viewType") == "domain_public":
        raise ApiError(501, "The sandbox does not implement viewType=domain_public.")
    user = call.directory.find(call.user)
    if user is None or not user.admin or not user.active:
        raise ApiError(403, "Not Authorized to access this resource/api")


def everybody(call: Call) -> list[User]:
    seen = call.store.db.execute("SELECT address FROM mailboxes")
    return call.directory.all(each["address"] for each in seen)


def in_customer(call: Call, customer: str) -> bool:
    """Whether that is our organisation: its id, its alias, or one of its domains."""
    ours = {each.address.partition("@")[2] for each in everybody(call)}
    return customer in ("my_customer", CUSTOMER_ID) or customer.lower() in ours


def page(call: Call, found: Sequence[T]) -> tuple[list[T], dict[str, str]]:
    """The asked-for page, and `nextPageToken` if there is another. ApiError 400."""
    maximum = 1000 if call.method.id.startswith("licensing.") else 500
    size = call.query["maxResults"]
    if not 1 <= size <= maximum:  # a guess, as for Google's other APIs
        raise ApiError(
            400, f"Invalid value '{size}'. Values must be within the range: [1, {maximum}]"
        )
    token = call.query.get("pageToken")
    start = read_page_token(token, 1)[0] if token else 0
    stop = start + size
    return list(found[start:stop]), {"nextPageToken": page_token(stop)} if stop < len(found) else {}


def resource(user: User) -> dict[str, Any]:
    """A User resource. Without creationTime and lastLoginTime: nobody told the sandbox."""
    addresses = [{"address": user.address, "primary": True}]
    shown: dict[str, Any] = {
        "kind": "admin#directory#user",
        "id": user_id(user),
        "primaryEmail": user.address,
        "name": names(user),
        "isAdmin": user.admin,
        "isDelegatedAdmin": False,
        "agreedToTerms": True,
        "suspended": user.suspended,
        "archived": user.archived,
        "emails": addresses + [{"address": each} for each in user.aliases],
        "customerId": CUSTOMER_ID,
        "orgUnitPath": user.org_unit,
        "isMailboxSetup": user.mail,
        "isGuestUser": False,
        "includeInGlobalAddressList": True,
    }
    if user.suspended:
        shown["suspensionReason"] = user.suspension_reason
    if user.aliases:
        shown["aliases"] = list(user.aliases)
    if user.language:
        shown["languages"] = [{"languageCode": user.language, "preference": "preferred"}]
    return shown | {"etag": etag(shown)}


def names(user: User) -> dict[str, str]:
    """Given and family name; the file has them as one, the family name last."""
    full = user.name or user.address.partition("@")[0]
    given, _, family = full.rpartition(" ")
    return {"givenName": given or full, "familyName": family, "fullName": full}


def user_id(user: User) -> str:
    """21 digits, always the same for an address."""
    digest = hashlib.sha256(user.address.encode()).digest()
    return f"1{int.from_bytes(digest) % 10**20:020}"


def etag(value: Any) -> str:
    digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
    return f'"{urlsafe_b64encode(digest[:15]).decode()}"'


def _in_domain(user: User, domain: str) -> bool:
    return user.address.endswith(f"@{domain.lower()}")


def _condition(query: str) -> Callable[[User], bool]:
    """https://developers.google.com/workspace/admin/directory/v1/guides/search-users, of which
    here are email, isAdmin, isArchived, isSuspended and orgUnitPath. ApiError 400, 501."""
    if TERM.sub("", query).strip():
        raise ApiError(400, "Invalid Input: query", reason="invalid")
    tests = [_test(*term) for term in TERM.findall(query)]
    return lambda user: all(test(user) for test in tests)


def _test(field: str, operator: str, value: str) -> Callable[[User], bool]:
    wanted = value.strip("'").lower()
    if field == "email":
        stem = wanted.removesuffix("*")
        prefix = operator == ":" and stem != wanted
        return lambda user: any(
            each.startswith(stem) if prefix else each == wanted
            for each in (user.address, *user.aliases)
        )
    if flag := FLAGS.get(field.lower()):
        return lambda user: flag(user) == (wanted == "true")
    if field == "orgUnitPath":
        return lambda user: user.org_unit.lower() == wanted
    raise ApiError(501, f"The sandbox does not search users by {field}.")
