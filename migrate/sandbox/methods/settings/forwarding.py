"""users.settings.forwardingAddresses and autoForwarding. Nothing is ever forwarded.

https://developers.google.com/workspace/gmail/api/guides/forwarding_settings
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.settings import Resource
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.settings import resources

KIND = "forwardingAddress"
AUTO = "autoForwarding"
OFF: Resource = {"enabled": False}


def accepted(call: Call, address: str) -> bool:
    """Whether messages may be forwarded to the address."""
    found = resources.of(call, KIND).get(address.lower())
    return found is not None and found["verificationStatus"] == "accepted"


def create(call: Call) -> Resource:
    address = resources.new_address(call, KIND, "forwardingEmail")
    status = resources.verification(call, address)
    made = {"forwardingEmail": address, "verificationStatus": status}
    with call.store.changing():
        resources.of(call, KIND).put(made, address.lower())
    return made


def list_(call: Call) -> dict[str, Any]:
    return resources.listed("forwardingAddresses", resources.of(call, KIND).all())


def get(call: Call) -> Resource:
    return resources.one(call, KIND, "forwardingEmail")


def delete(call: Call) -> None:
    """Forwarding to the address ends, too; that is assumed."""
    address = resources.one(call, KIND, "forwardingEmail")["forwardingEmail"].lower()
    with call.store.changing():
        resources.of(call, KIND).delete(address)
        if get_auto(call).get("emailAddress", "").lower() == address:
            resources.of(call, AUTO).delete()


def get_auto(call: Call) -> Resource:
    return resources.of(call, AUTO).get() or OFF


def update_auto(call: Call) -> Resource:
    """ApiError 400 without an accepted address and a disposition, if it is to be enabled."""
    resources.specified(call.json)
    settings = OFF | {name: value for name, value in call.json.items() if value is not None}
    if settings["enabled"]:
        if not accepted(call, str(settings.get("emailAddress", ""))):
            # GAM-team/GAM issue 799
            raise resources.failed_precondition("Invalid forwarding address")
        if "disposition" not in settings:
            raise ApiError(400, "Invalid disposition")  # the wording is a guess
    with call.store.changing():
        resources.of(call, AUTO).put(settings)
    return settings
