"""licensing.licenseAssignments: who has which licence, as the directory file says.

https://developers.google.com/workspace/admin/licensing/v1/how-tos/using
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from migrate.sandbox.access.organisation import Licence, User
from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.directory import etag, everybody, in_customer, page, require_admin

NAMES: dict[str, dict[str, Any]] = tomllib.loads(
    (files("migrate.sandbox.access") / "licences.toml").read_text("utf-8")
)
SELF = "https://www.googleapis.com/apps/licensing/v1"


def get(call: Call) -> dict[str, Any]:
    """ApiError 404 when the user doesn't have this licence."""
    product, sku = _asked(call), call.path["skuId"]
    user = call.directory.find(call.path["userId"])
    if user is None:
        raise ApiError(400, "User email not valid.", reason="invalid")
    if Licence(product, sku) not in user.licences:
        raise not_found()
    return _assignment(user, Licence(product, sku))


def list_(call: Call) -> dict[str, Any]:
    """Of a product, or of one of its SKUs; by address."""
    product, sku = _asked(call), call.path.get("skuId")
    if not in_customer(call, call.query.get("customerId", "")):
        # Google's page names no such error; a guess.
        raise ApiError(400, "Invalid customerId", reason="invalid")
    found = [
        _assignment(user, each)
        for user in everybody(call)
        for each in user.licences
        if each.product == product and sku in (None, each.sku)
    ]
    shown, following = page(call, found)
    return {
        "kind": "licensing#licenseAssignmentList",
        "etag": etag(shown),
        **({"items": shown} if shown else {}),
        **following,
    }


def _asked(call: Call) -> str:
    """The product, if the SKU of the path belongs to it; ApiError 400, 403."""
    require_admin(call)
    product, sku = call.path["productId"], call.path.get("skuId")
    sold: set[str] = set(NAMES.get(product, {}).get("skus", ()))
    sold |= {each.sku for each in _licences(everybody(call)) if each.product == product}
    if not sold:  # GAM-team/GAM#865
        raise ApiError(400, f"Invalid ProductId: {product}", reason="invalid")
    if sku is not None and sku not in sold:
        raise ApiError(400, f"Invalid SkuId: {sku}", reason="invalid")
    return product


def _licences(users: Sequence[User]) -> list[Licence]:
    return [each for user in users for each in user.licences]


def _assignment(user: User, licence: Licence) -> dict[str, Any]:
    names = NAMES.get(licence.product, {})
    parts = (licence.product, licence.sku, user.address)
    product, sku, address = (quote(each, safe="@") for each in parts)
    assignment = {
        "kind": "licensing#licenseAssignment",
        "selfLink": f"{SELF}/product/{product}/sku/{sku}/user/{address}",
        "userId": user.address,
        "productId": licence.product,
        "productName": names.get("name", licence.product),
        "skuId": licence.sku,
        "skuName": names.get("skus", {}).get(licence.sku, licence.sku),
    }
    return assignment | {"etags": etag(assignment)}
