"""From the configuration to a login at the source; here its secrets are revealed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from migrate.accounts import Account
from migrate.config import Config
from migrate.config.model import OauthConfig
from migrate.credentials import Secret, SecretRef
from migrate.errors import UsageError
from migrate.gmail.auth import GOOGLE_API, load_key
from migrate.rotating import RefreshToken
from migrate.source.login import Login, Security
from migrate.source.tokens import Tokens

_Kept = Secret | SecretRef | None
_GMAIL = ("imap.gmail.com", "imap.googlemail.com")


def source_login(config: Config, account: Account) -> Login:
    """How to log in to the source of `account`. UsageError for a secret that can't be read."""
    settings, address = config.source, config.source.address
    security: Security = "tls" if address.scheme == "imaps" else "starttls"
    if settings.tls == "insecure-plaintext":
        security = "insecure-plaintext"
    admin = config.admin_password
    return Login(
        host=address.host,
        port=address.port,
        security=security,
        user=account.source_user,
        password=_reveal(account.password) or "",
        auth=settings.auth,
        admin_user=settings.admin_user or "",
        admin_password=admin.reveal() if admin else "",
        admin_style=settings.admin_style,
        tokens=_tokens_of(config, account) if settings.by_token else None,
        ca_file=settings.ca_file,
        client_cert=settings.client_cert,
        client_cert_password=_reveal(settings.client_cert_password) or "",
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
    )


def _tokens_of(config: Config, account: Account) -> Tokens:
    """Shared by all connections of the account; of all accounts, where the app has one token."""
    settings, oauth = config.source, config.source.oauth
    user, own = account.source_user, account.refresh_token
    if oauth.grant == "client-credentials" or (oauth.grant == "refresh-token" and not own):
        user = ""
    return _tokens(oauth, user, own, settings.address.host, settings.ca_file)


@cache
def _tokens(oauth: OauthConfig, user: str, own: _Kept, host: str, ca_file: Path | None) -> Tokens:
    from migrate.source import grants  # heavy, and most sources take passwords

    if oauth.grant == "service-account":
        assert oauth.key_file
        # A real key is for Google, and so is the token that it gives.
        key = load_key(oauth.key_file, GOOGLE_API if host in _GMAIL else f"imaps://{host}")
        scope = oauth.scope or grants.MAIL
        try:
            return Tokens(grants.by_service_account(key.info, user, scope, ca_file))
        except ValueError as error:
            raise UsageError("key-unusable", file=oauth.key_file, reason=error) from error
    app = grants.App(
        oauth.token_uri or "",
        oauth.client_id or "",
        _reveal(oauth.client_secret),
        oauth.scope,
        ca_file,
    )
    if oauth.grant == "client-credentials":
        return Tokens(grants.by_client_credentials(app))
    kept = own or oauth.refresh_token
    assert kept
    user = user or app.client_id
    return Tokens(grants.by_refresh_token(app, user, RefreshToken(user, kept)))


def _reveal(secret: _Kept) -> str | None:
    return secret.resolve().reveal() if secret else None
