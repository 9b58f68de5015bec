"""Which credential may go to which host."""

from __future__ import annotations

from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import httplib2

from migrate.errors import UsageError

GOOGLE_API = "https://gmail.googleapis.com"
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
# An answer that breaks off in the middle is an HTTPException, and no OSError.
BROKEN = (OSError, HTTPException, httplib2.HttpLib2Error)
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
MARKER = "mailhaul_sandbox"
"""Key of every credential file that a sandbox has written; its value is `true`."""


def refuse_mismatch(file: Path, api: str, addresses: Iterable[str], *, sandbox: bool) -> None:
    """UsageError unless a credential that is sent to `addresses` may be used with `api`."""
    every = list(addresses)
    for each in every:
        if urlsplit(each).scheme != "https" and urlsplit(each).hostname not in LOOPBACK:
            raise UsageError("credential-plain-http", file=file, address=each)
    if sandbox:
        if any(urlsplit(each).hostname is None or of_google(each) for each in (api, *every)):
            raise UsageError("credential-sandbox-for-google", file=file, api=api)
    elif api.rstrip("/") != GOOGLE_API or not all(map(_exactly_google, every)):
        others = [each for each in every if not _exactly_google(each)]
        raise UsageError("credential-real-for-other-host", file=file, host=(*others, api)[0])


def of_google(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host.endswith(("googleapis.com", "google.com"))


def _exactly_google(address: str) -> bool:
    """https at a host below Google's two domains, on the usual port."""
    parts = urlsplit(address)
    return parts.scheme == "https" and parts.netloc.endswith((".googleapis.com", ".google.com"))


def plain_http(ca_file: Path | None, timeout: float, url: str) -> httplib2.Http:
    """An httplib2 client that trusts `ca_file`; a proxy of the environment, but not to loopback."""
    direct = urlsplit(url).hostname in LOOPBACK
    return httplib2.Http(
        timeout=timeout,
        ca_certs=str(ca_file) if ca_file else None,
        proxy_info=None if direct else httplib2.proxy_info_from_environment,
    )
