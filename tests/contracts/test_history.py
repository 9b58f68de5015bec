"""users.history.list, watch and stop."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.gmail import Mailbox, b64, message, refusal
from tests.sandboxes import running

FROM = "From: anna@example.com"


def now(mailbox: Mailbox) -> str:
    return str(mailbox.users().getProfile(userId="me").execute()["historyId"])


def entries(mailbox: Mailbox, start: str, **given: Any) -> list[Any]:
    call = mailbox.users().history().list(userId="me", startHistoryId=start, **given)
    return list(call.execute().get("history", []))


def kinds(history: list[Any]) -> list[str]:
    return [kind for entry in history for kind in entry if kind not in ("id", "messages")]


def test_every_change_is_told(mailbox: Mailbox) -> None:
    users, start = mailbox.users(), now(mailbox)
    made = mailbox.import_(message(FROM), labelIds=["INBOX"])["id"]
    users.messages().modify(
        userId="me", id=made, body={"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]}
    ).execute()
    users.messages().delete(userId="me", id=made).execute()
    history = entries(mailbox, start)
    assert set(kinds(history)) == {
        "messagesAdded",
        "labelsAdded",
        "labelsRemoved",
        "messagesDeleted",
    }
    ids = [int(entry["id"]) for entry in history]
    assert ids == sorted(set(ids))
    assert all(each["messages"][0]["id"] == made for each in history)


def test_types_and_label(mailbox: Mailbox) -> None:
    users, start = mailbox.users(), now(mailbox)
    made = mailbox.import_(message(FROM), labelIds=["INBOX"])["id"]
    change = {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]}
    users.messages().modify(userId="me", id=made, body=change).execute()
    added = entries(mailbox, start, historyTypes="messageAdded")
    assert [each["messagesAdded"][0]["message"]["id"] for each in added] == [made]
    both = entries(mailbox, start, historyTypes=["labelAdded", "labelRemoved"])
    assert sorted(kinds(both)) == ["labelsAdded", "labelsRemoved"]
    (starred,) = entries(mailbox, start, historyTypes="labelAdded", labelId="STARRED")
    assert starred["labelsAdded"][0]["labelIds"] == ["STARRED"]
    assert entries(mailbox, start, labelId="SPAM") == []
    # An id is no pattern: "_" and "%" stand for themselves.
    assert entries(mailbox, start, labelId="INBO_") == entries(mailbox, start, labelId="%") == []


def test_pages(mailbox: Mailbox) -> None:
    users, start = mailbox.users(), now(mailbox)
    made = [mailbox.import_(message(FROM))["id"] for _ in range(3)]
    seen, token = [], None
    for _ in range(3):
        page = (
            users.history()
            .list(userId="me", startHistoryId=start, maxResults=1, pageToken=token)
            .execute()
        )
        seen += [each["messagesAdded"][0]["message"]["id"] for each in page["history"]]
        token = page.get("nextPageToken")
    assert (seen, token) == (made, None)
    assert page["historyId"] == now(mailbox)


@pytest.mark.parametrize("start", ["1", "99999999999"])
def test_out_of_the_window(mailbox: Mailbox, start: str) -> None:
    call = mailbox.users().history().list(userId="me", startHistoryId=start)
    assert refusal(call.execute) == (404, "Requested entity was not found.")


def test_start_is_required(mailbox: Mailbox) -> None:
    call = mailbox.users().history().list(userId="me")
    assert refusal(call.execute) == (400, "Missing/invalid parameter: startHistoryId")


def test_drafts_are_in_it(mailbox: Mailbox) -> None:
    drafts, start = mailbox.users().drafts(), now(mailbox)

    def body() -> dict[str, Any]:
        return {"message": {"raw": b64(message("Subject: unsent"))}}

    made = drafts.create(userId="me", body=body()).execute()
    changed = drafts.update(userId="me", id=made["id"], body=body()).execute()
    drafts.delete(userId="me", id=made["id"]).execute()
    first, second = made["message"]["id"], changed["message"]["id"]
    found = {
        (kind, entry[kind][0]["message"]["id"])
        for entry in entries(mailbox, start)
        for kind in kinds([entry])
    }
    assert found == {
        (kind, each) for kind in ("messagesAdded", "messagesDeleted") for each in (first, second)
    }


def test_threads_are_in_it(mailbox: Mailbox) -> None:
    first = mailbox.import_(message(FROM, "Subject: plan"))
    mailbox.import_(message(FROM, "Subject: plan"), threadId=first["threadId"])
    threads, start = mailbox.users().threads(), now(mailbox)
    threads.trash(userId="me", id=first["threadId"]).execute()
    threads.delete(userId="me", id=first["threadId"]).execute()
    assert sorted(kinds(entries(mailbox, start))) == ["labelsAdded"] * 2 + ["messagesDeleted"] * 2


def test_old_changes_are_deleted(tmp_path: Path) -> None:
    """Also a page that expires while it is read; and at the next start, with less to keep."""

    def rows() -> int:
        with closing(sqlite3.connect(tmp_path / "sandbox.db")) as database:
            return int(database.execute("SELECT count(*) FROM history").fetchone()[0])

    with running(tmp_path, "a@example.org", extra=["--history-kept", "3"]) as sandbox:
        box = Mailbox(sandbox.url, sandbox.key_file, "a@example.org")
        start = now(box)
        for _ in range(3):
            box.import_(message(FROM))
        history = box.users().history()
        page = history.list(userId="me", startHistoryId=start, maxResults=1).execute()
        middle = page["history"][0]["id"]
        box.import_(message(FROM))
        assert len(entries(box, middle)) == 3
        for _ in range(3):
            box.import_(message(FROM))
        for given in ({}, {"pageToken": page["nextPageToken"]}):
            call = history.list(userId="me", startHistoryId=middle, **given)
            assert refusal(call.execute) == (404, "Requested entity was not found.")
    assert rows() == 3
    with running(tmp_path, "a@example.org", extra=["--history-kept", "1"]):
        assert rows() == 1


def test_watch_and_stop(mailbox: Mailbox, assumed: None) -> None:
    users = mailbox.users()
    given = {"topicName": "projects/p/topics/t", "labelIds": ["INBOX"]}
    answer = users.watch(userId="me", body=given).execute()
    assert answer["historyId"] == now(mailbox)
    days = (int(answer["expiration"]) / 1000 - time.time()) / 86400
    assert 6.9 < days < 7.1
    assert not users.stop(userId="me").execute()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "topicName required"),
        ({"topicName": "t"}, "Invalid topicName does not match projects/*/topics/*"),
        (
            {"topicName": "projects/p/topics/t", "labelIds": ["Label_99999"]},
            "Invalid label: Label_99999",
        ),
    ],
)
def test_watch_refuses(mailbox: Mailbox, assumed: None, given: dict[str, Any], text: str) -> None:
    assert refusal(mailbox.users().watch(userId="me", body=given).execute) == (400, text)
