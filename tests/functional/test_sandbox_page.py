"""The mailbox page over HTTP and in a real browser, with mail that wants to do harm."""

from __future__ import annotations

import http.client
import json
import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.contracts.gmail import Mailbox, b64, message
from tests.functional import chromium
from tests.functional.hostile_mail import Remote, evil
from tests.functional.test_assess_page import _FAINT
from tests.sandboxes import running

OWNER = "owner@example.org"
HOME = f"/mail/{OWNER}/"
FROM = "From: Mallory <mallory@example.com>"
DATE = "Date: Mon, 14 Sep 2026 09:00:00 +0900"


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    server = Remote()
    yield server
    server.close()


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running(tmp_path_factory.mktemp("sandbox"), OWNER) as sandbox:
        yield Mailbox(sandbox.url, sandbox.key_file, OWNER)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    if not chromium.BINARY:
        assert os.environ.get("CI") != "true", "CI needs Chromium"
        pytest.skip("needs Chromium")
    with chromium.page(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def put(mailbox: Mailbox, data: bytes, *labels: str) -> dict[str, str]:
    """Insert a message: its id and threadId."""
    body = json.dumps({"raw": b64(data), "labelIds": labels}).encode()
    path = "/gmail/v1/users/me/messages?internalDateSource=dateHeader"
    status, answer = mailbox.request("POST", path, body, "application/json")
    assert status == 200, answer
    found: dict[str, str] = answer
    return found


def label(mailbox: Mailbox, name: str) -> str:
    body = json.dumps({"name": name}).encode()
    status, answer = mailbox.request("POST", "/gmail/v1/users/me/labels", body, "application/json")
    assert status == 200, answer
    return str(answer["id"])


def fetch(
    mailbox: Mailbox, path: str, verb: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = mailbox.connect()
    connection.request(verb, path, headers=headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, answer.headers, data


def html(mailbox: Mailbox, path: str) -> str:
    status, _, data = fetch(mailbox, path)
    assert status == 200, path
    return data.decode()


def thread(found: dict[str, str]) -> str:
    return f"{HOME}thread/{found['threadId']}"


def links(page: str, pattern: str) -> list[str]:
    return [unescape(each) for each in re.findall(rf'(?:href|src)="({pattern}[^"]*)"', page)]


def beside(page: str, way: str) -> str:
    """The address of the page before or after this one; empty when there is none."""
    found = re.search(rf'rel="{way}" href="([^"]+)"', page)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_hostile_mail_is_harmless(
    mailbox: Mailbox, remote: Remote, tab: chromium.Page, lang: str, width: int
) -> None:
    name = f"<img src=x onerror=owned=1>{lang}{width}/" + "x" * 60
    found = put(mailbox, evil(remote.url), "INBOX", "UNREAD", label(mailbox, name))
    body = links(html(mailbox, thread(found)), f"{HOME}message/.*/body/")
    assert len(body) == 1
    before, visits = mailbox.get(found["id"]), remote.visits
    for path in ("/", HOME, thread(found), body[0], f"{HOME}labels", "/mail/nobody@example.org/"):
        tab.open(f"{mailbox.url}{path}?lang={lang}", width)
        assert tab.evaluate("typeof window.owned") == "undefined", path
        assert tab.evaluate("location.pathname") == path
        loaded = [
            params["request"]["url"]
            for method, params in tab.events
            if method == "Network.requestWillBeSent" and params["type"] != "Other"
        ]
        if path == body[0]:
            tab.evaluate("(document.getElementById('run').click(), 1)")
            assert tab.evaluate("typeof window.owned") == "undefined"
            assert (
                tab.evaluate("document.querySelectorAll('base, link, meta[http-equiv]').length")
                == 0
            )
            assert tab.evaluate("document.querySelectorAll('script').length") > 0
            continue  # what its policy refuses is reported as asked for
        assert {url for url in loaded if not url.startswith((mailbox.url, "data:"))} == set()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, path
        assert tab.evaluate("document.documentElement.lang") == lang
        assert tab.evaluate("document.scripts.length + document.forms.length") == 0
        assert tab.evaluate("document.querySelectorAll('main img, nav img').length") == 0
        # A style sheet that its own policy refuses would leave the default margin of 8 px.
        assert tab.evaluate("getComputedStyle(document.body).marginTop") == "0px"
        assert not [
            params
            for method, params in tab.events
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        ]
        said = [params["entry"] for method, params in tab.events if method == "Log.entryAdded"]
        assert [each for each in said if each["source"] not in ("security", "network")] == []
    assert remote.visits == visits
    assert mailbox.get(found["id"]) == before  # still unread


def test_the_remote_server_would_have_noticed(
    remote: Remote, tab: chromium.Page, tmp_path: Path
) -> None:
    """The same mail without protection: it calls out, and this browser can."""
    (tmp_path / "mail.html").write_text(f'<img src="{remote.url}/image">')
    before = remote.visits
    tab.open((tmp_path / "mail.html").as_uri(), 1200)
    assert remote.visits > before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(mailbox: Mailbox, tab: chromium.Page, scheme: str) -> None:
    made = message(FROM, DATE, "Subject: Hello", "X-Mailhaul-Original-Date: yesterday")
    found = put(mailbox, made, "TRASH", "UNREAD", "STARRED")
    feature = {"name": "prefers-color-scheme", "value": scheme}
    tab.call("Emulation.setEmulatedMedia", features=[feature])
    for path in ("/", f"{HOME}?label=TRASH", thread(found), "/mail/nobody@example.org/"):
        tab.open(mailbox.url + path, 1200)
        assert tab.evaluate(_FAINT) == [], path


def test_the_frame_has_no_rights(mailbox: Mailbox, remote: Remote) -> None:
    page = html(mailbox, thread(put(mailbox, evil(remote.url), "INBOX")))
    frames = re.findall(r"<iframe[^>]*>", page)
    assert len(frames) == 1
    assert ' sandbox="" ' in frames[0]
    _, headers, _ = fetch(mailbox, links(frames[0], HOME)[0])
    assert headers["content-security-policy"].startswith(
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )


def test_every_answer_is_guarded(mailbox: Mailbox) -> None:
    for path in ("/", HOME, "/mail/nobody@example.org/"):
        _, headers, _ = fetch(mailbox, path)
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_it_can_only_be_looked_at(mailbox: Mailbox) -> None:
    for verb in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        status, headers, _ = fetch(mailbox, HOME, verb)
        assert (status, headers["allow"]) == (405, "GET, HEAD")
    status, headers, data = fetch(mailbox, HOME, "HEAD")
    assert (status, data) == (200, b"")
    assert int(headers["content-length"]) > 1000


def test_a_name_that_is_not_of_this_machine_is_refused(mailbox: Mailbox) -> None:
    for host in ("evil.example:8025", "127.0.0.1.evil.example", "localhost.evil.example", ""):
        assert fetch(mailbox, HOME, Host=host)[0] == 403, host
    for host in ("localhost:8025", "127.0.0.1", "[::1]:8025"):
        assert fetch(mailbox, HOME, Host=host)[0] == 200, host


def test_the_language_is_the_readers(mailbox: Mailbox) -> None:
    def title(path: str, accepted: str) -> bytes:
        page = fetch(mailbox, path, **{"Accept-Language": accepted})[2]
        return page[page.index(b"<title>") : page.index(b"</title>")]

    assert "すべてのメール".encode() in title(f"{HOME}?label=ALL", "ja,en;q=0.9")
    assert b"All mail" in title(f"{HOME}?label=ALL&lang=en", "ja,en;q=0.9")
    japanese = html(mailbox, f"{HOME}?label=ALL&lang=ja")
    assert all("lang=" in each for each in links(japanese, HOME))


def test_a_repair_is_told_in_plain_words(mailbox: Mailbox) -> None:
    made = message(FROM, DATE, "X-Mailhaul-Original-Date: =?utf-8?B?5pio5pel?=", "Subject: Minutes")
    page = html(mailbox, thread(put(mailbox, made)) + "?lang=en")
    assert "What was repaired" in page
    assert "<del><bdi>昨日</bdi></del>" in page
    assert "<ins><bdi>Mon, 14 Sep 2026 09:00:00 +0900</bdi></ins>" in page
    other = html(mailbox, thread(put(mailbox, message(FROM, DATE, "Subject: Other"))) + "?lang=en")
    assert "What was repaired" not in other


def test_what_gmail_hides_is_shown_where_it_lies(mailbox: Mailbox) -> None:
    for place in ("SPAM", "TRASH"):
        found = put(mailbox, message(FROM, DATE, f"Subject: hidden in {place}"), place)
        assert f"hidden in {place}" not in html(mailbox, f"{HOME}?label=ALL")
        for path in (f"{HOME}?label={place}&lang=en", thread(found) + "?lang=en"):
            page = html(mailbox, path)
            assert f"hidden in {place}" in page
            assert "deletes it after 30 days" in page


def test_downloads_are_saved_under_a_safe_name(mailbox: Mailbox, remote: Remote) -> None:
    data = evil(remote.url)
    found = put(mailbox, data, "INBOX")
    page = html(mailbox, thread(found))
    _, headers, body = fetch(mailbox, links(page, f"{HOME}message/.*/part/")[0])
    assert body == b"<script>owned=1</script>"
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith('attachment; filename="')
    assert not re.search(r"[<>/\\]", headers["content-disposition"])
    _, headers, body = fetch(mailbox, links(page, f"{HOME}message/.*/raw")[0])
    assert body == mailbox.raw(found["id"])
    assert body.endswith(data)
    assert headers["content-disposition"].startswith(f'attachment; filename="{found["id"]}.eml"')


def test_pages_follow_each_other_both_ways(mailbox: Mailbox) -> None:
    box = label(mailbox, "pages")
    for number in range(120):
        day = f"Date: Mon, 14 Sep 2026 {number // 60:02}:{number % 60:02}:00 +0000"
        put(mailbox, message(FROM, day, f"Subject: number {number:03}"), box)
    # An old conversation with a new message stands at the top, and only there.
    old = put(mailbox, message(FROM, "Date: Sun, 13 Sep 2026 00:00:00 +0000", "Subject: old"), box)
    reply = {"labelIds": [box], "threadId": old["threadId"], "raw": ""}
    reply["raw"] = b64(message(FROM, "Date: Tue, 15 Sep 2026 00:00:00 +0000", "Subject: Re: old"))
    path = "/gmail/v1/users/me/messages?internalDateSource=dateHeader"
    mailbox.request("POST", path, json.dumps(reply).encode(), "application/json")

    def walk(path: str, way: str) -> Iterator[list[str]]:
        while path:
            page = html(mailbox, path)
            yield re.findall(r'class="subject">([^<]+)<', page)
            path = beside(page, way)

    wanted = ["old", *(f"number {number:03}" for number in reversed(range(120)))]
    first = f"{HOME}?label={box}"
    forth = list(walk(first, "next"))
    assert [len(each) for each in forth] == [50, 50, 21]
    assert [each for part in forth for each in part] == wanted
    last = beside(html(mailbox, beside(html(mailbox, first), "next")), "next")
    back = list(walk(last, "prev"))
    assert [each for part in reversed(back) for each in part] == wanted


def test_nothing_malformed_breaks_a_page(mailbox: Mailbox) -> None:
    top = f"{FROM}\r\n{DATE}\r\n".encode()
    for data in (
        top,
        top + b"\r\n",
        top + b"Subject: \x8d\xe5\x93\x78 =?x?B?\xff?= =?utf-8?B?4?=\r\n\r\nbody",
        top + b'To: <<>>, ,@, "unclosed <a@b\r\nCc: ' + b"(" * 500 + b"\r\n\r\nbody",
        top + b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nno boundary",
        top + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: te/xt/\0\r\n",
        top + b'Content-Type: text/html; charset="none\0such"\r\n\r\n<p>\xff\xfe',
        top + b"Content-Type: text/plain; charset=base64\r\n\r\nx",
        top + b"Content-Transfer-Encoding: base64\r\n\r\n!!!=A=\xff",
        top + b"Content-Type: text/html\r\nContent-Transfer-Encoding: uuencode\r\n\r\nbegin",
        top + b"Content-Disposition: attachment; filename*=zz'zz'%ff; filename*0*=%\r\n\r\nx",
        top + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 40,
        top + b"Content-Type: message/rfc822\r\n\r\n" * 30,
        top + b"X-Mailhaul-Original-: \r\nX-Mailhaul-Original-Date: =?\xff\r\n\r\n\0",
    ):
        found = put(mailbox, data, "INBOX")
        page = html(mailbox, thread(found))
        for path in links(page, f"{HOME}message/"):
            assert fetch(mailbox, path)[0] == 200, (data, path)
    html(mailbox, HOME)


def test_long_messages_are_shown_in_part(mailbox: Mailbox) -> None:
    made = message(FROM, DATE, "Subject: long", body=b"0123456789 line\r\n" * 100_000)
    page = html(mailbox, thread(put(mailbox, made)) + "?lang=en")
    assert "only its first 200 KB are shown" in page
    assert 190_000 < len(page) < 250_000


def test_bodies_that_were_not_kept(tmp_path: Path) -> None:
    with running(tmp_path, OWNER, extra=["--discard"]) as sandbox:
        mailbox = Mailbox(sandbox.url, sandbox.key_file, OWNER)
        found = put(mailbox, message(FROM, DATE, "Subject: Gone"), "INBOX")
        assert "gone" in html(mailbox, HOME)
        page = html(mailbox, thread(found) + "?lang=en")
        assert "was not kept (--discard)" in page
        assert fetch(mailbox, f"{HOME}message/{found['id']}/raw")[0] == 404
