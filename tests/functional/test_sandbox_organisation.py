"""An organisation from a directory file: states of users, licences, groups."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.http import MediaInMemoryUpload

from tests.contracts.gmail import AUTH, Mailbox, message, refusal
from tests.contracts.neighbours import LICENSING, MIGRATION, directory_users, neighbour
from tests.sandboxes import running

EXAMPLE = Path(__file__).parents[2] / "examples" / "sandbox" / "directory.toml"
DOMAIN = "example.co.jp"
ADMIN, TARO = f"hanako.sato@{DOMAIN}", f"taro.suzuki@{DOMAIN}"
SUSPENDED, ARCHIVED, NO_MAIL = f"jiro.tanaka@{DOMAIN}", f"left@{DOMAIN}", f"scanner@{DOMAIN}"
NEW, ALIAS, GROUP, READ_ONLY = (f"{name}@{DOMAIN}" for name in ("new", "info", "sales", "old-news"))
MAIL = (f"From: {TARO}", f"To: {GROUP}", "Date: Mon, 2 Mar 2020 10:00:00 +0900")


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    data = tmp_path_factory.mktemp("sandbox")
    with running(data, NEW, extra=["--directory", str(EXAMPLE)]) as sandbox:
        yield Mailbox(sandbox.url, sandbox.key_file, ADMIN)


def of(mailbox: Mailbox, user: str) -> Mailbox:
    return Mailbox(mailbox.url, mailbox.key_file, user)


def profile(mailbox: Mailbox, user_id: str = "me") -> Any:
    return mailbox.users().getProfile(userId=user_id).execute()["emailAddress"]


def test_users_of_the_file_and_of_the_option(admin: Mailbox) -> None:
    assert [profile(of(admin, each)) for each in (ADMIN, TARO, NEW)] == [ADMIN, TARO, NEW]


@pytest.mark.parametrize("user", ["nobody@example.co.jp", SUSPENDED, ARCHIVED, GROUP])
def test_no_token(admin: Mailbox, user: str) -> None:
    with pytest.raises(RefreshError, match="Invalid email or User ID"):
        of(admin, user).token()


def test_no_token_for_what_is_no_address(admin: Mailbox) -> None:
    with pytest.raises(RefreshError, match=r"Not a valid email\."):
        of(admin, "hanako").token()


def test_an_alias_is_the_same_mailbox(admin: Mailbox) -> None:
    assert profile(of(admin, ALIAS.upper())) == ADMIN
    assert profile(admin, ALIAS) == ADMIN
    refused = refusal(lambda: profile(admin, TARO))
    assert refused == (403, f"Delegation denied for {ADMIN}")


def test_without_the_gmail_service(admin: Mailbox) -> None:
    users = of(admin, NO_MAIL).users()
    for call in (users.getProfile(userId="me"), users.labels().list(userId=NO_MAIL)):
        assert refusal(call.execute) == (400, "Mail service not enabled")


def test_suspended_users_may_be_refused_by_every_call(tmp_path: Path) -> None:
    extra = ["--directory", str(EXAMPLE), "--assume", "suspended=api"]
    with running(tmp_path, extra=extra) as sandbox:
        admin = Mailbox(sandbox.url, sandbox.key_file, ADMIN)
        for user in (SUSPENDED, ARCHIVED):
            box = of(admin, user)
            assert refusal(lambda box=box: profile(box))[0] == 403
            assert refusal(lambda box=box: box.import_(message(*MAIL)))[0] == 403
        # `running` says --users *: then others exist besides those of the file.
        assert profile(of(admin, "other@example.org")) == "other@example.org"


def test_users_get(admin: Mailbox) -> None:
    users = directory_users(admin)
    found = users.get(userKey=ADMIN).execute()
    assert users.get(userKey=ALIAS).execute() == found
    assert found["aliases"] == [ALIAS, f"hanako@{DOMAIN}"]
    assert found["name"] == {
        "givenName": "Hanako",
        "familyName": "Sato",
        "fullName": "Hanako Sato",
    }
    assert (found["isAdmin"], found["orgUnitPath"]) == (True, "/Office")
    assert found["languages"][0]["languageCode"] == "ja"
    assert "suspensionReason" not in found
    suspended = users.get(userKey=SUSPENDED).execute()
    assert suspended["suspensionReason"] == "WEB_LOGIN_REQUIRED"
    assert users.get(userKey=ARCHIVED).execute()["archived"] is True
    assert users.get(userKey=NO_MAIL).execute()["isMailboxSetup"] is False
    assert refusal(users.get(userKey=GROUP).execute) == (400, "Type not supported: userKey")
    assert len({each["etag"] for each in (found, suspended)}) == 2


def test_only_an_administrator_may_ask(admin: Mailbox) -> None:
    text = "Not Authorized to access this resource/api"
    for user in (TARO, NEW):
        box = of(admin, user)
        assert refusal(directory_users(box).get(userKey=user).execute) == (403, text)
        licences = neighbour(box, "licensing", "v1", LICENSING).licenseAssignments()
        call = licences.listForProduct(productId="Google-Apps", customerId=DOMAIN)
        assert refusal(call.execute) == (403, text)


def listed(admin: Mailbox, **query: Any) -> list[str]:
    """The local parts, from all pages."""
    users, found = directory_users(admin), []
    call = users.list(**({"domain": DOMAIN} | query))
    while call is not None:
        answer = call.execute()
        found += [each["primaryEmail"].partition("@")[0] for each in answer.get("users", [])]
        call = users.list_next(call, answer)
    return found


def test_users_list(admin: Mailbox) -> None:
    everybody = ["hanako.sato", "jiro.tanaka", "left", "new", "scanner", "taro.suzuki"]
    assert listed(admin) == listed(admin, maxResults=2) == everybody
    assert listed(admin, sortOrder="DESCENDING", orderBy="email") == everybody[::-1]
    by_name = ["scanner", "left", "new", "hanako.sato", "taro.suzuki", "jiro.tanaka"]
    assert listed(admin, orderBy="familyName") == by_name
    assert listed(admin, query=f"email:{ALIAS}") == ["hanako.sato"]
    assert listed(admin, query="email:J*") == ["jiro.tanaka"]
    assert listed(admin, query="email:hanako") == []
    assert listed(admin, query="isSuspended=true") == ["jiro.tanaka"]
    assert listed(admin, query="isAdmin=true orgUnitPath='/Office'") == ["hanako.sato"]
    assert listed(admin, showDeleted="true") == []


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"domain": "other.example"}, 404, "Domain not found."),
        ({"customer": "C000"}, 404, "Domain not found."),
        ({"query": "hanako"}, 400, "Invalid Input: query"),
        ({"query": "givenName:Hanako"}, 501, "The sandbox does not search users by givenName."),
        ({"pageToken": "x"}, 400, "Invalid pageToken"),
    ],
)
def test_users_list_refuses(admin: Mailbox, query: dict[str, str], status: int, text: str) -> None:
    where = {} if "customer" in query else {"domain": DOMAIN}
    assert refusal(directory_users(admin).list(**(where | query)).execute) == (status, text)
    path = f"/admin/directory/v1/users?domain={DOMAIN}&maxResults=501"
    scope = f"{AUTH}admin.directory.user.readonly"
    assert admin.request("GET", path, token=admin.token(scope))[0] == 400


def test_licences(admin: Mailbox) -> None:
    licences = neighbour(admin, "licensing", "v1", LICENSING).licenseAssignments()
    apps = {"productId": "Google-Apps", "customerId": DOMAIN}
    first = licences.listForProduct(**apps, maxResults=1).execute()
    (one,) = first["items"]
    assert (one["userId"], one["skuName"]) == (ADMIN, "Google Workspace Business Standard")
    following = licences.listForProduct_next(
        licences.listForProduct(**apps, maxResults=1), first
    ).execute()
    assert [each["userId"] for each in following["items"]] == [TARO]
    assert "nextPageToken" not in following
    starter = {"productId": "Google-Apps", "skuId": "1010020027"}
    (only,) = licences.listForProductAndSku(**starter, customerId=DOMAIN).execute()["items"]
    assert only == licences.get(**starter, userId=TARO).execute()
    missing = refusal(licences.get(**starter, userId=ADMIN).execute)
    assert missing[0] == 404
    assert refusal(licences.get(**starter, userId="x@y.example").execute)[0] == 400
    wrong = refusal(licences.listForProduct(productId="Apps", customerId=DOMAIN).execute)
    assert wrong == (400, "Invalid ProductId: Apps")
    wrong = refusal(licences.get(productId="Google-Apps", skuId="1", userId=TARO).execute)
    assert wrong == (400, "Invalid SkuId: 1")
    elsewhere = apps | {"customerId": "other.example"}
    assert refusal(licences.listForProduct(**elsewhere).execute)[0] == 400


def archived(admin: Mailbox, mail: bytes, group: str = GROUP) -> Any:
    archive = neighbour(admin, "groupsmigration", "v1", MIGRATION).archive()
    upload = MediaInMemoryUpload(mail, "message/rfc822")
    return archive.insert(groupId=group, media_body=upload).execute()


def test_mail_of_a_group(admin: Mailbox) -> None:
    before = admin.request("GET", "/_sandbox/stats")[1]["messages"]
    answer = archived(admin, message(*MAIL))
    assert answer == {"kind": "groupsmigration#groups", "responseCode": "SUCCESS"}
    assert admin.request("GET", "/_sandbox/stats")[1]["messages"] == before + 1
    with pytest.raises(RefreshError):
        of(admin, GROUP).token()


@pytest.mark.parametrize(
    ("mail", "group"),
    [
        (message(*MAIL[1:]), GROUP),
        (message(MAIL[0], MAIL[2]), GROUP),
        (message(*MAIL[:2]), GROUP),
        (message(*MAIL).replace(b"\r\n", b"\n"), GROUP),
        (message(*MAIL, body=b"one\rtwo\r\n"), GROUP),
        (message(*MAIL), READ_ONLY),
        (message(*MAIL), f"nobody@{DOMAIN}"),
        (message(*MAIL), TARO),
    ],
)
def test_mail_that_no_group_takes(admin: Mailbox, mail: bytes, group: str) -> None:
    assert refusal(lambda: archived(admin, mail, group)) == (400, "INVALID MESSAGE FAILURE")


def test_a_group_takes_25_mib(admin: Mailbox) -> None:
    mail = message(*MAIL)
    room = 25 * 1024 * 1024 - len(mail)
    path = f"/upload/groups/v1/groups/{GROUP}/archive?uploadType=media"
    token = admin.token(MIGRATION)
    for surplus, status in ((0, 200), (1, 413)):
        sent = mail + b"x" * (room + surplus)
        assert admin.request("POST", path, sent, "message/rfc822", token)[0] == status


def test_an_empty_message_is_refused(admin: Mailbox) -> None:
    path = f"/upload/groups/v1/groups/{GROUP}/archive?uploadType=media"
    assert admin.request("POST", path, b"", "message/rfc822", admin.token(MIGRATION))[0] == 400


def test_no_two_insertions_into_a_group_at_once(admin: Mailbox) -> None:
    mail, token = message(*MAIL), admin.token(MIGRATION)
    path = f"/upload/groups/v1/groups/{GROUP}/archive?uploadType=media"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: message/rfc822\r\nContent-Length: {len(mail)}\r\n"
    )
    connection = admin.connect()
    connection.connect()
    slow: socket.socket = connection.sock
    slow.settimeout(30)
    slow.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
    assert slow.recv(100).startswith(b"HTTP/1.1 100")  # so it is under way
    status, answer = admin.request("POST", path, mail, "message/rfc822", token)
    assert (status, answer["error"]["message"]) == (400, "UNSUPPORTED_PARALLEL_OPERATION")
    slow.sendall(mail)
    assert slow.recv(100).startswith(b"HTTP/1.1 200")
    connection.close()
    assert admin.request("POST", path, mail, "message/rfc822", token)[0] == 200


BROKEN = """
[client]
state = "off"
[[users]]
address = "anna"
suspended = "yes"
[[users]]
name = "Bert"
[[groups]]
address = "c@example.com"
readonly = true
[[groups]]
address = "C@example.com"
"""
MISTAKES = {
    "en": [
        'd.toml: users[1].address: "anna" is not an e-mail address',
        "d.toml: users[1].suspended: true or false is expected here, without quotes",
        "d.toml: users[2]: the key address is missing",
        "d.toml: groups[1]: the key readonly is unknown; the keys here are: address, read_only",
        "d.toml: groups[2].address: c@example.com is also the address in groups[1].address",
        'd.toml: client.state: "off" is none of: active, blocked, deleted, disabled, internal, '
        "unknown",
    ],
    "ja": [
        "d.toml: users[1].address: 「anna」はメールアドレスではありません",
        "d.toml: users[1].suspended: ここには true または false を引用符なしで書いてください",
        "d.toml: users[2]: キー address がありません",
        "d.toml: groups[1]: readonly というキーはありません。ここで使えるキー: address, read_only",
        "d.toml: groups[2].address: c@example.com は groups[1].address でも使われています",
        "d.toml: client.state: 「off」は指定できません。指定できる値: active, blocked, deleted, "
        "disabled, internal, unknown",
    ],
}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_broken_file_is_explained_whole(tmp_path: Path, lang: str) -> None:
    (tmp_path / "d.toml").write_text(BROKEN)
    command = [sys.executable, "-c", "from migrate.cli.sandbox import app; app()", "serve"]
    command += ["--data", str(tmp_path / "data"), "--directory", str(tmp_path / "d.toml")]
    ended = subprocess.run(
        [*command, "--lang", lang],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        timeout=60,
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == MISTAKES[lang]
