"""users.settings.filters. They are kept, and never run: not on imported mail either.

https://developers.google.com/workspace/gmail/api/guides/filter_settings
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.label_names import SYSTEM
from migrate.sandbox.mailbox.settings import Resource
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.messages import BY_GMAIL_ONLY
from migrate.sandbox.methods.settings import forwarding, resources

KIND = "filter"
MAX_FILTERS = 1000
"""filters.create: "you can only create a maximum of 1,000 filters"."""


def create(call: Call) -> Resource:
    """A filter has no more than criteria and action, so two of the same can't be told apart.

    ApiError 400. "Filter already exists" and "Too many user labels in filter" are Gmail's, as
    clients quote them; the wording of the other three is a guess.
    """
    criteria, action = _criteria(call), _action(call)
    known = resources.of(call, KIND).all()
    if len(known) >= MAX_FILTERS:
        raise resources.failed_precondition("Too many filters")
    if any((each["criteria"], each["action"]) == (criteria, action) for each in known):
        raise resources.failed_precondition("Filter already exists")
    key = f"{call.store.next_id(call.store.clock.ms()):016x}"
    made: Resource = {"id": key, "criteria": criteria, "action": action}
    with call.store.changing():
        resources.of(call, KIND).put(made, key)
    return made


def list_(call: Call) -> dict[str, Any]:
    return resources.listed("filter", resources.of(call, KIND).all())


def get(call: Call) -> Resource:
    return resources.one(call, KIND, "id")


def delete(call: Call) -> None:
    gone = resources.one(call, KIND, "id")
    with call.store.changing():
        resources.of(call, KIND).delete(gone["id"])


def _criteria(call: Call) -> Resource:
    """What is looked for, without what doesn't restrict anything; ApiError 400."""
    found = {name: value for name, value in (call.json.get("criteria") or {}).items() if value}
    if "subject" in found:  # schemas.FilterCriteria: trimmed, spaces collapsed
        found["subject"] = " ".join(str(found["subject"]).split())
    size = resources.integer(found, "size")
    if found.get("sizeComparison", "unspecified") == "unspecified" or size is None:
        found.pop("sizeComparison", None)
        found.pop("size", None)
    else:
        found["size"] = size
    if not any(found.values()):
        raise ApiError(400, "Filter doesn't have any criteria")
    return found


def _action(call: Call) -> Resource:
    """What is to be done; ApiError 400."""
    given = call.json.get("action") or {}
    found: Resource = {}
    for name in ("addLabelIds", "removeLabelIds"):
        if wanted := labels.require(call, given.get(name) or (), BY_GMAIL_ONLY):
            found[name] = sorted(wanted)
    if len(set(found.get("addLabelIds", ())).difference(SYSTEM)) > 1:
        # "Only one user-defined label can be used per filter" (the filter guide)
        raise ApiError(400, "Too many user labels in filter")
    if forward := given.get("forward"):
        if not forwarding.accepted(call, str(forward)):
            raise ApiError(400, "Unrecognized forwarding address")
        found["forward"] = forward
    if not found:
        raise ApiError(400, "Filter doesn't have any actions")
    return found
