"""The access token of one target user."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import google_auth_httplib2
from google.auth import exceptions

from migrate.errors import TargetError
from migrate.web import BROKEN, plain_http

SCOPES: Mapping[str, tuple[str, ...]] = {
    "minimal": (
        "https://www.googleapis.com/auth/gmail.insert",
        "https://www.googleapis.com/auth/gmail.labels",
    ),
    "modify": ("https://www.googleapis.com/auth/gmail.modify",),
    "full": ("https://mail.google.com/",),
}
DIRECTORY = ("https://www.googleapis.com/auth/admin.directory.user.readonly",)
"""Of an administrator, to see who is suspended; only where the configuration asks for it."""


STORAGE = ("https://www.googleapis.com/auth/drive.appdata",)
"""The least that Drive's about.get takes: nobody's files; only where the configuration asks."""
_CHECKED = {"directory": DIRECTORY, "storage": STORAGE}


class Access(Protocol):
    """A way to tokens, shared by all users. Thread-safe."""

    @property
    def token_uri(self) -> str:
        """Where tokens come from."""

    def credentials(self, user: str, scopes: Sequence[str]) -> Any:
        """google-auth's credentials of `user`; nothing is sent yet. UsageError, TargetError."""

    def request(self, request: Any) -> Any:
        """What google-auth is to send its requests with, made of its own `Request`."""

    def refused(
        self, error: exceptions.GoogleAuthError, user: str, scopes: Sequence[str], request: Any
    ) -> TargetError:
        """What a refusal means; `request` may ask more."""


class Tokens:
    """The access token of one target user, renewed before it expires. Thread-safe."""

    def __init__(
        self,
        access: Access,
        user: str,
        scopes: str,
        ca_file: Path | None = None,
        timeout: float = 60,
    ) -> None:
        self._access, self.user = access, user
        self.scopes = _CHECKED.get(scopes) or SCOPES[scopes]
        self._credentials = access.credentials(user, self.scopes)
        http = plain_http(ca_file, timeout, access.token_uri)
        self._request = access.request(google_auth_httplib2.Request(http))
        self._lock = threading.Lock()

    def bearer(self, refused: str | None = None) -> str:
        """A valid token; `refused` is one that the API has just answered 401 to."""
        with self._lock:
            if refused is not None and self._credentials.token == refused:
                self._credentials.token = None
            if not self._credentials.valid:
                self._refresh()
            return str(self._credentials.token)

    def _refresh(self) -> None:
        try:
            self._credentials.refresh(self._request)
        except (exceptions.TransportError, *BROKEN) as error:
            uri = self._access.token_uri
            raise TargetError("target-unreachable", host=uri, reason=error) from error
        except exceptions.GoogleAuthError as error:
            raise self._access.refused(error, self.user, self.scopes, self._request) from error
