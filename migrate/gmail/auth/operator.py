"""Whoever runs mailhaul, as Google knows them: Application Default Credentials.

https://cloud.google.com/docs/authentication/application-default-credentials: the file that
GOOGLE_APPLICATION_CREDENTIALS names (workload identity federation, too), else the one that gcloud
has left, else the machine's own service account, from the metadata server.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import google.auth
from google.auth import credentials, environment_vars, exceptions

from migrate.errors import TargetError, UsageError
from migrate.gmail.auth.hosts import GOOGLE_API, MARKER, refuse_mismatch

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ADDRESSES = {
    "token_uri",
    "token_url",
    "token_info_url",
    "revoke_url",
    "service_account_impersonation_url",
}
"""Keys of a credential file whose values something of Google's is sent to. (Where a workload
gets its own token from, `credential_source`, is its platform's business.)"""

# Without a handler Python prints their warnings, as "no project" or "no metadata server".
logging.getLogger("google.auth").addHandler(logging.NullHandler())


class Operator(credentials.Credentials):
    """Credentials that all users share, so that they are renewed once for all. Thread-safe.

    google-auth copies it (`copy.copy`) for every user: a copy keeps the token it has seen.
    """

    def __init__(self, shared: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._shared, self._lock = shared, threading.Lock()

    def refresh(self, request: Any) -> None:
        """TargetError when Google doesn't know them any more; TransportError."""
        with self._lock:
            if self._shared.token == self.token or not self._shared.valid:
                self._renew(request)
            self.token, self.expiry = self._shared.token, self._shared.expiry

    def _renew(self, request: Any) -> None:
        try:
            self._shared.refresh(request)
        except exceptions.TransportError:
            raise
        except exceptions.GoogleAuthError as error:
            detail = error.args[0] if error.args else error
            raise TargetError("target-adc-refused", detail=detail) from error

    def apply(self, headers: Any, token: str | None = None) -> None:
        """With the header that names the project to be billed, if they have one."""
        self._shared.apply(headers, token or self.token)


def found(api: str) -> tuple[Operator, str | None]:
    """The credentials to use with `api`, and of a sandbox its token endpoint. UsageError."""
    file = _file()
    if file is None:
        return _of_machine(api), None
    info = _read(file)
    sandbox = info.get(MARKER) is True
    addresses = list(_addresses(info))
    if sandbox and not info.get("token_uri"):
        raise UsageError("adc-unusable", file=file, reason="token_uri")
    refuse_mismatch(file, api, addresses, sandbox=sandbox)
    try:
        with warnings.catch_warnings():
            # A warning to check where such a file leads, which has just been done.
            warnings.simplefilter("ignore")
            inner, _ = google.auth.load_credentials_from_dict(dict(info))  # type: ignore[no-untyped-call]
    except (exceptions.GoogleAuthError, ValueError, KeyError, TypeError, AttributeError) as error:
        # What is said of a broken key may quote it.
        raise UsageError("adc-unusable", file=file, reason=type(error).__name__) from None
    return _scoped(inner), str(info["token_uri"]) if sandbox else None


def _file() -> Path | None:
    named = os.environ.get(environment_vars.CREDENTIALS)
    if named:
        return Path(named)
    folder = os.environ.get("CLOUDSDK_CONFIG") or "~/.config/gcloud"
    file = Path(folder).expanduser() / "application_default_credentials.json"
    return file if file.is_file() else None


def _of_machine(api: str) -> Operator:
    """Of the metadata server, which isn't asked for anything but Google."""
    if api != GOOGLE_API:
        raise UsageError("adc-not-of-sandbox", api=api)
    try:
        inner, _ = google.auth.default()
    except exceptions.DefaultCredentialsError as error:
        raise UsageError("adc-missing") from error
    return _scoped(inner)


def _scoped(inner: Any) -> Operator:
    return Operator(credentials.with_scopes_if_required(inner, [SCOPE]))  # type: ignore[no-untyped-call]


def _read(file: Path) -> Mapping[str, Any]:
    try:
        info = json.loads(file.read_bytes())
    except OSError as error:
        raise UsageError("adc-unreadable", file=file, reason=error.strerror) from error
    except ValueError:
        raise UsageError("adc-unusable", file=file, reason="JSON") from None
    if not isinstance(info, dict):
        raise UsageError("adc-unusable", file=file, reason="JSON")
    return info


def _addresses(info: Mapping[str, Any]) -> Iterator[str]:
    for name, value in info.items():
        if isinstance(value, dict) and name != "credential_source":
            yield from _addresses(value)
        elif name in ADDRESSES:
            yield str(value)
