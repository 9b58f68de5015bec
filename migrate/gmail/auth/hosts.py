"""Which credential may go to which host."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from migrate.errors import UsageError
from migrate.loopback import is_loopback

GOOGLE_API = "https://gmail.googleapis.com"
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
MARKER = "mailhaul_sandbox"
"""Key of every credential file that a sandbox has written; its value is `true`."""


def refuse_mismatch(file: Path, api: str, addresses: Iterable[str], *, sandbox: bool) -> None:
    """UsageError unless a credential that is sent to `addresses` may be used with `api`."""
    every = list(addresses)
    for each in every:
        parts = urlsplit(each)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
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
