"""users.threads: conversations as a whole."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.contracts.gmail import AUTH, Mailbox, b64, message, refusal

FROM = "From: anna@example.com"


def label(mailbox: Mailbox) -> str:
    body = {"name": secrets.token_hex(8)}
    return str(mailbox.users().labels().create(userId="me", body=body).execute()["id"])


def conversation(mailbox: Mailbox, days: list[int], *labels: str) -> tuple[str, list[str]]:
    """A thread with a message of each of these days of November 1997; ids in the order given."""
    thread, made = None, []
    for day in days:
        mail = message(
            FROM, "Subject: talk", f"Date: {day} Nov 1997 10:00:00 GMT", body=f"Day {day}.".encode()
        )
        into: dict[str, Any] = {"threadId": thread} if thread else {}
        answer = mailbox.import_(
            mail, "insert", internalDateSource="dateHeader", labelIds=list(labels), **into
        )
        thread = answer["threadId"]
        made.append(answer["id"])
    assert thread
    return thread, made


def listed(mailbox: Mailbox, **given: Any) -> list[str]:
    answer = mailbox.users().threads().list(userId="me", **given).execute()
    return [each["id"] for each in answer.get("threads", [])]


def labels_of(mailbox: Mailbox, made: list[str]) -> list[set[str]]:
    return [set(mailbox.get(each).get("labelIds", [])) for each in made]


def test_listed_by_the_newest_message(mailbox: Mailbox) -> None:
    own = label(mailbox)
    first, _ = conversation(mailbox, [1, 6], own)
    second, _ = conversation(mailbox, [3, 2, 4], own)
    third, made = conversation(mailbox, [5], own)
    assert listed(mailbox, labelIds=[own]) == [first, third, second]
    answer = mailbox.users().threads().list(userId="me", labelIds=[own], maxResults=1).execute()
    assert answer["threads"][0]["snippet"] == "Day 6."
    assert int(answer["threads"][0]["historyId"]) < int(mailbox.get(made[0])["historyId"])
    assert "messages" not in answer["threads"][0]


def test_pages_survive_what_comes_in_meanwhile(mailbox: Mailbox) -> None:
    own = label(mailbox)
    made = [conversation(mailbox, [day, day + 1], own)[0] for day in (9, 5, 1)]
    threads, seen, token = mailbox.users().threads(), [], None
    for _ in made:
        page = threads.list(userId="me", labelIds=[own], maxResults=1, pageToken=token).execute()
        seen += [each["id"] for each in page["threads"]]
        conversation(mailbox, [20], own)
        token = page.get("nextPageToken")
    assert (seen, token) == (made, None)
    for nonsense in ("x", "é", b64(b"1"), b64(b"9" * 30 + b".1")):
        assert refusal(threads.list(userId="me", pageToken=nonsense).execute)[0] == 400


def test_one_message_has_to_have_all_the_labels(mailbox: Mailbox, assumed: None) -> None:
    own = label(mailbox)
    thread, (one, two) = conversation(mailbox, [1, 2], own)
    change = mailbox.users().messages().modify
    change(userId="me", id=one, body={"addLabelIds": ["STARRED"]}).execute()
    assert listed(mailbox, labelIds=[own, "STARRED"]) == [thread]
    change(userId="me", id=two, body={"addLabelIds": ["UNREAD"]}).execute()
    assert listed(mailbox, labelIds=[own, "STARRED", "UNREAD"]) == []
    assert listed(mailbox, labelIds=[own], q="is:unread") == [thread]


def test_unknown_label_and_thread(mailbox: Mailbox) -> None:
    threads = mailbox.users().threads()
    unknown = threads.list(userId="me", labelIds=["Label_99999"])
    assert refusal(unknown.execute) == (400, "Invalid label: Label_99999")
    for call in (
        threads.get(userId="me", id="1"),
        threads.modify(userId="me", id="1", body={"addLabelIds": ["STARRED"]}),
        threads.trash(userId="me", id="1"),
        threads.delete(userId="me", id="nonsense"),
    ):
        assert refusal(call.execute) == (404, "Requested entity was not found.")


@pytest.mark.parametrize("format_", ["minimal", "full", "metadata"])
def test_get_shows_every_message_oldest_first(mailbox: Mailbox, format_: str) -> None:
    thread, made = conversation(mailbox, [3, 1, 2])
    mailbox.users().messages().trash(userId="me", id=made[0]).execute()
    given = {"metadataHeaders": ["subject"]} if format_ == "metadata" else {}
    call = mailbox.users().threads().get(userId="me", id=thread, format=format_, **given)
    answer = call.execute()
    assert [each["id"] for each in answer["messages"]] == [made[1], made[2], made[0]]
    assert answer["historyId"] == max((each["historyId"] for each in answer["messages"]), key=int)
    payloads = [each.get("payload", {}) for each in answer["messages"]]
    assert ["body" in each for each in payloads] == [format_ == "full"] * 3
    if format_ == "metadata":
        assert payloads[0]["headers"] == [{"name": "Subject", "value": "talk"}]


def test_the_metadata_scope(mailbox: Mailbox) -> None:
    thread, made = conversation(mailbox, [1])
    threads = mailbox.users(f"{AUTH}gmail.metadata").threads()
    answer = threads.get(userId="me", id=thread, format="metadata").execute()
    assert answer["messages"][0]["id"] == made[0]
    assert refusal(threads.get(userId="me", id=thread, format="full").execute)[0] == 403


def test_modify_trash_untrash_delete(mailbox: Mailbox) -> None:
    own = label(mailbox)
    thread, made = conversation(mailbox, [1, 2], own, "UNREAD")
    threads = mailbox.users(f"{AUTH}gmail.modify").threads()
    body = {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}
    answer = threads.modify(userId="me", id=thread, body=body).execute()
    assert answer["id"] == thread
    assert [each["id"] for each in answer["messages"]] == made
    assert [set(each["labelIds"]) for each in answer["messages"]] == [{own, "STARRED"}] * 2
    assert labels_of(mailbox, made) == [{own, "STARRED"}] * 2

    threads.trash(userId="me", id=thread).execute()
    assert labels_of(mailbox, made) == [{own, "STARRED", "TRASH"}] * 2
    assert listed(mailbox, labelIds=[own]) == []
    assert listed(mailbox, labelIds=[own], includeSpamTrash=True) == [thread]
    threads.untrash(userId="me", id=thread).execute()
    assert listed(mailbox, labelIds=[own]) == [thread]

    delete = mailbox.users().threads().delete(userId="me", id=thread)
    assert delete.execute() in (None, "")
    assert refusal(delete.execute)[0] == 404
    assert refusal(lambda: mailbox.get(made[1]))[0] == 404
    mailbox.made = [each for each in mailbox.made if each not in made]


def test_a_refused_change_changes_nothing(mailbox: Mailbox) -> None:
    own = label(mailbox)
    thread, made = conversation(mailbox, [1, 2], own)
    threads = mailbox.users().threads()
    for body, text in (
        ({"addLabelIds": ["STARRED", "Label_99999"]}, "Invalid label: Label_99999"),
        ({"addLabelIds": ["SENT"]}, "Invalid label: SENT"),
    ):
        call = threads.modify(userId="me", id=thread, body=body)
        assert refusal(call.execute) == (400, text)
    assert labels_of(mailbox, made) == [{own}] * 2


def test_a_draft_in_a_thread_takes_no_labels(mailbox: Mailbox, assumed: None) -> None:
    own, users = label(mailbox), mailbox.users()
    body = {"message": {"raw": b64(message("Subject: talk"))}}
    draft = users.drafts().create(userId="me", body=body).execute()["message"]
    thread = draft["threadId"]
    made = mailbox.import_(message(FROM, "Subject: Re: talk"), threadId=thread)["id"]
    change = users.threads().modify(userId="me", id=thread, body={"addLabelIds": [own]})
    assert [each["id"] for each in change.execute()["messages"]] == [made]
    assert labels_of(mailbox, [made, draft["id"]]) == [{own}, {"DRAFT"}]
