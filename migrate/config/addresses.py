"""The addresses a migration names: the source's URL and the API's.

Functions raise `UsageError`; what they quote of a URL never includes a password.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.errors import HeaderParseError
from email.policy import SMTP
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from migrate.errors import UsageError
from migrate.loopback import is_loopback
from migrate.problems import misspelt

PORTS = {"imaps": 993, "imap": 143}
NOT_YET = ("maildir", "mbox")


@dataclass(frozen=True, slots=True)
class SourceUrl:
    """An `imaps://` or `imap://` address, taken apart."""

    scheme: str
    """`imaps` (TLS from the start, RFC 8314) or `imap` (STARTTLS)."""
    host: str
    port: int
    user: str | None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> str:
        """Host, and port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def source_url(text: str) -> SourceUrl:
    """Take apart a source address (RFC 5092 without mailbox and parameters)."""
    scheme = text.partition(":")[0].lower()
    if scheme in NOT_YET:
        raise UsageError("not-yet", word=f"{scheme}:", known="imaps://, imap://")
    parts, port = _split(text)
    if scheme not in PORTS or "://" not in text:
        raise misspelt("url-scheme", scheme if "://" in text else "", ("imaps", "imap"))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError("url-surplus", meant=f"{scheme}://{parts.hostname}")
    user = unquote(parts.username) if parts.username else None
    return SourceUrl(scheme, str(parts.hostname), port or PORTS[scheme], user)


def check_api_url(text: str) -> str:
    """The API's address without a trailing slash: https, or plain http to this machine only."""
    parts, _ = _split(text)
    if parts.scheme not in ("https", "http"):
        raise UsageError("api-scheme")
    if parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError("url-surplus", meant=f"{parts.scheme}://{parts.hostname}")
    if parts.scheme == "http" and not is_loopback(str(parts.hostname)):
        raise UsageError("api-plaintext", host=parts.hostname)
    return f"{parts.scheme}://{parts.netloc}"


def check_token_uri(text: str) -> str:
    """An OAuth token endpoint: https, or plain http to this machine only."""
    parts, _ = _split(text)
    if parts.scheme not in ("https", "http") or parts.username or not parts.hostname:
        raise UsageError("token-uri")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError("api-plaintext", host=parts.hostname)
    return text


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError("url-invalid") from None
    if parts.password is not None:
        raise UsageError("url-password")
    if "://" in text and (not parts.hostname or any(c.isspace() for c in text)):
        raise UsageError("url-invalid")
    return parts, port


def is_mailbox(text: str) -> bool:
    """Whether `text` is one address, with or without a name, that a From may have as it stands
    (RFC 5322 3.4; no address in other letters than ASCII, RFC 6532)."""
    try:
        found: Any = SMTP.header_factory("From", text)
    except (ValueError, IndexError, HeaderParseError):
        return False
    grouped = any(each.display_name is not None for each in found.groups)
    if len(found.addresses) != 1 or grouped or found.defects or not text.isprintable():
        return False
    return bool(found.addresses[0].domain) and found.addresses[0].addr_spec.isascii()
