"""A user at the consent page of a sandbox, and what comes of it."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import google_auth_httplib2
import httplib2
import pytest

from migrate.errors import MailhaulError
from migrate.explain import explain
from migrate.gmail.auth import SCOPES, load_client
from migrate.gmail.auth.client import AppClient
from migrate.gmail.auth.consent import Question
from migrate.sandbox.embed import Running
from migrate.texts import Texts
from tests.sandboxes import running

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
def login_at(folder: Path, *extra: str) -> Iterator[Site]:
    client = folder / "client.json"
    with running(folder / "sandbox", extra=["--client-out", str(client), *extra]) as sandbox:
        yield Site(sandbox, client)


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


def refusal(call: Callable[[], object]) -> str:
    """The code of an error, which is explained in both languages and shows no secret."""
    with pytest.raises(MailhaulError) as caught:
        call()
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert cause and cure and "…" not in cause + cure
        assert not re.search("GOCSPX|1//0|4/0|ya29", cause + cure + repr(caught.value))
    return caught.value.code
