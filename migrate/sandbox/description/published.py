"""The discovery service: Google's own documents with the sandbox's address in them.

https://developers.google.com/discovery/v1/reference/apis, and `/$discovery/rest` as every
googleapis.com host has it. So that a client built from a document sends calls, uploads and batches
to the sandbox without further ado.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from migrate.sandbox.description.api import DOCUMENTS, document
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, dump, failure, success, tagged

LISTED = ("id", "name", "version", "title", "description", "icons", "documentationLink")
REST = re.compile(r"/discovery/v1/apis/([^/]+)/([^/]+)/rest")
PREFIXES = ("/discovery/v1/apis", "/$discovery/", "/%24discovery/")


class Published:
    """Nobody needs a token here, and nothing counts."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/"
        self._document = cache(self._made)

    @staticmethod
    def owns(path: str) -> bool:
        return path.startswith(PREFIXES)

    def answer(self, request: Request) -> Answer:
        path, query = unquote(request.path), parse_qs(request.query)
        try:
            if request.verb == "GET" and path == "/discovery/v1/apis":
                return success(self._directory(query))
            name = None
            if match := REST.fullmatch(path):
                name = f"{match[1]}.{match[2]}"
            elif path == "/$discovery/rest":
                # The host says which API is meant; here there is one host.
                name = f"{query.get('name', ['gmail'])[0]}.{query.get('version', ['v1'])[0]}"
            if request.verb != "GET" or name not in DOCUMENTS:
                raise ApiError(404, "Requested entity was not found.")
        except ApiError as error:
            return failure(error)
        data, etag = self._document(name)
        return tagged(Answer(200, data), etag, request)

    def _directory(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """The list of APIs, or of the versions of the one named."""
        wanted = query.get("name")
        items: list[dict[str, Any]] = []
        for each in map(document, DOCUMENTS):
            if wanted is None or each["name"] in wanted:
                where = f"{self._url}discovery/v1/apis/{each['name']}/{each['version']}/rest"
                item = {"kind": "discovery#directoryItem"}
                item |= {key: each[key] for key in LISTED if key in each}
                items.append(item | {"discoveryRestUrl": where, "preferred": True})
        return {"kind": "discovery#directoryList", "discoveryVersion": "v1", "items": items}

    def _made(self, name: str) -> tuple[bytes, str]:
        """A document and its entity tag."""
        here = {"rootUrl": self._url, "baseUrl": self._url, "mtlsRootUrl": self._url}
        data = dump(document(name) | here, True)
        return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
