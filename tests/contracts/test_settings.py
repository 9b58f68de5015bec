"""users.settings: filters, forwarding, delegates, vacation, imap, pop, language.

Most of it runs against the sandbox only: a tenant's settings are real, and the errors guesses.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.gmail import AUTH, Mailbox, message, refusal
from tests.sandboxes import running

BASIC, SHARING = f"{AUTH}gmail.settings.basic", f"{AUTH}gmail.settings.sharing"
ARCHIVE = {"removeLabelIds": ["INBOX"]}
NOT_FOUND = (404, "Requested entity was not found.")


@pytest.fixture
def settings(mailbox: Mailbox) -> Any:
    return mailbox.users(BASIC, SHARING).settings()


@pytest.fixture
def filters(settings: Any) -> Iterator[Any]:
    resource = settings.filters()
    before = {each["id"] for each in listed(resource)}
    yield resource
    for each in listed(resource):
        if each["id"] not in before:
            resource.delete(userId="me", id=each["id"]).execute()


@pytest.fixture
def addresses(settings: Any, assumed: None) -> Iterator[Any]:
    resource = settings.forwardingAddresses()
    yield resource
    for each in resource.list(userId="me").execute().get("forwardingAddresses", []):
        resource.delete(userId="me", forwardingEmail=each["forwardingEmail"]).execute()


def listed(filters: Any) -> list[Any]:
    return list(filters.list(userId="me").execute().get("filter", []))


def create(filters: Any, criteria: Any, action: Any) -> dict[str, Any]:
    body = {"criteria": criteria, "action": action}
    made: dict[str, Any] = filters.create(userId="me", body=body).execute()
    return made


def word() -> str:
    return secrets.token_hex(8)


def test_filter_create_get_list_delete(filters: Any) -> None:
    criteria = {"from": word(), "hasAttachment": True, "size": 1000, "sizeComparison": "larger"}
    made = create(filters, criteria, ARCHIVE)
    assert (made["criteria"], made["action"]) == (criteria, ARCHIVE)
    assert filters.get(userId="me", id=made["id"]).execute() == made
    assert made in listed(filters)
    filters.delete(userId="me", id=made["id"]).execute()
    assert refusal(filters.get(userId="me", id=made["id"]).execute) == NOT_FOUND
    assert refusal(filters.delete(userId="me", id=made["id"]).execute) == NOT_FOUND


def test_filter_exists(filters: Any) -> None:
    name = word()
    create(filters, {"subject": f"{name} x"}, ARCHIVE)
    for subject in (f"{name} x", f"  {name}   x "):  # "adjacent spaces are collapsed"
        again = refusal(lambda given=subject: create(filters, {"subject": given}, ARCHIVE))
        assert again == (400, "Filter already exists")
    create(filters, {"subject": f"{name} x"}, {"addLabelIds": ["STARRED"]})


@pytest.mark.parametrize(
    ("criteria", "action", "text"),
    [
        ({}, ARCHIVE, "Filter doesn't have any criteria"),
        ({"from": "", "excludeChats": False}, ARCHIVE, "Filter doesn't have any criteria"),
        ({"size": 10}, ARCHIVE, "Filter doesn't have any criteria"),
        ({"sizeComparison": "larger"}, ARCHIVE, "Filter doesn't have any criteria"),
        ({"from": "x"}, {}, "Filter doesn't have any actions"),
        ({"from": "x"}, {"addLabelIds": []}, "Filter doesn't have any actions"),
        ({"from": "x"}, {"addLabelIds": ["Label_99999"]}, "Invalid label: Label_99999"),
        ({"from": "x"}, {"removeLabelIds": ["SENT"]}, "Invalid label: SENT"),
        ({"from": "x"}, {"forward": "nobody@example.com"}, "Unrecognized forwarding address"),
        (
            {"size": "ten", "sizeComparison": "larger"},
            ARCHIVE,
            "Invalid value at 'criteria.size' (TYPE_INT32), \"ten\"",
        ),
    ],
)
def test_bad_filters(filters: Any, criteria: Any, action: Any, text: str, assumed: None) -> None:
    assert refusal(lambda: create(filters, criteria, action)) == (400, text)


def test_one_user_label_a_filter(mailbox: Mailbox, filters: Any) -> None:
    labels = mailbox.users().labels()
    own = [labels.create(userId="me", body={"name": word()}).execute()["id"] for _ in range(2)]
    try:
        create(filters, {"from": word()}, {"addLabelIds": [own[0], "STARRED"]})
        both = refusal(lambda: create(filters, {"from": word()}, {"addLabelIds": own}))
        assert both == (400, "Too many user labels in filter")
    finally:
        for each in own:
            labels.delete(userId="me", id=each).execute()


def test_thousand_filters(filters: Any, assumed: None) -> None:
    for number in range(1000 - len(listed(filters))):
        create(filters, {"from": str(number)}, ARCHIVE)
    one_more = refusal(lambda: create(filters, {"from": "x"}, ARCHIVE))
    assert one_more == (400, "Too many filters")


def test_filters_do_not_run_on_imported_mail(mailbox: Mailbox, filters: Any, assumed: None) -> None:
    create(filters, {"from": "anna@example.com"}, {"addLabelIds": ["TRASH"]})
    mail = message("From: anna@example.com")
    assert mailbox.import_(mail, labelIds=["INBOX"])["labelIds"] == ["INBOX"]


def test_forwarding_addresses(addresses: Any) -> None:
    for address, status in (
        ("Bob@Example.org", "accepted"),
        ("bob@sub.example.org", "accepted"),
        ("bob@notexample.org", "pending"),
    ):
        made = addresses.create(userId="me", body={"forwardingEmail": address}).execute()
        assert made == {"forwardingEmail": address, "verificationStatus": status}
        got = addresses.get(userId="me", forwardingEmail=address.upper()).execute()
        assert got == made
        again = addresses.create(userId="me", body={"forwardingEmail": address.lower()})
        assert refusal(again.execute)[0] == 409
    assert len(addresses.list(userId="me").execute()["forwardingAddresses"]) == 3
    addresses.delete(userId="me", forwardingEmail="bob@example.org").execute()
    gone = addresses.get(userId="me", forwardingEmail="bob@example.org")
    assert refusal(gone.execute) == NOT_FOUND
    for bad in ({}, {"forwardingEmail": "bob"}):
        assert refusal(addresses.create(userId="me", body=bad).execute)[0] == 400


def test_auto_forwarding_needs_an_accepted_address(settings: Any, addresses: Any) -> None:
    address = "bob@example.org"
    wanted = {"enabled": True, "emailAddress": address, "disposition": "archive"}

    def update(**given: Any) -> Any:
        return settings.updateAutoForwarding(userId="me", body=wanted | given).execute()

    invalid = (400, "Invalid forwarding address")
    assert refusal(update) == invalid
    for each in (address, "bob@example.com"):
        addresses.create(userId="me", body={"forwardingEmail": each}).execute()
    assert refusal(lambda: update(emailAddress="bob@example.com")) == invalid
    for bad in (None, "dispositionUnspecified"):
        refused = refusal(lambda given=bad: update(disposition=given))
        assert refused == (400, "Invalid disposition")
    assert update() == settings.getAutoForwarding(userId="me").execute() == wanted
    addresses.delete(userId="me", forwardingEmail=address).execute()
    assert settings.getAutoForwarding(userId="me").execute() == {"enabled": False}


def test_filter_forwards_to_an_accepted_address(filters: Any, addresses: Any) -> None:
    for each in ("bob@example.org", "bob@example.com"):
        addresses.create(userId="me", body={"forwardingEmail": each}).execute()
    made = create(filters, {"from": word()}, {"forward": "bob@example.org"})
    assert made["action"] == {"forward": "bob@example.org"}
    pending = refusal(lambda: create(filters, {"from": word()}, {"forward": "bob@example.com"}))
    assert pending == (400, "Unrecognized forwarding address")


def test_delegates(settings: Any, assumed: None) -> None:
    delegates = settings.delegates()
    assert delegates.list(userId="me").execute() == {}
    other = {"delegateEmail": "other@example.org"}
    made = delegates.create(userId="me", body=other).execute()
    assert made == other | {"verificationStatus": "accepted"}
    assert delegates.get(userId="me", **other).execute() == made
    assert delegates.list(userId="me").execute() == {"delegates": [made]}
    assert refusal(delegates.create(userId="me", body=other).execute)[0] == 409
    for address in ("owner@example.org", "nobody@example.org", "other@example.com"):
        stranger = delegates.create(userId="me", body={"delegateEmail": address})
        assert refusal(stranger.execute) == (400, "Invalid delegate")
    delegates.delete(userId="me", **other).execute()
    assert refusal(delegates.delete(userId="me", **other).execute) == NOT_FOUND


def test_delegates_where_anybody_has_a_mailbox(tmp_path: Path) -> None:
    """With `--users *` the organisation is the user's own domain."""
    with running(tmp_path, "*") as sandbox:
        box = Mailbox(sandbox.url, sandbox.key_file, "a@example.org")
        delegates = box.users(SHARING).settings().delegates()
        made = delegates.create(userId="me", body={"delegateEmail": "b@example.org"}).execute()
        assert made["verificationStatus"] == "accepted"
        stranger = delegates.create(userId="me", body={"delegateEmail": "b@example.com"})
        assert refusal(stranger.execute) == (400, "Invalid delegate")


