"""A user's own login, from the consent in a browser to the end of a run."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from migrate.gmail.auth import (
    GOOGLE_API,
    GOOGLE_TOKEN_URI,
    SCOPES,
    Tokens,
    load_client,
    load_login,
    save_login,
)
from tests.functional.migration import FAST, ROOT, Gmail, Migration, faults, stats

from .contract import CLEAN, Make, user_of
from .logins import USER, Site, decide, http_, login_at, question, refusal, request


@pytest.fixture
def here(login_site: Site) -> Iterator[Site]:
    yield login_site
    faults(login_site.sandbox)


def logged_in(at: Site, token: Path, user: str = USER, scopes: str = "modify") -> Tokens:
    """Of a fresh login, kept and read again."""
    asked = question(at, scopes)
    granted = asked.redeem(asked.code(decide(asked.url, user)), request())
    save_login(token, at.client, granted)
    return Tokens(load_login(at.client_file, token, at.sandbox.url), user, scopes)


@pytest.fixture
def personal(make: Make, here: Site) -> Callable[..., Migration]:
    def made(more: str = CLEAN, at: Site = here) -> Migration:
        migration = make(more, at=at.sandbox)
        file = migration.directory / "migration.toml"
        login = f'auth = "oauth"\nclient_file = "{at.client_file}"'
        text, count = re.subn("(?m)^key_file = .*$", login, file.read_text())
        assert count == 1
        file.write_text(text)
        return migration

    return made


def log_in(migration: Migration, user: str, *, paste: bool) -> tuple[int, str, str]:
    """`migrate login` and a browser: exit code, stdout, stderr."""
    command = [sys.executable, "-m", "mailhaul", "migrate", "login", "--no-browser", "--json"]
    child = subprocess.Popen(
        command,
        cwd=migration.directory,
        env=os.environ | {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin and child.stderr and child.stdout
    said = ""
    while not (found := re.search(r"(?m)^http\S+$", said)):
        line = child.stderr.readline()
        assert line, said
        said += line
    back = decide(found[0], user)
    if paste:
        child.stdin.write(f"{back}\n")
        child.stdin.flush()
    else:
        status, page = http_(back)
        assert (status, "mailhaul" in page) == (200, True)
    out, err = child.communicate(timeout=120)
    return child.returncode, out, said + err


def test_a_user_copies_their_own_mailbox(personal: Callable[..., Migration], here: Site) -> None:
    """After the fourth import a fresh token is had; after the seventh the login is taken back."""
    limits = f"{FAST}uploads_per_user = 1\nuploads_per_user_max = 1\n"
    migration = personal(CLEAN.replace(FAST, limits))
    user, token = user_of(migration), migration.directory / "token.json"
    code, out, err = log_in(migration, user, paste=False)
    assert (code, json.loads(out)["user"]) == (0, user)
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    # Once again with another way back, and as somebody else: the first login stays.
    kept = token.read_bytes()
    code, out, more = log_in(migration, "mallory@example.org", paste=True)
    assert (code, "mallory@example.org" in more) == (5, True)
    assert token.read_bytes() == kept
    expired = {"method": "gmail.users.messages.import", "error": "invalid-credentials"}
    ended = {"method": "token", "nth": 3, "error": "token-revoked"}
    faults(here.sandbox, expired | {"nth": [4, 8]}, ended)
    debug = {"MAILHAUL_DEBUG": "1"}
    stopped = migration("run", "--json", env=debug)
    assert (stopped.code, "seven days" in stopped.err) == (5, True)
    assert stopped.json["accounts"][0]["error"]["code"] == "target-login-ended"
    assert stopped.json["totals"]["imported"] == 6
    logged_in(here, token, user)
    done = migration("run", env=debug)
    assert done.code == 0, done.said
    assert len(list(Gmail(here.sandbox, user).ids())) == 11
    logins = [json.loads(each)["refresh_token"] for each in (kept, token.read_bytes())]
    secrets = [*logins, here.client.secret, "ya29.", "4/0"]
    assert [each for each in secrets if each in out + err + more + stopped.said + done.said] == []
    for path in migration.directory.rglob("*"):
        if path.is_file() and path != token:
            data = path.read_bytes()
            assert [each for each in secrets if each.encode() in data] == [], path


@pytest.mark.parametrize("scopes", SCOPES)
def test_a_login_gives_tokens_again_and_again(here: Site, tmp_path: Path, scopes: str) -> None:
    tokens = logged_in(here, tmp_path / "token.json", scopes=scopes)
    first = tokens.bearer()
    assert tokens.bearer() == first
    assert tokens.bearer(refused=first) != first


def test_a_login_outlasts_a_restart_of_the_sandbox(tmp_path: Path) -> None:
    with login_at(tmp_path, "--users", USER) as first:
        logged_in(first, tmp_path / "token.json")
        port = str(urlsplit(first.sandbox.url).port)
    with login_at(tmp_path, "--users", USER, "--port", port) as again:
        login = load_login(again.client_file, tmp_path / "token.json", again.sandbox.url)
        assert Tokens(login, USER, "modify").bearer()


ENDED = {
    "token-revoked": "target-login-ended",
    "deleted-client": "target-client-refused",
    "disabled-client": "target-client-refused",
    "invalid-client-secret": "target-client-refused",
    "unauthorized-client": "target-client-refused",
    "admin-policy-enforced": "target-domain-policy",
    "account-deleted": "target-unknown-user",
    "unsupported-grant-type": "target-token-refused",
}


def test_how_a_login_ends(here: Site, tmp_path: Path) -> None:
    tokens = logged_in(here, tmp_path / "token.json")
    for name, code in ENDED.items():
        faults(here.sandbox, {"method": "token", "error": name})
        assert refusal(tokens.bearer) == code, name


def test_what_is_taken_back_is_taken_back_everywhere(here: Site, tmp_path: Path) -> None:
    tokens = logged_in(here, tmp_path / "token.json")
    bearer = tokens.bearer()
    revoke = f"{here.sandbox.url}/revoke"
    assert http_(revoke, "POST", {"token": bearer})[0] == 200
    assert http_(revoke, "POST", {"token": bearer})[0] == 400
    assert refusal(lambda: tokens.bearer(refused=bearer)) == "target-login-ended"


def test_a_login_is_for_one_user_and_what_was_allowed(here: Site, tmp_path: Path) -> None:
    token, before = tmp_path / "token.json", stats(here.sandbox)["requests"].get("token", 0)
    logged_in(here, token)
    login = load_login(here.client_file, token, here.sandbox.url)
    assert refusal(lambda: Tokens(login, "other@example.org", "modify")) == "target-wrong-user"
    assert refusal(lambda: Tokens(login, USER, "full")) == "target-login-scopes"
    assert Tokens(login, USER.upper(), "modify").bearer()
    assert stats(here.sandbox)["requests"]["token"] == before + 2


def test_which_login_goes_where(here: Site, tmp_path: Path) -> None:
    given = json.loads(here.client_file.read_text())
    of_app, api = given["installed"], here.sandbox.url
    google = of_app | {
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": GOOGLE_TOKEN_URI,
    }
    before, file = stats(here.sandbox)["requests"], tmp_path / "client.json"
    for content, host, code in (
        (given, GOOGLE_API, "credential-sandbox-for-google"),
        (given | {"installed": google}, api, "credential-sandbox-for-google"),
        ({"installed": of_app}, api, "credential-real-for-other-host"),
        ({"installed": google}, api, "credential-real-for-other-host"),
        ({"installed": google | {"token_uri": of_app["token_uri"]}}, GOOGLE_API,
         "credential-real-for-other-host"),
        ({"installed": google | {"auth_uri": "http://accounts.google.com/"}}, GOOGLE_API,
         "credential-plain-http"),
        ({"web": google}, GOOGLE_API, "client-unusable"),
        ({"installed": {"client_id": "x"}}, GOOGLE_API, "client-unusable"),
        ([], GOOGLE_API, "client-unusable"),
    ):  # fmt: skip
        file.write_text(json.dumps(content))
        assert refusal(lambda host=host: load_client(file, host)) == code  # type: ignore[misc]
    file.write_text(json.dumps({"installed": google}))
    assert load_client(file, GOOGLE_API).token_uri == GOOGLE_TOKEN_URI
    # The login at a sandbox isn't shown to Google either, nor to another client.
    logged_in(here, tmp_path / "token.json")
    kept = stats(here.sandbox)["requests"]
    load = lambda: load_login(file, tmp_path / "token.json", GOOGLE_API)  # noqa: E731
    assert refusal(load) == "login-of-other-client"
    file.write_text(json.dumps(given | {"installed": of_app | {"client_id": "other"}}))
    load = lambda: load_login(file, tmp_path / "token.json", api)  # noqa: E731
    assert refusal(load) == "login-of-other-client"
    assert stats(here.sandbox)["requests"] == kept
    assert kept["token"] == before.get("token", 0) + 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"user": 1}'])
def test_what_is_no_login(here: Site, tmp_path: Path, content: str) -> None:
    token = tmp_path / "token.json"
    load = lambda: load_login(here.client_file, token, here.sandbox.url)  # noqa: E731
    assert refusal(load) == "login-needed"
    token.write_text(content)
    assert refusal(load) == "login-readable-by-others"
    token.chmod(0o600)
    assert refusal(load) == "login-unusable"
    assert refusal(lambda: load_client(tmp_path / "none", here.sandbox.url)) == "client-unreadable"


def test_only_where_it_is_needed(make: Make) -> None:
    done = make()("login", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "login-not-oauth")
