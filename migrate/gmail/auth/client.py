"""The OAuth client of a desktop app, as the Cloud console hands it out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.gmail.auth.hosts import MARKER, refuse_mismatch


@dataclass(frozen=True, slots=True)
class AppClient:
    """`secret` is none, Google says (identity/protocols/oauth2#installed); it is told to nobody
    all the same."""

    path: Path
    client_id: str
    secret: str = field(repr=False)
    auth_uri: str
    token_uri: str
    sandbox: bool


def load_client(path: Path, api: str) -> AppClient:
    """Read a client file for use against `api`; UsageError when it is none or the wrong one."""
    try:
        info: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError("client-unreadable", file=path, reason=error.strerror) from error
    except ValueError:
        raise UsageError("client-unusable", file=path) from None
    of_app = info.get("installed") if isinstance(info, dict) else None
    names = ("client_id", "client_secret", "auth_uri", "token_uri")
    if not isinstance(of_app, dict) or not all(isinstance(of_app.get(n), str) for n in names):
        raise UsageError("client-unusable", file=path)
    client_id, secret, auth_uri, token_uri = (of_app[name] for name in names)
    sandbox = info.get(MARKER) is True
    refuse_mismatch(path, api, (auth_uri, token_uri), sandbox=sandbox)
    return AppClient(path, client_id, secret, auth_uri, token_uri, sandbox)
