"""One mailbox seen through Google's own client libraries, and through plain HTTP."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import google_auth_httplib2
import httplib2
from google.auth import crypt
from google.oauth2 import service_account
from googleapiclient import discovery
from googleapiclient.errors import HttpError

FULL = "https://mail.google.com/"
AUTH = "https://www.googleapis.com/auth/"
DOCUMENT = json.loads(
    (files("googleapiclient.discovery_cache.documents") / "gmail.v1.json").read_text("utf-8")
)


@dataclass
class Mailbox:
    url: str
    key_file: Path
    user: str
    ca_file: Path | None = None
    real: bool = False
    """A tenant at Google, not the sandbox."""
    made: list[str] = field(default_factory=list)
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict)
    _users: Any = None
    _idle_after: float = 0

    def token(self, *scopes: str, user: str | None = None) -> str:
        """A fresh access token from google-auth."""
        return str(self.credentials(scopes or (FULL,), user).token)

    def users(self, *scopes: str) -> Any:
        """`service.users()` of google-api-python-client, pointed at `url`.

        Only rootUrl and baseUrl in the document send uploads to the right host too.
        """
        document = DOCUMENT | {"rootUrl": f"{self.url}/", "baseUrl": f"{self.url}/"}
        http_ = google_auth_httplib2.AuthorizedHttp(
            self.credentials(scopes or (FULL,)), http=self._http()
        )
        return discovery.build_from_document(document, http=http_).users()

    def request(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        kind: str | None = None,
        token: str | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> tuple[int, Any]:
        """Status and parsed JSON of a plain HTTP request."""
        if token is None:
            token = self._tokens.setdefault((FULL,), "") or self.token()
            self._tokens[(FULL,)] = token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if kind:
            headers["Content-Type"] = kind
        own = connection or self.connect()
        own.request(verb, path, body, headers)
        answer = own.getresponse()
        data = answer.read()
        if connection is None:
            own.close()
        parsed = json.loads(data) if data else None
        if answer.status == 200 and isinstance(parsed, dict) and "threadId" in parsed:
            self.made.append(parsed["id"])
        return answer.status, parsed

    def connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        assert parts.hostname
        if parts.scheme == "https":
            trust = ssl.create_default_context(cafile=self.ca_file)
            return http.client.HTTPSConnection(parts.hostname, parts.port, context=trust)
        return http.client.HTTPConnection(parts.hostname, parts.port)

    def import_(self, message: bytes, verb: str = "import_", **given: Any) -> dict[str, Any]:
        """messages.import (or insert) with JSON `raw`; id, threadId, labelIds."""
        names = {"labelIds", "threadId"}
        body = {"raw": b64(message)} | {key: given.pop(key) for key in names & given.keys()}
        call = getattr(self._own().messages(), verb)
        answer: dict[str, Any] = call(userId="me", body=body, **given).execute()
        self.made.append(answer["id"])
        return answer

    def get(self, message_id: str, format_: str = "minimal") -> dict[str, Any]:
        call = self._own().messages().get(userId="me", id=message_id, format=format_)
        answer: dict[str, Any] = call.execute()
        return answer

    def raw(self, message_id: str) -> bytes:
        return urlsafe_b64decode(self.get(message_id, "raw")["raw"])

    def _own(self) -> Any:
        """`users` with all rights. Anew after a pause, as there may be between two files of tests:
        a server closes idle connections, and no client repeats an import by itself."""
        if self._users is None or time.monotonic() > self._idle_after:
            self._users = self.users()
        self._idle_after = time.monotonic() + 60
        return self._users

    def _http(self) -> httplib2.Http:
        return httplib2.Http(ca_certs=str(self.ca_file) if self.ca_file else None, timeout=60)

    def credentials(self, scopes: tuple[str, ...], user: str | None = None) -> Any:
        account = service_account.Credentials(  # type: ignore[no-untyped-call]
            *signer(self.key_file.read_text("utf-8")), scopes=scopes, subject=user or self.user
        )
        account.refresh(google_auth_httplib2.Request(self._http()))  # type: ignore[no-untyped-call]
        return account


def signer(key_file: str) -> tuple[Any, str, str]:
    """Signer, e-mail address and token endpoint of a key file's text."""
    info = json.loads(key_file)
    signer = _signer(info["private_key"], info["private_key_id"])
    return signer, info["client_email"], info["token_uri"]


@lru_cache
def _signer(private_key: str, key_id: str) -> Any:
    """To read a key takes longer than most requests."""
    return crypt.RSASigner.from_string(private_key, key_id)  # type: ignore[no-untyped-call]


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def message(*headers: str, body: bytes = b"Hello.\r\n", unique: bool = True) -> bytes:
    """A message with these headers, by default with a Message-ID of its own."""
    lines = [*headers, f"Message-ID: <{secrets.token_hex(8)}@example.com>"] if unique else headers
    return "\r\n".join([*lines, "", ""]).encode() + body


def refusal(call: Any) -> tuple[int, str]:
    """HTTP status and message of a call that has to fail."""
    try:
        call()
    except HttpError as error:
        return int(error.resp.status), json.loads(error.content)["error"]["message"]
    raise AssertionError("the call was accepted")