def test_vacation(settings: Any, assumed: None) -> None:
    def update(**given: Any) -> Any:
        return settings.updateVacation(userId="me", body=given).execute()

    off = {"enableAutoReply": False, "restrictToContacts": False, "restrictToDomain": False}
    assert settings.getVacation(userId="me").execute() == off
    given = {"enableAutoReply": True, "responseSubject": "away", "restrictToDomain": True}
    times = {"startTime": 1700000000000, "endTime": "1700000000001"}
    expected = off | given | {"startTime": "1700000000000", "endTime": "1700000000001"}
    assert update(**given, **times) == expected
    assert settings.getVacation(userId="me").execute() == expected
    for start in ("1700000000001", "1700000000002"):
        bad = times | {"startTime": start}
        assert refusal(lambda more=bad: update(**given, **more))[0] == 400
    assert refusal(lambda: update(**given, startTime="soon")) == (
        400,
        "Invalid value at 'start_time' (TYPE_INT64), \"soon\"",
    )
    assert refusal(lambda: update(enableAutoReply=True))[0] == 400
    assert settings.getVacation(userId="me").execute() == expected
    assert update() == off


def test_imap_pop_language(settings: Any, assumed: None) -> None:
    imap = {
        "enabled": True,
        "autoExpunge": False,
        "expungeBehavior": "trash",
        "maxFolderSize": 1000,
    }
    pop = {"accessWindow": "allMail", "disposition": "archive"}
    language = {"displayLanguage": "ja"}
    for name, wanted in (("Imap", imap), ("Pop", pop), ("Language", language)):
        update, get = (getattr(settings, verb + name) for verb in ("update", "get"))
        new = get(userId="me").execute()
        assert set(new) == set(wanted)
        assert update(userId="me", body=wanted).execute() == wanted
        assert get(userId="me").execute() == wanted
        assert update(userId="me", body={}).execute() == new
    for size in (1, -1, "many"):
        body = {"maxFolderSize": size}
        assert refusal(settings.updateImap(userId="me", body=body).execute)[0] == 400
    unspecified = {"accessWindow": "accessWindowUnspecified"}
    assert refusal(settings.updatePop(userId="me", body=unspecified).execute)[0] == 400


