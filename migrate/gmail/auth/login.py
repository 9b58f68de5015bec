"""A user's own login: the refresh token that `migrate login` keeps, for that one mailbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.auth import exceptions
from google.oauth2 import credentials

from console.files import replace
from migrate.errors import TargetError, UsageError
from migrate.gmail.auth import refusals
from migrate.gmail.auth.client import AppClient, load_client
from migrate.gmail.auth.hosts import MARKER

_ENDED = {
    "invalid_grant": "target-login-ended",
    "invalid_client": "target-client-refused",
    "unauthorized_client": "target-client-refused",
    "deleted_client": "target-client-refused",
    "disabled_client": "target-client-refused",
    "admin_policy_enforced": "target-domain-policy",
    "org_internal": "target-domain-policy",
}


@dataclass(frozen=True, slots=True)
class Granted:
    """What a user has let a client do."""

    user: str
    scopes: frozenset[str]
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UserLogin:
    """What one user has granted to one client."""

    client: AppClient
    granted: Granted

    @property
    def token_uri(self) -> str:
        return self.client.token_uri

    def credentials(self, user: str, scopes: Sequence[str]) -> Any:
        """TargetError for any other user, and for a scope that was not granted."""
        mine = self.granted.user
        if user.casefold() != mine.casefold():
            raise TargetError("target-wrong-user", user=user, login=mine)
        if missing := [each for each in scopes if each not in self.granted.scopes]:
            raise TargetError("target-login-scopes", user=user, scopes=", ".join(missing))
        return credentials.Credentials(  # type: ignore[no-untyped-call]
            None,
            refresh_token=self.granted.refresh_token,
            token_uri=self.client.token_uri,
            client_id=self.client.client_id,
            client_secret=self.client.secret,
        )

    def request(self, request: Any) -> Any:
        return request

    def refused(
        self, error: exceptions.GoogleAuthError, user: str, scopes: Sequence[str], request: Any
    ) -> TargetError:
        name, text = refusals.answered(error)
        code = _ENDED.get(name, "target-token-refused")
        if name == "invalid_grant" and "deleted" in text:
            code = "target-unknown-user"
        detail = f"{name} {text}".strip()
        return TargetError(code, user=user, file=self.client.path, detail=detail)


def save(path: Path, client: AppClient, granted: Granted) -> None:
    """Keep a login (0600). OSError as it comes."""
    info: dict[str, Any] = {
        "user": granted.user,
        "scopes": sorted(granted.scopes),
        "client_id": client.client_id,
        "token_uri": client.token_uri,
        "refresh_token": granted.refresh_token,
    }
    info |= {MARKER: True} if client.sandbox else {}
    replace(path, (json.dumps(info, indent=2) + "\n").encode())


def load_login(client_file: Path, token_file: Path, api: str) -> UserLogin:
    """The login that was kept, for use against `api`. UsageError when there is none, or when it is
    of another client."""
    client = load_client(client_file, api)
    try:
        if token_file.stat().st_mode & 0o077:
            raise UsageError("login-readable-by-others", file=token_file)
        info: Any = json.loads(token_file.read_bytes())
    except FileNotFoundError:
        raise UsageError("login-needed", file=token_file) from None
    except OSError as error:
        raise UsageError("login-unreadable", file=token_file, reason=error.strerror) from error
    except ValueError:
        raise UsageError("login-unusable", file=token_file) from None
    try:
        granted = Granted(info["user"], frozenset(info["scopes"]), info["refresh_token"])
        place = (info["client_id"], info["token_uri"], info.get(MARKER) is True)
    except (KeyError, TypeError, AttributeError):
        raise UsageError("login-unusable", file=token_file) from None
    if place != (client.client_id, client.token_uri, client.sandbox):
        raise UsageError("login-of-other-client", file=token_file, client=client_file)
    return UserLogin(client, granted)
