"""users.settings.sendAs: addresses to write from, signatures. Sandbox only but for reading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.gmail import AUTH, Mailbox, refusal

NOT_FOUND = (404, "Requested entity was not found.")
SMTP = {"host": "smtp.example.com", "port": 587, "securityMode": "starttls"}


@pytest.fixture
def send_as(mailbox: Mailbox, assumed: None) -> Iterator[Any]:
    scopes = (f"{AUTH}gmail.settings.basic", f"{AUTH}gmail.settings.sharing")
    resource = mailbox.users(*scopes).settings().sendAs()
    yield resource
    for each in listed(resource):
        if not each["isPrimary"]:
            resource.delete(userId="me", sendAsEmail=each["sendAsEmail"]).execute()
    resource.update(userId="me", sendAsEmail=mailbox.user, body={}).execute()


def listed(send_as: Any) -> list[Any]:
    return list(send_as.list(userId="me").execute()["sendAs"])


def create(send_as: Any, address: str, **given: Any) -> dict[str, Any]:
    body = {"sendAsEmail": address} | given
    made: dict[str, Any] = send_as.create(userId="me", body=body).execute()
    return made


def default(send_as: Any) -> list[str]:
    return [each["sendAsEmail"] for each in listed(send_as) if each["isDefault"]]


def test_primary_address_is_there(mailbox: Mailbox) -> None:
    read = mailbox.users(f"{AUTH}gmail.settings.basic").settings().sendAs()
    (primary,) = [each for each in listed(read) if each.get("isPrimary")]
    assert primary["sendAsEmail"] == mailbox.user
    assert "verificationStatus" not in primary


def test_signature_of_the_primary_address(mailbox: Mailbox, send_as: Any) -> None:
    given = {"signature": "<b>Anna</b>", "displayName": "Anna"}
    key = {"userId": "me", "sendAsEmail": mailbox.user}
    changed = send_as.patch(**key, body=given).execute()
    assert {name: changed[name] for name in given} == given
    assert send_as.patch(**key, body={"replyToAddress": "r@example.org"}).execute() == (
        changed | {"replyToAddress": "r@example.org"}
    )
    replaced = send_as.update(**key, body={"signature": "x"}).execute()
    assert (replaced["signature"], replaced["displayName"]) == ("x", "")
    assert refusal(send_as.delete(**key).execute)[0] == 400
    assert refusal(send_as.verify(**key).execute)[0] == 400


def test_aliases(send_as: Any) -> None:
    own = create(send_as, "Sales@example.org", displayName="Sales", treatAsAlias=True)
    foreign = create(send_as, "anna@example.com", verificationStatus="accepted", isPrimary=True)
    assert (own["verificationStatus"], own["treatAsAlias"]) == ("accepted", True)
    assert (foreign["verificationStatus"], foreign["isPrimary"]) == ("pending", False)
    assert listed(send_as)[1:] == [own, foreign]
    assert send_as.get(userId="me", sendAsEmail="sales@example.org").execute() == own
    for taken in ("sales@example.org", "owner@example.org"):
        assert refusal(lambda given=taken: create(send_as, given))[0] == 409
    assert refusal(lambda: create(send_as, "sales"))[0] == 400
    verify = send_as.verify(userId="me", sendAsEmail="anna@example.com")
    assert not verify.execute()
    accepted = send_as.verify(userId="me", sendAsEmail="sales@example.org")
    assert refusal(accepted.execute)[0] == 400
    send_as.delete(userId="me", sendAsEmail="SALES@example.org").execute()
    gone = send_as.get(userId="me", sendAsEmail="sales@example.org")
    assert refusal(gone.execute) == NOT_FOUND


def test_one_default(mailbox: Mailbox, send_as: Any) -> None:
    create(send_as, "sales@example.org", isDefault=True)
    assert default(send_as) == ["sales@example.org"]
    key = {"userId": "me", "sendAsEmail": mailbox.user}
    send_as.patch(**key, body={"isDefault": False}).execute()
    assert default(send_as) == ["sales@example.org"]
    assert send_as.patch(**key, body={"isDefault": True}).execute()["isDefault"]
    assert default(send_as) == [mailbox.user]
    send_as.patch(userId="me", sendAsEmail="sales@example.org", body={"isDefault": True}).execute()
    send_as.delete(userId="me", sendAsEmail="sales@example.org").execute()
    assert default(send_as) == [mailbox.user]


def test_smtp_without_its_secrets(mailbox: Mailbox, send_as: Any) -> None:
    secret = {"username": "anna", "password": "secret"}
    made = create(send_as, "anna@example.com", smtpMsa=SMTP | secret)
    assert made["smtpMsa"] == SMTP
    for missing in SMTP:
        given = {name: value for name, value in SMTP.items() if name != missing}
        refused = refusal(lambda smtp=given: create(send_as, "b@example.com", smtpMsa=smtp))
        assert refused[0] == 400
    key = {"userId": "me", "sendAsEmail": "anna@example.com"}
    assert "smtpMsa" in send_as.patch(**key, body={"signature": "x"}).execute()
    assert "smtpMsa" not in send_as.update(**key, body={"signature": "x"}).execute()
