"""Reads a migration: from its folder, or from the command line for a single mailbox."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from migrate import accounts
from migrate.accounts import ADDRESS, Account, crossing
from migrate.config.addresses import source_url
from migrate.config.lines import line_of
from migrate.config.migration import Config
from migrate.config.validation import Location, validated
from migrate.credentials import Secret, SecretRef
from migrate.errors import UsageError
from migrate.problems import flat, raise_all

FILE = "migration.toml"
ACCOUNTS = "accounts.csv"
GOOGLE = "https://gmail.googleapis.com"


def load(directory: Path) -> Config:
    """The migration in `directory`; UsageError with every problem of both files."""
    directory = directory.absolute()
    problems: list[UsageError] = []
    document: Mapping[str, Any] = {}
    rows: tuple[Account, ...] = ()
    try:
        text = _text(directory)
        document = _document(text)
        schema = validated(document, directory, lambda location: _where(text, location))
    except UsageError as error:
        problems += flat(error)
    try:
        rows = accounts.read(directory / ACCOUNTS, **_needs(document))
    except UsageError as error:
        # Without a migration.toml the folder is most likely the wrong one: one problem, not two.
        problems += [] if problems and problems[0].code == "no-migration" else flat(error)
    raise_all(problems)
    if schema.target.auth == "oauth":
        _one_user(rows)
    config = Config(directory, rows, **dict(schema))
    if _same_service(config):
        raise_all([*crossing.into_itself(rows, ACCOUNTS)])
    return config


def quick(
    url: str,
    target_user: str,
    key_file: Path | None,
    *,
    password: Secret | SecretRef,
    api: str | None = None,
    service_account: str | None = None,
) -> Config:
    """One mailbox without files: `url` is `imaps://user@host`. A key file, or a service account.

    The state is kept in a folder below the current one that is named after the pair, so that the
    same command takes up the same migration. UsageError names the options.
    """
    try:
        address = source_url(url)
    except UsageError as error:
        raise _placed(error, "--source") from None
    if not address.user:
        meant = f"{address.scheme}://taro@{address.netloc}"
        raise UsageError("url-without-user", where="--source", meant=meant)
    if not ADDRESS.fullmatch(target_user):
        raise UsageError("address-invalid", where="--target", word=target_user)
    directory = Path(quote(f"{address.user}@{address.netloc}--{target_user}", safe="@+")).absolute()
    target = {"api": api} if api else {}
    if key_file:
        target["key_file"] = str(key_file.absolute())
    else:
        target |= {"auth": "impersonation", "service_account": service_account or ""}
    options = {"api": "--api", "service_account": "--service-account"}
    schema = validated(
        {"source": {"url": str(address)}, "target": target},
        directory,
        lambda location: options.get(str(location[-1]), "--key"),
    )
    config = Config(directory, (Account(address.user, target_user, password),), **dict(schema))
    if _same_service(config):
        raise_all([*crossing.into_itself(config.accounts, "--target")])
    return config


def _same_service(config: Config) -> bool:
    """Gmail is both: its IMAP server, and its API (a sandbox is nobody's Gmail)."""
    hosts = ("imap.gmail.com", "imap.googlemail.com")
    return config.source.address.host in hosts and config.target.api == GOOGLE


def _one_user(rows: tuple[Account, ...]) -> None:
    """A user's own login is for that one mailbox."""
    for row in rows:
        if row.target_user.casefold() != rows[0].target_user.casefold():
            where = f"{ACCOUNTS}:{row.line}"
            raise UsageError("oauth-other-user", where=where, user=rows[0].target_user)


def _placed(error: UsageError, where: str) -> UsageError:
    return UsageError(error.code, **({"where": where} | error.params))


def _text(directory: Path) -> str:
    path = directory / FILE
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError("no-migration", where=FILE, directory=directory) from None
    except UnicodeDecodeError:
        raise UsageError("toml-encoding", where=FILE) from None
    except OSError as error:
        raise UsageError("file-unreadable", where=FILE, reason=error.strerror) from error


def _document(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        number = line[1] if line else len(text.splitlines())
        # The error itself holds no text of the file beyond a key's name.
        raise UsageError("toml-syntax", where=f"{FILE}:{number}", reason=reason) from None


def _where(text: str, location: Location) -> str:
    line = line_of(text, location)
    return f"{FILE}:{line}" if line else FILE


def _needs(document: Mapping[str, Any]) -> dict[str, bool]:
    """Which secrets each row must bring; not asked of a file that can't be read."""
    source = document.get("source")
    if not isinstance(source, Mapping):
        return {"need_password": False}
    auth, oauth = source.get("auth", "password"), source.get("oauth")
    oauth = oauth if isinstance(oauth, Mapping) else {}
    by_refresh_token = oauth.get("grant", "refresh-token") == "refresh-token"
    return {
        "need_password": auth == "password",
        "need_refresh_token": auth in ("xoauth2", "oauthbearer")
        and by_refresh_token
        and "refresh_token" not in oauth,
    }
