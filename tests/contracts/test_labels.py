"""users.labels and the labels of messages."""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.gmail import Mailbox, message, refusal

VECTORS = json.loads(
    (Path(__file__).parent / "vectors" / "label_name.json").read_text(encoding="utf-8")
)
FROM, DATE = "From: anna@example.com", "Date: Fri, 21 Nov 1997 09:55:06 -0600"


@pytest.fixture
def labels(mailbox: Mailbox) -> Iterator[Any]:
    resource = mailbox.users().labels()
    before = {each["id"] for each in resource.list(userId="me").execute()["labels"]}
    yield resource
    for each in resource.list(userId="me").execute()["labels"]:
        if each["id"] not in before:
            resource.delete(userId="me", id=each["id"]).execute()


def create(labels: Any, name: str, **settings: str) -> dict[str, Any]:
    made: dict[str, Any] = labels.create(userId="me", body={"name": name} | settings).execute()
    return made


def test_system_labels(labels: Any) -> None:
    found = {each["id"]: each for each in labels.list(userId="me").execute()["labels"]}
    for label in ("INBOX", "SENT", "DRAFT", "TRASH", "SPAM", "UNREAD", "STARRED", "IMPORTANT"):
        assert found[label]["type"] == "system"
    assert "messagesTotal" not in found["INBOX"]
    assert "messagesTotal" in labels.get(userId="me", id="INBOX").execute()


def test_create_conflict_and_reuse(labels: Any) -> None:
    name = f"Legal {secrets.token_hex(4)}"
    made = create(labels, name, labelListVisibility="labelHide")
    assert made["id"].startswith("Label_")
    assert (made["type"], made["labelListVisibility"]) == ("user", "labelHide")
    twin = name.upper()
    refused = refusal(lambda: create(labels, twin))
    assert refused == (409, "Label name exists or conflicts")
    labels.delete(userId="me", id=made["id"]).execute()
    assert create(labels, twin)["id"] != made["id"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: repr(case["name"])[:40])
def test_names(mailbox: Mailbox, labels: Any, case: dict[str, Any]) -> None:
    if mailbox.real and not case["certain"]:
        pytest.skip("an assumption")
    if case["accepted"]:
        assert create(labels, case["name"])["name"] == case["name"]
    else:
        assert refusal(lambda: create(labels, case["name"])) == (400, case["error"])


@pytest.mark.parametrize("case", VECTORS["conflicts"], ids=lambda case: repr(case["names"]))
def test_conflicts(mailbox: Mailbox, labels: Any, case: dict[str, Any]) -> None:
    if mailbox.real and not case["certain"]:
        pytest.skip("an assumption")
    one, other = case["names"]
    create(labels, one)
    if case["conflict"]:
        assert refusal(lambda: create(labels, other)) == (409, "Label name exists or conflicts")
    else:
        create(labels, other)


def test_reserved_in_every_language(labels: Any, assumed: None) -> None:
    table = tomllib.loads((files("migrate.labels") / "reserved.toml").read_text("utf-8"))
    names = {name for each in table["inferred"].values() for name in each["names"]}
    answers = {name: refusal(partial(create, labels, name)) for name in names}
    assert len(names) > 300
    assert set(answers.values()) == {(400, "Invalid label name")}, answers


@pytest.mark.parametrize("case", VECTORS["spaces"], ids=lambda case: repr(case["name"]))
def test_blanks_stay_but_do_not_count(labels: Any, case: dict[str, str], assumed: None) -> None:
    assert create(labels, case["name"])["name"] == case["name"]
    assert refusal(lambda: create(labels, case["collapsed"]))[0] == 409


def test_surrogates_are_no_name(labels: Any, assumed: None) -> None:
    assert refusal(lambda: create(labels, "a\ud800"))[0] == 400


def test_no_label_is_made_above_a_nested_one(labels: Any) -> None:
    above = secrets.token_hex(8)
    create(labels, f"{above}/b/c")
    assert {
        each["name"]
        for each in labels.list(userId="me").execute()["labels"]
        if each["name"].startswith(above)
    } == {f"{above}/b/c"}


