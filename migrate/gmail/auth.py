"""Access tokens for a target user: service-account key with domain-wide delegation.

A sandbox key carries the marker `"mailhaul_sandbox": true`. A real key is never used against
another host than Google's, nor a sandbox key against Google: that is refused here, before
anything is signed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import google_auth_httplib2
import httplib2
from google.auth import exceptions
from google.oauth2 import service_account

from migrate.errors import TargetError, UsageError

GOOGLE_API = "https://gmail.googleapis.com"
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
# An answer that breaks off in the middle is an HTTPException, and no OSError.
BROKEN = (OSError, HTTPException, httplib2.HttpLib2Error)
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

SCOPES: Mapping[str, tuple[str, ...]] = {
    "minimal": (
        "https://www.googleapis.com/auth/gmail.insert",
        "https://www.googleapis.com/auth/gmail.labels",
    ),
    "modify": ("https://www.googleapis.com/auth/gmail.modify",),
    "full": ("https://mail.google.com/",),
}


@dataclass(frozen=True)
class Key:
    """A service-account key file, read and checked against the API address it is for."""

    path: Path
    info: Mapping[str, Any] = field(repr=False)

    @property
    def client_id(self) -> str:
        return str(self.info.get("client_id", ""))


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
    _refuse_mismatch(path, info, api)
    return Key(path, info)


def _refuse_mismatch(path: Path, info: Mapping[str, Any], api: str) -> None:
    token_uri = str(info["token_uri"])
    sandbox = info.get("mailhaul_sandbox") is True
    if urlsplit(token_uri).scheme != "https" and urlsplit(token_uri).hostname not in LOOPBACK:
        raise UsageError("key-token-uri", file=path, token_uri=token_uri)
    if sandbox:
        hosts = {urlsplit(api).hostname, urlsplit(token_uri).hostname}
        if any(host is None or host.endswith("googleapis.com") for host in hosts):
            raise UsageError("key-sandbox-for-google", file=path, api=api)
    elif api.rstrip("/") != GOOGLE_API or token_uri != GOOGLE_TOKEN_URI:
        raise UsageError("key-real-for-other-host", file=path, api=api, token_uri=token_uri)


def plain_http(ca_file: Path | None, timeout: float, url: str) -> httplib2.Http:
    """An httplib2 client that trusts `ca_file`; a proxy of the environment, but not to loopback."""
    direct = urlsplit(url).hostname in LOOPBACK
    return httplib2.Http(
        timeout=timeout,
        ca_certs=str(ca_file) if ca_file else None,
        proxy_info=None if direct else httplib2.proxy_info_from_environment,
    )


class Tokens:
    """The access token of one target user, renewed before it expires. Thread-safe."""

    def __init__(
        self,
        key: Key,
        user: str,
        scopes: str,
        ca_file: Path | None = None,
        timeout: float = 60,
    ) -> None:
        self.key, self.user, self.scopes = key, user, SCOPES[scopes]
        try:
            account = service_account.Credentials.from_service_account_info(key.info)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise UsageError("key-unusable", file=key.path, reason=error) from error
        self._credentials = account.with_scopes(self.scopes).with_subject(user)
        self._http = plain_http(ca_file, timeout, str(key.info["token_uri"]))
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
            self._credentials.refresh(google_auth_httplib2.Request(self._http))
        except exceptions.RefreshError as error:
            raise self._explain(error) from error
        except (exceptions.TransportError, *BROKEN) as error:
            uri = self.key.info["token_uri"]
            raise TargetError("target-unreachable", host=uri, reason=error) from error

    def _explain(self, error: exceptions.RefreshError) -> TargetError:
        """The token endpoint's refusals (guide "OAuth 2.0 for service accounts", errors)."""
        answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
        name, text = str(answer.get("error", "")), str(answer.get("error_description", error))
        known = {
            "unauthorized_client": "target-unauthorized-client",
            "access_denied": "target-unauthorized-client",
            "invalid_scope": "target-unauthorized-client",
            "disabled_client": "target-key-revoked",
            "deleted_client": "target-key-revoked",
            "invalid_client": "target-key-revoked",
            "admin_policy_enforced": "target-domain-policy",
            "org_internal": "target-domain-policy",
        }
        code = known.get(name, "target-token-refused")
        if name == "invalid_grant":
            code = "target-unknown-user"
            if "short-lived" in text or "timeframe" in text:
                code = "target-clock"
            elif "Signature" in text or "key" in text.lower():
                code = "target-key-revoked"
        return TargetError(
            code,
            user=self.user,
            client_id=self.key.client_id,
            client_email=self.key.info["client_email"],
            scopes=",".join(self.scopes),
            detail=f"{name} {text}".strip(),
        )
