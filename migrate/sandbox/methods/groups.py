"""groupsmigration.archive.insert: mail into the archive of a group.

https://developers.google.com/workspace/admin/groups-migration/v1/reference/archive/insert
The archive is a mailbox of the group's address, which nobody can log in to.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from migrate.sandbox.http.bodies import too_large
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import headers
from migrate.sandbox.mailbox.matching import conversation
from migrate.sandbox.methods import messages
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.directory import require_admin

WANTED = tuple(re.compile(rb"(?im)^%s[ \t]*:" % name) for name in (b"from", b"to", b"date"))
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def insert(call: Call) -> dict[str, Any]:
    """ApiError 400 for a message or a group that Google's page says is refused."""
    require_admin(call)
    group = call.directory.group(call.path["groupId"])
    content = call.content
    if content is not None and len(content) > call.method.max_size:
        raise too_large()
    if group is None or group.read_only or content is None or not _valid(content):
        # The name is that of the page's `responseCode`; how the body looks is a guess.
        raise ApiError(400, "INVALID MESSAGE FAILURE", reason="invalid")
    facts = headers.read(content)
    store = call.store
    archive = replace(
        call,
        mailbox=store.mailbox(group.address),
        query=dict(call.query) | {"internalDateSource": "dateHeader"},
    )
    thread = conversation(store, archive.mailbox, facts, call.options.assume)
    messages.add(archive, content, facts, set(), thread)
    return {"kind": "groupsmigration#groups", "responseCode": "SUCCESS"}


def _valid(content: memoryview) -> bool:
    header = headers.header_block(content)
    return all(each.search(header) for each in WANTED) and not BARE_LINE_END.search(content)
