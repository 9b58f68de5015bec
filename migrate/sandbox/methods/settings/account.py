"""users.settings: vacation, imap, pop and language. What a new mailbox has is a guess.

https://developers.google.com/workspace/gmail/api/guides/vacation_settings, pop_imap_settings
and language-settings
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.settings import Resource
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.settings import resources

VACATION: Resource = {
    "enableAutoReply": False,
    "restrictToContacts": False,
    "restrictToDomain": False,
}
IMAP: Resource = {
    "enabled": True,
    "autoExpunge": True,
    "expungeBehavior": "archive",
    "maxFolderSize": 0,
}
POP: Resource = {"accessWindow": "disabled", "disposition": "leaveInInbox"}
LANGUAGE: Resource = {"displayLanguage": "en"}
FOLDER_SIZES = (0, 1000, 2000, 5000, 10_000)
"""schemas.ImapSettings.maxFolderSize"""


def get_vacation(call: Call) -> Resource:
    return _get(call, "vacation", VACATION)


def update_vacation(call: Call) -> Resource:
    """ApiError 400 by the rules of schemas.VacationSettings; the wording is a guess."""
    times = {
        name: moment
        for name in ("startTime", "endTime")
        if (moment := resources.integer(call.json, name)) is not None
    }
    if len(times) == 2 and times["startTime"] >= times["endTime"]:
        raise ApiError(400, "Invalid startTime: it must precede endTime")
    texts = ("responseSubject", "responseBodyPlainText", "responseBodyHtml")
    if call.json.get("enableAutoReply") and not any(call.json.get(name) for name in texts):
        raise ApiError(400, "Either the response subject or the response body must be nonempty")
    return _update(call, "vacation", VACATION, {name: str(each) for name, each in times.items()})


def get_imap(call: Call) -> Resource:
    return _get(call, "imap", IMAP)


def update_imap(call: Call) -> Resource:
    size = resources.integer(call.json, "maxFolderSize") or 0
    if size not in FOLDER_SIZES:
        raise ApiError(400, "Invalid maxFolderSize")
    return _update(call, "imap", IMAP, {"maxFolderSize": size})


def get_pop(call: Call) -> Resource:
    return _get(call, "pop", POP)


def update_pop(call: Call) -> Resource:
    return _update(call, "pop", POP, {})


def get_language(call: Call) -> Resource:
    return _get(call, "language", LANGUAGE)


def update_language(call: Call) -> Resource:
    """Any tag is taken as it is; Gmail may save a close variant."""
    return _update(call, "language", LANGUAGE, {})


def _get(call: Call, kind: str, new: Resource) -> Resource:
    return resources.of(call, kind).get() or new


def _update(call: Call, kind: str, new: Resource, read: dict[str, Any]) -> Resource:
    """Replace the settings; what isn't given is as in a new mailbox. `read`: fields with the
    values that were made of them."""
    resources.specified(call.json)
    given = {name: value for name, value in call.json.items() if value is not None}
    settings = new | given | read
    with call.store.changing():
        resources.of(call, kind).put(settings)
    return settings
