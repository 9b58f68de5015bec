"""A service account's key file, with domain-wide delegation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from google.auth import exceptions
from google.oauth2 import service_account

from migrate.errors import TargetError, UsageError
from migrate.gmail.auth import refusals
from migrate.gmail.auth.hosts import MARKER, refuse_mismatch


@dataclass(frozen=True)
class Key:
    """A service-account key file, read and checked against the API address it is for."""

    path: Path
    info: Mapping[str, Any] = field(repr=False)

    @property
    def client_id(self) -> str:
        return str(self.info.get("client_id", ""))

    @property
    def token_uri(self) -> str:
        return str(self.info["token_uri"])

    def credentials(self, user: str, scopes: Sequence[str]) -> Any:
        """UsageError when the private key can't be used."""
        return self._account.with_scopes(scopes).with_subject(user)

    @cached_property
    def _account(self) -> Any:
        """Read once for all users: a private key is checked when it is read, which takes 40 ms."""
        try:
            return service_account.Credentials.from_service_account_info(self.info)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise UsageError("key-unusable", file=self.path, reason=error) from error

    def request(self, request: Any) -> Any:
        return request

    def refused(
        self, error: exceptions.GoogleAuthError, user: str, scopes: Sequence[str], request: Any
    ) -> TargetError:
        email = str(self.info["client_email"])
        return refusals.of_delegation(error, user, scopes, email, lambda: self.client_id)


def load_key(path: Path, api: str) -> Key:
    """Read a key file for use against `api`; UsageError when it is no key or the wrong one."""
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError("key-readable-by-others", file=path)
        info = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError("key-unreadable", file=path, reason=error.strerror) from error
    except ValueError as error:
        raise UsageError("key-not-json", file=path, reason=error) from error
    wanted = ("private_key", "client_email", "token_uri")
    missing = [name for name in wanted if not isinstance(info, dict) or not info.get(name)]
    if missing:
        raise UsageError("key-incomplete", file=path, missing=", ".join(missing))
    refuse_mismatch(path, api, [str(info["token_uri"])], sandbox=info.get(MARKER) is True)
    return Key(path, info)