def test_rename(labels: Any) -> None:
    one, two = (create(labels, secrets.token_hex(8)) for _ in range(2))
    taken = labels.patch(userId="me", id=one["id"], body={"name": two["name"].upper()})
    assert refusal(taken.execute)[0] == 409
    renamed = labels.patch(userId="me", id=one["id"], body={"name": one["name"] + "x"}).execute()
    assert renamed["name"] == one["name"] + "x"


def test_deleting_a_label_takes_it_from_messages(mailbox: Mailbox, labels: Any) -> None:
    label = create(labels, secrets.token_hex(8))["id"]
    made = mailbox.import_(message(FROM, DATE), labelIds=[label, "UNREAD"])
    counted = labels.get(userId="me", id=label).execute()
    assert (counted["messagesTotal"], counted["messagesUnread"]) == (1, 1)
    labels.delete(userId="me", id=label).execute()
    assert mailbox.get(made["id"])["labelIds"] == ["UNREAD"]


def test_system_labels_stay(labels: Any) -> None:
    assert refusal(labels.delete(userId="me", id="INBOX").execute)[0] == 400


@pytest.mark.parametrize("label", ["SENT", "DRAFT", "Label_99999"])
def test_modify_refuses(mailbox: Mailbox, label: str) -> None:
    made = mailbox.import_(message(FROM, DATE))
    for key in ("addLabelIds", "removeLabelIds"):
        call = mailbox.users().messages().modify(userId="me", id=made["id"], body={key: [label]})
        assert refusal(call.execute) == (400, f"Invalid label: {label}")


def test_modify_and_batch_modify(mailbox: Mailbox) -> None:
    made = [mailbox.import_(message(FROM, DATE), labelIds=["INBOX"])["id"] for _ in range(2)]
    messages = mailbox.users().messages()
    change = {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]}
    assert messages.modify(userId="me", id=made[0], body=change).execute()["labelIds"] == [
        "STARRED"
    ]
    assert not messages.batchModify(userId="me", body={"ids": made} | change).execute()
    assert [mailbox.get(each)["labelIds"] for each in made] == [["STARRED"]] * 2
    many = {"ids": made * 501, "addLabelIds": ["STARRED"]}
    assert refusal(messages.batchModify(userId="me", body=many).execute)[0] == 400
    too_many = {"addLabelIds": ["STARRED"] * 101}
    assert refusal(messages.modify(userId="me", id=made[0], body=too_many).execute)[0] == 400


def test_trash_untrash_delete(mailbox: Mailbox) -> None:
    made = mailbox.import_(message(FROM, DATE), labelIds=["INBOX", "UNREAD"])["id"]
    messages = mailbox.users().messages()
    assert messages.trash(userId="me", id=made).execute()["labelIds"] == ["TRASH", "UNREAD"]
    assert messages.untrash(userId="me", id=made).execute()["labelIds"] == ["UNREAD"]
    messages.delete(userId="me", id=made).execute()
    assert refusal(lambda: mailbox.get(made)) == (404, "Requested entity was not found.")


@pytest.mark.parametrize(
    ("color", "refused"),
    [
        ({"textColor": "#ffffff", "backgroundColor": "#41236d"}, None),
        ({"textColor": "#ffffff", "backgroundColor": "#41236D"}, "#41236D"),
        ({"textColor": "#123456", "backgroundColor": "#41236d"}, "#123456"),
        ({"textColor": "#ffffff"}, ""),
    ],
)
def test_colours_are_those_of_the_palette(
    mailbox: Mailbox, labels: Any, color: dict[str, str], refused: str | None
) -> None:
    body = {"name": f"colour {secrets.token_hex(4)}", "color": color}
    create = labels.create(userId="me", body=body)
    if refused is None:
        assert create.execute()["color"] == color
        return
    status, text = refusal(create.execute)
    assert status == 400
    if refused or not mailbox.real:
        assert text == f"Label color {refused} is not on the allowed color palette"
