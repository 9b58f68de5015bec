"""A user's own login, from the consent in a browser to the end of a run."""

from __future__ import annotations

import http.client
import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import google_auth_httplib2
import httplib2
import pytest

from migrate.errors import MailhaulError, TargetError, UsageError
from migrate.explain import explain
from migrate.gmail.auth import (
    GOOGLE_API,
    GOOGLE_TOKEN_URI,
    SCOPES,
    Tokens,
    load_client,
    load_login,
    save_login,
)
from migrate.gmail.auth.client import AppClient
from migrate.gmail.auth.consent import Question
from migrate.gmail.auth.redirect import Redirect
from migrate.sandbox.embed import Running, running
from migrate.texts import Texts
from tests.functional import chromium
from tests.functional.migration import FAST, ROOT, Gmail, Migration, faults, stats

from .contract import CLEAN, Make, user_of

USER = "anna@example.org"
BACK = "http://127.0.0.1:1/"


@dataclass(frozen=True)
class Site:
    sandbox: Running
    client_file: Path

    @property
    def client(self) -> AppClient:
        return load_client(self.client_file, self.sandbox.url)


@contextmanager
def site(folder: Path, *extra: str) -> Iterator[Site]:
    client = folder / "client.json"
    with running(folder / "sandbox", extra=["--client-out", str(client), *extra]) as sandbox:
        yield Site(sandbox, client)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_faults(here: Site) -> Iterator[None]:
    yield
    faults(here.sandbox)


def http_(url: str, verb: str = "GET", body: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status, and where it leads to, else what it says."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    form = urlencode(body) if body is not None else None
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    connection.request(verb, f"{parts.path}?{parts.query}", form, kind)
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Location") or said


def decide(url: str, user: str = USER, decision: str = "allow") -> str:
    """Where the consent page sends the browser."""
    status, page = http_(url)
    assert status == 200, page
    assert '<form method="post"' in page
    status, back = http_(url, "POST", {"user": user, "decision": decision})
    assert status == 302, back
    return back


def request() -> Any:
    return google_auth_httplib2.Request(httplib2.Http(timeout=30))


def question(at: Site, scopes: str = "modify") -> Question:
    return Question(at.client, SCOPES[scopes], USER, BACK)


def logged_in(at: Site, token: Path, user: str = USER, scopes: str = "modify") -> Tokens:
    """Of a fresh login, kept and read again."""
    asked = question(at, scopes)
    granted = asked.redeem(asked.code(decide(asked.url, user)), request())
    save_login(token, at.client, granted)
    return Tokens(load_login(at.client_file, token, at.sandbox.url), user, scopes)


def refusal(call: Callable[[], object]) -> str:
    """The code of an error, which is explained in both languages and shows no secret."""
    with pytest.raises(MailhaulError) as caught:
        call()
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert cause and cure and "…" not in cause + cure
        assert not re.search("GOCSPX|1//0|4/0|ya29", cause + cure + repr(caught.value))
    return caught.value.code


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


def test_a_browser_lets_a_form_lead_back(here: Site, tmp_path: Path) -> None:
    """Its policy (CSP) rules the form, and where that leads."""
    if not chromium.BINARY:
        assert os.environ.get("CI") != "true", "CI needs Chromium"
        pytest.skip("needs Chromium")
    with chromium.page(tmp_path / "profile") as tab, Redirect("thanks") as redirect:
        asked = Question(here.client, SCOPES["modify"], USER, redirect.uri)
        tab.open(asked.url, 800)
        tab.evaluate("document.querySelector('button[value=allow]').click(), 1")
        code = redirect.wait(asked.code, None, 30)
    assert asked.redeem(code, request()).user == USER


@pytest.mark.parametrize("scopes", SCOPES)
def test_a_login_gives_tokens_again_and_again(here: Site, tmp_path: Path, scopes: str) -> None:
    tokens = logged_in(here, tmp_path / "token.json", scopes=scopes)
    first = tokens.bearer()
    assert tokens.bearer() == first
    assert tokens.bearer(refused=first) != first


def test_a_login_outlasts_a_restart_of_the_sandbox(tmp_path: Path) -> None:
    with site(tmp_path, "--users", USER) as first:
        logged_in(first, tmp_path / "token.json")
        port = str(urlsplit(first.sandbox.url).port)
    with site(tmp_path, "--users", USER, "--port", port) as again:
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


def changed(url: str, **query: str) -> str:
    """The address with other parameters; an empty one is left out."""
    parts = urlsplit(url)
    given = {key: each[0] for key, each in parse_qs(parts.query).items()} | query
    left = {key: each for key, each in given.items() if each}
    return parts._replace(query=urlencode(left)).geturl()


def test_what_comes_back_is_checked(here: Site) -> None:
    asked = question(here)
    back = decide(asked.url)
    other = question(here)
    for address in (changed(back, state="x"), changed(back, state=""), "nonsense", ""):
        assert refusal(lambda address=address: asked.code(address)) == "login-other-address"  # type: ignore[misc]
    assert refusal(lambda: other.code(back)) == "login-other-address"
    declined = decide(asked.url, decision="deny")
    assert refusal(lambda: asked.code(declined)) == "login-declined"
    # The other question's verifier doesn't fit (PKCE), and a code is good once.
    code = asked.code(back)
    assert refusal(lambda: other.redeem(code, request())) == "login-refused"
    code = asked.code(decide(asked.url))
    assert asked.redeem(code, request()).user == USER
    assert refusal(lambda: asked.redeem(code, request())) == "login-refused"


def test_less_than_was_asked_for(here: Site) -> None:
    asked = question(here, "minimal")
    less = changed(asked.url, scope=f"{SCOPES['minimal'][0]} openid email")
    code = asked.code(decide(less))
    assert refusal(lambda: asked.redeem(code, request())) == "login-granted-less"
    anonymous = changed(asked.url, scope=" ".join(SCOPES["minimal"]))
    code = asked.code(decide(anonymous))
    assert refusal(lambda: asked.redeem(code, request())) == "login-refused"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"client_id": "other"}, 401),
        ({"redirect_uri": "https://example.com/"}, 400),
        ({"redirect_uri": "http://example.com/"}, 400),
        ({"redirect_uri": ""}, 400),
        ({"response_type": "token"}, 400),
        ({"code_challenge_method": "S1"}, 400),
        ({"scope": "https://mail.google.com/ nonsense"}, 400),
        ({"scope": ""}, 400),
    ],
)
def test_what_the_consent_page_refuses(here: Site, query: dict[str, str], status: int) -> None:
    for verb in ("GET", "POST"):
        assert http_(changed(question(here).url, **query), verb, {"user": USER})[0] == status


