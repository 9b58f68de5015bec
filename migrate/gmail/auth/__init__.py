"""Access tokens for a target user, in every way that Google knows.

A way is an `Access`: a key file (`key`), no key at all (`keyless`), or one user's own consent
(`login`). A real credential is never used against another host than Google's, nor one of a sandbox
against Google: that is refused here, before anything is signed or sent (`hosts`).
"""

from migrate.gmail.auth.client import load_client
from migrate.gmail.auth.hosts import GOOGLE_API, GOOGLE_TOKEN_URI
from migrate.gmail.auth.key import Key, load_key
from migrate.gmail.auth.keyless import Keyless, load_keyless
from migrate.gmail.auth.login import UserLogin, load_login
from migrate.gmail.auth.login import save as save_login
from migrate.gmail.auth.tokens import DIRECTORY, SCOPES, STORAGE, Access, Tokens

__all__ = [
    "DIRECTORY",
    "GOOGLE_API",
    "GOOGLE_TOKEN_URI",
    "SCOPES",
    "STORAGE",
    "Access",
    "Key",
    "Keyless",
    "Tokens",
    "UserLogin",
    "load_client",
    "load_key",
    "load_keyless",
    "load_login",
    "save_login",
]
