"""What messages.import and messages.insert accept, merge, thread and date."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.gmail import Mailbox, b64, message, refusal

VECTORS = Path(__file__).parent / "vectors"
FROM = "From: Anna <anna@example.com>"
DATE = "Date: Fri, 21 Nov 1997 09:55:06 -0600"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"


def cases(name: str) -> list[Any]:
    return list(json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["cases"])


@pytest.mark.parametrize("case", cases("from_header"), ids=lambda case: "|".join(case["headers"]))
def test_from_header(mailbox: Mailbox, case: dict[str, Any]) -> None:
    if mailbox.real and not case["certain"]:
        pytest.skip("an assumption")
    mail = message(*case["headers"], DATE)
    if case["accepted"]:
        assert mailbox.raw(mailbox.import_(mail)["id"]).endswith(mail)
    else:
        assert refusal(lambda: mailbox.import_(mail)) == (400, case["error"])


@pytest.mark.parametrize("case", cases("message_id"), ids=lambda case: "|".join(case["headers"]))
def test_message_id(mailbox: Mailbox, case: dict[str, Any]) -> None:
    if mailbox.real and not case["certain"]:
        pytest.skip("an assumption")
    mail = message(FROM, DATE, *case["headers"], unique=False)
    merged = mailbox.import_(mail)["id"] == mailbox.import_(mail)["id"]
    assert merged is (case["id"] is not None)


@pytest.mark.parametrize("case", cases("date_header"), ids=lambda case: case["date"])
def test_date_header(mailbox: Mailbox, case: dict[str, Any]) -> None:
    if mailbox.real and not case["certain"]:
        pytest.skip("an assumption")
    before = int(time.time() * 1000) - 60_000
    made = mailbox.import_(message(FROM, f"Date: {case['date']}"))
    date = int(mailbox.get(made["id"])["internalDate"])
    if case["epoch"] is None:
        assert date > before
    else:
        assert date == case["epoch"] * 1000


def test_insert_dates_by_arrival_unless_told(mailbox: Mailbox) -> None:
    by_header = mailbox.import_(message(FROM, DATE), "insert", internalDateSource="dateHeader")
    by_arrival = mailbox.import_(message(FROM, DATE), "insert")
    assert mailbox.get(by_header["id"])["internalDate"] == "880127706000"
    assert int(mailbox.get(by_arrival["id"])["internalDate"]) > 1_700_000_000_000


def test_a_missing_date_is_added(mailbox: Mailbox, assumed: None) -> None:
    mail = message(FROM)
    raw = mailbox.raw(mailbox.import_(mail)["id"])
    added = raw.removesuffix(mail)
    assert b"\r\nDate: " in added
    assert b"by gmailapi.google.com with\r\n HTTPREST; " in added


def test_headers_come_before_those_of_the_message(mailbox: Mailbox, assumed: None) -> None:
    """GAM-team/got-your-back issue 266."""
    mail = message(FROM, DATE)
    added = mailbox.raw(mailbox.import_(mail)["id"]).removesuffix(mail).decode()
    names = re.findall(r"^([\w-]+):", added, re.MULTILINE)
    assert names == ["Delivered-To", "Received", "X-Google-Smtp-Source", "X-Received", "Received"]
    assert f"Delivered-To: {mailbox.user}\r\n" in added
    assert "named unknown by gmailapi.google.com with" in " ".join(added.split())


def test_a_draft_was_never_delivered(mailbox: Mailbox, assumed: None) -> None:
    mail = {"raw": b64(message(FROM, DATE))}
    made = mailbox.users().drafts().create(userId="me", body={"message": mail}).execute()
    assert b"Delivered-To" not in mailbox.raw(made["message"]["id"])
    mailbox.users().drafts().delete(userId="me", id=made["id"]).execute()


def test_import_merges_by_message_id(mailbox: Mailbox) -> None:
    mail = message(FROM, DATE, "Subject: first")
    first = mailbox.import_(mail, labelIds=["INBOX"])
    again = mailbox.import_(mail.replace(b"first", b"other"), labelIds=["STARRED"])
    assert again["id"] == first["id"]
    assert {"INBOX", "STARRED"} <= set(again["labelIds"])
    assert b"Subject: first" in mailbox.raw(first["id"])


def test_a_duplicate_does_not_become_spam(mailbox: Mailbox, assumed: None) -> None:
    mail = message(FROM, DATE)
    first = mailbox.import_(mail, labelIds=["INBOX"])
    assert mailbox.import_(mail + GTUBE) == first


def test_gtube_is_spam_unless_forbidden(mailbox: Mailbox, assumed: None) -> None:
    wanted = ["INBOX", "UNREAD"]
    taken = mailbox.import_(message(FROM, DATE, body=GTUBE), labelIds=wanted)
    assert taken["labelIds"] == ["SPAM", "UNREAD"]
    kept = mailbox.import_(message(FROM, DATE, body=GTUBE), labelIds=wanted, neverMarkSpam=True)
    assert kept["labelIds"] == wanted
    assert (
        mailbox.import_(message(FROM, body=GTUBE), "insert", labelIds=wanted)["labelIds"] == wanted
    )


def test_insert_never_merges(mailbox: Mailbox) -> None:
    mail = message(FROM, DATE)
    assert len({mailbox.import_(mail, "insert")["id"] for _ in range(2)}) == 2


def test_without_message_id_nothing_merges(mailbox: Mailbox) -> None:
    mail = message(FROM, DATE, unique=False)
    assert len({mailbox.import_(mail)["id"] for _ in range(2)}) == 2


def test_a_trashed_copy_swallows_its_duplicate(mailbox: Mailbox, assumed: None) -> None:
    mail = message(FROM, DATE)
    first = mailbox.import_(mail, labelIds=["TRASH"])
    again = mailbox.import_(mail.replace(b"1997", b"2007"), labelIds=["INBOX", "STARRED"])
    assert (again["id"], again["labelIds"]) == (first["id"], ["STARRED", "TRASH"])
    assert mailbox.get(first["id"])["internalDate"] == "880127706000"


def test_sent_appears_by_itself(mailbox: Mailbox) -> None:
    made = mailbox.import_(message(f"From: Me <{mailbox.user.title()}>", DATE))
    assert "SENT" in made["labelIds"]
    assert "SENT" not in mailbox.import_(message(FROM, DATE)).get("labelIds", ())


def test_places_exclude_each_other(mailbox: Mailbox) -> None:
    made = mailbox.import_(message(FROM, DATE), labelIds=["INBOX", "SPAM", "TRASH", "UNREAD"])
    assert made["labelIds"] == ["TRASH", "UNREAD"]


def test_drafts_take_no_labels(mailbox: Mailbox, assumed: None) -> None:
    """https://developers.google.com/workspace/gmail/api/guides/labels"""
    drafts, messages = mailbox.users().drafts(), mailbox.users().messages()
    mail = {"raw": b64(message(FROM, DATE))}
    made = drafts.create(userId="me", body={"message": mail}).execute()
    change = {"addLabelIds": ["STARRED"]}
    ids = [mailbox.import_(message(FROM, DATE))["id"], made["message"]["id"]]
    one = messages.modify(userId="me", id=ids[1], body=change)
    many = messages.batchModify(userId="me", body=change | {"ids": ids})
    error = (400, "Labels can't be applied to draft messages")
    assert refusal(one.execute) == refusal(many.execute) == error
    assert [mailbox.get(each).get("labelIds") for each in ids] == [None, ["DRAFT"]]
    removal = {"removeLabelIds": ["STARRED"]}
    assert messages.modify(userId="me", id=ids[1], body=removal).execute()["id"] == ids[1]
    drafts.delete(userId="me", id=made["id"]).execute()


