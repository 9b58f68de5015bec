"""What many would write: imaplib and google-api-python-client, one message after the other.

`python bench/baseline.py` reads its order (JSON) from standard input; see `migration.py`.
"""

from __future__ import annotations

import imaplib
import io
import json
import ssl
import sys
from typing import Any

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.http import MediaIoBaseUpload

SCOPES = ["https://www.googleapis.com/auth/gmail.modify"]


def copy(order: dict[str, Any], user: str, target: str) -> int:
    """The messages of one account, not more than `most` of the order; how many."""
    document = json.loads(get_static_doc("gmail", "v1"))
    document["rootUrl"] = document["baseUrl"] = order["api"] + "/"
    credentials: Any = service_account.Credentials
    key = credentials.from_service_account_file(order["key_file"], scopes=SCOPES)
    plain = httplib2.Http(ca_certs=order["api_ca"])
    http = google_auth_httplib2.AuthorizedHttp(key.with_subject(target), http=plain)
    messages = build_from_document(document, http=http).users().messages()
    trust = ssl.create_default_context(cafile=order["imap_ca"])
    imap = imaplib.IMAP4_SSL("127.0.0.1", int(order["imap_port"]), ssl_context=trust)
    imap.login(user, order["password"])
    count, most = 0, order["most"]
    for line in imap.list()[1]:
        assert isinstance(line, bytes)
        if imap.select(line.rpartition(b' "/" ')[2].decode(), readonly=True)[0] != "OK":
            continue
        for uid in imap.uid("SEARCH", "ALL")[1][0].split()[: most - count]:
            ((_, raw), *_) = imap.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1]
            media = MediaIoBaseUpload(io.BytesIO(raw), mimetype="message/rfc822")
            body = {"labelIds": ["INBOX"]}
            named = {"internalDateSource": "dateHeader", "neverMarkSpam": True}
            messages.import_(userId="me", body=body, media_body=media, **named).execute()
            count += 1
    imap.logout()
    return count


if __name__ == "__main__":
    given, done = json.load(sys.stdin), 0
    for pair in given["pairs"]:
        done += copy(given | {"most": given["most"] - done}, *pair)
    print(done)