def test_scopes(mailbox: Mailbox) -> None:
    sharing = "Request had insufficient authentication scopes."
    basic = mailbox.users(BASIC).settings()
    address = {"forwardingEmail": "bob@example.org"}
    for call in (
        basic.forwardingAddresses().create(userId="me", body=address),
        basic.delegates().create(userId="me", body={"delegateEmail": "other@example.org"}),
        basic.sendAs().create(userId="me", body={"sendAsEmail": "bob@example.org"}),
        basic.updateAutoForwarding(userId="me", body={"enabled": False}),
    ):
        assert refusal(call.execute) == (403, sharing)
    assert "language" in basic.getLanguage(userId="me").uri
    assert basic.getLanguage(userId="me").execute()["displayLanguage"]


def test_settings_survive_a_restart(tmp_path: Path) -> None:
    found = []
    for first in (True, False):
        with running(tmp_path, "a@example.org,b@example.org") as sandbox:
            box = Mailbox(sandbox.url, sandbox.key_file, "a@example.org")
            settings = box.users(BASIC, SHARING).settings()
            if first:
                for name in ("z", "a"):
                    create(settings.filters(), {"from": name}, ARCHIVE)
                settings.updateLanguage(userId="me", body={"displayLanguage": "ja"}).execute()
            language = settings.getLanguage(userId="me").execute()["displayLanguage"]
            found.append((listed(settings.filters()), language))
            other = Mailbox(sandbox.url, sandbox.key_file, "b@example.org")
            assert listed(other.users(BASIC).settings().filters()) == []
    assert found[0] == found[1]
    assert [each["criteria"]["from"] for each in found[1][0]] == ["z", "a"]
    assert found[1][1] == "ja"
