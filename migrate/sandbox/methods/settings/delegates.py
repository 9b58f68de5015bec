"""users.settings.delegates. Nobody gets into the mailbox by them.

https://developers.google.com/workspace/gmail/api/guides/delegate_settings
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.settings import Resource
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.settings import resources

KIND = "delegate"


def create(call: Call) -> Resource:
    """Accepted at once; ApiError 400 for who isn't another user of the organisation.

    googleapis/google-api-nodejs-client issue 3239 has the text, not the reason.
    """
    address = resources.new_address(call, KIND, "delegateEmail")
    known = call.directory.find(address) is not None
    status = resources.verification(call, address)
    if not known or status != "accepted" or address.lower() == call.user:
        raise ApiError(400, "Invalid delegate")
    made = {"delegateEmail": address, "verificationStatus": status}
    with call.store.changing():
        resources.of(call, KIND).put(made, address.lower())
    return made


def list_(call: Call) -> dict[str, Any]:
    return resources.listed("delegates", resources.of(call, KIND).all())


def get(call: Call) -> Resource:
    return resources.one(call, KIND, "delegateEmail")


def delete(call: Call) -> None:
    gone = resources.one(call, KIND, "delegateEmail")
    with call.store.changing():
        resources.of(call, KIND).delete(gone["delegateEmail"].lower())
