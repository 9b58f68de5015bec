"""Calls to the Gmail API whose answers are looked at as they are.

`gmail.api.Mailbox` turns refusals into types and loses their wording; here the wording is the
result. Only "too much for now" is waited for.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httplib2

from migrate.errors import TargetError
from migrate.gmail.auth import Tokens
from migrate.gmail.errors import Throttled, classify
from migrate.web import plain_http

PATIENCE = 100.0
"""Seconds that a refusal for quota is waited for; a minute's quota is back after 60."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status and the JSON that came with it."""

    status: int
    json: Mapping[str, Any]

    @property
    def fine(self) -> bool:
        return 200 <= self.status < 300

    @property
    def throttled(self) -> bool:
        """Refused for a quota or the concurrency cap: too much for now."""
        if self.fine:
            return False
        return isinstance(classify(self.status, json.dumps(self.json).encode()), Throttled)

    @property
    def error(self) -> str:
        """Google's sentence of a refusal."""
        return str(self._error.get("message", ""))

    @property
    def reason(self) -> str:
        first = (self._error.get("errors") or [{}])[0]
        return str(first.get("reason", ""))

    @property
    def _error(self) -> Mapping[str, Any]:
        found = self.json.get("error")
        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        return f"{self.status} {self.error}".strip()


class Client:
    """The mailbox of one user. Thread-safe: each thread has its own connection."""

    def __init__(self, api: str, tokens: Tokens, ca_file: Path | None, timeout: float) -> None:
        self._api, self._tokens = api.rstrip("/"), tokens
        self._ca, self._timeout = ca_file, timeout
        self._local = threading.local()

    def call(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        patient: bool = True,
    ) -> Reply:
        """One call under `users/me/`; TargetError when Gmail can't be reached or breaks down.

        `patient`: wait when a quota refuses. An import is never repeated after a broken
        connection: the lab would not know of the first one.
        """
        waited, pause = 0.0, 1.0
        while True:
            reply = self._once(verb, path, body, query or {})
            if reply.status >= 500 or reply.status == 401:
                raise TargetError("target-unreachable", host=self._api, reason=str(reply))
            if not (patient and reply.throttled):
                return reply
            if waited >= PATIENCE:
                raise TargetError("target-unreachable", host=self._api, reason=str(reply))
            time.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 16.0)

    def _once(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str | Sequence[str]],
    ) -> Reply:
        url = f"{self._api}/gmail/v1/users/me/{path}?{urlencode(query, doseq=True)}"
        headers = {"authorization": f"Bearer {self._tokens.bearer()}"}
        data = None
        if body is not None:
            headers["content-type"], data = "application/json", json.dumps(body).encode()
        try:
            answer, raw = self._http().request(url, verb, data, headers)
            parsed = json.loads(raw or b"{}")
        except (OSError, httplib2.HttpLib2Error, ValueError) as error:
            self._local.http = None
            raise TargetError("target-unreachable", host=self._api, reason=error) from error
        return Reply(int(answer.status), parsed if isinstance(parsed, dict) else {})

    def _http(self) -> httplib2.Http:
        found: httplib2.Http | None = getattr(self._local, "http", None)
        if found is None:
            found = self._local.http = plain_http(self._ca, self._timeout, self._api)
        return found
