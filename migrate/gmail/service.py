"""Google's client for one of its APIs.

It is built from the discovery document that google-api-python-client ships, with the configured
address as its root: `api_endpoint` alone would leave uploads and batches at Google.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import httplib2
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc

from migrate.gmail.auth import GOOGLE_API


@cache
def service(name: str, version: str, api: str) -> Any:
    """Stateless: one serves all threads and accounts, and to make it takes 20 ms. At Google each
    API has an address of its own; a sandbox at `api` serves them all."""
    document = json.loads(get_static_doc(name, version))
    if api.rstrip("/") != GOOGLE_API:
        document["rootUrl"] = document["baseUrl"] = api.rstrip("/") + "/"
    return build_from_document(document, http=httplib2.Http())
