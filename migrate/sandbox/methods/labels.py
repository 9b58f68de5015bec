"""users.labels, and the rules about labels that other resources share.

https://developers.google.com/workspace/gmail/api/guides/labels
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from migrate.sandbox.http.errors import ApiError, invalid_label, not_found
from migrate.sandbox.mailbox.label_names import SYSTEM, accepted, fold
from migrate.sandbox.mailbox.store import Row, Store
from migrate.sandbox.methods.calls import Call

MAX_LABELS = 10_000
SETTINGS = ("labelListVisibility", "messageListVisibility", "color")


def require(call: Call, labels: Iterable[str], refused: frozenset[str]) -> set[str]:
    """The labels as a set; ApiError 400 "Invalid label: X" for one unknown or refused here."""
    wanted = set(labels)
    for label in sorted(wanted):
        if label in refused or not exists(call, label):
            raise invalid_label(label)
    return wanted


def exists(call: Call, label: str) -> bool:
    return label in SYSTEM or _row(call, label) is not None


def effective(labels: Iterable[str]) -> set[str]:
    """TRASH wins over SPAM, SPAM over INBOX: a message is in one of these places only."""
    result = set(labels)
    if "TRASH" in result:
        return result - {"SPAM", "INBOX"}
    return result - {"INBOX"} if "SPAM" in result else result


def list_(call: Call) -> dict[str, Any]:
    found = call.store.db.execute(
        "SELECT id, name, settings FROM labels WHERE mailbox = ?", (call.mailbox,)
    )
    return {"labels": [_system(name) for name in SYSTEM] + [_user(row) for row in found]}


def get(call: Call) -> dict[str, Any]:
    label = call.path["id"]
    row = _row(call, label)
    if row is None and label not in SYSTEM:
        raise not_found()
    resource = _system(label) if row is None else _user(row)
    return resource | _counters(call.store, call.mailbox, label)


def create(call: Call) -> dict[str, Any]:
    name = _checked_name(call, call.json.get("name"))
    db, mailbox = call.store.db, call.mailbox
    count = db.execute("SELECT count(*) FROM labels WHERE mailbox = ?", (mailbox,)).fetchone()[0]
    if count + len(SYSTEM) >= MAX_LABELS:
        raise ApiError(400, "Too many labels")  # the wording is a guess
    _free(call, name, None)
    settings = _settings(call)
    with call.store.changing():
        number = db.execute(
            "UPDATE mailboxes SET label_seq = label_seq + 1 WHERE id = ? RETURNING label_seq",
            (mailbox,),
        ).fetchone()[0]
        row = (mailbox, f"Label_{number}", name, fold(name), json.dumps(settings))
        db.execute("INSERT INTO labels VALUES (?, ?, ?, ?, ?)", row)
    return _resource(row[1], name, settings)


def update(call: Call) -> dict[str, Any]:
    """labels.update replaces the settings, labels.patch only those that are given."""
    row = _changeable(call)
    replace = call.method.id.endswith(".update")
    given = call.json.get("name")
    name = _checked_name(call, given) if replace or given is not None else row["name"]
    _free(call, name, row["id"])
    settings = {} if replace else json.loads(row["settings"])
    settings |= _settings(call)
    with call.store.changing() as db:
        db.execute(
            "UPDATE labels SET name = ?, key = ?, settings = ? WHERE mailbox = ? AND id = ?",
            (name, fold(name), json.dumps(settings), call.mailbox, row["id"]),
        )
    return _resource(row["id"], name, settings)


def delete(call: Call) -> None:
    """Delete the label and take it from every message that has it."""
    row = _changeable(call)
    with call.store.changing() as db:
        tagged = db.execute(
            "SELECT m.* FROM labelled l JOIN messages m ON m.id = l.message "
            "WHERE l.mailbox = ? AND l.label = ?",
            (call.mailbox, row["id"]),
        ).fetchall()
        for message in tagged:
            call.store.relabel(message, set(message["labels"].split()) - {row["id"]})
        db.execute("DELETE FROM labels WHERE mailbox = ? AND id = ?", (call.mailbox, row["id"]))


def _changeable(call: Call) -> Row:
    label = call.path["id"]
    if label in SYSTEM:
        verb = call.method.id.rpartition(".")[2]
        raise ApiError(400, f"Invalid {'update' if verb == 'patch' else verb} request")
    row = _row(call, label)
    if row is None:
        raise not_found()
    return row


def _settings(call: Call) -> dict[str, Any]:
    """What the call gives of them; ApiError 400 for a colour that is not of Gmail's palette.

    mbrt/gmailctl issue 130, which also shows that the case counts. How one colour without the other
    is refused was never reported.
    """
    given = {key: call.json[key] for key in SETTINGS if call.json.get(key) is not None}
    if "color" in given:
        for name, field in call.method.schemas["LabelColor"]["properties"].items():
            colour = given["color"].get(name, "")
            if colour not in re.findall("#[0-9a-f]{6}", field["description"]):
                raise ApiError(400, f"Label color {colour} is not on the allowed color palette")
    return given


def _checked_name(call: Call, name: object) -> str:
    kept = accepted(name, call.options.assume)
    if kept is None:
        raise ApiError(400, "Invalid label name")
    return kept


def _free(call: Call, name: str, but: str | None) -> None:
    taken = call.store.db.execute(
        "SELECT id FROM labels WHERE mailbox = ? AND key = ?", (call.mailbox, fold(name))
    ).fetchone()
    if taken is not None and taken[0] != but:
        reason = call.options.assume.conflict_reason
        raise ApiError(409, "Label name exists or conflicts", reason=reason)


def _row(call: Call, label: str) -> Row | None:
    found: Row | None = call.store.db.execute(
        "SELECT * FROM labels WHERE mailbox = ? AND id = ?", (call.mailbox, label)
    ).fetchone()
    return found


def _resource(label: str, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {"id": label, "name": name, "type": "user"} | settings


def _user(row: Row) -> dict[str, Any]:
    return _resource(row["id"], row["name"], json.loads(row["settings"]))


def _system(label: str) -> dict[str, Any]:
    return {"id": label, "name": label, "type": "system"}


def _counters(store: Store, mailbox: int, label: str) -> dict[str, int]:
    total, threads, unread, unread_threads = store.db.execute(
        "SELECT count(*), count(DISTINCT m.thread), "
        "count(*) FILTER (WHERE m.labels LIKE '% UNREAD %'), "
        "count(DISTINCT m.thread) FILTER (WHERE m.labels LIKE '% UNREAD %') "
        "FROM labelled l JOIN messages m ON m.id = l.message WHERE l.mailbox = ? AND l.label = ?",
        (mailbox, label),
    ).fetchone()
    return {
        "messagesTotal": total,
        "messagesUnread": unread,
        "threadsTotal": threads,
        "threadsUnread": unread_threads,
    }
