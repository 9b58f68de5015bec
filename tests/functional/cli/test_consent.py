"""What a login asks the browser, what comes back, and what is made of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from migrate.errors import TargetError, UsageError
from migrate.gmail.auth import SCOPES
from migrate.gmail.auth.consent import Question
from migrate.gmail.auth.redirect import Redirect
from tests.functional import chromium

from .logins import USER, Site, decide, http_, question, refusal, request


def changed(url: str, **query: str) -> str:
    """The address with other parameters; an empty one is left out."""
    parts = urlsplit(url)
    given = {key: each[0] for key, each in parse_qs(parts.query).items()} | query
    left = {key: each for key, each in given.items() if each}
    return parts._replace(query=urlencode(left)).geturl()


def test_a_browser_lets_a_form_lead_back(login_site: Site, tmp_path: Path) -> None:
    """Its policy (CSP) rules the form, and where that leads."""
    if not chromium.BINARY:
        assert os.environ.get("CI") != "true", "CI needs Chromium"
        pytest.skip("needs Chromium")
    with chromium.page(tmp_path / "profile") as tab, Redirect("thanks") as redirect:
        asked = Question(login_site.client, SCOPES["modify"], USER, redirect.uri)
        tab.open(asked.url, 800)
        tab.evaluate("document.querySelector('button[value=allow]').click(), 1")
        code = redirect.wait(asked.code, None, 30)
    assert asked.redeem(code, request()).user == USER


def test_what_comes_back_is_checked(login_site: Site) -> None:
    asked = question(login_site)
    back = decide(asked.url)
    other = question(login_site)
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


def test_less_than_was_asked_for(login_site: Site) -> None:
    asked = question(login_site, "minimal")
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
def test_what_the_consent_page_refuses(
    login_site: Site, query: dict[str, str], status: int
) -> None:
    for verb in ("GET", "POST"):
        assert http_(changed(question(login_site).url, **query), verb, {"user": USER})[0] == status


def test_a_stranger_cannot_consent(login_site: Site) -> None:
    form = {"user": "<b>nobody", "decision": "allow"}
    status, page = http_(question(login_site).url, "POST", form)
    assert (status, "&lt;b&gt;nobody" in page) == (200, True)


def test_who_comes_to_the_way_back(login_site: Site) -> None:
    """Strangers don't end it; who declines does; and somebody comes at last, or nobody."""
    with Redirect("thanks") as redirect:
        asked = Question(login_site.client, SCOPES["modify"], USER, redirect.uri)
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
        asked = Question(login_site.client, SCOPES["modify"], USER, redirect.uri)
        away = decide(asked.url, decision="deny")
        browser = threading.Thread(target=http_, args=(away,))
        browser.start()
        with pytest.raises(TargetError, match="login-declined"):
            redirect.wait(asked.code, None, 30)
        browser.join()
    with Redirect("") as redirect, pytest.raises(TargetError, match="login-nobody-came"):
        redirect.wait(asked.code, None, 0.01)


def test_what_is_typed(login_site: Site) -> None:
    asked = question(login_site)
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
