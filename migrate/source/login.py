"""Where a source account is and how to log in to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Security = Literal["tls", "starttls", "insecure-plaintext"]
Auth = Literal["password", "admin", "xoauth2", "oauthbearer", "external"]

STYLES = ("authzid", "user*master", "proxyauth")
"""Ways of an administrator's login that have a name; others are written with placeholders."""
_PLACEHOLDER = re.compile(r"\{(user|local|admin)\}")


class Bearer(Protocol):
    """Where access tokens come from."""

    def bearer(self) -> str:
        """One that has not expired. SourceError when there is none to be had."""

    def accepted(self, token: str, user: str) -> None:
        """The server has let `user` in with it."""

    def refused(self, token: str, user: str) -> bool:
        """The server does not take it for `user`. Whether another one may do."""


@dataclass(frozen=True, slots=True)
class Login:
    """One account at one server. No secret shows in its repr."""

    host: str
    port: int
    security: Security
    user: str
    """The mailbox to read, with every kind of `auth`."""
    password: str = field(default="", repr=False)
    auth: Auth = "password"
    """`admin`: one login for all mailboxes, in the way of `admin_style`; `xoauth2` and
    `oauthbearer`: a token of `tokens`; `external`: the client certificate alone."""
    admin_user: str = ""
    admin_password: str = field(default="", repr=False)
    admin_style: str = "authzid"
    """SASL PLAIN with an authorization identity (RFC 4616), Dovecot's master user, PROXYAUTH after
    the login, or what to log in as, with `{user}`, `{local}` (before its @) and `{admin}`."""
    tokens: Bearer | None = field(default=None, repr=False, compare=False)
    ca_file: Path | None = None
    """PEM certificates trusted besides the system's."""
    client_cert: Path | None = None
    """PEM certificate chain and key that we show to the server."""
    client_cert_password: str = field(default="", repr=False)
    connect_timeout: float = 30.0
    read_timeout: float = 120.0
    """Seconds without a byte, not for a whole answer."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What SASL PLAIN needs: authorization identity (may be empty), login name, password."""
        if self.auth != "admin":
            return "", self.user, self.password
        if self.admin_style == "authzid":
            return self.user, self.admin_user, self.admin_password
        if self.admin_style == "proxyauth":
            return "", self.admin_user, self.admin_password
        form = "{user}*{admin}" if self.admin_style == "user*master" else self.admin_style
        return "", self._named(form), self.admin_password

    def _named(self, form: str) -> str:
        names = {
            "user": self.user,
            "local": self.user.partition("@")[0],
            "admin": self.admin_user,
        }
        return _PLACEHOLDER.sub(lambda match: names[match[1]], form)


def is_style(text: str) -> bool:
    """Whether `admin_style` may say so."""
    used = set(_PLACEHOLDER.findall(text))
    return text in STYLES or ("admin" in used and bool(used & {"user", "local"}))
