"""Where a source account is and how to log in to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Security = Literal["tls", "starttls", "insecure-plaintext"]


@dataclass(frozen=True, slots=True)
class Login:
    """One account at one server. No secret shows in its repr."""

    host: str
    port: int
    security: Security
    user: str
    """The mailbox to read, with every kind of `auth`."""
    password: str = field(default="", repr=False)
    auth: Literal["password", "admin"] = "password"
    """`admin`: one login for all mailboxes, in the way of `admin_style`."""
    admin_user: str = ""
    admin_password: str = field(default="", repr=False)
    admin_style: Literal["authzid", "user*master"] = "authzid"
    """SASL PLAIN with an authorization identity (RFC 4616), or Dovecot's master user."""
    ca_file: Path | None = None
    """PEM certificates trusted besides the system's."""
    client_cert: Path | None = None
    """PEM certificate chain and key that we show to the server."""
    connect_timeout: float = 30.0
    read_timeout: float = 120.0
    """Seconds without a byte, not for a whole answer."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What SASL PLAIN needs: authorization identity (may be empty), login name, password."""
        if self.auth == "password":
            return "", self.user, self.password
        if self.admin_style == "authzid":
            return self.user, self.admin_user, self.admin_password
        return "", f"{self.user}*{self.admin_user}", self.admin_password
