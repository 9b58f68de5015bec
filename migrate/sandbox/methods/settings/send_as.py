"""users.settings.sendAs: the addresses that a user may write from, with their signatures.

https://developers.google.com/workspace/gmail/api/guides/alias_and_signature_settings
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.settings import Resource
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.settings import resources

KIND = "sendAs"
TEXTS = ("displayName", "replyToAddress", "signature")
SECRETS = ("username", "password")
"""schemas.SmtpMsa: "never populated in responses", so they aren't kept at all."""


def create(call: Call) -> Resource:
    """No connection to the SMTP service is tried, no HTML sanitised, no mail sent."""
    _ensure_primary(call)
    address = resources.new_address(call, KIND, "sendAsEmail")
    made = {
        "sendAsEmail": address,
        **dict.fromkeys(TEXTS, ""),
        "isPrimary": False,
        "isDefault": False,
        "treatAsAlias": False,
        "verificationStatus": resources.verification(call, address),
    }
    return _changed(call, made)


def list_(call: Call) -> dict[str, Any]:
    _ensure_primary(call)
    return {"sendAs": resources.of(call, KIND).all()}


def get(call: Call) -> Resource:
    _ensure_primary(call)
    return resources.one(call, KIND, "sendAsEmail")


def patch(call: Call) -> Resource:
    return _changed(call, get(call))


def update(call: Call) -> Resource:
    """Like patch, but what isn't given is emptied."""
    known = get(call) | dict.fromkeys(TEXTS, "")
    known.pop("smtpMsa", None)
    if not known["isPrimary"]:
        known["treatAsAlias"] = False
    return _changed(call, known)


def delete(call: Call) -> None:
    gone = get(call)
    if gone["isPrimary"]:
        raise ApiError(400, "The primary address can't be deleted")  # the wording is a guess
    with call.store.changing():
        resources.of(call, KIND).delete(gone["sendAsEmail"].lower())
        if gone["isDefault"]:
            _make_default(call, call.user)


def verify(call: Call) -> None:
    """ApiError 400 unless pending; it stays so, as nobody gets a mail to answer."""
    if get(call).get("verificationStatus") != "pending":
        # The rule is the description of the method; the wording is a guess.
        raise resources.failed_precondition("Precondition check failed.")


def _ensure_primary(call: Call) -> None:
    """Every account has its own address as its first; it has no verificationStatus
    (taylorwilsdon/google_workspace_mcp issue 1075)."""
    if resources.of(call, KIND).get(call.user) is None:
        primary = {"sendAsEmail": call.user, **dict.fromkeys(TEXTS, "")}
        with call.store.changing():
            resources.of(call, KIND).put(
                primary | {"isPrimary": True, "isDefault": True}, call.user
            )


def _changed(call: Call, known: Resource) -> Resource:
    """Store `known` with the writable fields of the call; ApiError 400."""
    fields = TEXTS if known["isPrimary"] else (*TEXTS, "treatAsAlias")
    known |= {name: call.json[name] for name in fields if call.json.get(name) is not None}
    if (smtp := call.json.get("smtpMsa")) and not known["isPrimary"]:
        known["smtpMsa"] = _smtp(call, smtp)
    with call.store.changing():
        resources.of(call, KIND).put(known, known["sendAsEmail"].lower())
        # "The only legal value that clients may write to this field is `true`": false is passed
        # over, because a resource that was read and is written back says it.
        if call.json.get("isDefault"):
            _make_default(call, known["sendAsEmail"].lower())
            known["isDefault"] = True
    return known


def _smtp(call: Call, given: Resource) -> Resource:
    """ApiError 400 without the required fields; the wording is a guess."""
    port = resources.integer(given, "port")
    resources.specified(given)
    if not given.get("host") or port is None or not given.get("securityMode"):
        raise ApiError(400, "Invalid smtpMsa")
    return {name: each for name, each in given.items() if name not in SECRETS} | {"port": port}


def _make_default(call: Call, address: str) -> None:
    settings = resources.of(call, KIND)
    for each in settings.all():
        key = each["sendAsEmail"].lower()
        settings.put(each | {"isDefault": key == address}, key)
