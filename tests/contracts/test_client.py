"""What our own client does to stored messages and labels, seen through Google's."""

from __future__ import annotations

import threading

import pytest

from migrate.gmail import api
from migrate.gmail.auth import Tokens, load_key
from migrate.gmail.errors import LabelRefused, NotFound
from migrate.gmail.governor import Governor
from migrate.gmail.pace import Pace
from migrate.gmail.project import Project
from migrate.gmail.quota import Pacer
from tests.contracts.gmail import Mailbox, message

FROM, DATE = "From: a@example.com", "Date: Tue, 3 Mar 2026 10:00:00 +0000"
NOWHERE = "00000000000000ff"


@pytest.fixture(scope="module")
def ours(mailbox: Mailbox) -> api.Mailbox:
    tokens = Tokens(load_key(mailbox.key_file, mailbox.url), mailbox.user, "full")
    pacer = Pacer(Governor(Pace(0, 0.0)), Project(0), threading.Event())
    return api.Mailbox(mailbox.url, tokens, pacer)


def made(mailbox: Mailbox, *labels: str) -> str:
    return str(mailbox.import_(message(FROM, DATE), labelIds=list(labels))["id"])


def labels_of(mailbox: Mailbox, gmail_id: str) -> set[str]:
    return set(mailbox.get(gmail_id).get("labelIds", ()))


def test_batch_modify(mailbox: Mailbox, ours: api.Mailbox) -> None:
    ids = [made(mailbox, "INBOX") for _ in range(2)]
    ours.batch_modify(ids, add=["STARRED"], remove=["INBOX"])
    assert [labels_of(mailbox, each) for each in ids] == [{"STARRED"}] * 2
    with pytest.raises(LabelRefused):
        ours.batch_modify(ids, add=["Label_99999"])


def test_batches_of_more_than_a_thousand(mailbox: Mailbox, ours: api.Mailbox) -> None:
    first, last = made(mailbox), made(mailbox)
    ours.batch_modify([first, *[first] * 1000, last], add=["STARRED"])
    assert labels_of(mailbox, first) == labels_of(mailbox, last) == {"STARRED"}


def test_a_batch_passes_over_ids_that_do_not_exist(
    mailbox: Mailbox, ours: api.Mailbox, assumed: None
) -> None:
    there = made(mailbox)
    ours.batch_modify([NOWHERE, there], add=["STARRED"])
    assert labels_of(mailbox, there) == {"STARRED"}


def test_more_than_a_hundred_labels(mailbox: Mailbox, ours: api.Mailbox) -> None:
    names = [ours.create_label(f"Many {number}").gmail_id for number in range(101)]
    there = made(mailbox, "INBOX")
    ours.modify(there, add=names, remove=["INBOX"])
    assert labels_of(mailbox, there) == set(names)
    ours.modify(there, remove=names)
    assert labels_of(mailbox, there) == set()
    for each in names:
        ours.delete_label(each)


def test_untrash(mailbox: Mailbox, ours: api.Mailbox) -> None:
    there = made(mailbox, "UNREAD")
    ours.trash(there)
    assert "TRASH" in labels_of(mailbox, there)
    ours.untrash(there)
    assert labels_of(mailbox, there) == {"UNREAD"}
    with pytest.raises(NotFound):
        ours.untrash(NOWHERE)


def test_delete(mailbox: Mailbox, ours: api.Mailbox) -> None:
    there = made(mailbox)
    ours.delete(there)
    with pytest.raises(NotFound):
        ours.get(there)
    with pytest.raises(NotFound):
        ours.delete(there)


def test_batch_delete(mailbox: Mailbox, ours: api.Mailbox) -> None:
    gone, stays = [made(mailbox) for _ in range(2)], made(mailbox)
    ours.batch_delete([*gone, NOWHERE])
    for each in gone:
        with pytest.raises(NotFound):
            ours.get(each)
    assert ours.get(stays).gmail_id == stays


def test_label_counts_and_delete_label(mailbox: Mailbox, ours: api.Mailbox) -> None:
    label = ours.create_label("Counted").gmail_id
    read, _ = made(mailbox, label), made(mailbox, label, "UNREAD")
    assert ours.label_counts(label) == api.Counts(messages=2, unread=1)
    ours.delete_label(label)
    assert labels_of(mailbox, read) == set()
    for call in (ours.label_counts, ours.delete_label):
        with pytest.raises(NotFound):
            call(label)


def test_ids_of_a_label(mailbox: Mailbox, ours: api.Mailbox) -> None:
    label = ours.create_label("Listed").gmail_id
    there = {made(mailbox, label), made(mailbox, label, "TRASH"), made(mailbox, label, "SPAM")}
    made(mailbox)
    assert set(ours.ids(label)) == there
    ours.delete_label(label)
    with pytest.raises(LabelRefused):
        list(ours.ids(label))


def test_changes_tell_of_everything(mailbox: Mailbox, ours: api.Mailbox) -> None:
    since = ours.profile().history_id
    there = made(mailbox, "INBOX")
    ours.modify(there, add=["STARRED"], remove=["INBOX"])
    ours.delete(there)
    told = [each for each in ours.changes(since) if each.gmail_id == there]
    assert told[0].added
    assert any(each.labels == {"STARRED"} for each in told)
    assert any(each.removed == {"INBOX"} for each in told)
    assert told[-1].deleted
