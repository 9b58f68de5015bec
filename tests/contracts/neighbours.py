"""The APIs beside Gmail's, through Google's own client library; and the service account itself."""

from __future__ import annotations

from typing import Any

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from googleapiclient import discovery
from googleapiclient.discovery_cache import get_static_doc

from tests.contracts.gmail import AUTH, Mailbox

DIRECTORY = f"{AUTH}admin.directory.user.readonly"
LICENSING = f"{AUTH}apps.licensing"
MIGRATION = f"{AUTH}apps.groups.migration"
CLOUD = f"{AUTH}cloud-platform"


def neighbour(mailbox: Mailbox, name: str, version: str, scope: str) -> Any:
    """A service of google-api-python-client, pointed at the sandbox."""
    document = discovery.json.loads(get_static_doc(name, version))
    document |= {"rootUrl": f"{mailbox.url}/", "baseUrl": f"{mailbox.url}/"}
    bearer = Credentials(mailbox.token(scope))  # type: ignore[no-untyped-call]
    http = google_auth_httplib2.AuthorizedHttp(bearer, http=httplib2.Http(timeout=60))
    return discovery.build_from_document(document, http=http)


def directory_users(mailbox: Mailbox) -> Any:
    return neighbour(mailbox, "admin", "directory_v1", DIRECTORY).users()


def own_credentials(mailbox: Mailbox, scope: str) -> Any:
    """The service account's own, for nobody."""
    return service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
        str(mailbox.key_file), scopes=[scope]
    )


def own_token(mailbox: Mailbox, scope: str) -> str:
    credentials = own_credentials(mailbox, scope)
    credentials.refresh(google_auth_httplib2.Request(httplib2.Http(timeout=60)))
    return str(credentials.token)
