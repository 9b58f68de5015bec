"""The OAuth client of a sandbox, and who runs the rehearsal: made once, kept in the data folder."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from migrate.sandbox.access.keys import PROJECT_NUMBER, write_private

AUTHORISE = "/o/oauth2/auth"
MARKER = {"mailhaul_sandbox": True}


@dataclass(frozen=True, slots=True)
class Client:
    """`operator` is the refresh token of whoever runs the rehearsal."""

    client_id: str
    client_secret: str
    operator: str


def client(data: Path) -> Client:
    """The client of this data folder."""
    path = data / "oauth-client.json"
    if not path.exists():
        name = secrets.token_hex(16)
        made = Client(
            f"{PROJECT_NUMBER}-{name}.apps.googleusercontent.com",
            f"GOCSPX-{secrets.token_urlsafe(21)}",
            f"1//0{secrets.token_urlsafe(64)}",
        )
        write_private(path, json.dumps(asdict(made), indent=2))
    return Client(**json.loads(path.read_text()))


def write_adc(path: Path, client: Client, url: str) -> None:
    """Credentials as `gcloud auth application-default login` leaves them, plus `token_uri` (which
    google-auth passes over) and the marker `mailhaul_sandbox`."""
    info = {
        "account": "",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "quota_project_id": "mailhaul-sandbox",
        "refresh_token": client.operator,
        "token_uri": f"{url}/token",
        "type": "authorized_user",
        "universe_domain": "googleapis.com",
    }
    write_private(path, json.dumps(info | MARKER, indent=2) + "\n")


def write_client_file(path: Path, client: Client, url: str) -> None:
    """A client file of a desktop app as the Cloud console hands it out, plus the marker."""
    installed = {
        "client_id": client.client_id,
        "project_id": "mailhaul-sandbox",
        "auth_uri": f"{url}{AUTHORISE}",
        "token_uri": f"{url}/token",
        "client_secret": client.client_secret,
        "redirect_uris": ["http://localhost"],
    }
    write_private(path, json.dumps({"installed": installed} | MARKER, indent=2) + "\n")