def test_a_stranger_cannot_consent(here: Site) -> None:
    form = {"user": "<b>nobody", "decision": "allow"}
    status, page = http_(question(here).url, "POST", form)
    assert (status, "&lt;b&gt;nobody" in page) == (200, True)


def test_who_comes_to_the_way_back(here: Site) -> None:
    """Strangers don't end it; who declines does; and somebody comes at last, or nobody."""
    with Redirect("thanks") as redirect:
        asked = Question(here.client, SCOPES["modify"], USER, redirect.uri)
        right, visits = decide(asked.url), []

        def visit() -> None:
            for address in (f"{redirect.uri}favicon.ico", changed(right, state="x"), right):
                visits.append(http_(address))

        browser = threading.Thread(target=visit)
        browser.start()
        code = redirect.wait(asked.code, None, 30)
        browser.join()
        assert [status for status, _ in visits] == [404, 404, 200]
        assert asked.redeem(code, request()).user == USER
    with Redirect("") as redirect:
        asked = Question(here.client, SCOPES["modify"], USER, redirect.uri)
        away = decide(asked.url, decision="deny")
        browser = threading.Thread(target=http_, args=(away,))
        browser.start()
        with pytest.raises(TargetError, match="login-declined"):
            redirect.wait(asked.code, None, 30)
        browser.join()
    with Redirect("") as redirect, pytest.raises(TargetError, match="login-nobody-came"):
        redirect.wait(asked.code, None, 0.01)


def test_what_is_typed(here: Site) -> None:
    asked = question(here)
    back = decide(asked.url)
    for typed, code in ((f"\n  {back}  \n", None), (back, None), ("nonsense\n", UsageError)):
        read, write = os.pipe()
        os.write(write, typed.encode())
        os.close(write)
        with Redirect("") as redirect:
            if code:
                with pytest.raises(code):
                    redirect.wait(asked.code, read, 30)
            else:
                assert redirect.wait(asked.code, read, 30) == asked.code(back)
        os.close(read)


def test_only_where_it_is_needed(make: Make) -> None:
    done = make()("login", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "login-not-oauth")