def test_classification_labels(mailbox: Mailbox, assumed: None) -> None:
    """schemas.Message: at most 20, else "the request fails"."""
    values = [{"labelId": f"label{number}"} for number in range(21)]
    body = {"raw": b64(message(FROM, DATE)), "classificationLabelValues": values}
    insert = mailbox.users().messages().insert
    assert refusal(insert(userId="me", body=body).execute)[0] == 400
    values.pop()
    mailbox.made.append(insert(userId="me", body=body).execute()["id"])


@pytest.mark.parametrize("label", ["CHAT", "Label_99999", "inbox"])
def test_refused_labels(mailbox: Mailbox, label: str) -> None:
    call = refusal(lambda: mailbox.import_(message(FROM, DATE), labelIds=[label]))
    assert call == (400, f"Invalid label: {label}")


def test_threads_by_references_whatever_comes_first(mailbox: Mailbox) -> None:
    root = message(FROM, DATE, "Subject: Plan", "Message-ID: <r@x>", unique=False)
    root = root.replace(b"<r@x>", f"<{time.time_ns()}@x>".encode())
    root_id = root.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()
    late = mailbox.import_(message(FROM, DATE, "Subject: Re: Fwd: plan", f"References: {root_id}"))
    ancestor = mailbox.import_(root)
    reply = mailbox.import_(message(FROM, DATE, "Subject: AW: Plan", f"In-Reply-To: {root_id}"))
    other = mailbox.import_(message(FROM, DATE, "Subject: Lunch", f"In-Reply-To: {root_id}"))
    inserted = mailbox.import_(
        message(FROM, DATE, "Subject: Re: Plan", f"References: {root_id}"), "insert"
    )
    assert ancestor["threadId"] == reply["threadId"] == late["threadId"]
    assert len({late["threadId"], other["threadId"], inserted["threadId"]}) == 3


def test_explicit_thread(mailbox: Mailbox) -> None:
    first = mailbox.import_(message(FROM, DATE, "Subject: Plan"))
    thread = first["threadId"]
    same = mailbox.import_(message(FROM, DATE, "Subject: Re: Plan"), "insert", threadId=thread)
    assert same["threadId"] == thread
    other = mailbox.import_(message(FROM, DATE, "Subject: Lunch"), threadId=thread)
    assert other["threadId"] == other["id"]
    for unknown in ("00000000000000ff", "no thread"):
        wrong = refusal(lambda unknown=unknown: mailbox.import_(message(FROM), threadId=unknown))
        assert wrong == (400, "Invalid thread_id value")


def test_insert_takes_what_import_refuses(mailbox: Mailbox, assumed: None) -> None:
    made = mailbox.import_(message("From: (unknown sender)", DATE), "insert")
    assert made["id"] == made["threadId"]


def test_deleted_is_invisible(mailbox: Mailbox, assumed: None) -> None:
    start = mailbox.users().getProfile(userId="me").execute()["historyId"]
    made = mailbox.import_(message(FROM, DATE), deleted=True)
    assert refusal(lambda: mailbox.get(made["id"]))[0] == 404
    later = mailbox.users().history().list(userId="me", startHistoryId=start).execute()
    assert "history" not in later
